/* msgpack.c - one value of MessagePack as JSON: what reads JSON reads it, too */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/msgpack.h"

#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"

enum kind { NIL, FALSE, TRUE, UINT, INT, FLOAT, TEXT, BYTES, LIST, MAP, NONE };

/* Types of which the first byte says everything but a number behind it: its width in bytes. For
 * TEXT to MAP the number is a length or a count. */
static const struct type {
	unsigned char first;
	enum kind kind;
	size_t width;
} types[] = {
	{ 0xc0, NIL, 0 },   { 0xc2, FALSE, 0 }, { 0xc3, TRUE, 0 },
	{ 0xc4, BYTES, 1 }, { 0xc5, BYTES, 2 }, { 0xc6, BYTES, 4 },
	{ 0xca, FLOAT, 4 }, { 0xcb, FLOAT, 8 },
	{ 0xcc, UINT, 1 },  { 0xcd, UINT, 2 },	{ 0xce, UINT, 4 },  { 0xcf, UINT, 8 },
	{ 0xd0, INT, 1 },   { 0xd1, INT, 2 },	{ 0xd2, INT, 4 },   { 0xd3, INT, 8 },
	{ 0xd9, TEXT, 1 },  { 0xda, TEXT, 2 },	{ 0xdb, TEXT, 4 },
	{ 0xdc, LIST, 2 },  { 0xdd, LIST, 4 },	{ 0xde, MAP, 2 },   { 0xdf, MAP, 4 },
};

struct level {
	enum kind kind;
	uint64_t left;	/* values to come; of a map, keys as well */
};

struct reader {
	struct pf_str bytes;
	size_t at;
	struct pf_json_out out;
	struct level levels[PF_MAX_JSON_DEPTH - 1];
	unsigned depth;
};

static int fail(const struct reader *r, struct pf_err *err, const char *what)
{
	return pf_fail(err, PF_EMODEL, "byte %zu: %s", r->at, what);
}

/* The kinds whose number is in the first byte itself, then the table. */
static enum kind kind_of(unsigned char c, uint64_t *number, size_t *width)
{
	*width = 0;
	if (c < 0x80 || c >= 0xe0) {
		*number = c < 0x80 ? c : (uint64_t)(int64_t)(signed char)c;
		return c < 0x80 ? UINT : INT;
	}
	*number = c & (c < 0xa0 ? 0x0f : 0x1f);
	if (c < 0xc0)
		return c < 0x90 ? MAP : c < 0xa0 ? LIST : TEXT;
	for (size_t i = 0; i < PF_COUNT(types); i++)
		if (types[i].first == c) {
			*width = types[i].width;
			return types[i].kind;
		}
	return NONE;
}

