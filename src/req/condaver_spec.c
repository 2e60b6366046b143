/* condaver_spec.c - specs of versions of conda packages (CEP 29): read, asked, written */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "req/condaver.h"

/* ---- reading ----
 *
 * either := all ("|" all)*
 * all    := one ("," one)*
 * one    := "(" either ")" | OPERATOR? VERSION (".*" | "*")? | "*" | GLOB | ^REGEX$
 *
 * with white space around each, and none within. */

/* What an operator makes of a version, and of one with a star behind it. CEP 29 disallows the
 * latter but with = and !=; conda and rattler leave the star out. PF_CONDAVER_ANY: refused. */
static const struct {
	const char *text;
	enum pf_condaver_op op, star;
	bool alone;		/* may have a star and no version: anything */
} operators[] = {
	{ "==", PF_CONDAVER_EQ, PF_CONDAVER_EQ, true },
	{ "!=", PF_CONDAVER_NE, PF_CONDAVER_STARTS_NOT, false },
	{ "<=", PF_CONDAVER_LE, PF_CONDAVER_LE, false },
	{ ">=", PF_CONDAVER_GE, PF_CONDAVER_GE, true },
	{ "~=", PF_CONDAVER_COMPATIBLE, PF_CONDAVER_ANY, false },
	{ "=", PF_CONDAVER_STARTS, PF_CONDAVER_STARTS, true },
	{ "<", PF_CONDAVER_LT, PF_CONDAVER_LT, false },
	{ ">", PF_CONDAVER_GT, PF_CONDAVER_GE, false },
};

struct reader {
	struct pf_str text;
	size_t at;
	unsigned depth;
	struct pf_arena *a;
	PF_VEC(struct pf_condaver_clause) out;
	struct pf_err *err;
};

static int fail_at(struct reader *r, size_t at, const char *what)
{
	struct pf_str shown = pf_shown(r->text);

	return pf_fail(r->err, PF_EMODEL, "version spec '" PF_FMT "', column %zu: %s",
		       PF_ARG(shown), at + 1, what);
}

static int wrap_at(struct reader *r, size_t at)
{
	struct pf_str shown = pf_shown(r->text);

	return pf_wrap(r->err, "version spec '" PF_FMT "', column %zu", PF_ARG(shown), at + 1);
}

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (pf_is_space(peek(r)))
		r->at++;
}

static int take_pattern(struct reader *r, struct pf_condaver_clause *c, struct pf_str text,
			size_t at)
{
	c->op = PF_CONDAVER_PATTERN;
	return pf_pattern_parse(&c->pattern, r->a, text, r->err) < 0 ? wrap_at(r, at) : 0;
}

/* "1.2" of "1.2.*", "1.2*" and, behind an operator, of "1.2.*.*". */
static struct pf_str without_star(struct pf_str text)
{
	while (pf_str_ends(text, ".*"))
		text.n -= 2;
	if (pf_str_ends(text, "*"))
		text.n--;
	return text;
}

/* ~=1.2.3 is >=1.2.3,1.2.*: what comes before the last piece. */
static bool cut_prefix(struct pf_condaver_clause *c)
{
	uint32_t n = c->version.main;

	while (n && !c->version.atoms[n - 1].opens)
		n--;
	c->prefix = n ? n - 1 : 0;
	return c->prefix > 1;	/* more than an epoch */
}

static int take_version(struct reader *r, struct pf_condaver_clause *c, struct pf_str text,
			size_t at)
{
	if (pf_condaver_parse(&c->version, r->a, text, r->err) < 0)
		return wrap_at(r, at);
	if (c->op == PF_CONDAVER_COMPATIBLE && !cut_prefix(c))
		return fail_at(r, at, "~= wants a version of two parts or more");
	return 0;
}

static bool is_glob_char(char c)
{
	return pf_is_alnum(c) || (c && strchr("._-+!*", c));
}

/* Without an operator: 1.2, 1.2.*, 1.2*, *, 1.*.3, ^...$ */
static int take_plain(struct reader *r, struct pf_condaver_clause *c, struct pf_str text, size_t at)
{
	struct pf_str base = without_star(text);
	size_t star = pf_str_find(text, '*');

	if (pf_str_starts(text, "^") || pf_str_ends(text, "$"))
		return take_pattern(r, c, text, at);
	if (pf_str_is(text, "*")) {
		c->op = PF_CONDAVER_ANY;
		return 0;
	}
	if (star != PF_NPOS && star + 1 < text.n) {
		for (size_t i = 0; i < text.n; i++)
			if (!is_glob_char(text.p[i]) || (i && text.p[i] == '*' &&
							 text.p[i - 1] == '*'))
				return fail_at(r, at + i, "this does not belong into a version");
		return take_pattern(r, c, text, at);
	}
	c->op = star == PF_NPOS ? PF_CONDAVER_EQ : PF_CONDAVER_STARTS;
	return take_version(r, c, base, at);
}

