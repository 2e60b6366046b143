/* exact_array.c - arrays and scalars of numpy's plain types as tensors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"

#define MAX_RANK 16

static bool is_in_c_order(const struct py_view *v)
{
	ssize_t step = v->itemsize;

	for (int i = v->ndim - 1; i >= 0; i--) {
		if (v->shape[i] > 1 && v->strides[i] != step)
			return false;
		step *= v->shape[i];
	}
	return true;
}

/* The elements in C order, whatever their order in memory. Returns where it stopped writing. */
static char *gather(char *to, const struct py_view *v, int axis, const char *from)
{
	ssize_t n = v->shape[axis], stride = v->strides[axis];

	for (ssize_t i = 0; i < n; i++, from += stride) {
		if (axis + 1 < v->ndim) {
			to = gather(to, v, axis + 1, from);
			continue;
		}
		memcpy(to, from, (size_t)v->itemsize);
		to += v->itemsize;
	}
	return to;
}

static void put_data(struct pf_buf *out, const struct py_view *v)
{
	size_t n = (size_t)v->len;
	char *room;

	if (is_in_c_order(v)) {
		pf_put_data(out, v->buf, n);
		return;
	}
	room = pf_buf_room(out, n);
	if (!room)
		return;
	gather(room, v, 0, v->buf);
	out->n += n;
	while (out->n % 8 && !out->toobig)
		pf_buf_char(out, '\0');
}

static int put_objects(struct pfr *r, struct pf_buf *out, const struct py_view *v, int axis,
		       const char *from, unsigned depth)
{
	ssize_t n = axis < v->ndim ? v->shape[axis] : 1;

	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		PF_PY(cell) = NULL;

		if (axis + 1 < v->ndim) {
			if (put_objects(r, out, v, axis + 1, from + i * v->strides[axis], depth) < 0)
				return -1;
			continue;
		}
		memcpy(&cell, v->ndim ? from + i * v->strides[axis] : from, sizeof(cell));
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
	put_data(out, v);
	return 1;
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
		put = put_view(r, out, &view, (enum pf_type)type, depth);
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
