/* exact_table.c - DataFrames and Series of plain columns, tables of our own */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"

#include "base/limits.h"

static long long number_of(struct py *o, const char *name)
{
	PF_PY(value) = PyObject_GetAttrString(o, name);

	return value ? PyLong_AsLongLong(value) : -1;
}

/* RangeIndex(n) without a name, as a table has it that says nothing of its index? */
static bool is_range(struct pfr *r, struct py *index, long long *n)
{
	PF_PY(type) = PyObject_Type(index);
	PF_PY(name) = NULL;

	if (!pfr_is_class(r, type, PFR_RANGE) || number_of(index, "start") != 0 ||
	    number_of(index, "step") != 1)
		return false;
	name = PyObject_GetAttrString(index, "name");
	*n = number_of(index, "stop");
	return name == r->none && *n >= 0;
}

static bool is_true(struct py *o, const char *name, bool otherwise)
{
	PF_PY(value) = PyObject_GetAttrString(o, name);
	int is = value ? PyObject_IsTrue(value) : otherwise;

	PyErr_Clear(); /* a pandas that does not have it */
	return is > 0;
}

/* attrs, and labels that must be unique */
static bool has_more(struct py *o)
{
	PF_PY(flags) = NULL;

	if (is_true(o, "attrs", false))
		return true;
	flags = PyObject_GetAttrString(o, "flags");
	return flags ? !is_true(flags, "allows_duplicate_labels", true) : (PyErr_Clear(), false);
}

/* ---- names ---- */

/* A column's word and name. Names are kept as text by the label itself. */
static int put_label(struct pf_buf *out, struct py *label, size_t at, enum pf_type type)
{
	PF_PY(label_type) = PyObject_Type(label);
	ssize_t n;
	const char *p;

	if ((struct py_type *)label_type != &PyUnicode_Type) {
		if (PyLong_AsLongLong(label) == (long long)at) {
			pf_put_column(out, (struct pf_str){ 0 }, true, type);
			return 0;
		}
		if (!PyErr_Occurred())
			PyErr_SetString(PyExc_ValueError, "a column whose number is not its place");
		return -1;
	}
	p = PyUnicode_AsUTF8AndSize(label, &n);
	if (!p)
		return -1;
	pf_put_column(out, (struct pf_str){ p, (size_t)n }, false, type);
	return 0;
}

static void put_numbered(struct pf_buf *out, const struct pfr_sheet *s)
{
	for (size_t i = 0; i < s->n; i++)
		pf_put_column(out, (struct pf_str){ 0 }, true, s->columns[i].type);
}

/* The list of a frame's names when they are of pandas' usual kind of text; else None. That of the
 * last Index is kept: models get and give the same columns again and again. */
static struct py *names_of(struct pfr *r, struct py *columns)
{
	PF_PY(name) = PyObject_GetAttrString(columns, "name");
	struct py *function;
	struct py *names;

	if (name != r->none)
		return PyErr_Occurred() ? NULL : py_ref(r->none);
	if (r->columns == columns && r->labels)
		return py_ref(r->labels);
	function = pfr_objects("plain_names");
	names = function ? PyObject_CallFunction(function, "(O)", columns) : NULL;
	if (names && names != r->none) {
		Py_DecRef(r->columns);
		Py_DecRef(r->labels);
		r->columns = py_ref(columns);
		r->labels = py_ref(names);
	}
	return names;
}

/* ---- DataFrames ---- */