static int take_compared(struct reader *r, struct pf_condaver_clause *c, size_t row,
			 struct pf_str text, size_t at)
{
	struct pf_str base = without_star(text);

	if (text.n && strchr("=<>!~", text.p[0]))
		return fail_at(r, at, "there is no such operator");
	if (pf_str_is(text, "*") && operators[row].alone) {
		c->op = PF_CONDAVER_ANY;
		return 0;
	}
	c->op = base.n < text.n ? operators[row].star : operators[row].op;
	if (c->op == PF_CONDAVER_ANY)
		return fail_at(r, at + base.n, "no star goes with ~=");
	return take_version(r, c, base, at);
}

static int take_clause(struct reader *r, struct pf_str text, size_t at)
{
	struct pf_condaver_clause *c = PF_PUSH(r->a, &r->out);

	*c = (struct pf_condaver_clause){ .size = 1 };
	for (size_t i = 0; i < text.n; i++)
		if (pf_is_space(text.p[i]) && text.p[0] != '^')
			return fail_at(r, at + i, "white space within a version");
	for (size_t i = 0; i < PF_COUNT(operators); i++) {
		size_t n = strlen(operators[i].text);

		if (pf_str_starts(text, operators[i].text))
			return take_compared(r, c, i, pf_str_skip(text, n), at + n);
	}
	return take_plain(r, c, text, at);
}

static int take_either(struct reader *r);

static int take_one(struct reader *r)
{
	size_t from;
	bool regex;

	if (r->out.n >= PF_MAX_SPECIFIERS)
		return pf_fail(r->err, PF_ELIMIT, "more than %d clauses in one version spec",
			       PF_MAX_SPECIFIERS);
	skip_blanks(r);
	from = r->at;
	if (peek(r) == '(') {
		if (++r->depth > PF_MAX_MARKER_DEPTH)
			return pf_fail(r->err, PF_ELIMIT, "more than %d parentheses in one another",
				       PF_MAX_MARKER_DEPTH);
		r->at++;
		if (take_either(r) < 0)
			return -1;
		if (peek(r) != ')')
			return fail_at(r, from, "a parenthesis is not closed");
		r->at++;
		r->depth--;
		skip_blanks(r);
		return 0;
	}
	regex = peek(r) == '^';
	while (r->at < r->text.n && (regex || !strchr(",|()", peek(r)))) {
		r->at++;
		if (regex && r->text.p[r->at - 1] == '$')
			break;
	}
	if (r->at == from)
		return fail_at(r, from, "a version is missing");
	return take_clause(r, pf_str_trim(pf_str_cut(r->text, from, r->at)), from);
}

/* Several of them, put together behind one clause that stands for all. */
static int take_joined(struct reader *r, char sign, enum pf_condaver_op op,
		       int (*one)(struct reader *))
{
	size_t from = r->out.n;
	struct pf_condaver_clause join = { .op = op, .count = 1 };

	*PF_PUSH(r->a, &r->out) = join;
	if (one(r) < 0)
		return -1;
	while (skip_blanks(r), peek(r) == sign) {
		r->at++;
		join.count++;
		if (one(r) < 0)
			return -1;
	}
	join.size = (uint32_t)(r->out.n - from);
	r->out.v[from] = join;
	if (join.count == 1) {
		r->out.n--;
		memmove(r->out.v + from, r->out.v + from + 1,
			(r->out.n - from) * sizeof(*r->out.v));
	}
	return 0;
}

static int take_all(struct reader *r)
{
	return take_joined(r, ',', PF_CONDAVER_ALL, take_one);
}

static int take_either(struct reader *r)
{
	return take_joined(r, '|', PF_CONDAVER_EITHER, take_all);
}

int pf_condaver_spec_parse(struct pf_condaver_spec *out, struct pf_arena *a, struct pf_str text,
			   struct pf_err *err)
{
	struct reader r = { .text = pf_str_trim(text), .a = a, .err = err };
	struct pf_condaver_clause few[8], *v;	/* most specs have no more */

	r.out.v = few;
	r.out.cap = PF_COUNT(few);
	if (memchr(text.n ? text.p : "", '\0', text.n))
		return fail_at(&r, 0, "a NUL byte");
	if (take_either(&r) < 0)
		return -1;
	if (r.at < r.text.n)
		return fail_at(&r, r.at, "this does not belong here");
	v = pf_alloc_array(a, r.out.n, sizeof(*v));
	memcpy(v, r.out.v, r.out.n * sizeof(*v));
	*out = (struct pf_condaver_spec){ r.text, v, r.out.n };
	return 0;
}

