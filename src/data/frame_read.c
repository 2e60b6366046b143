/* frame_read.c - a value from bytes that nobody vouches for */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/limits.h"
#include "base/str.h"
#include "data/frame.h"

/* The grammar is at the top of frame.c. */

struct reader {
	struct pf_arena *a;
	struct pf_str rest;
	size_t size;	/* of the whole, for messages */
	uint64_t promised;	/* words at least that are still to come */
	unsigned depth;
	struct pf_err *err;
};

static int refuse(struct reader *r, const char *what)
{
	return pf_fail(r->err, PF_EBUG, "malformed value at byte %zu: %s", r->size - r->rest.n,
		       what);
}

static int take_word(uint64_t *out, struct reader *r)
{
	if (r->rest.n < 8)
		return refuse(r, "it ends too early");
	memcpy(out, r->rest.p, 8);
	r->rest = pf_str_skip(r->rest, 8);
	return 0;
}

/* n bytes and their padding. */
static int take_bytes(struct pf_str *out, struct reader *r, uint64_t n)
{
	if (n > r->rest.n || (-n & 7) > r->rest.n - n)
		return refuse(r, "it ends too early");
	*out = pf_str_cut(r->rest, 0, (size_t)n);
	r->rest = pf_str_skip(r->rest, (size_t)(n + (-n & 7)));
	return 0;
}

static int take_text(struct pf_value *out, struct reader *r, uint64_t n)
{
	size_t from;

	if (take_bytes(&out->s, r, n) < 0)
		return -1;
	if (out->kind == PF_V_STRING && !pf_str_is_utf8(out->s))
		return refuse(r, "text that is not UTF-8");
	if (out->kind != PF_V_BIGINT)
		return 0;
	if (n < 1 || n > PF_MAX_JSON_NUMBER + 1)
		return refuse(r, "an integer of that many digits");
	from = out->s.p[0] == '-';
	/* it is written as it is, and JSON knows neither "-" nor "007" */
	if (n == from || (out->s.p[from] == '0' && n > from + 1))
		return refuse(r, "an integer that is none");
	for (size_t i = from; i < n; i++)
		if (!pf_is_digit(out->s.p[i]))
			return refuse(r, "an integer that is none");
	return 0;
}

static int take_value(struct pf_value *out, struct reader *r);

/* A count of what takes so many words each, at the least: beyond what is left after all that outer
 * ones promise it is a lie. Each word is kept with r->promised -= 1, before it is read. */
static int promise(struct reader *r, uint64_t n, unsigned words)
{
	uint64_t left = r->rest.n / 8;

	if (r->promised > left || n > (left - r->promised) / words)
		return refuse(r, "more values than bytes");
	r->promised += n * words;
	return 0;
}

static int take_values(struct pf_value **out, struct reader *r, uint64_t n)
{
	struct pf_value *v;

	if (promise(r, n, 1) < 0)
		return -1;
	v = pf_alloc_array(r->a, (size_t)n, sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		r->promised--;
		if (take_value(&v[i], r) < 0)
			return -1;
	}
	*out = v;
	return 0;
}

static int check_cells(struct reader *r, enum pf_type type, const struct pf_value *v, size_t n)
{
	enum pf_value_kind only = type == PF_T_STRING ? PF_V_STRING : PF_V_BYTES;

	if (type == PF_T_OBJECT)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].kind != only && v[i].kind != PF_V_NULL &&
		    !(type == PF_T_STRING && v[i].kind == PF_V_FLOAT && isnan(v[i].d)))
			return refuse(r, "a cell that is not of its column's type");
	return 0;
}

static int check_bools(struct reader *r, struct pf_str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		if ((unsigned char)bytes.p[i] > 1)
			return refuse(r, "a boolean that is neither 0 nor 1");
	return 0;
}

static int take_elements(void **data, struct pf_value **values, struct reader *r,
			 enum pf_type type, uint64_t count)
{
	size_t width = pf_type_width(type);
	struct pf_str bytes;
	uint64_t size;

	if (!width) {
		if (take_values(values, r, count) < 0)
			return -1;
		return check_cells(r, type, *values, (size_t)count);
	}
	if (__builtin_mul_overflow(count, width, &size))
		return refuse(r, "a size beyond all memory");
	if (take_bytes(&bytes, r, size) < 0 || (type == PF_T_BOOL && check_bools(r, bytes) < 0))
		return -1;
	*data = (uintptr_t)bytes.p % width ? pf_dupz(r->a, bytes) : (void *)bytes.p;
	return 0;
}

static bool is_type(uint64_t n)
{
	return n >= PF_T_BOOL && n <= PF_T_OBJECT;
}

static int take_tensor(struct pf_value *out, struct reader *r, uint64_t n)
{
	struct pf_tensor *t = pf_alloc(r->a, sizeof(*t));
	uint64_t rank = n >> 8, count = 1;

	if (!is_type(n & 0xff) || rank > PF_COUNT(t->shape))
		return refuse(r, "a tensor of unknown type or rank");
	t->type = (enum pf_type)(n & 0xff);
	t->rank = (unsigned)rank;
	for (unsigned i = 0; i < rank; i++) {
		if (take_word(&t->shape[i], r) < 0)
			return -1;
		if (__builtin_mul_overflow(count, t->shape[i], &count))
			return refuse(r, "a size beyond all memory");
	}
	out->tensor = t;
	return take_elements(&t->data, &t->values, r, t->type, count);
}

