/* specifier.c - version specifiers and sets of them (PEP 440) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/specifier.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"

/* The longer of two operators that begin alike comes first. */
static const struct {
	const char *text;
	enum pf_spec_op op;
} operators[] = {
	{ "===", PF_SPEC_ARBITRARY }, { "~=", PF_SPEC_COMPATIBLE }, { "==", PF_SPEC_EQ },
	{ "!=", PF_SPEC_NE },	      { "<=", PF_SPEC_LE },	    { ">=", PF_SPEC_GE },
	{ "<", PF_SPEC_LT },	      { ">", PF_SPEC_GT },
};

static const char *op_text(enum pf_spec_op op)
{
	for (size_t i = 0; i < PF_COUNT(operators); i++)
		if (operators[i].op == op)
			return operators[i].text;
	return "";
}

/* ---- reading ---- */

static size_t take_operator(enum pf_spec_op *op, struct pf_str text)
{
	for (size_t i = 0; i < PF_COUNT(operators); i++) {
		if (pf_str_starts(text, operators[i].text)) {
			*op = operators[i].op;
			return strlen(operators[i].text);
		}
	}
	return 0;
}

static size_t skip_spaces(struct pf_str text, size_t at)
{
	size_t len;

	while ((len = pf_py_space(text, at)))
		at += len;
	return at;
}

/* What follows === is any run of characters but white space, ";" and ")". */
static size_t scan_arbitrary(struct pf_spec *out, struct pf_arena *a, struct pf_str text, size_t at)
{
	size_t from = at;

	while (at < text.n && text.p[at] != ';' && text.p[at] != ')' && !pf_py_space(text, at))
		at++;
	out->text = pf_str_cut(text, from, at);
	(void)pf_version_read(&out->version, a, out->text);
	return at;
}

/* Is a version that was read one the operator may have? */
static bool may_have(const struct pf_spec *s)
{
	bool equality = s->op == PF_SPEC_EQ || s->op == PF_SPEC_NE;

	if (s->wildcard)
		return equality && !s->version.pre.p && !s->version.post.p && !s->version.dev.p &&
		       !s->version.local.p;
	if (s->op == PF_SPEC_COMPATIBLE && s->version.release_count < 2)
		return false;
	return equality || !s->version.local.p;
}

size_t pf_spec_scan(struct pf_spec *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_spec s = { 0 };
	size_t at = take_operator(&s.op, text), used;

	if (!at)
		return 0;
	at = skip_spaces(text, at);
	if (s.op == PF_SPEC_ARBITRARY) {
		at = scan_arbitrary(&s, a, text, at);
		*out = s;
		return at;
	}
	used = pf_version_scan(&s.version, a, pf_str_skip(text, at));
	if (!used)
		return 0;
	s.version.text = pf_str_cut(text, at, at + used);
	s.wildcard = pf_str_starts(pf_str_skip(text, at + used), ".*");
	used += s.wildcard ? 2 : 0;
	s.text = pf_str_cut(text, at, at + used);
	if (!may_have(&s))
		return 0;
	*out = s;
	return at + used;
}

bool pf_spec_read(struct pf_spec *out, struct pf_arena *a, struct pf_str text)
{
	text = pf_py_strip(text);
	return text.n && pf_spec_scan(out, a, text) == text.n;
}

static int fail_specifier(struct pf_str one, struct pf_err *err)
{
	struct pf_str shown = pf_shown(one);

	if (one.n > PF_MAX_VERSION)
		return pf_fail(err, PF_ELIMIT,
			       "version specifier '" PF_FMT "' is longer than %d bytes",
			       PF_ARG(shown), PF_MAX_VERSION);
	return pf_fail(err, PF_EMODEL, "'" PF_FMT "' is not a version specifier", PF_ARG(shown));
}

int pf_specset_parse(struct pf_specset *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_str rest = text, one;
	struct pf_specset set = { 0 };
	size_t count = 0;

	while (pf_str_next(&rest, ',', &one))
		count++;
	if (count > PF_MAX_SPECIFIERS)
		return pf_fail(err, PF_ELIMIT, "more than %d version specifiers in one set",
			       PF_MAX_SPECIFIERS);
	set.v = pf_alloc_array(a, count, sizeof(*set.v));
	for (rest = text; pf_str_next(&rest, ',', &one);) {
		one = pf_py_strip(one);
		if (!one.n)
			continue;
		if (one.n > PF_MAX_VERSION || !pf_spec_read(&set.v[set.n++], a, one))
			return fail_specifier(one, err);
	}
	*out = set;
	return 0;
}

/* ---- asking ---- */

/* > leaves out the post-releases and local versions of what it names, < its pre-releases, unless
 * it names one itself. */
