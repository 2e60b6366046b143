/* exact_array.c - arrays and scalars of numpy's plain types as tensors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"

#define MAX_RANK 16
#define TILE 256

static bool is_in_order(const struct py_view *v, bool fortran)
{
	ssize_t step = v->itemsize;

	for (int i = 0; i < v->ndim; i++) {
		int axis = fortran ? i : v->ndim - 1 - i;

		if (v->shape[axis] > 1 && v->strides[axis] != step)
			return false;
		step *= v->shape[axis];
	}
	return true;
}

/* n elements of one stride, to places of another. */
static void copy_strided(char *to, ssize_t to_stride, const char *from, ssize_t stride, ssize_t n,
			 size_t width)
{
	for (ssize_t i = 0; i < n; i++, from += stride, to += to_stride) {
		if (width == 8) /* of a size that is known it is one instruction */
			memcpy(to, from, 8);
		else
			memcpy(to, from, width);
	}
}

/* The last two axes: some rows at a time, each column of them as it lies in memory. */
static char *gather_rows(char *to, const struct py_view *v, const char *from)
{
	int axis = v->ndim - 2;
	ssize_t rows = v->shape[axis], columns = v->shape[axis + 1], width = v->itemsize;

	for (ssize_t row = 0; row < rows; row += TILE) {
		ssize_t n = rows - row < TILE ? rows - row : TILE;

		for (ssize_t i = 0; i < columns; i++)
			copy_strided(to + (row * columns + i) * width, columns * width,
				     from + row * v->strides[axis] + i * v->strides[axis + 1],
				     v->strides[axis], n, (size_t)width);
	}
	return to + rows * columns * width;
}

/* The elements in C order, whatever their order in memory. Returns where it stopped writing. */
static char *gather(char *to, const struct py_view *v, int axis, const char *from)
{
	if (axis == v->ndim - 2)
		return gather_rows(to, v, from);
	if (axis == v->ndim - 1) {
		copy_strided(to, v->itemsize, from, v->strides[axis], v->shape[axis],
			     (size_t)v->itemsize);
		return to + v->len;
	}
	for (ssize_t i = 0; i < v->shape[axis]; i++)
		to = gather(to, v, axis + 1, from + i * v->strides[axis]);
	return to;
}

static void put_data(struct pfr *r, struct pf_buf *out, const struct py_view *v)
{
	size_t n = (size_t)v->len;
	char *room;

	if (is_in_order(v, false)) {
		if (!pfr_lend(r, out, v, v->buf, n))
			pf_put_data(out, v->buf, n);
		return;
	}
	room = pf_buf_room(out, n);
	if (!room)
		return;
	gather(room, v, 0, v->buf);
	out->n += n;
	for (size_t i = n; i % 8; i++) /* by itself: what was lent before it is not in `out` */
		pf_buf_char(out, '\0');
}

static int put_objects(struct pfr *r, struct pf_buf *out, const struct py_view *v, int axis,
		       const char *from, unsigned depth)
{
	ssize_t n = axis < v->ndim ? v->shape[axis] : 1;

	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		const char *at = v->ndim ? from + i * v->strides[axis] : from;
		PF_PY(cell) = NULL;

		if (axis + 1 < v->ndim) {
			if (put_objects(r, out, v, axis + 1, at, depth) < 0)
				return -1;
			continue;
		}
		memcpy(&cell, at, sizeof(cell));
		cell = py_ref(cell ? cell : r->none); /* of numpy's own making: not yet one */
		if (pfr_exact(r, out, cell, depth + 1) < 0)
			return -1;
	}
	return 0;
}

static int put_view(struct pfr *r, struct pf_buf *out, const struct py_view *v, enum pf_type type,
		    unsigned depth)
{
	uint64_t shape[MAX_RANK];

	for (int i = 0; i < v->ndim; i++)
		shape[i] = (uint64_t)v->shape[i];
	pf_put_tensor(out, type, (unsigned)v->ndim, shape);
	if (type == PF_T_OBJECT)
		return put_objects(r, out, v, 0, v->buf, depth) < 0 ? -1 : 1;
	put_data(r, out, v);
	return 1;
}

/* The order of an array decides in which order BLAS adds, and so about the last bits of what a
 * model answers: of a caller's it is kept. It is the array turned round, under a tag that turns it
 * back. What the rules of signatures are to read (enforce.c) has no pieces. */
static bool is_to_be_turned(const struct pfr *r, const struct py_view *v)
{
	return r->pieces && v->ndim > 1 && !is_in_order(v, false) && is_in_order(v, true);
}

static int put_turned(struct pfr *r, struct pf_buf *out, const struct py_view *v,
		      enum pf_type type, unsigned depth)
{
	ssize_t shape[MAX_RANK], strides[MAX_RANK];
	struct py_view turned = *v;

	for (int i = 0; i < v->ndim; i++) {
		shape[i] = v->shape[v->ndim - 1 - i];
		strides[i] = v->strides[v->ndim - 1 - i];
	}
	turned.shape = shape;
	turned.strides = strides;
	pf_put_tagged(out, PF_S("turned"));
	return put_view(r, out, &turned, type, depth + 1);
}

static bool is_of_objects(const struct py_view *v)
{
	return v->format && strcmp(v->format, "O") == 0;
}

/* Dates have no buffer; those of nanoseconds are integers under another name. */
static int put_dates(struct pfr *r, struct pf_buf *out, struct py *o)
{
	struct py *function = pfr_objects("nanoseconds");
	PF_PY(numbers) = function ? PyObject_CallFunction(function, "(O)", o) : NULL;
	struct py_view view;
	int put;

	if (!numbers)
		return -1;
	if (numbers == r->none)
		return 0;
	if (PyObject_GetBuffer(numbers, &view, PY_BUF_STRIDES) < 0)
		return -1;
	put = put_view(r, out, &view, PF_T_DATETIME, 0);
	PyBuffer_Release(&view);
	return put;
}

int pfr_exact_array(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	struct py_view view;
	int type, put = 0;

	if (PyObject_GetBuffer(o, &view, PY_BUF_STRIDES | PY_BUF_FORMAT) < 0) {
		PyErr_Clear();
		return put_dates(r, out, o);
	}
	type = pfr_type_of_buffer(&view);
	if (view.ndim <= MAX_RANK && (type != PF_T_OBJECT || is_of_objects(&view)))
		put = is_to_be_turned(r, &view) ?
			      put_turned(r, out, &view, (enum pf_type)type, depth) :
			      put_view(r, out, &view, (enum pf_type)type, depth);
	PyBuffer_Release(&view);
	return put;
}

int pfr_exact_scalar(struct pf_buf *out, struct py *o)
{
	struct py_view view;
	int type;

	if (PyObject_GetBuffer(o, &view, PY_BUF_STRIDES | PY_BUF_FORMAT) < 0) {
		PyErr_Clear();
		return 0;
	}
	type = view.ndim ? PF_T_OBJECT : pfr_type_of_buffer(&view);
	if (type != PF_T_OBJECT)
		pf_put_element(out, (enum pf_type)type, view.buf);
	PyBuffer_Release(&view);
	return type != PF_T_OBJECT;
}
