/* reqlines.c - a requirements file's logical lines */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqlines.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"

/* ---- encoding ---- */

static struct pf_str from_latin1(struct pf_arena *a, struct pf_str bytes)
{
	char *out = pf_alloc_array(a, bytes.n + 1, 2);
	size_t n = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c >= 0x80)
			out[n++] = (char)(0xc0 | c >> 6);
		out[n++] = (char)(c < 0x80 ? c : 0x80 | (c & 0x3f));
	}
	return (struct pf_str){ out, n };
}

/* "coding: NAME" or "coding=NAME" in a comment of the first two lines. */
static struct pf_str find_coding(struct pf_str bytes)
{
	for (int i = 0; i < 2; i++) {
		size_t end = pf_str_find(bytes, '\n');
		struct pf_str line = pf_str_cut(bytes, 0, end);
		size_t at = pf_str_find_str(line, "coding"), from;

		bytes = end == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(bytes, end + 1);
		if (!line.n || line.p[0] != '#' || at == PF_NPOS || at + 6 >= line.n ||
		    (line.p[at + 6] != ':' && line.p[at + 6] != '='))
			continue;
		for (at += 7; at < line.n && pf_is_space(line.p[at]);)
			at++;
		for (from = at; at < line.n && (pf_py_word(line.p[at]) || line.p[at] == '-' ||
						line.p[at] == '.');)
			at++;
		return pf_str_cut(line, from, at);
	}
	return (struct pf_str){ 0 };
}

static bool names_one_of(struct pf_str coding, const char *const *names)
{
	for (; *names; names++)
		if (pf_str_ieq(coding, *names))
			return true;
	return false;
}

int pf_reqlines_decode(struct pf_str *out, struct pf_arena *a, struct pf_str bytes,
		       struct pf_err *err)
{
	static const char *const latin1[] = { "latin-1", "latin1", "latin_1", "iso-8859-1",
					      "iso8859-1", "l1", NULL };
	static const char *const utf8[] = { "utf-8", "utf8", "utf_8", "ascii", "us-ascii", NULL };
	struct pf_str coding, shown;

	if (pf_str_starts(bytes, "\xff\xfe") || pf_str_starts(bytes, "\xfe\xff"))
		return pf_fail(err, PF_EMODEL, "is UTF-16 or UTF-32 (save it as UTF-8)");
	if (pf_str_starts(bytes, "\xef\xbb\xbf")) {
		bytes = pf_str_skip(bytes, 3);
	} else {
		coding = find_coding(bytes);
		shown = pf_shown(coding);
		if (coding.n && names_one_of(coding, latin1))
			bytes = from_latin1(a, bytes);
		else if (coding.n && !names_one_of(coding, utf8))
			return pf_fail(err, PF_EMODEL,
				       "is in the encoding '" PF_FMT "' (save it as UTF-8)",
				       PF_ARG(shown));
	}
	if (!pf_str_is_utf8(bytes))
		return pf_fail(err, PF_EMODEL, "is not UTF-8");
	*out = bytes;
	return 0;
}

/* ---- lines ---- */

/* Blanks, then "#". */
static bool is_comment(struct pf_str line)
{
	size_t at = 0, len;

	while ((len = pf_py_space(line, at)))
		at += len;
	return at < line.n && line.p[at] == '#';
}

/* Takes off a comment: "#" at the beginning or after white space. */
static struct pf_str without_comment(struct pf_str line)
{
	size_t at = 0, blank = PF_NPOS, len;

	while (at < line.n) {
		if (line.p[at] == '#' && (at == 0 || blank != PF_NPOS))
			return pf_str_cut(line, 0, at == 0 ? 0 : blank);
		len = pf_py_space(line, at);
		if (!len)
			blank = PF_NPOS;
		else if (blank == PF_NPOS)
			blank = at;
		at += len ? len : 1;
	}
	return line;
}

static struct pf_str without_backslashes(struct pf_str line)
{
	while (line.n && line.p[0] == '\\')
		line = pf_str_skip(line, 1);
	while (line.n && line.p[line.n - 1] == '\\')
		line.n--;
	return line;
}

static int fail_long(unsigned number, struct pf_err *err)
{
	return pf_fail(err, PF_ELIMIT, "line %u: longer than %zu bytes", number, PF_MAX_REQ_LINE);
}

/* The physical lines that a backslash joins, as one; a comment ends them, its blank kept. */
static int join(struct pf_str *out, unsigned *number, struct pf_reqlines *l, struct pf_err *err)
{
	struct pf_buf joined = PF_BUF(PF_MAX_REQ_LINE);
	struct pf_str line;
	bool more = false;

	while (pf_py_next_line(&l->rest, &line)) {
		bool comment = is_comment(line);

		l->physical++;
		*number = more ? *number : l->physical;
		if (!more && (comment || !pf_str_ends(line, "\\"))) {
			*out = comment ? (struct pf_str){ 0 } : line;
			return 1;
		}
		more = pf_str_ends(line, "\\") && !comment;
		pf_buf_str(&joined, comment ? PF_S("") : more ? without_backslashes(line) : line);
		if (!more)
			break;
	}
	l->cut = more;
	if (joined.toobig) {
		pf_buf_free(&joined);
		return fail_long(*number, err);
	}
	*out = pf_dup(l->a, pf_buf_view(&joined));
	pf_buf_free(&joined);
	return 1;
}

int pf_reqlines_next(struct pf_str *line, unsigned *number, struct pf_reqlines *lines,
		     struct pf_err *err)
{
	struct pf_str one = { 0 };
	int got;

	while (lines->rest.n) {
		got = join(&one, number, lines, err);
		if (got < 0)
			return -1;
		one = pf_py_strip(without_comment(one));
		if (one.n > PF_MAX_REQ_LINE)
			return fail_long(*number, err);
		if (one.n) {
			*line = one;
			return 1;
		}
	}
	return 0;
}

size_t pf_reqlines_variable(struct pf_str text, struct pf_str *name)
{
	for (size_t at = 0; at + 3 < text.n; at++) {
		size_t end = at + 2;

		if (text.p[at] != '$' || text.p[at + 1] != '{')
			continue;
		while (end < text.n && (pf_is_digit(text.p[end]) || text.p[end] == '_' ||
					(text.p[end] >= 'A' && text.p[end] <= 'Z')))
			end++;
		if (end > at + 2 && end < text.n && text.p[end] == '}') {
			*name = pf_str_cut(text, at + 2, end);
			return at;
		}
	}
	return PF_NPOS;
}
