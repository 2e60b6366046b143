/* npy.c - numpy's file format for one array */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/npy.h"

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

#define MAX_RANK PF_COUNT(((struct pf_tensor *)0)->shape)

/* The header: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } */
struct header {
	struct pf_str rest;	/* of its text */
	struct pf_str descr;
	bool fortran;
	bool seen[3];
	struct pf_tensor *t;
	struct pf_err *err;
};

static int refuse(struct header *h, const char *what)
{
	return pf_fail(h->err, PF_EMODEL, "the array's header %s, near \"" PF_FMT "\"", what,
		       PF_ARG(pf_shown(pf_str_cut(h->rest, 0, 40))));
}

/* ---- the header's text ---- */

static void skip_blanks(struct header *h)
{
	while (h->rest.n && (*h->rest.p == ' ' || *h->rest.p == '\n'))
		h->rest = pf_str_skip(h->rest, 1);
}

static bool take_char(struct header *h, char c)
{
	skip_blanks(h);
	if (!h->rest.n || *h->rest.p != c)
		return false;
	h->rest = pf_str_skip(h->rest, 1);
	return true;
}

static bool take_word(struct header *h, const char *word)
{
	skip_blanks(h);
	if (!pf_str_starts(h->rest, word))
		return false;
	h->rest = pf_str_skip(h->rest, strlen(word));
	return true;
}

/* Text in quotes, without escapes: no name or type has one. */
static int take_text(struct pf_str *out, struct header *h)
{
	char quote = '\'';
	size_t end;

	if (!take_char(h, '\'')) {
		quote = '"';
		if (!take_char(h, '"'))
			return refuse(h, "lacks a text in quotes");
	}
	end = pf_str_find(h->rest, quote);
	if (end == PF_NPOS)
		return refuse(h, "holds a text without end");
	*out = pf_str_cut(h->rest, 0, end);
	if (pf_str_find(*out, '\\') != PF_NPOS)
		return refuse(h, "holds an escape");
	h->rest = pf_str_skip(h->rest, end + 1);
	return 0;
}

/* (), (3,) or (3, 4); Python 2 wrote 3L. */
static int take_shape(struct header *h)
{
	struct pf_tensor *t = h->t;
	bool comma = true;

	if (!take_char(h, '('))
		return refuse(h, "has no shape");
	while (!take_char(h, ')')) {
		size_t n = 0;

		if (!comma)
			return refuse(h, "has a shape that is none");
		while (n < h->rest.n && pf_is_digit(h->rest.p[n]))
			n++;
		if (t->rank == MAX_RANK)
			return pf_fail(h->err, PF_ELIMIT, "an array of more than %zu dimensions",
				       MAX_RANK);
		if (!pf_str_u64(pf_str_cut(h->rest, 0, n), &t->shape[t->rank++]))
			return refuse(h, "has a size that is none");
		h->rest = pf_str_skip(h->rest, n);
		take_char(h, 'L');
		comma = take_char(h, ',');
	}
	/* (3) is no tuple */
	return t->rank == 1 && !comma ? refuse(h, "has a shape that is no tuple") : 0;
}

static int take_entry(struct header *h)
{
	static const char *const names[] = { "descr", "fortran_order", "shape" };
	struct pf_str name = { 0 };
	size_t i = 0;

	if (take_text(&name, h) < 0)
		return -1;
	while (i < PF_COUNT(names) && !pf_str_is(name, names[i]))
		i++;
	if (i == PF_COUNT(names) || h->seen[i])
		return refuse(h, "has a key twice, or one that is not known");
	h->seen[i] = true;
	if (!take_char(h, ':'))
		return refuse(h, "has a key without value");
	if (i == 2)
		return take_shape(h);
	skip_blanks(h);
	if (i == 0 && h->rest.n && *h->rest.p == '[')
		return pf_fail(h->err, PF_EMODEL, "an array of records, which no input is");
	if (i == 0)
		return take_text(&h->descr, h);
	h->fortran = take_word(h, "True");
	return h->fortran || take_word(h, "False") ? 0 : refuse(h, "has an order that is none");
}

static int parse_header(struct header *h)
{
	bool comma = true;

	if (!take_char(h, '{'))
		return refuse(h, "is no dictionary");
	while (!take_char(h, '}')) {
		if (!comma)
			return refuse(h, "lacks a comma");
		if (take_entry(h) < 0)
			return -1;
		comma = take_char(h, ',');
	}
	skip_blanks(h);
	if (h->rest.n)
		return refuse(h, "goes on");
	return h->seen[0] && h->seen[1] && h->seen[2] ? 0 : refuse(h, "lacks a key");
}