/* The highest byte first. */
static uint64_t read_big(const char *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

static int64_t widen(uint64_t number, size_t width)
{
	unsigned up = width ? 64 - 8 * (unsigned)width : 0;

	return (int64_t)(number << up) >> up;
}

static double float_of(uint64_t bits, size_t width)
{
	uint32_t low = (uint32_t)bits;
	double d;
	float f;

	if (width == 4) {
		memcpy(&f, &low, 4);
		return (double)f;
	}
	memcpy(&d, &bits, 8);
	return d;
}

static int put_float(struct reader *r, double d, struct pf_err *err)
{
	char text[PF_DOUBLE_SIZE];

	if (!isfinite(d))
		return fail(r, err, "a number that is none");
	pf_json_raw(&r->out, (struct pf_str){ text, pf_double_write(text, d) });
	return 0;
}

static void put_uint(struct reader *r, uint64_t number)
{
	char text[PF_DOUBLE_SIZE];

	pf_json_raw(&r->out, (struct pf_str){ text, pf_uint64_write(text, number) });
}

/* Text and bytes: `n` of them lie at r->at. */
static int put_stretch(struct reader *r, enum kind kind, uint64_t n, bool key, struct pf_err *err)
{
	static const char digits[] = "0123456789abcdef";
	struct pf_str text;

	if (n > r->bytes.n - r->at)
		return fail(r, err, "the bytes end within a text");
	text = (struct pf_str){ r->bytes.p + r->at, (size_t)n };
	if (kind == TEXT && (!pf_str_is_utf8(text) || memchr(text.p, '\0', text.n)))
		return fail(r, err, "a text that is not valid UTF-8, or holds NUL");
	r->at += (size_t)n;
	if (key) {
		struct pf_arena a = { 0 };

		pf_json_key(&r->out, pf_dupz(&a, text));
		pf_arena_free(&a);
	} else if (kind == TEXT) {
		pf_json_str(&r->out, text);
	} else {
		PF_AUTO(buf) hex = PF_BUF(2 * text.n + 1);

		for (size_t i = 0; i < text.n; i++) {
			pf_buf_char(&hex, digits[(unsigned char)text.p[i] >> 4]);
			pf_buf_char(&hex, digits[text.p[i] & 15]);
		}
		pf_json_str(&r->out, hex.n ? pf_buf_view(&hex) : PF_S(""));
	}
	return 0;
}

static int open_level(struct reader *r, enum kind kind, uint64_t count, struct pf_err *err)
{
	/* Each value has a byte at least. */
	if (count * (kind == MAP ? 2 : 1) > r->bytes.n - r->at)
		return fail(r, err, "the bytes end within a list or a map");
	if (r->depth == PF_COUNT(r->levels))
		return pf_fail(err, PF_ELIMIT, "byte %zu: nested deeper than %zu levels", r->at,
			       PF_COUNT(r->levels));
	r->levels[r->depth++] = (struct level){ kind, count * (kind == MAP ? 2 : 1) };
	pf_json_open(&r->out, kind == MAP ? '{' : '[');
	return 0;
}

static int put(struct reader *r, enum kind kind, uint64_t number, size_t width, bool key,
	       struct pf_err *err)
{
	if (key && kind != TEXT)
		return fail(r, err, "a key that is no text");
	switch (kind) {
	case NIL:
		pf_json_null(&r->out);
		return 0;
	case FALSE:
	case TRUE:
		pf_json_bool(&r->out, kind == TRUE);
		return 0;
	case UINT:
		put_uint(r, number);
		return 0;
	case INT:
		pf_json_int(&r->out, widen(number, width));
		return 0;
	case FLOAT:
		return put_float(r, float_of(number, width), err);
	case TEXT:
	case BYTES:
		return put_stretch(r, kind, number, key, err);
	case LIST:
	case MAP:
		return open_level(r, kind, number, err);
	case NONE:
		break;
	}
	return fail(r, err, "an extension or no type at all");
}

static int read_value(struct reader *r, struct pf_err *err)
{
	struct level *in = r->depth ? &r->levels[r->depth - 1] : NULL;
	bool key = in && in->kind == MAP && in->left % 2 == 0;
	uint64_t number;
	enum kind kind;
	size_t width;

	if (r->at >= r->bytes.n)
		return fail(r, err, "the bytes end where a value is expected");
	if (in)
		in->left--;
	kind = kind_of((unsigned char)r->bytes.p[r->at], &number, &width);
	if (kind == NONE)
		return fail(r, err, "an extension or no type at all");
	r->at++;
	if (width > r->bytes.n - r->at)
		return fail(r, err, "the bytes end within a number");
	if (width)
		number = read_big(r->bytes.p + r->at, width);
	r->at += width;
	return put(r, kind, number, width, key, err);
}

int pf_msgpack_json(struct pf_buf *out, struct pf_str bytes, struct pf_err *err)
{
	struct reader r = { .bytes = bytes, .out = { .buf = out } };

	do {
		if (read_value(&r, err) < 0)
			return -1;
		while (r.depth && !r.levels[r.depth - 1].left)
			pf_json_close(&r.out, r.levels[--r.depth].kind == MAP ? '}' : ']');
	} while (r.depth && !out->toobig);
	if (pf_buf_check(out, "what MessagePack unpacks to", err) < 0)
		return -1;
	return r.at == bytes.n ? 0 : fail(&r, err, "something lies behind the value");
}
