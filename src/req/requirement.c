/* requirement.c - one requirement (PEP 508) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/requirement.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"
#include "req/reader.h"

/* requirement = name [extras] (specifiers | "(" specifiers ")" | "@" URL) [";" marker]
 * extras      = "[" [name ("," name)*] "]"
 * Blanks and tabs may stand between any two of these; after a URL one has to. */

/* [A-Za-z0-9][A-Za-z0-9._-]*, less what stands at its end that is no part of a word. */
static bool take_name(struct pf_str *out, struct pf_reader *r)
{
	size_t from = r->at, end = r->at;

	if (!pf_is_alnum(pf_reader_peek(r)))
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

static void sort_unique(struct pf_strs *list)
{
	size_t n = 0;

	pf_strs_sort(list);
	for (size_t i = 0; i < list->n; i++)
		if (!n || !pf_str_eq(list->v[n - 1], list->v[i]))
			list->v[n++] = list->v[i];
	list->n = n;
}

static int take_extras(struct pf_strs *out, struct pf_reader *r)
{
	struct pf_str one;

	if (!pf_reader_take(r, '['))
		return 0;
	pf_reader_skip_blanks(r);
	if (take_name(&one, r)) {
		*PF_PUSH(r->a, out) = one;
		for (pf_reader_skip_blanks(r); pf_reader_take(r, ','); pf_reader_skip_blanks(r)) {
			pf_reader_skip_blanks(r);
			if (!take_name(&one, r))
				return pf_reader_fail(r, "the name of an extra");
			*PF_PUSH(r->a, out) = one;
		}
	}
	if (!pf_reader_take(r, ']'))
		return pf_reader_fail(r, "\",\" or \"]\" after an extra");
	sort_unique(out);
	return 0;
}

/* Finds where the specifiers end, then reads them as a set. */
static int take_specifiers(struct pf_specset *out, struct pf_reader *r)
{
	bool parentheses = pf_reader_take(r, '(');
	struct pf_str rest;
	struct pf_spec one;
	size_t from, end, used;

	pf_reader_skip_blanks(r);
	from = end = r->at;
	for (rest = pf_str_skip(r->text, r->at); (used = pf_spec_scan(&one, r->a, rest));
	     rest = pf_str_skip(r->text, r->at)) {
		r->at += used;
		end = r->at;
		pf_reader_skip_blanks(r);
		if (!pf_reader_take(r, ','))
			break;
		pf_reader_skip_blanks(r);
	}
	if (parentheses && !pf_reader_take(r, ')'))
		return pf_reader_fail(r, "a version specifier or \")\"");
	return pf_specset_parse(out, r->a, pf_str_cut(r->text, from, end), r->err);
}

static int take_url(struct pf_str *out, struct pf_reader *r)
{
	size_t from;

	pf_reader_skip_blanks(r);
	from = r->at;
	while (r->at < r->text.n && r->text.p[r->at] != ' ' && r->text.p[r->at] != '\t')
		r->at++;
	if (r->at == from)
		return pf_reader_fail(r, "a URL after \"@\"");
	*out = pf_str_cut(r->text, from, r->at);
	return 0;
}

int pf_requirement_parse(struct pf_requirement *out, struct pf_arena *a, struct pf_str text,
			 struct pf_err *err)
{
	struct pf_reader r = { .text = text, .a = a, .err = err };
	struct pf_requirement q = { 0 };

	if (text.n > PF_MAX_REQ_LINE)
		return pf_fail(err, PF_ELIMIT, "a requirement is longer than %zu bytes",
			       PF_MAX_REQ_LINE);
	pf_reader_skip_blanks(&r);
	if (!take_name(&q.name, &r))
		return pf_reader_fail(&r, "the name of a package");
	q.key = pf_name_canonical(a, q.name);
	pf_reader_skip_blanks(&r);
	if (take_extras(&q.extras, &r) < 0)
		return -1;
	pf_reader_skip_blanks(&r);
	if ((pf_reader_take(&r, '@') ? take_url(&q.url, &r) : take_specifiers(&q.specs, &r)) < 0)
		return -1;
	pf_reader_skip_blanks(&r);
	if (pf_reader_take(&r, ';')) {
		if (pf_marker_scan(&q.marker, &r) < 0)
			return -1;
	} else if (r.at < text.n) {
		return pf_reader_fail(&r, q.url.n ? "\";\" or the end after the URL" :
						    "a version specifier, \";\" or the end");
	}
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
