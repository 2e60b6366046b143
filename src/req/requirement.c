/* requirement.c - one requirement (PEP 508) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/requirement.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"

/* requirement = name [extras] (specifiers | "(" specifiers ")" | "@" URL) [";" marker]
 * extras      = "[" [name ("," name)*] "]"
 * Blanks and tabs may stand between any two of these; after a URL one has to. */

struct reader {
	struct pf_str text;
	size_t at;
	struct pf_arena *a;
	struct pf_err *err;
};

static int fail_here(struct reader *r, const char *expected)
{
	struct pf_str shown = pf_shown(r->text);

	return pf_fail(r->err, PF_EMODEL, "expected %s at column %zu of '" PF_FMT "'", expected,
		       r->at + 1, PF_ARG(shown));
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->text.n && (r->text.p[r->at] == ' ' || r->text.p[r->at] == '\t'))
		r->at++;
}

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static bool take_char(struct reader *r, char c)
{
	if (r->at >= r->text.n || r->text.p[r->at] != c)
		return false;
	r->at++;
	return true;
}

/* [A-Za-z0-9][A-Za-z0-9._-]*, less what stands at its end that is no part of a word. */
static bool take_name(struct pf_str *out, struct reader *r)
{
	size_t from = r->at, end = r->at;

	if (!pf_is_alnum(peek(r)))
		return false;
	while (end < r->text.n && (pf_py_word(r->text.p[end]) || r->text.p[end] == '.' ||
				   r->text.p[end] == '-'))
		end++;
	while (!pf_py_word(r->text.p[end - 1]))
		end--;
	*out = pf_str_cut(r->text, from, end);
	r->at = end;
	return true;
}

static int by_text(const void *l, const void *r)
{
	return pf_str_cmp(*(const struct pf_str *)l, *(const struct pf_str *)r);
}

static void sort_unique(struct pf_strs *list)
{
	size_t n = 0;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_text);
	for (size_t i = 0; i < list->n; i++)
		if (!n || !pf_str_eq(list->v[n - 1], list->v[i]))
			list->v[n++] = list->v[i];
	list->n = n;
}

static int take_extras(struct pf_strs *out, struct reader *r)
{
	struct pf_str one;

	if (!take_char(r, '['))
		return 0;
	skip_blanks(r);
	if (take_name(&one, r)) {
		*PF_PUSH(r->a, out) = one;
		for (skip_blanks(r); take_char(r, ','); skip_blanks(r)) {
			skip_blanks(r);
			if (!take_name(&one, r))
				return fail_here(r, "the name of an extra");
			*PF_PUSH(r->a, out) = one;
		}
	}
	if (!take_char(r, ']'))
		return fail_here(r, "\",\" or \"]\" after an extra");
	sort_unique(out);
	return 0;
}

/* Finds where the specifiers end, then reads them as a set. */
static int take_specifiers(struct pf_specset *out, struct reader *r)
{
	bool parentheses = take_char(r, '(');
	struct pf_str rest;
	struct pf_spec one;
	size_t from, end, used;

	skip_blanks(r);
	from = end = r->at;
	for (rest = pf_str_skip(r->text, r->at); (used = pf_spec_scan(&one, r->a, rest));
	     rest = pf_str_skip(r->text, r->at)) {
		r->at += used;
		end = r->at;
		skip_blanks(r);
		if (!take_char(r, ','))
			break;
		skip_blanks(r);
	}
	if (parentheses && !take_char(r, ')'))
		return fail_here(r, "a version specifier or \")\"");
	return pf_specset_parse(out, r->a, pf_str_cut(r->text, from, end), r->err);
}

static int take_url(struct pf_str *out, struct reader *r)
{
	size_t from;

	skip_blanks(r);
	from = r->at;
	while (r->at < r->text.n && r->text.p[r->at] != ' ' && r->text.p[r->at] != '\t')
		r->at++;
	if (r->at == from)
		return fail_here(r, "a URL after \"@\"");
	*out = pf_str_cut(r->text, from, r->at);
	return 0;
}

int pf_requirement_parse(struct pf_requirement *out, struct pf_arena *a, struct pf_str text,
			 struct pf_err *err)
{
	struct reader r = { .text = text, .a = a, .err = err };
	struct pf_requirement q = { 0 };

	if (text.n > PF_MAX_REQ_LINE)
		return pf_fail(err, PF_ELIMIT, "a requirement is longer than %zu bytes",
			       PF_MAX_REQ_LINE);
	skip_blanks(&r);
	if (!take_name(&q.name, &r))
		return fail_here(&r, "the name of a package");
	q.key = pf_name_canonical(a, q.name);
	skip_blanks(&r);
	if (take_extras(&q.extras, &r) < 0)
		return -1;
	skip_blanks(&r);
	if ((take_char(&r, '@') ? take_url(&q.url, &r) : take_specifiers(&q.specs, &r)) < 0)
		return -1;
	skip_blanks(&r);
	if (take_char(&r, ';')) {
		if (pf_marker_scan(&q.marker, a, text, &r.at, err) < 0)
			return -1;
	}
	if (r.at < text.n)
		return fail_here(&r, q.marker ? "\"and\", \"or\" or the end" :
				     q.url.n  ? "\";\" or the end after the URL" :
						"a version specifier, \";\" or the end");
	*out = q;
	return 0;
}

struct pf_str pf_requirement_print(struct pf_arena *a, const struct pf_requirement *q)
{
	struct pf_buf b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str out;

	pf_buf_str(&b, q->name);
	for (size_t i = 0; i < q->extras.n; i++)
		pf_buf_printf(&b, "%c" PF_FMT, i ? ',' : '[', PF_ARG(q->extras.v[i]));
	if (q->extras.n)
		pf_buf_char(&b, ']');
	pf_buf_str(&b, pf_specset_print(a, &q->specs));
	if (q->url.n) {
		pf_buf_cstr(&b, " @ ");
		pf_buf_str(&b, q->url);
		pf_buf_cstr(&b, q->marker ? " " : "");
	}
	if (q->marker) {
		pf_buf_cstr(&b, "; ");
		pf_buf_str(&b, pf_marker_print(a, q->marker));
	}
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}