/* ---- asking ---- */

static bool admits(const struct pf_condaver_clause *c, const struct pf_condaver *v)
{
	const struct pf_condaver_clause *child = c + 1;
	const struct pf_condaver prefix = { .atoms = c->version.atoms, .main = c->prefix };

	switch (c->op) {
	case PF_CONDAVER_ANY:
		return true;
	case PF_CONDAVER_PATTERN:
		return pf_pattern_admits(&c->pattern, v->text);
	case PF_CONDAVER_ALL:
	case PF_CONDAVER_EITHER:
		for (uint32_t i = 0; i < c->count; i++, child += child->size)
			if (admits(child, v) == (c->op == PF_CONDAVER_EITHER))
				return c->op == PF_CONDAVER_EITHER;
		return c->op == PF_CONDAVER_ALL;
	default:
		break;
	}
	if (!v->main)
		return false;
	switch (c->op) {
	case PF_CONDAVER_STARTS:
		return pf_condaver_starts(v, &c->version);
	case PF_CONDAVER_STARTS_NOT:
		return !pf_condaver_starts(v, &c->version);
	case PF_CONDAVER_COMPATIBLE:
		return pf_condaver_cmp(v, &c->version) >= 0 && pf_condaver_starts(v, &prefix);
	default:
		return pf_condaver_op_holds(c->op, pf_condaver_cmp(v, &c->version));
	}
}

bool pf_condaver_op_holds(enum pf_condaver_op op, int cmp)
{
	switch (op) {
	case PF_CONDAVER_EQ:
		return cmp == 0;
	case PF_CONDAVER_NE:
		return cmp != 0;
	case PF_CONDAVER_LT:
		return cmp < 0;
	case PF_CONDAVER_LE:
		return cmp <= 0;
	case PF_CONDAVER_GT:
		return cmp > 0;
	default:
		return cmp >= 0;
	}
}

bool pf_condaver_spec_admits(const struct pf_condaver_spec *s, const struct pf_condaver *v)
{
	return !s->n || admits(s->v, v);
}

const struct pf_condaver *pf_condaver_spec_pin(const struct pf_condaver_spec *s)
{
	return s->n == 1 && s->v[0].op == PF_CONDAVER_EQ ? &s->v[0].version : NULL;
}

/* ---- writing ---- */

static const char *const signs[] = {
	[PF_CONDAVER_EQ] = "==",     [PF_CONDAVER_NE] = "!=",	       [PF_CONDAVER_LT] = "<",
	[PF_CONDAVER_LE] = "<=",     [PF_CONDAVER_GT] = ">",	       [PF_CONDAVER_GE] = ">=",
	[PF_CONDAVER_STARTS] = "",   [PF_CONDAVER_STARTS_NOT] = "!=", [PF_CONDAVER_COMPATIBLE] = "~=",
};

const char *pf_condaver_op_text(enum pf_condaver_op op)
{
	return op < PF_COUNT(signs) && signs[op] ? signs[op] : "";
}

static void write_clause(struct pf_buf *b, const struct pf_condaver_clause *c, bool within)
{
	const struct pf_condaver_clause *child = c + 1;
	bool star = c->op == PF_CONDAVER_STARTS || c->op == PF_CONDAVER_STARTS_NOT;

	switch (c->op) {
	case PF_CONDAVER_ANY:
		pf_buf_char(b, '*');
		break;
	case PF_CONDAVER_PATTERN:
		pf_buf_str(b, c->pattern.text);
		break;
	case PF_CONDAVER_ALL:
	case PF_CONDAVER_EITHER:
		if (within)
			pf_buf_char(b, '(');
		for (uint32_t i = 0; i < c->count; i++, child += child->size) {
			if (i)
				pf_buf_char(b, c->op == PF_CONDAVER_ALL ? ',' : '|');
			write_clause(b, child, c->op == PF_CONDAVER_ALL ||
						       child->op == PF_CONDAVER_EITHER);
		}
		if (within)
			pf_buf_char(b, ')');
		break;
	default:
		pf_buf_cstr(b, pf_condaver_op_text(c->op));
		for (size_t i = 0; i < c->version.text.n; i++)
			pf_buf_char(b, pf_lower(c->version.text.p[i]));
		pf_buf_cstr(b, star ? ".*" : "");
	}
}

struct pf_str pf_condaver_spec_print(struct pf_arena *a, const struct pf_condaver_spec *s)
{
	struct pf_buf b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str out;

	if (s->n)
		write_clause(&b, s->v, false);
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}
