/* convert_array.c - tensors and columns as numpy's arrays */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/runner.h"

#define SHARED PF_KIB(64)	/* an array at least so large may share what arrived */
#define UNEVEN PF_MIB(64)	/* bytes that an array of texts may take whatever they are ... */
#define EXPANSION 64		/* ... and beyond that so many for each that arrived */

/* An array is a numpy view of one bytearray, so that it owns what it shows: this one, and where in
 * it the array begins. Most of what arrived is shared, not copied; a smaller part of it would keep
 * hold of all the rest. */
static struct py *bytes_of(struct pfr *r, const void *data, size_t size, ssize_t *at)
{
	const char *start = r->arrived ? PyByteArray_AsString(r->arrived) : NULL;
	size_t whole = start ? (size_t)PyByteArray_Size(r->arrived) : 0;
	size_t from = (uintptr_t)data - (uintptr_t)start;

	*at = 0;
	if (size < SHARED || size < whole / 2 || from > whole || size > whole - from)
		return PyByteArray_FromStringAndSize(data, (ssize_t)size);
	*at = (ssize_t)from;
	return py_ref(r->arrived);
}

struct py *pfr_vector(struct pfr *r, struct py *numpy, enum pf_type type, const void *data,
		      size_t count)
{
	ssize_t at;
	PF_PY(bytes) = NULL;

	if (!count) /* frombuffer wants at least one element */
		return PyObject_CallMethod(numpy, "empty", "is", 0, pf_type_numpy(type));
	bytes = bytes_of(r, data, count * pf_type_width(type), &at);
	if (!bytes || bytes != r->arrived)
		return !bytes ? NULL :
				PyObject_CallMethod(numpy, "frombuffer", "Os", bytes,
						    pf_type_numpy(type));
	return PyObject_CallMethod(numpy, "frombuffer", "Osnn", bytes, pf_type_numpy(type),
				   (ssize_t)count, at);
}

/* An object array, filled cell by cell, so that numpy does not look for structure in the cells. */
struct py *pfr_objects_array(struct pfr *r, struct py *numpy, const struct pf_value *const *runs,
			     size_t n, size_t each)
{
	size_t count = n * each, i = 0;
	PF_PY(array) = PyObject_CallMethod(numpy, "empty", "ns", (ssize_t)count, "object");
	struct py_view view;

	if (!array || PyObject_GetBuffer(array, &view, PY_BUF_C_CONTIGUOUS | PY_BUF_FORMAT) < 0)
		return NULL;
	for (; i < count; i++) {
		struct py *cell = pfr_object(r, &runs[i / each][i % each]);
		struct py **place = (struct py **)view.buf + i;

		if (!cell)
			break;
		Py_DecRef(*place);
		*place = cell;
	}
	PyBuffer_Release(&view);
	return i == count ? py_take(&array) : NULL;
}

/* Each of numpy's texts takes as much room as the longest: far more than arrived is refused. */
static bool is_uneven(const struct pf_tensor *t, size_t count)
{
	size_t longest = 0, arrived = count * sizeof(uint64_t), size;

	for (size_t i = 0; i < count; i++) {
		const struct pf_value *v = &t->values[i];
		size_t n = v->kind == PF_V_STRING || v->kind == PF_V_BYTES ? v->s.n : 0;

		longest = n > longest ? n : longest;
		arrived += n;
	}
	return __builtin_mul_overflow(count, 4 * longest, &size) ||
	       (size > UNEVEN && size / EXPANSION > arrived);
}

static struct py *make_cells_vector(struct pfr *r, struct py *numpy, const struct pf_tensor *t)
{
	size_t count = pf_tensor_count(t);
	PF_PY(list) = NULL;

	if (t->type == PF_T_OBJECT)
		return pfr_objects_array(r, numpy, (const struct pf_value *const[]){ t->values }, 1,
					 count);
	if (is_uneven(t, count)) {
		PyErr_SetString(PyExc_ValueError, "an array of texts one of which is too long for "
						  "so many others");
		return NULL;
	}
	list = pfr_list(r, t->values, count);
	return list ? PyObject_CallMethod(numpy, "array", "Os", list, pf_type_numpy(t->type)) : NULL;
}

struct py *pfr_tensor(struct pfr *r, const struct pf_tensor *t)
{
	PF_PY(numpy) = pfr_import("numpy");
	PF_PY(shape) = numpy ? PyTuple_New((ssize_t)t->rank) : NULL;
	PF_PY(flat) = NULL;

	if (!shape)
		return NULL;
	for (unsigned i = 0; i < t->rank; i++)
		if (PyTuple_SetItem(shape, i, PyLong_FromLongLong((long long)t->shape[i])) < 0)
			return NULL;
	flat = pf_type_width(t->type) ?
		       pfr_vector(r, numpy, t->type, t->data, pf_tensor_count(t)) :
		       make_cells_vector(r, numpy, t);
	return flat ? PyObject_CallMethod(flat, "reshape", "(O)", shape) : NULL;
}

/* numpy's own scalar, such as numpy.float64: what a vector of one gives away. */
struct py *pfr_element(struct pfr *r, const struct pf_tensor *t)
{
	PF_PY(numpy) = PyImport_ImportModule("numpy");
	PF_PY(one) = numpy ? pfr_vector(r, numpy, t->type, t->data, 1) : NULL;

	return one ? PyObject_CallMethod(one, "__getitem__", "n", (ssize_t)0) : NULL;
}
