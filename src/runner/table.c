/* table.c - DataFrames, Series and arrays of an answer as typed columns and tensors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/runner.h"

/* ---- element types ---- */

static const struct {
	char kind;	/* numpy's dtype.kind */
	char width;	/* 0: any other */
	enum pf_type type;
} dtypes[] = {
	{ 'b', 1, PF_T_BOOL },	 { 'i', 1, PF_T_INT8 },	  { 'i', 2, PF_T_INT16 },
	{ 'i', 4, PF_T_INT32 },	 { 'i', 8, PF_T_INT64 },  { 'u', 1, PF_T_UINT8 },
	{ 'u', 2, PF_T_UINT16 }, { 'u', 4, PF_T_UINT32 }, { 'u', 8, PF_T_UINT64 },
	{ 'f', 4, PF_T_FLOAT32 }, { 'f', 0, PF_T_FLOAT64 }, { 'M', 8, PF_T_DATETIME },
};

static int type_of_kind(char kind, long long width)
{
	for (size_t i = 0; i < PF_COUNT(dtypes); i++)
		if (dtypes[i].kind == kind && (!dtypes[i].width || dtypes[i].width == width))
			return (int)dtypes[i].type;
	return PF_T_OBJECT;
}

static int text_attribute(char *out, size_t size, struct py *o, const char *name)
{
	PF_PY(value) = PyObject_GetAttrString(o, name);
	PF_PY(shown) = value ? PyObject_Str(value) : NULL;
	const char *text = shown ? PyUnicode_AsUTF8AndSize(shown, NULL) : NULL;

	if (!text)
		return -1;
	snprintf(out, size, "%s", text);
	return 0;
}

static long long int_attribute(struct py *o, const char *name)
{
	PF_PY(value) = PyObject_GetAttrString(o, name);

	return value ? PyLong_AsLongLong(value) : -1;
}

/* The type of a numpy dtype; OBJECT for those that have none of their own, -1 on error. */
static int type_of(struct py *dtype)
{
	char kind[8];
	long long width = int_attribute(dtype, "itemsize");

	if (width < 0 || text_attribute(kind, sizeof(kind), dtype, "kind") < 0)
		return -1;
	return type_of_kind(kind[0], width);
}

/* The array in C order and of exactly this type, as bytes that can be copied. */
static struct py *plain_array(struct py *array, enum pf_type type)
{
	PF_PY(numpy) = pfr_import("numpy");
	PF_PY(plain) = numpy ? PyObject_CallMethod(numpy, "asarray", "Oss", array,
						   pf_type_numpy(type), "C") :
			       NULL;

	if (!plain || type != PF_T_DATETIME)
		return py_take(&plain);
	return PyObject_CallMethod(plain, "view", "s", "int64"); /* M has no buffer */
}