/* A block's values are columns by rows, its places their numbers. */
static int add_block(struct pfr_sheet *s, struct py *block)
{
	PF_PY(values) = PyObject_GetAttrString(block, "values");
	PF_PY(locations) = values ? PyObject_GetAttrString(block, "mgr_locs") : NULL;
	PF_PY(places) = locations ? PyObject_GetAttrString(locations, "as_array") : NULL;
	struct py_view view;
	int added = 0;

	if (!places || PyObject_GetBuffer(places, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	if (view.itemsize == sizeof(long long))
		added = pfr_sheet_add(s, values, view.buf,
				      (size_t)view.len / sizeof(long long));
	PyBuffer_Release(&view);
	return added;
}

static struct py *blocks_of(struct py *frame)
{
	PF_PY(manager) = PyObject_GetAttrString(frame, "_mgr");

	if (!manager) { /* before 1.1 */
		PyErr_Clear();
		manager = PyObject_GetAttrString(frame, "_data");
	}
	return manager ? PyObject_GetAttrString(manager, "blocks") : NULL;
}

static int add_blocks(struct pfr_sheet *s, struct py *frame)
{
	PF_PY(blocks) = blocks_of(frame);
	ssize_t n = blocks ? PyTuple_Size(blocks) : -1;
	int added = n < 0 ? -1 : 1;

	for (ssize_t i = 0; i < n && added == 1; i++)
		added = add_block(s, PyTuple_GetItem(blocks, i));
	for (size_t i = 0; i < s->n && added == 1; i++)
		if (!s->columns[i].type)
			added = 0;
	return added;
}

static int put_sheet(struct pfr_sheet *s, struct pf_buf *out, enum pf_value_kind kind,
		     struct py *names, unsigned depth)
{
	pf_put_table(out, kind, s->rows, s->n, false);
	if (names == s->r->none)
		put_numbered(out, s);
	for (size_t i = 0; names != s->r->none && i < s->n; i++)
		if (put_label(out, PyList_GetItem(names, (ssize_t)i), i, s->columns[i].type) < 0)
			return -1;
	return pfr_sheet_put(s, out, depth + 1) < 0 ? -1 : 1;
}

/* `names`: a list, or None for columns that are numbered. */
static int put_frame(struct pfr *r, struct pf_buf *out, struct py *o, struct py *names,
		     size_t shape[2], unsigned depth)
{
	struct pfr_sheet s;
	int put;

	pfr_sheet_begin(&s, r, shape[0], shape[1]);
	put = add_blocks(&s, o);
	if (put == 1)
		put = put_sheet(&s, out, PF_V_TABLE, names, depth);
	pfr_sheet_free(&s);
	return put;
}

int pfr_exact_table(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(index) = PyObject_GetAttrString(o, "index");
	PF_PY(columns) = index ? PyObject_GetAttrString(o, "columns") : NULL;
	PF_PY(names) = NULL;
	long long rows, width;

	if (!columns)
		return -1;
	if (!is_range(r, index, &rows) || has_more(o) ||
	    !pfr_ask_once(&r->has_blocks, "has_blocks"))
		return PyErr_Occurred() ? -1 : 0;
	if (is_range(r, columns, &width)) {
		names = py_ref(r->none);
	} else {
		names = PyErr_Occurred() ? NULL : names_of(r, columns);
		width = names && names != r->none ? PyList_Size(names) : 0;
	}
	if (!names)
		return -1;
	if (width < 1 || width > PF_MAX_COLUMNS) /* without columns, versions differ */
		return 0;
	return put_frame(r, out, o, names, (size_t[]){ (size_t)rows, (size_t)width }, depth);
}

/* ---- Series ---- */

static int put_cells(struct pfr *r, struct pf_buf *out, struct py *o, struct py *name, size_t rows,
		     unsigned depth)
{
	PF_PY(values) = PyObject_GetAttrString(o, "_values");
	PF_PY(names) = name == r->none ? py_ref(name) : Py_BuildValue("[O]", name);
	static const long long place = 0;
	struct pfr_sheet s;
	int put;

	if (!values || !names)
		return -1;
	pfr_sheet_begin(&s, r, rows, 1);
	put = pfr_sheet_add(&s, values, &place, 1);
	if (put == 1)
		put = put_sheet(&s, out, PF_V_SERIES, names, depth);
	pfr_sheet_free(&s);
	return put;
}

int pfr_exact_series(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(index) = PyObject_GetAttrString(o, "index");
	PF_PY(name) = index ? PyObject_GetAttrString(o, "name") : NULL;
	PF_PY(type) = name ? PyObject_Type(name) : NULL;
	long long rows;

	if (!type)
		return -1;
	if (!is_range(r, index, &rows) || has_more(o))
		return PyErr_Occurred() ? -1 : 0;
	if (name != r->none && ((struct py_type *)type != &PyUnicode_Type ||
				!PyUnicode_AsUTF8AndSize(name, NULL))) {
		PyErr_Clear();
		return 0;
	}
	return put_cells(r, out, o, name, (size_t)rows, depth);
}

/* ---- pyfunc_env.frames.Table: names, columns, rows; without pandas ---- */

/* A table need not keep the exact type of a column: what frames have none for becomes nanoseconds
 * or a list (objects.table_cells). */
static int add_column(struct pfr_sheet *s, struct py *cells, long long place)
{
	int added = pfr_sheet_add(s, cells, &place, 1);
	struct py *function = added ? NULL : pfr_objects("table_cells");
	PF_PY(plain) = function ? PyObject_CallFunction(function, "(O)", cells) : NULL;

	if (plain)
		added = pfr_sheet_add(s, plain, &place, 1);
	if (!added && !PyErr_Occurred())
		PyErr_Format(PyExc_ValueError, "column %lld of a Table is not of its length", place);
	return added == 1 ? 0 : -1;
}

static int add_columns(struct pfr_sheet *s, struct py *columns)
{
	for (size_t i = 0; i < s->n; i++) {
		PF_PY(cells) = PyList_GetItem(columns, (ssize_t)i);

		Py_IncRef(cells);
		if (!cells || add_column(s, cells, (long long)i) < 0)
			return -1;
	}
	return 0;
}

int pfr_exact_own_table(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(names) = PyObject_GetAttrString(o, "names");
	PF_PY(columns) = names ? PyObject_GetAttrString(o, "columns") : NULL;
	ssize_t n = columns ? PyList_Size(columns) : -1;
	long long rows = n < 0 ? -1 : number_of(o, "rows");
	struct pfr_sheet s;
	int put;

	if (n < 0 || PyErr_Occurred() || PyList_Size(names) < 0)
		return -1;
	if (rows < 0 || n > PF_MAX_COLUMNS || PyList_Size(names) != n) {
		PyErr_SetString(PyExc_ValueError, "a Table of too many columns, or whose names are not as many");
		return -1;
	}
	pfr_sheet_begin(&s, r, (size_t)rows, (size_t)n);
	put = add_columns(&s, columns) < 0 ? -1 : put_sheet(&s, out, PF_V_TABLE, names, depth);
	pfr_sheet_free(&s);
	return put;
}
