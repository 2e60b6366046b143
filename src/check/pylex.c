/* pylex.c - Python's source as tokens, just as far as statements and names need them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/pylex.h"

#include "base/str.h"

#define TAB 8

void pf_pylexer_init(struct pf_pylexer *x, struct pf_str text)
{
	*x = (struct pf_pylexer){ .line = 1, .fresh = true };
	if (pf_str_starts(text, "\xef\xbb\xbf"))
		text = pf_str_skip(text, 3);
	x->p = text.p;
	x->end = text.p + text.n;
}

/* The byte that many behind this one; a NUL behind the end, which no source has. */
static char ahead(const struct pf_pylexer *x, size_t n)
{
	return (size_t)(x->end - x->p) > n ? x->p[n] : '\0';
}

/* At a line's end: \n, \r\n or \r. */
static void pass_line_end(struct pf_pylexer *x)
{
	x->p += *x->p == '\r' && ahead(x, 1) == '\n' ? 2 : 1;
	x->line++;
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static void pass_one(struct pf_pylexer *x)
{
	if (x->p == x->end)
		return;
	if (is_line_end(*x->p))
		pass_line_end(x);
	else
		x->p++;
}

static int push(struct pf_pylexer *x, struct pf_pylevel level, struct pf_err *err)
{
	if (x->depth == PF_MAX_CODE_DEPTH)
		return pf_fail(err, PF_ELIMIT,
			       "line %u: more than %d brackets and strings in one another", x->line,
			       PF_MAX_CODE_DEPTH);
	x->levels[x->depth++] = level;
	return 0;
}

static struct pf_pylevel *top(struct pf_pylexer *x)
{
	return x->depth ? &x->levels[x->depth - 1] : NULL;
}

/* ---- strings ---- */

static int fail_string(struct pf_err *err, unsigned line)
{
	return pf_fail(err, PF_EMODEL, "line %u: a string that does not end", line);
}

static bool at_quote(const struct pf_pylexer *x, const struct pf_pylevel *s)
{
	return *x->p == s->quote &&
	       (!s->triple || (ahead(x, 1) == s->quote && ahead(x, 2) == s->quote));
}

/* Behind the opening quote of a string without fields. */
static int pass_string(struct pf_pylexer *x, const struct pf_pylevel *s, struct pf_err *err)
{
	unsigned line = x->line;

	for (; x->p < x->end; pass_one(x)) {
		if (at_quote(x, s)) {
			x->p += s->triple ? 3 : 1;
			return 0;
		}
		if (*x->p == '\\')
			x->p++;
		else if (is_line_end(*x->p) && !s->triple)
			break;
	}
	return fail_string(err, line);
}

/* A brace behind a backslash is one all the same, but in \N{DASH}. */
static void pass_escape(struct pf_pylexer *x, const struct pf_pylevel *s)
{
	bool named = !s->raw && ahead(x, 1) == 'N' && ahead(x, 2) == '{';

	x->p++;
	while (named && x->p < x->end && *x->p != '}' && !is_line_end(*x->p))
		x->p++;
	if (named || (ahead(x, 0) != '{' && ahead(x, 0) != '}'))
		pass_one(x);
}

/* The text of an f-string or of a format, up to a field, or beyond its end: then *ended. */
static int pass_text(bool *ended, struct pf_pylexer *x, struct pf_err *err)
{
	const struct pf_pylevel s = *top(x);
	bool format = s.kind == PF_PY_FORMAT;

	while (x->p < x->end) {
		char c = *x->p;

		if (at_quote(x, &s)) {
			if (format)
				break;
			x->p += s.triple ? 3 : 1;
			x->depth--;
			*ended = true;
			return 0;
		}
		if (is_line_end(c) && !s.triple)
			break;
		if (c == '}' && format) {
			x->p++;
			x->depth -= 2; /* the field, too */
			return 0;
		}
		if (c == '{' && (format || ahead(x, 1) != '{')) {
			x->p++;
			return push(x, (struct pf_pylevel){ PF_PY_FIELD, s.quote, s.triple, s.raw },
				    err);
		}
		if (c == '\\')
			pass_escape(x, &s);
		else if (c == '{')
			x->p += 2;
		else
			pass_one(x);
	}
	return fail_string(err, x->line);
}

/* At a quote; `prefix` is what stands before it: "rb", "F". 1 when the string has been passed. */
static int begin_string(struct pf_pylexer *x, struct pf_str prefix, struct pf_err *err)
{
	struct pf_pylevel s = { .kind = PF_PY_TEXT, .quote = *x->p };
	bool fields = false;

	for (size_t i = 0; i < prefix.n; i++) {
		s.raw |= pf_lower(prefix.p[i]) == 'r';
		fields |= pf_lower(prefix.p[i]) == 'f' || pf_lower(prefix.p[i]) == 't';
	}
	s.triple = ahead(x, 1) == s.quote && ahead(x, 2) == s.quote;
	x->p += s.triple ? 3 : 1;
	if (fields)
		return push(x, s, err);
	return pass_string(x, &s, err) < 0 ? -1 : 1;
}

/* ---- code ---- */

static bool is_name_byte(char c)
{
	return pf_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_prefix(struct pf_str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!strchr("rRbBuUfFtT", word.p[i]))
			return false;
	return word.n <= 2;
}

/* The column of the first byte of a line that is no blank. */
static void take_indent(struct pf_pylexer *x)
{
	x->indent = 0;
	for (; x->p < x->end; x->p++) {
		if (*x->p == ' ')
			x->indent++;
		else if (*x->p == '\t')
			x->indent = (x->indent / TAB + 1) * TAB;
		else if (*x->p == '\f')
			x->indent = 0;
		else
			break;
	}
	x->fresh = false;
}

/* Blanks, comments and lines that go on; stops at a line's end that counts. */
static void pass_blanks(struct pf_pylexer *x)
{
	for (;;) {
		if (x->fresh)
			take_indent(x);
		if (x->p == x->end)
			return;
		if (*x->p == '#') {
			while (x->p < x->end && !is_line_end(*x->p))
				x->p++;
		} else if (*x->p == '\\' && is_line_end(ahead(x, 1))) {
			x->p++;
			pass_line_end(x);
		} else if (*x->p == ' ' || *x->p == '\t' || *x->p == '\f') {
			x->p++;
		} else if (is_line_end(*x->p) && (x->depth || !x->begun)) {
			pass_line_end(x);
			x->fresh = !x->depth;
		} else {
			return;
		}
	}
}

static int take_sign(struct pf_pytoken *out, struct pf_pylexer *x, struct pf_err *err)
{
	struct pf_pylevel *around = top(x), level = { .kind = PF_PY_BRACKET };
	bool field = around && around->kind == PF_PY_FIELD;
	char c = *x->p++;

	out->kind = PF_PY_SIGN;
	out->text = (struct pf_str){ x->p - 1, 1 };
	if (strchr("([{", c))
		return push(x, level, err);
	if (strchr(")]}", c)) {
		if (!around || (field && c != '}'))
			return pf_fail(err, PF_EMODEL, "line %u: a bracket that nothing opens",
				       x->line);
		out->depth = --x->depth;
	} else if (c == ':' && field) {
		level = *around;
		level.kind = PF_PY_FORMAT;
		return push(x, level, err);
	}
	return 0;
}

/* A name, or a string whose prefix looked like one. */
static int take_word(struct pf_pytoken *out, struct pf_pylexer *x, struct pf_err *err)
{
	const char *start = x->p;
	bool digit = pf_is_digit(*start);

	while (x->p < x->end && (is_name_byte(*x->p) || (digit && *x->p == '.')))
		x->p++;
	out->text = (struct pf_str){ start, (size_t)(x->p - start) };
	out->kind = digit ? PF_PY_LITERAL : PF_PY_NAME;
	if (digit || !is_prefix(out->text) || (ahead(x, 0) != '"' && ahead(x, 0) != '\''))
		return 0;
	out->kind = PF_PY_LITERAL;
	return begin_string(x, out->text, err) < 0 ? -1 : 0;
}

static int take_code(struct pf_pytoken *out, struct pf_pylexer *x, struct pf_err *err)
{
	pass_blanks(x);
	*out = (struct pf_pytoken){ .line = x->line, .indent = x->indent, .depth = x->depth };
	if (x->p == x->end) {
		if (x->depth)
			return pf_fail(err, PF_EMODEL, "line %u: a bracket that is not closed",
				       x->line);
		out->kind = x->begun ? PF_PY_NEWLINE : PF_PY_END;
		x->begun = false;
		return 0;
	}
	if (is_line_end(*x->p)) {
		pass_line_end(x);
		out->kind = PF_PY_NEWLINE;
		x->begun = false;
		x->fresh = true;
		return 0;
	}
	x->begun = true;
	if (is_name_byte(*x->p))
		return take_word(out, x, err);
	if (*x->p != '"' && *x->p != '\'')
		return take_sign(out, x, err);
	out->kind = PF_PY_LITERAL;
	return begin_string(x, (struct pf_str){ 0 }, err) < 0 ? -1 : 0;
}

int pf_pylexer_next(struct pf_pytoken *out, struct pf_pylexer *x, struct pf_err *err)
{
	for (;;) {
		const struct pf_pylevel *around = top(x);
		bool ended = false;

		if (!around || around->kind == PF_PY_BRACKET || around->kind == PF_PY_FIELD)
			return take_code(out, x, err);
		if (pass_text(&ended, x, err) < 0)
			return -1;
		if (ended) {
			*out = (struct pf_pytoken){
				PF_PY_LITERAL, { 0 }, x->line, x->indent, x->depth
			};
			return 0;
		}
	}
}
