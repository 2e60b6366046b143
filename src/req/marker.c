/* marker.c - environment markers (PEP 508): read and written */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/marker_tree.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/name.h"
#include "req/pystring.h"
#include "req/pytext.h"
#include "req/reader.h"

/* marker = atom (("and" | "or") atom)*
 * atom   = "(" marker ")" | value op value
 * value  = variable | 'text' | "text"
 *
 * "and" binds more tightly; a list keeps its words, so that it is written as it was read. */

static const struct {
	const char *text;
	enum pf_marker_op op;
} operators[] = {
	{ "===", PF_MARKER_ARBITRARY }, { "==", PF_MARKER_EQ }, { "~=", PF_MARKER_COMPATIBLE },
	{ "!=", PF_MARKER_NE },		{ "<=", PF_MARKER_LE }, { ">=", PF_MARKER_GE },
	{ "<", PF_MARKER_LT },		{ ">", PF_MARKER_GT },
};

/* A longer word before the one it begins with does not matter: a word's end is looked at. */
static const struct {
	const char *text, *name;
} variables[] = {
	{ "python_version", "python_version" },
	{ "python_full_version", "python_full_version" },
	{ "os_name", "os_name" },
	{ "os.name", "os_name" },
	{ "sys_platform", "sys_platform" },
	{ "sys.platform", "sys_platform" },
	{ "platform_release", "platform_release" },
	{ "platform_system", "platform_system" },
	{ "platform_version", "platform_version" },
	{ "platform.version", "platform_version" },
	{ "platform_machine", "platform_machine" },
	{ "platform.machine", "platform_machine" },
	{ "platform_python_implementation", "platform_python_implementation" },
	{ "platform.python_implementation", "platform_python_implementation" },
	{ "python_implementation", "platform_python_implementation" },
	{ "implementation_name", "implementation_name" },
	{ "implementation_version", "implementation_version" },
	{ "extra", "extra" },
	{ "extras", "extras" },
	{ "dependency_groups", "dependency_groups" },
};

const char *pf_marker_op_text(enum pf_marker_op op)
{
	for (size_t i = 0; i < PF_COUNT(operators); i++)
		if (operators[i].op == op)
			return operators[i].text;
	return op == PF_MARKER_IN ? "in" : "not in";
}

/* ---- reading ---- */

/* The word, if it stands at the place and ends there. */
static bool take_word(struct pf_reader *r, const char *word)
{
	struct pf_str rest = pf_str_skip(r->text, r->at);
	size_t n = strlen(word);

	if (!pf_str_starts(rest, word) || (rest.n > n && pf_py_word(rest.p[n])))
		return false;
	r->at += n;
	return true;
}

static int take_value(struct pf_marker_value *out, struct pf_reader *r)
{
	char quote = pf_reader_peek(r);
	size_t end;

	for (size_t i = 0; i < PF_COUNT(variables); i++) {
		if (take_word(r, variables[i].text)) {
			*out = (struct pf_marker_value){ pf_s(variables[i].name), true };
			return 0;
		}
	}
	if (quote != '"' && quote != '\'')
		return pf_reader_fail(r, "a marker variable or a quoted text");
	end = pf_str_find(pf_str_skip(r->text, r->at + 1), quote);
	if (end == PF_NPOS)
		return pf_reader_fail(r, "a quoted text that ends");
	out->variable = false;
	if (!pf_py_unquote(&out->text, r->a, pf_str_cut(r->text, r->at + 1, r->at + 1 + end)))
		return pf_reader_fail(r, "a valid quoted text");
	r->at += end + 2;
	return 0;
}

static int take_operator(enum pf_marker_op *out, struct pf_reader *r)
{
	size_t from = r->at;

	for (size_t i = 0; i < PF_COUNT(operators); i++) {
		if (pf_str_starts(pf_str_skip(r->text, r->at), operators[i].text)) {
			r->at += strlen(operators[i].text);
			*out = operators[i].op;
			return 0;
		}
	}
	if (take_word(r, "in")) {
		*out = PF_MARKER_IN;
		return 0;
	}
	if (!take_word(r, "not"))
		return pf_reader_fail(r, "one of <=, <, !=, ==, >=, >, ~=, ===, in, not in");
	from = r->at;
	pf_reader_skip_blanks(r);
	if (r->at == from || !take_word(r, "in"))
		return pf_reader_fail(r, "\"in\" after \"not\"");
	*out = PF_MARKER_NOT_IN;
	return 0;
}

/* PEP 685: names of extras and groups are compared in their normal form. */
static void normalise_names(struct pf_marker_item *item, struct pf_arena *a)
{
	static const char *const sets[] = { "extras", "dependency_groups", NULL };
	struct pf_marker_value *l = &item->left, *r = &item->right;

	if (l->variable && !r->variable && pf_str_is(l->text, "extra"))
		r->text = pf_name_canonical(a, r->text);
	else if (r->variable && !l->variable &&
		 (pf_str_is(r->text, "extra") || pf_str_in(r->text, sets)))
		l->text = pf_name_canonical(a, l->text);
}