/* ---- elements ---- */

struct layout {
	enum pf_type type;
	size_t size;	/* bytes of one in the file */
	bool swapped;	/* of the other byte order */
};

static const struct {
	const char *code;
	enum pf_type type;
} codes[] = {
	{ "b1", PF_T_BOOL },	{ "i1", PF_T_INT8 },	{ "i2", PF_T_INT16 },
	{ "i4", PF_T_INT32 },	{ "i8", PF_T_INT64 },	{ "u1", PF_T_UINT8 },
	{ "u2", PF_T_UINT16 },	{ "u4", PF_T_UINT32 },	{ "u8", PF_T_UINT64 },
	{ "f4", PF_T_FLOAT32 }, { "f8", PF_T_FLOAT64 }, { "M8[ns]", PF_T_DATETIME },
};

/* '<f8', '|b1', '>i4', '<U5', '|S3' */
static int read_descr(struct layout *out, const struct header *h)
{
	struct pf_str code = pf_str_skip(h->descr, 1);
	uint64_t count;

	if (!h->descr.n || !strchr("<>|=", *h->descr.p) || !code.n)
		return pf_fail(h->err, PF_EMODEL, "an array of the unknown type \"" PF_FMT "\"",
			       PF_ARG(pf_shown(h->descr)));
	if (*code.p == 'O')
		return pf_fail(h->err, PF_EMODEL,
			       "an array of objects: they are pickled, and no pickle is "
			       "loaded from an input");
	out->swapped = *h->descr.p == '>';
	for (size_t i = 0; i < PF_COUNT(codes); i++) {
		if (pf_str_is(code, codes[i].code)) {
			out->type = codes[i].type;
			out->size = pf_type_width(out->type);
			return 0;
		}
	}
	if ((*code.p != 'U' && *code.p != 'S') || !pf_str_u64(pf_str_skip(code, 1), &count) ||
	    count > PF_MAX_FRAME / 4)
		return pf_fail(h->err, PF_EMODEL,
			       "an array of type \"" PF_FMT "\", which cannot be given to "
			       "a model (convert it first)",
			       PF_ARG(pf_shown(h->descr)));
	out->type = *code.p == 'U' ? PF_T_STRING : PF_T_BYTES;
	out->size = (size_t)count * (*code.p == 'U' ? 4 : 1);
	return 0;
}

static void copy_swapped(char *to, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = from[size - 1 - i];
}

/* Code points of four bytes each; zeros at the end are padding. */
static int take_string(struct pf_str *out, struct pf_arena *a, const char *from,
		       const struct layout *l, struct pf_err *err)
{
	size_t count = l->size / 4, n = 0;
	char *text = pf_alloc(a, l->size + 1);
	uint32_t *points = pf_alloc_array(a, count + 1, sizeof(*points));

	for (size_t i = 0; i < count; i++) {
		if (l->swapped)
			copy_swapped((char *)&points[i], from + 4 * i, 4);
		else
			memcpy(&points[i], from + 4 * i, 4);
	}
	while (count && !points[count - 1])
		count--;
	for (size_t i = 0; i < count; i++) {
		if (points[i] > 0x10ffff || (points[i] >= 0xd800 && points[i] < 0xe000))
			return pf_fail(err, PF_EMODEL, "an array with text that is not Unicode");
		n += pf_utf8_put(text + n, points[i]);
	}
	*out = (struct pf_str){ text, n };
	return 0;
}

static int take_cell(struct pf_value *out, struct pf_arena *a, const char *from,
		     const struct layout *l, struct pf_err *err)
{
	size_t n = l->size;

	if (l->type == PF_T_STRING) {
		out->kind = PF_V_STRING;
		return take_string(&out->s, a, from, l, err);
	}
	while (n && !from[n - 1])
		n--;
	*out = (struct pf_value){ .kind = PF_V_BYTES, .s = { from, n } };
	return 0;
}

/* Where an element of C order is in the file: there the first index varies fastest. */
static size_t fortran_place(const struct pf_tensor *t, size_t number)
{
	size_t stride = 1, place = 0;

	for (unsigned i = 0; i < t->rank; i++)
		stride *= (size_t)t->shape[i];
	for (unsigned i = t->rank; i-- > 0;) {
		size_t length = (size_t)t->shape[i];

		stride /= length;
		place += number % length * stride;
		number /= length;
	}
	return place;
}