static int take_column(struct pf_column *out, struct reader *r)
{
	struct pf_value name = { 0 };
	uint64_t word = 0;

	if (take_word(&word, r) < 0)
		return -1;
	if (!is_type(word & 0xff) || word >> 8 > 1)
		return refuse(r, "a column of unknown type");
	if (take_value(&name, r) < 0)
		return -1;
	if (name.kind != PF_V_STRING)
		return refuse(r, "a column whose name is no text");
	*out = (struct pf_column){ .name = name.s,
				   .unnamed = word >> 8,
				   .type = (enum pf_type)(word & 0xff) };
	return 0;
}

static int take_table(struct pf_value *out, struct reader *r, uint64_t n)
{
	struct pf_table *t = pf_alloc(r->a, sizeof(*t));
	uint64_t rows = 0, flags = 0;

	if (take_word(&rows, r) < 0 || take_word(&flags, r) < 0)
		return -1;
	if (n > PF_MAX_COLUMNS || flags > 1 || rows > PF_MAX_FRAME)
		return refuse(r, "a table that is too wide or too long");
	if (out->kind == PF_V_SERIES && n != 1)
		return refuse(r, "a series has one column");
	if (promise(r, n, 2) < 0) /* its type and its name */
		return -1;
	t->rows = (size_t)rows;
	t->columns.v = pf_alloc_array(r->a, (size_t)n, sizeof(*t->columns.v));
	t->columns.n = t->columns.cap = (size_t)n;
	for (size_t i = 0; i < n; i++) {
		r->promised -= 2;
		if (take_column(&t->columns.v[i], r) < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		struct pf_column *c = &t->columns.v[i];

		if (take_elements(&c->data, &c->values, r, c->type, rows) < 0)
			return -1;
	}
	out->table = t;
	return flags ? take_values(&t->index, r, rows) : 0;
}

static int take_tagged(struct pf_value *out, struct reader *r, uint64_t n)
{
	out->list.n = 1;
	if (n != 1)
		return refuse(r, "a tag that does not stand before one value");
	if (take_values(&out->list.v, r, 2) < 0)
		return -1;
	if (out->list.v[0].kind != PF_V_STRING)
		return refuse(r, "a tag that is no text");
	return 0;
}

static int take_map(struct pf_value *out, struct reader *r, uint64_t n)
{
	out->list.n = (size_t)n;
	if (n > r->rest.n / 16) /* 2 * n is a number */
		return refuse(r, "more values than bytes");
	if (take_values(&out->list.v, r, 2 * n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (out->list.v[2 * i].kind != PF_V_STRING)
			return refuse(r, "a key that is no text");
	return 0;
}

static int take_nested(struct pf_value *out, struct reader *r, uint64_t n)
{
	switch (out->kind) {
	case PF_V_LIST:
		out->list.n = (size_t)n;
		return take_values(&out->list.v, r, n);
	case PF_V_MAP:
		return take_map(out, r, n);
	case PF_V_TAGGED:
		return take_tagged(out, r, n);
	case PF_V_TENSOR:
		return take_tensor(out, r, n);
	case PF_V_ELEMENT:
		if (n > 0xff || !pf_type_width((enum pf_type)n))
			return refuse(r, "an element without a width");
		return take_tensor(out, r, n);
	default:
		return take_table(out, r, n);
	}
}

static int take_value(struct pf_value *out, struct reader *r)
{
	uint64_t word = 0, n;
	int rc;

	if (take_word(&word, r) < 0)
		return -1;
	if ((word & 0xff) > PF_V_TAGGED)
		return refuse(r, "an unknown kind");
	out->kind = (enum pf_value_kind)(word & 0xff);
	n = word >> 8;
	switch (out->kind) {
	case PF_V_NULL:
		return 0;
	case PF_V_BOOL:
		out->b = n & 1;
		return 0;
	case PF_V_INT:
	case PF_V_FLOAT:
	case PF_V_DATETIME:
		return take_word((uint64_t *)&out->i, r);
	case PF_V_BIGINT:
	case PF_V_STRING:
	case PF_V_BYTES:
		return take_text(out, r, n);
	default:
		break;
	}
	if (++r->depth > PF_MAX_VALUE_DEPTH + 1)
		return refuse(r, "nested too deep");
	rc = take_nested(out, r, n);
	r->depth--;
	return rc;
}

int pf_value_read(struct pf_value *out, struct pf_arena *a, struct pf_str bytes,
		  struct pf_err *err)
{
	struct reader r = { .a = a, .rest = bytes, .size = bytes.n, .err = err };
	struct pf_value v = { 0 };

	if (take_value(&v, &r) < 0)
		return -1;
	if (r.rest.n)
		return refuse(&r, "something follows it");
	*out = v;
	return 0;
}
