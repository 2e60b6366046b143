/* json.c - a bounded pull reader of JSON over text in memory */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdarg.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

/* What the grammar allows next. */
enum state {
	AT_START,
	AT_VALUE,	/* behind a colon, or a comma in an array */
	AT_FIRST_ITEM,	/* behind [ : a value or ] */
	AT_FIRST_KEY,	/* behind { : a key or } */
	AT_KEY,		/* behind a comma in an object */
	BEHIND_KEY,
	BEHIND_VALUE,
};

/* ---- where something is ---- */

static void locate(struct pf_str text, size_t at, unsigned *line, unsigned *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

PF_PRINTF(5, 6)
static int fail_at(const struct pf_json *r, size_t at, int code, struct pf_err *err,
		   const char *fmt, ...)
{
	char what[600];
	unsigned line, column;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	locate(r->text, at, &line, &column);
	return pf_fail(err, code, "line %u, column %u: %s", line, column, what);
}

int pf_json_fail(const struct pf_json *r, struct pf_err *err, const char *fmt, ...)
{
	char what[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return fail_at(r, r->start, PF_EMODEL, err, "%s", what);
}

/* "a comma or ]", but ... */
static int fail_expected(struct pf_json *r, const char *wanted, struct pf_err *err)
{
	unsigned char c;

	if (r->at >= r->text.n)
		return fail_at(r, r->text.n, PF_EMODEL, err, "the text ends where %s is expected",
			       wanted);
	c = (unsigned char)r->text.p[r->at];
	if (c > ' ' && c < 0x7f)
		return fail_at(r, r->at, PF_EMODEL, err, "%s is expected, not '%c'", wanted, c);
	return fail_at(r, r->at, PF_EMODEL, err, "%s is expected, not byte 0x%02x", wanted, c);
}

/* ---- strings ---- */

#define EACH_BYTE(n) (~(uint64_t)0 / 255 * (n))

/* The first byte that needs a look: quote, backslash, control, or beyond ASCII. Eight at a time. */
static const char *skip_plain(const char *p, const char *end)
{
	while (end - p >= 8) {
		uint64_t w, quote, slash;

		memcpy(&w, p, 8);
		quote = w ^ EACH_BYTE('"');
		slash = w ^ EACH_BYTE('\\');
		if (((w | (w - EACH_BYTE(0x20)) | (quote - EACH_BYTE(1)) | (slash - EACH_BYTE(1))) &
		     EACH_BYTE(0x80)))
			break;
		p += 8;
	}
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
	       *p != '\\')
		p++;
	return p;
}

static bool read_hex4(const char *p, const char *end, uint32_t *out)
{
	*out = 0;
	if (end - p < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		int digit = pf_hex_digit(p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint32_t)digit;
	}
	return true;
}

/* The escape at *p (a backslash) as bytes; NULL, or what is wrong with it. */
static const char *read_escape(const char **p, const char *end, char out[4], size_t *n)
{
	static const char plain[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	uint32_t c, low;

	if (end - *p < 2)
		return "the text ends within a string";
	*n = 1;
	for (size_t i = 0; i < sizeof(plain) - 1; i += 2) {
		if ((*p)[1] == plain[i]) {
			out[0] = plain[i + 1];
			*p += 2;
			return NULL;
		}
	}
	if ((*p)[1] != 'u' || !read_hex4(*p + 2, end, &c))
		return "no such escape in a string";
	*p += 6;
	if (c >= 0xdc00 && c < 0xe000)
		return "a lone surrogate in a string";
	if (c >= 0xd800 && c < 0xdc00) {
		if (end - *p < 2 || (*p)[0] != '\\' || (*p)[1] != 'u' ||
		    !read_hex4(*p + 2, end, &low) || low < 0xdc00 || low > 0xdfff)
			return "a lone surrogate in a string";
		*p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*n = pf_utf8_put(out, c);
	return NULL;
}

/* Behind the opening quote; leaves r->at behind the closing one. */
static int read_string(struct pf_json *r, struct pf_str *out, struct pf_err *err)
{
	const char *begin = r->text.p, *end = begin + r->text.n;
	const char *from = begin + r->at, *p = from, *why = NULL;
	bool escaped = false;
	char bytes[4];
	size_t n = 0;

	for (;;) {
		const char *at = p = skip_plain(p, end);

		if (p == end)
			return fail_at(r, r->start, PF_EMODEL, err, "a string has no end");
		if (*p == '"')
			break;
		if ((unsigned char)*p < 0x20)
			return fail_at(r, (size_t)(p - begin), PF_EMODEL, err,
				       "a string holds a bare control character, byte 0x%02x",
				       (unsigned)*p);
		if (*p != '\\') {
			if (!(n = pf_utf8_length(p, end)))
				return fail_at(r, (size_t)(p - begin), PF_EMODEL, err,
					       "a string is not valid UTF-8");
			p += n;
			continue;
		}
		if (!escaped)
			r->scratch.n = 0;
		escaped = true;
		pf_buf_add(&r->scratch, from, (size_t)(p - from));
		if ((why = read_escape(&p, end, bytes, &n)))
			return fail_at(r, (size_t)(at - begin), PF_EMODEL, err, "%s", why);
		pf_buf_add(&r->scratch, bytes, n);
		from = p;
	}
	if (escaped)
		pf_buf_add(&r->scratch, from, (size_t)(p - from));
	*out = escaped ? pf_buf_view(&r->scratch) : (struct pf_str){ from, (size_t)(p - from) };
	r->at = (size_t)(p + 1 - begin);
	return 0;
}

/* ---- scalars ---- */

static size_t count_digits(const struct pf_json *r, size_t at)
{
	const char *from = r->text.p + at, *end = r->text.p + r->text.n, *p = from;

	while (p < end && pf_is_digit(*p))
		p++;
	return (size_t)(p - from);
}

static bool peek(const struct pf_json *r, size_t at, char one, char other)
{
	return at < r->text.n && (r->text.p[at] == one || r->text.p[at] == other);
}

static int read_number(struct pf_json *r, struct pf_json_token *out, struct pf_err *err)
{
	size_t at = r->at + (r->text.p[r->at] == '-'), digits = count_digits(r, at), more;

	out->integer = true;
	if (!digits)
		return fail_at(r, r->at, PF_EMODEL, err, "a number needs digits");
	if (digits > 1 && r->text.p[at] == '0')
		return fail_at(r, r->at, PF_EMODEL, err, "a number begins with a needless 0");
	at += digits;
	if (peek(r, at, '.', '.')) {
		out->integer = false;
		more = count_digits(r, at + 1);
		if (!more)
			return fail_at(r, r->at, PF_EMODEL, err,
				       "digits are missing after a point");
		at += 1 + more;
	}
	if (peek(r, at, 'e', 'E')) {
		out->integer = false;
		at += 1 + (size_t)peek(r, at + 1, '+', '-');
		more = count_digits(r, at);
		if (!more)
			return fail_at(r, r->at, PF_EMODEL, err, "an exponent needs digits");
		at += more;
	}
	if (out->integer && digits > PF_MAX_JSON_NUMBER)
		return fail_at(r, r->at, PF_ELIMIT, err,
			       "an integer has %zu digits; the limit is %d", digits,
			       PF_MAX_JSON_NUMBER);
	out->kind = PF_JSON_NUMBER;
	out->text = pf_str_cut(r->text, r->at, at);
	r->at = at;
	return 0;
}

static const struct word {
	struct pf_str text;
	enum pf_json_kind kind;
} WORDS[] = {
	{ { "null", 4 }, PF_JSON_NULL },	     { { "true", 4 }, PF_JSON_TRUE },
	{ { "false", 5 }, PF_JSON_FALSE },	     { { "NaN", 3 }, PF_JSON_NUMBER },
	{ { "Infinity", 8 }, PF_JSON_NUMBER },	     { { "-Infinity", 9 }, PF_JSON_NUMBER },
};

static int read_word(struct pf_json *r, struct pf_json_token *out, const char *wanted,
		     struct pf_err *err)
{
	for (size_t i = 0; i < PF_COUNT(WORDS); i++) {
		size_t n = WORDS[i].text.n;

		if (r->text.n - r->at >= n && memcmp(r->text.p + r->at, WORDS[i].text.p, n) == 0) {
			out->kind = WORDS[i].kind;
			out->text = WORDS[i].text;
			r->at += n;
			return 0;
		}
	}
	if (r->text.p[r->at] == '-')
		return read_number(r, out, err);
	return fail_expected(r, wanted, err);
}

/* ---- structure ---- */

void pf_json_init(struct pf_json *r, struct pf_str text, unsigned max_depth)
{
	*r = (struct pf_json){ .text = text,
			       .max_depth = max_depth ? max_depth : PF_MAX_JSON_DEPTH,
			       .scratch = PF_BUF(text.n + 1) };
}

void pf_json_free(struct pf_json *r)
{
	pf_buf_free(&r->scratch);
	free(r->stack);
	*r = (struct pf_json){ 0 };
}

static bool in_object(const struct pf_json *r)
{
	unsigned level = r->depth - 1;

	return r->stack[level / 64] >> level % 64 & 1;
}

static int open_level(struct pf_json *r, bool object, struct pf_err *err)
{
	size_t word = r->depth / 64;
	uint64_t bit = (uint64_t)1 << r->depth % 64;

	if (r->depth >= r->max_depth)
		return fail_at(r, r->at, PF_ELIMIT, err, "nested deeper than %u levels",
			       r->max_depth);
	if (word >= r->stack_words) {
		uint64_t *grown = realloc(r->stack, (word + 1) * sizeof(*grown));

		if (!grown)
			pf_oom();
		r->stack = grown;
		r->stack_words = word + 1;
	}
	r->stack[word] = object ? r->stack[word] | bit : r->stack[word] & ~bit;
	r->depth++;
	r->at++;
	r->state = object ? AT_FIRST_KEY : AT_FIRST_ITEM;
	return 0;
}

static int close_level(struct pf_json *r, struct pf_json_token *out)
{
	out->kind = in_object(r) ? PF_JSON_OBJECT_END : PF_JSON_ARRAY_END;
	r->depth--;
	r->at++;
	r->state = BEHIND_VALUE;
	return 0;
}

static void skip_space(struct pf_json *r)
{
	while (r->at < r->text.n) {
		char c = r->text.p[r->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			break;
		r->at++;
	}
}

/* UTF-16 and UTF-32 betray themselves by their mark, or by a zero among the first bytes. */
static int check_start(struct pf_json *r, struct pf_err *err)
{
	struct pf_str head = pf_str_cut(r->text, 0, 4);

	if (pf_str_starts(head, "\xff\xfe") || pf_str_starts(head, "\xfe\xff") ||
	    (head.n && memchr(head.p, 0, head.n)))
		return pf_fail(err, PF_EMODEL,
			       "the text is not UTF-8 (UTF-16 or UTF-32 is refused)");
	if (pf_str_starts(head, "\xef\xbb\xbf"))
		r->at = 3;
	r->state = AT_VALUE;
	return 0;
}

static int read_key(struct pf_json *r, struct pf_json_token *out, struct pf_err *err)
{
	if (r->at >= r->text.n || r->text.p[r->at] != '"')
		return fail_expected(r, r->state == AT_FIRST_KEY ? "a key in quotes or }"
								 : "a key in quotes", err);
	r->at++;
	out->kind = PF_JSON_KEY;
	r->state = BEHIND_KEY;
	return read_string(r, &out->text, err);
}

static int read_value(struct pf_json *r, struct pf_json_token *out, struct pf_err *err)
{
	const char *wanted = r->state == AT_FIRST_ITEM ? "a value or ]" : "a value";
	char c;

	if (r->at >= r->text.n)
		return fail_expected(r, wanted, err);
	c = r->text.p[r->at];
	if (c == '{' || c == '[') {
		out->kind = c == '{' ? PF_JSON_OBJECT : PF_JSON_ARRAY;
		return open_level(r, c == '{', err);
	}
	r->state = BEHIND_VALUE;
	if (c == '"') {
		r->at++;
		out->kind = PF_JSON_STRING;
		return read_string(r, &out->text, err);
	}
	return pf_is_digit(c) ? read_number(r, out, err) : read_word(r, out, wanted, err);
}

static int read_behind_value(struct pf_json *r, struct pf_json_token *out, struct pf_err *err)
{
	char c = r->at < r->text.n ? r->text.p[r->at] : '\0';

	if (!r->depth) {
		if (r->at < r->text.n)
			return fail_expected(r, "the end of the text", err);
		out->kind = PF_JSON_END;
		return 0;
	}
	if (c == (in_object(r) ? '}' : ']'))
		return close_level(r, out);
	if (c != ',')
		return fail_expected(r, in_object(r) ? "a comma or }" : "a comma or ]", err);
	r->at++;
	skip_space(r);
	r->start = r->at;
	r->state = in_object(r) ? AT_KEY : AT_VALUE;
	return r->state == AT_KEY ? read_key(r, out, err) : read_value(r, out, err);
}

int pf_json_next(struct pf_json *r, struct pf_json_token *out, struct pf_err *err)
{
	*out = (struct pf_json_token){ 0 };
	if (r->state == AT_START && check_start(r, err) < 0)
		return -1;
	skip_space(r);
	r->start = r->at;
	switch (r->state) {
	case BEHIND_KEY:
		if (r->at >= r->text.n || r->text.p[r->at] != ':')
			return fail_expected(r, "a colon", err);
		r->at++;
		skip_space(r);
		r->start = r->at;
		r->state = AT_VALUE;
		return read_value(r, out, err);
	case BEHIND_VALUE:
		return read_behind_value(r, out, err);
	case AT_FIRST_KEY:
	case AT_KEY:
		if (r->state == AT_FIRST_KEY && r->at < r->text.n && r->text.p[r->at] == '}')
			return close_level(r, out);
		return read_key(r, out, err);
	case AT_FIRST_ITEM:
		if (r->at < r->text.n && r->text.p[r->at] == ']')
			return close_level(r, out);
		return read_value(r, out, err);
	default:
		return read_value(r, out, err);
	}
}

/* Behind the opening quote; NULL: there is no other. */
static const char *pass_string(const char *p, const char *end)
{
	const char *quote, *slash;

	while ((quote = memchr(p, '"', (size_t)(end - p)))) {
		for (slash = quote; slash > p && slash[-1] == '\\';)
			slash--;
		if ((quote - slash) % 2 == 0)
			break;
		p = quote + 1;
	}
	return quote ? quote + 1 : NULL;
}

int pf_json_leave(struct pf_json *r, struct pf_err *err)
{
	const char *p = r->text.p + r->at, *end = r->text.p + r->text.n;
	size_t depth = 1;

	while (p && p < end && depth) {
		char c = *p++;

		if (c == '"')
			p = pass_string(p, end);
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
	}
	if (depth)
		return fail_at(r, r->at, PF_EMODEL, err, "%s has no end",
			       in_object(r) ? "an object" : "an array");
	r->at = (size_t)(p - r->text.p);
	r->depth--;
	r->state = BEHIND_VALUE;
	return 0;
}

int pf_json_skip(struct pf_json *r, const struct pf_json_token *first, struct pf_err *err)
{
	struct pf_json_token t;
	unsigned outside = r->depth - 1;

	if (first->kind != PF_JSON_OBJECT && first->kind != PF_JSON_ARRAY)
		return 0;
	do {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
	} while (r->depth > outside);
	return 0;
}