static int put_array_data(struct pf_buf *out, struct py *array, size_t bytes)
{
	struct py_view view;

	if (PyObject_GetBuffer(array, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	if ((size_t)view.len == bytes)
		pf_put_data(out, view.buf, bytes);
	else
		PyErr_SetString(PyExc_ValueError, "the answer's columns differ in length");
	PyBuffer_Release(&view);
	return PyErr_Occurred() ? -1 : 0;
}

/* ---- arrays ---- */

static int put_tensor(struct pf_buf *out, struct py *o, enum pf_type type, long long rank)
{
	PF_PY(shape) = PyObject_GetAttrString(o, "shape");
	PF_PY(plain) = shape ? plain_array(o, type) : NULL;
	uint64_t sizes[16];
	size_t count = 1;

	if (!plain)
		return -1;
	for (int i = 0; i < rank; i++) {
		sizes[i] = (uint64_t)PyLong_AsLongLong(PyTuple_GetItem(shape, i));
		count *= (size_t)sizes[i];
	}
	pf_put_tensor(out, type, (unsigned)rank, sizes);
	return put_array_data(out, plain, count * pf_type_width(type));
}

/* A plain array, as nearly all are, need not be asked. */
static bool is_masked(struct py *o)
{
	PF_PY(type) = PyObject_Type(o);
	PF_PY(plain) = pfr_class("numpy", "ndarray");

	return type != plain && PyObject_HasAttrString(o, "mask");
}

/* The type of a buffer's elements, when its format is one of a letter, in this machine's order. */
int pfr_type_of_buffer(const struct py_view *view)
{
	static const struct {
		const char *letters;
		char kind;
	} kinds[] = { { "bhilq", 'i' }, { "BHILQ", 'u' }, { "fd", 'f' }, { "?", 'b' } };
	const char *format = view->format ? view->format : "B";

	if (!format[0] || format[1])
		return PF_T_OBJECT;
	for (size_t i = 0; i < PF_COUNT(kinds); i++)
		if (strchr(kinds[i].letters, format[0]))
			return type_of_kind(kinds[i].kind, view->itemsize);
	return PF_T_OBJECT;
}

/* What nearly every model returns, a plain array in C order, tells all of itself at once. 1 when it
 * was put, 0 when it is another one. */
static int put_plain(struct pf_buf *out, struct py *o)
{
	struct py_view view;
	uint64_t sizes[16];
	int type;

	if (PyObject_GetBuffer(o, &view, PY_BUF_C_CONTIGUOUS | PY_BUF_FORMAT) < 0) {
		PyErr_Clear();
		return 0;
	}
	type = view.ndim <= (int)PF_COUNT(sizes) ? pfr_type_of_buffer(&view) : PF_T_OBJECT;
	for (int i = 0; type != PF_T_OBJECT && i < view.ndim; i++)
		sizes[i] = (uint64_t)view.shape[i];
	if (type != PF_T_OBJECT) {
		pf_put_tensor(out, (enum pf_type)type, (unsigned)view.ndim, sizes);
		pf_put_data(out, view.buf, (size_t)view.len);
	}
	PyBuffer_Release(&view);
	return type != PF_T_OBJECT;
}

/* Text, objects, masked arrays, dates of other units: as the lists that tolist() makes of them. */
static int put_array(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(dtype) = PyObject_GetAttrString(o, "dtype");
	int type = dtype ? type_of(dtype) : -1;
	long long rank = int_attribute(o, "ndim");
	char name[64] = "";
	PF_PY(list) = NULL;

	if (type < 0 || rank < 0 ||
	    (type == PF_T_DATETIME && text_attribute(name, sizeof(name), dtype, "name") < 0))
		return -1;
	if (type == PF_T_DATETIME && strcmp(name, "datetime64[ns]") != 0)
		type = PF_T_OBJECT;
	if (type != PF_T_OBJECT && rank <= 16 && !is_masked(o))
		return put_tensor(out, o, (enum pf_type)type, rank);
	list = PyObject_CallMethod(o, "tolist", NULL);
	return list ? pfr_put_nested(r, out, list, depth + 1) : -1;
}

static int put_ndarray(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	if (!is_masked(o) && put_plain(out, o))
		return 0;
	return put_array(r, out, o, depth);
}

/* ---- tables ---- */

/* A column's cells: an array when its type has a width, else a list. */
static struct py *cells_of(enum pf_type *type, struct py *series)
{
	PF_PY(dtype) = PyObject_GetAttrString(series, "dtype");
	PF_PY(array) = NULL;
	char name[64];
	int found;

	if (!dtype || text_attribute(name, sizeof(name), dtype, "name") < 0)
		return NULL;
	*type = strncmp(name, "str", 3) == 0 ? PF_T_STRING : PF_T_OBJECT;
	if (!pfr_is(dtype, "numpy", "dtype"))
		return PyObject_CallMethod(series, "tolist", NULL);
	found = type_of(dtype);
	if (found < 0)
		return NULL;
	if (found == PF_T_DATETIME)
		array = PyObject_CallMethod(series, "astype", "s", "datetime64[ns]");
	PyErr_Clear(); /* a date that nanoseconds cannot reach */
	if (found == PF_T_OBJECT || (found == PF_T_DATETIME && !array))
		return PyObject_CallMethod(series, "tolist", NULL);
	*type = (enum pf_type)found;
	return plain_array(array ? array : series, *type);
}

static int put_label(struct pf_buf *out, struct py *label, struct py *none, size_t at,
		     enum pf_type type)
{
	PF_PY(label_type) = PyObject_Type(label);
	PF_PY(text) = NULL;
	bool number = PyType_GetFlags((struct py_type *)label_type) & PY_IS_INT ||
		      pfr_is(label, "numpy", "integer");
	const char *p;
	ssize_t n;

	if (label == none || (number && PyLong_AsLongLong(label) == (long long)at)) {
		pf_put_column(out, (struct pf_str){ 0 }, true, type);
		return 0;
	}
	PyErr_Clear();
	text = PyObject_Str(label);
	p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
	if (!p)
		return -1;
	pf_put_column(out, (struct pf_str){ p, (size_t)n }, false, type);
	return 0;
}

static int put_cells(struct pfr *r, struct pf_buf *out, struct py *cells, enum pf_type type,
		     size_t rows, unsigned depth)
{
	size_t width = pf_type_width(type);

	if (width)
		return put_array_data(out, cells, rows * width);
	if ((size_t)PyList_Size(cells) != rows) {
		PyErr_SetString(PyExc_ValueError, "the answer's columns differ in length");
		return -1;
	}
	for (size_t i = 0; i < rows && !out->toobig; i++) {
		struct py *cell = PyList_GetItem(cells, (ssize_t)i);
		PF_PY(cell_type) = PyObject_Type(cell);

		if (type == PF_T_STRING &&
		    !(PyType_GetFlags((struct py_type *)cell_type) & PY_IS_STR))
			pf_put_null(out);
		else if (pfr_put_nested(r, out, cell, depth + 1) < 0)
			return -1;
	}
	return 0;
}

/* Headers first, then all cells. `pairs` is a list of (label, Series). */
static int put_columns(struct pfr *r, struct pf_buf *out, struct py *pairs, size_t rows,
		       unsigned depth)
{
	size_t n = (size_t)PyList_Size(pairs);
	PF_PY(cells) = PyList_New((ssize_t)n);
	PF_PY(types) = PyByteArray_FromStringAndSize(NULL, (ssize_t)n);
	unsigned char *type;
	struct py_view view;
	int rc = 0;

	if (!cells || !types || PyObject_GetBuffer(types, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	type = view.buf;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct py *pair = PyList_GetItem(pairs, (ssize_t)i);
		enum pf_type found = PF_T_OBJECT;
		struct py *one = cells_of(&found, PyTuple_GetItem(pair, 1));

		type[i] = (unsigned char)found;
		rc = one ? PyList_SetItem(cells, (ssize_t)i, one) : -1;
		if (rc == 0)
			rc = put_label(out, PyTuple_GetItem(pair, 0), r->none, i, found);
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = put_cells(r, out, PyList_GetItem(cells, (ssize_t)i), (enum pf_type)type[i],
			       rows, depth);
	PyBuffer_Release(&view);
	return rc;
}

static long long length_of(struct py *o)
{
	PF_PY(n) = PyObject_CallMethod(o, "__len__", NULL);

	return n ? PyLong_AsLongLong(n) : -1;
}

static int put_frame(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(items) = PyObject_CallMethod(o, "items", NULL);
	PF_PY(pairs) = items ? PySequence_List(items) : NULL;
	long long rows = length_of(o);

	if (!pairs || rows < 0)
		return -1;
	pf_put_table(out, PF_V_TABLE, (size_t)rows, (size_t)PyList_Size(pairs), false);
	return put_columns(r, out, pairs, (size_t)rows, depth);
}

static int put_series(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(name) = PyObject_GetAttrString(o, "name");
	PF_PY(pairs) = name ? Py_BuildValue("[(OO)]", name, o) : NULL;
	long long rows = length_of(o);

	if (!pairs || rows < 0)
		return -1;
	pf_put_table(out, PF_V_SERIES, (size_t)rows, 1, false);
	return put_columns(r, out, pairs, (size_t)rows, depth);
}

int pfr_put_array(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	static const struct {
		const char *module, *class;
		int (*put)(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
	} kinds[] = {
		{ "numpy", "ndarray", put_ndarray },
		{ "pandas", "DataFrame", put_frame },
		{ "pandas", "Series", put_series },
	};

	for (size_t i = 0; i < PF_COUNT(kinds); i++)
		if (pfr_is(o, kinds[i].module, kinds[i].class))
			return kinds[i].put(r, out, o, depth) < 0 ? -1 : 1;
	return 0;
}