static int take_list(struct pf_marker *out, struct pf_reader *r, unsigned depth);

static int take_group(struct pf_marker_item *out, struct pf_reader *r, unsigned depth)
{
	size_t from = r->at++;

	if (depth >= PF_MAX_MARKER_DEPTH)
		return pf_fail(r->err, PF_ELIMIT, "marker with more than %d nested parentheses",
			       PF_MAX_MARKER_DEPTH);
	out->group = pf_alloc(r->a, sizeof(*out->group));
	if (take_list(out->group, r, depth + 1) < 0)
		return -1;
	if (!pf_reader_take(r, ')'))
		return pf_fail(r->err, PF_EMODEL,
			       "expected \")\" at column %zu for \"(\" at column %zu "
			       "of '" PF_FMT "'",
			       r->at + 1, from + 1, PF_ARG(pf_shown(r->text)));
	return 0;
}

static int take_atom(struct pf_marker_item *out, struct pf_reader *r, unsigned depth)
{
	pf_reader_skip_blanks(r);
	if (pf_reader_peek(r) == '(') {
		if (take_group(out, r, depth) < 0)
			return -1;
	} else {
		if (take_value(&out->left, r) < 0)
			return -1;
		pf_reader_skip_blanks(r);
		if (take_operator(&out->op, r) < 0)
			return -1;
		pf_reader_skip_blanks(r);
		if (take_value(&out->right, r) < 0)
			return -1;
		normalise_names(out, r->a);
	}
	pf_reader_skip_blanks(r);
	return 0;
}

static int take_list(struct pf_marker *out, struct pf_reader *r, unsigned depth)
{
	struct pf_marker_item item = { 0 };

	for (;;) {
		if (take_atom(&item, r, depth) < 0)
			return -1;
		*PF_PUSH(r->a, out) = item;
		item = (struct pf_marker_item){ 0 };
		if (take_word(r, "or"))
			item.after_or = true;
		else if (!take_word(r, "and"))
			return 0;
	}
}

int pf_marker_scan(struct pf_marker **out, struct pf_reader *r)
{
	struct pf_marker *m = pf_alloc(r->a, sizeof(*m));

	if (take_list(m, r, 0) < 0)
		return -1;
	if (r->at < r->text.n)
		return pf_reader_fail(r, "\"and\", \"or\" or the end");
	*out = m;
	return 0;
}

int pf_marker_parse(struct pf_marker **out, struct pf_arena *a, struct pf_str text,
		    struct pf_err *err)
{
	return pf_marker_scan(out, &(struct pf_reader){ text, 0, a, err });
}

/* ---- writing ---- */

/* Quotes as the reference: double ones, or single ones around a double one. What only escapes can
 * have brought in (control bytes, both kinds of quotes, a backslash) is escaped again, so that the
 * text means the same when it is read and always stays one line. */
static void write_value(struct pf_buf *b, const struct pf_marker_value *v)
{
	char quote = pf_str_find(v->text, '"') == PF_NPOS ? '"' : '\'';

	if (v->variable) {
		pf_buf_str(b, v->text);
		return;
	}
	pf_buf_char(b, quote);
	for (size_t i = 0; i < v->text.n; i++) {
		char c = v->text.p[i];

		if ((unsigned char)c < 0x20 || c == 0x7f || c == quote || c == '\\')
			pf_buf_printf(b, "\\x%02x", (unsigned)c);
		else
			pf_buf_char(b, c);
	}
	pf_buf_char(b, quote);
}

static void write_list(struct pf_buf *b, const struct pf_marker *m, bool first)
{
	const struct pf_marker_item *item;

	while (m->n == 1 && m->v[0].group)
		m = m->v[0].group;
	if (m->n == 1)
		first = true;
	if (!first)
		pf_buf_char(b, '(');
	for (size_t i = 0; i < m->n; i++) {
		item = &m->v[i];
		if (i)
			pf_buf_cstr(b, item->after_or ? " or " : " and ");
		if (item->group) {
			write_list(b, item->group, false);
			continue;
		}
		write_value(b, &item->left);
		pf_buf_printf(b, " %s ", pf_marker_op_text(item->op));
		write_value(b, &item->right);
	}
	if (!first)
		pf_buf_char(b, ')');
}

struct pf_str pf_marker_print(struct pf_arena *a, const struct pf_marker *m)
{
	struct pf_buf b = PF_BUF(PF_MAX_TEXT_FILE * 4);
	struct pf_str out;

	if (m)
		write_list(&b, m, true);
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}