static int check_bools(const char *p, size_t n, struct pf_err *err)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] > 1)
			return pf_fail(err, PF_EMODEL,
				       "an array with booleans that are neither 0 nor 1");
	return 0;
}

static int take_elements(struct pf_tensor *t, struct pf_arena *a, struct pf_str bytes,
			 const struct header *h, const struct layout *l)
{
	size_t count = pf_tensor_count(t);
	bool as_is = !l->swapped && (!h->fortran || t->rank < 2);
	char *data;

	if (l->type == PF_T_BOOL && check_bools(bytes.p, bytes.n, h->err) < 0)
		return -1;
	if (pf_type_width(l->type) && as_is && (uintptr_t)bytes.p % l->size == 0) {
		t->data = (void *)(uintptr_t)bytes.p;
		return 0;
	}
	if (!pf_type_width(l->type))
		t->values = pf_alloc_array(a, count, sizeof(*t->values));
	t->data = data = t->values ? NULL : pf_alloc_array(a, count, l->size);
	for (size_t i = 0; i < count; i++) {
		const char *from = bytes.p + l->size * (h->fortran ? fortran_place(t, i) : i);

		if (t->values && take_cell(&t->values[i], a, from, l, h->err) < 0)
			return -1;
		if (data && l->swapped)
			copy_swapped(data + i * l->size, from, l->size);
		else if (data)
			memcpy(data + i * l->size, from, l->size);
	}
	return 0;
}

/* ---- the file ---- */

/* Format 1 has a length of two bytes, 2 and 3 of four; 3 says that the header is UTF-8. */
static int split(struct pf_str *header, struct pf_str *rest, struct pf_str bytes,
		 struct pf_err *err)
{
	uint32_t n = 0;
	size_t width;

	if (!pf_str_starts(bytes, "\x93NUMPY") || bytes.n < 12)
		return pf_fail(err, PF_EMODEL,
			       "no array of numpy's: it does not begin with \\x93NUMPY");
	if (bytes.p[6] < 1 || bytes.p[6] > 3 || bytes.p[7])
		return pf_fail(err, PF_EMODEL, "an array of an unknown format, %d.%d", bytes.p[6],
			       bytes.p[7]);
	width = bytes.p[6] == 1 ? 2 : 4;
	memcpy(&n, bytes.p + 8, width);
	bytes = pf_str_skip(bytes, 8 + width);
	if (n > bytes.n || n > PF_KIB(64))
		return pf_fail(err, PF_EMODEL, "the array's header is cut off, or too long");
	*header = pf_str_cut(bytes, 0, n);
	*rest = pf_str_skip(bytes, n);
	return 0;
}

int pf_npy_read(struct pf_tensor **out, struct pf_arena *a, struct pf_str bytes, struct pf_err *err)
{
	struct header h = { .t = pf_alloc(a, sizeof(*h.t)), .err = err };
	struct layout l = { 0 };
	struct pf_str rest = { 0 };
	uint64_t count = 1, size;
	bool toobig = false;

	if (split(&h.rest, &rest, bytes, err) < 0 || parse_header(&h) < 0 || read_descr(&l, &h) < 0)
		return -1;
	for (unsigned i = 0; i < h.t->rank; i++)
		toobig |= __builtin_mul_overflow(count, h.t->shape[i], &count);
	if (toobig || __builtin_mul_overflow(count, (uint64_t)l.size, &size) || size != rest.n)
		return pf_fail(err, PF_EMODEL,
			       "the array has %zu bytes of elements, which is not what its "
			       "header says",
			       rest.n);
	/* Elements without bytes could be any number. */
	if (!l.size && count > PF_MAX_COLUMNS)
		return pf_fail(err, PF_ELIMIT, "an array of more than %d elements without bytes",
			       PF_MAX_COLUMNS);
	h.t->type = l.type;
	if (take_elements(h.t, a, rest, &h, &l) < 0)
		return -1;
	*out = h.t;
	return 0;
}

int pf_npz_name(struct pf_str *out, struct pf_str member, struct pf_err *err)
{
	if (!pf_str_ends(member, ".npy") || !pf_str_is_utf8(member))
		return pf_fail(err, PF_EMODEL,
			       "the archive holds \"" PF_FMT "\", which is no array",
			       PF_ARG(pf_shown(member)));
	*out = pf_str_cut(member, 0, member.n - 4);
	return 0;
}