static bool is_greater(const struct pf_version *v, const struct pf_version *than)
{
	size_t n = v->release_count > than->release_count ? v->release_count : than->release_count;
	int cmp = pf_version_cmp_public(v, than);

	if (cmp <= 0)
		return false;
	if (than->dev.p || than->post.p || !pf_version_same_prefix(v, than, n))
		return true;
	return !pf_str_eq(v->pre_kind, than->pre_kind) || !pf_str_eq(v->pre, than->pre);
}

static bool is_less(const struct pf_version *v, const struct pf_version *than)
{
	struct pf_version bound = *than;

	if (!pf_version_is_pre(than)) {
		bound.dev = PF_S("0");
		bound.local = (struct pf_str){ 0 };
	}
	return pf_version_cmp(v, &bound) < 0;
}

static bool is_equal(const struct pf_spec *s, const struct pf_version *v)
{
	if (s->wildcard)
		return pf_version_same_prefix(v, &s->version, s->version.release_count);
	if (s->version.local.p)
		return pf_version_cmp(v, &s->version) == 0;
	return pf_version_cmp_public(v, &s->version) == 0;
}

bool pf_spec_admits(const struct pf_spec *s, const struct pf_version *v)
{
	if (s->op == PF_SPEC_ARBITRARY)
		return pf_str_same(s->text, v->text);
	if (!v->release_count)
		return false;
	switch (s->op) {
	case PF_SPEC_EQ:
		return is_equal(s, v);
	case PF_SPEC_NE:
		return !is_equal(s, v);
	case PF_SPEC_LE:
		return pf_version_cmp_public(v, &s->version) <= 0;
	case PF_SPEC_GE:
		return pf_version_cmp(v, &s->version) >= 0;
	case PF_SPEC_LT:
		return is_less(v, &s->version);
	case PF_SPEC_GT:
		return is_greater(v, &s->version);
	default: /* ~= 1.2.3: at least that, and 1.2 still */
		return pf_version_cmp(v, &s->version) >= 0 &&
		       pf_version_same_prefix(v, &s->version, s->version.release_count - 1);
	}
}

static bool admits_all(const struct pf_specset *s, const struct pf_version *v)
{
	for (size_t i = 0; i < s->n; i++)
		if (!pf_spec_admits(&s->v[i], v))
			return false;
	return true;
}

static bool is_known_pre(const struct pf_version *v)
{
	return v->release_count && pf_version_is_pre(v);
}

bool pf_specset_admits(const struct pf_specset *s, const struct pf_version *v, enum pf_pre pre)
{
	return !(pre == PF_PRE_DENY && is_known_pre(v)) && admits_all(s, v);
}

const struct pf_spec *pf_specset_pin(const struct pf_specset *s)
{
	if (s->n != 1 || s->v[0].wildcard)
		return NULL;
	return s->v[0].op == PF_SPEC_EQ || s->v[0].op == PF_SPEC_ARBITRARY ? &s->v[0] : NULL;
}

/* ---- writing ---- */

/* Two specifiers that say the same, 1.0 and 1.0.0 taken for one. */
static bool same_spec(const struct pf_spec *l, const struct pf_spec *r)
{
	if (l->op != r->op || l->wildcard != r->wildcard)
		return false;
	if (l->op == PF_SPEC_ARBITRARY || l->wildcard)
		return pf_str_eq(l->text, r->text);
	if (l->op == PF_SPEC_COMPATIBLE && l->version.release_count != r->version.release_count)
		return false;
	return pf_version_cmp(&l->version, &r->version) == 0;
}

static int char_at(const struct pf_spec *s, size_t i)
{
	const char *op = op_text(s->op);
	size_t n = strlen(op);

	if (i < n)
		return op[i];
	return i - n < s->text.n ? (unsigned char)s->text.p[i - n] : -1;
}

/* By operator and version as one text. */
static int by_text(const void *l, const void *r)
{
	const struct pf_spec *const *ls = l, *const *rs = r;
	int lc = 0, rc = 0;

	for (size_t i = 0; lc == rc && lc >= 0; i++) {
		lc = char_at(*ls, i);
		rc = char_at(*rs, i);
	}
	return lc - rc;
}

struct pf_str pf_specset_print(struct pf_arena *a, const struct pf_specset *s)
{
	const struct pf_spec **order = pf_alloc_array(a, s->n + 1, sizeof(*order));
	struct pf_buf b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str out;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		order[i] = &s->v[i];
	qsort(order, s->n, sizeof(*order), by_text);
	for (size_t i = 0, j; i < s->n; i++) {
		for (j = 0; j < n && !same_spec(order[j], order[i]); j++)
			;
		if (j < n)
			continue;
		pf_buf_printf(&b, "%s%s" PF_FMT, n ? "," : "", op_text(order[i]->op),
			      PF_ARG(order[i]->text));
		order[n++] = order[i];
	}
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}
