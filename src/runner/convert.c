/* convert.c - a value as the Python object that a model is given */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/runner.h"

struct py *pfr_list(struct pfr *r, const struct pf_value *v, size_t n)
{
	PF_PY(list) = PyList_New((ssize_t)n);

	for (size_t i = 0; list && i < n; i++) {
		struct py *item = pfr_object(r, &v[i]);

		if (!item || PyList_SetItem(list, (ssize_t)i, item) < 0)
			return NULL;
	}
	return py_take(&list);
}

static struct py *make_dict(struct pfr *r, const struct pf_value *v)
{
	PF_PY(dict) = PyDict_New();

	for (size_t i = 0; dict && i < v->list.n; i++) {
		PF_PY(key) = pfr_object(r, &v->list.v[2 * i]);
		PF_PY(value) = key ? pfr_object(r, &v->list.v[2 * i + 1]) : NULL;

		if (!value || PyDict_SetItem(dict, key, value) < 0)
			return NULL;
	}
	return py_take(&dict);
}

/* An integer of any size: its text ends with a NUL only by chance, so it is copied. */
static struct py *make_bigint(struct pf_str digits)
{
	PF_PY(text) = PyUnicode_FromStringAndSize(digits.p, (ssize_t)digits.n);
	const char *z = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;

	return z ? PyLong_FromString(z, NULL, 10) : NULL;
}

/* datetime.datetime, whose clock stops at microseconds; beyond them numpy.datetime64. */
static struct py *make_datetime(int64_t ns)
{
	int64_t seconds = ns / 1000000000, rest = ns % 1000000000;
	PF_PY(module) = PyImport_ImportModule(rest % 1000 ? "numpy" : "datetime");
	PF_PY(epoch) = NULL;
	PF_PY(delta) = NULL;

	if (!module)
		return NULL;
	if (rest % 1000)
		return PyObject_CallMethod(module, "datetime64", "Ls", (long long)ns, "ns");
	epoch = PyObject_CallMethod(module, "datetime", "iii", 1970, 1, 1);
	delta = PyObject_CallMethod(module, "timedelta", "iLL", 0, (long long)seconds,
				    (long long)(rest / 1000));
	return epoch && delta ? PyObject_CallMethod(epoch, "__add__", "O", delta) : NULL;
}

/* ---- tables ---- */

/* Are all columns doubles that lie side by side? Then they are pandas' own block already. */
static bool is_one_block(const struct pf_table *t)
{
	if (!t->columns.n || !t->rows)
		return false;
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];
		const char *first = t->columns.v[0].data;

		if (c->type != PF_T_FLOAT64 || c->data != first + i * t->rows * sizeof(double))
			return false;
	}
	return true;
}

static struct py *make_labels(struct pfr *r, const struct pf_table *t)
{
	PF_PY(list) = PyList_New((ssize_t)t->columns.n);
	bool named = false;

	for (size_t i = 0; list && i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];
		struct pf_value name = { .kind = PF_V_STRING, .s = c->name };
		struct py *label = c->unnamed ? PyLong_FromLongLong((long long)i) :
					       pfr_object(r, &name);

		named |= !c->unnamed;
		if (!label || PyList_SetItem(list, (ssize_t)i, label) < 0)
			return NULL;
	}
	return !list ? NULL : named ? py_take(&list) : py_ref(r->none);
}

/* Names one after the other, each ended by a NUL, which none of them holds. */
static void put_names(struct pf_buf *out, const struct pf_table *t)
{
	for (size_t i = 0; i < t->columns.n; i++) {
		pf_buf_str(out, t->columns.v[i].name);
		pf_buf_char(out, '\0');
	}
}

static bool is_cacheable(const struct pf_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->columns.n; i++) {
		struct pf_str name = t->columns.v[i].name;

		n += name.n;
		if (t->columns.v[i].unnamed || (name.n && memchr(name.p, 0, name.n)))
			return false;
	}
	return t->columns.n && n < PF_KIB(64);
}

/* The Index of a table's names, kept from one request to the next: making it takes longer than the
 * table around it. Whoever names or changes what he is given has a view of his own. */
static struct py *make_header(struct pfr *r, struct py *pandas, const struct pf_table *t)
{
	struct pf_buf names = PF_BUF(PF_KIB(128));
	struct py *view;

	if (!is_cacheable(t))
		return make_labels(r, t);
	put_names(&names, t);
	if (!r->header || names.n != r->names.n || memcmp(names.p, r->names.p, names.n) != 0) {
		PF_PY(list) = make_labels(r, t);

		pf_buf_free(&r->names);
		r->names = names;
		Py_DecRef(r->header);
		r->header = list ? PyObject_CallMethod(pandas, "Index", "O", list) : NULL;
	} else {
		pf_buf_free(&names);
	}
	view = r->header ? PyObject_CallMethod(r->header, "view", NULL) : NULL;
	if (view)
		return view;
	PyErr_Clear();
	return make_labels(r, t);
}

static struct py *make_block(struct pfr *r, struct py *numpy, const struct pf_table *t)
{
	size_t count = t->rows * t->columns.n;
	PF_PY(flat) = pfr_vector(r, numpy, PF_T_FLOAT64, t->columns.v[0].data, count);
	PF_PY(block) = flat ? PyObject_CallMethod(flat, "reshape", "nn", (ssize_t)t->columns.n,
						  (ssize_t)t->rows) :
			      NULL;

	return block ? PyObject_GetAttrString(block, "T") : NULL;
}

static struct py *make_cells(struct pfr *r, struct py *numpy, const struct pf_column *c,
			     size_t rows)
{
	return c->data || pf_type_width(c->type) ? pfr_vector(r, numpy, c->type, c->data, rows) :
						   pfr_list(r, c->values, rows);
}

/* What is declared as objects stays objects: of a list of text pandas 3 makes another type. */
static struct py *make_declared(struct pfr *r, struct py *pandas, struct py *numpy,
				struct py *index, const struct pf_column *c, size_t rows)
{
	const struct pf_value *values = c->values;
	PF_PY(cells) = pfr_objects_array(r, numpy, &values, 1, rows);

	return cells ? PyObject_CallMethod(pandas, "Series", "OOs", cells, index, "object") : NULL;
}

/* Is there no text in a column of it? It may be a part of one that has some. */
static bool is_all_missing(const struct pf_column *c, size_t rows)
{
	size_t i = 0;

	while (c->type == PF_T_STRING && i < rows && c->values[i].kind != PF_V_STRING)
		i++;
	return c->type == PF_T_STRING && i == rows;
}

/* Of a list without text pandas would make another type than of one with some. */
static struct py *make_missing(struct pfr *r, struct py *pandas, struct py *index,
			       const struct pf_column *c, size_t rows)
{
	PF_PY(list) = pfr_list(r, c->values, rows);
	PF_PY(like) = list ? PyObject_CallMethod(pandas, "Series", "[s]", "text") : NULL;
	PF_PY(type) = like ? PyObject_GetAttrString(like, "dtype") : NULL;

	return type ? PyObject_CallMethod(pandas, "Series", "OOO", list, index, type) : NULL;
}

static struct py *make_column(struct pfr *r, struct py *pandas, struct py *numpy,
			      struct py *index, const struct pf_column *c, size_t rows)
{
	if (c->type == PF_T_OBJECT)
		return make_declared(r, pandas, numpy, index, c, rows);
	if (is_all_missing(c, rows))
		return make_missing(r, pandas, index, c, rows);
	return make_cells(r, numpy, c, rows);
}

/* {0: cells, 1: cells}: numbers for now, since names may repeat. */
static struct py *make_columns(struct pfr *r, struct py *pandas, struct py *numpy, struct py *index,
			       const struct pf_table *t)
{
	PF_PY(dict) = PyDict_New();

	for (size_t i = 0; dict && i < t->columns.n; i++) {
		PF_PY(key) = PyLong_FromLongLong((long long)i);
		const struct pf_column *c = &t->columns.v[i];
		PF_PY(cells) = key ? make_column(r, pandas, numpy, index, c, t->rows) : NULL;

		if (!cells || PyDict_SetItem(dict, key, cells) < 0)
			return NULL;
	}
	return py_take(&dict);
}

static struct py *import_pandas(void)
{
	struct py *pandas = pfr_import("pandas");

	if (!pandas && PyErr_ExceptionMatches(PyExc_ImportError))
		PyErr_SetString(PyExc_ImportError, "the input is a table, for which the model's "
						   "environment needs pandas");
	return pandas;
}

/* pandas looks into labels: what is as long as it says must not be among them. */
static bool are_plain(const struct pf_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == PF_V_TAGGED || v[i].kind == PF_V_TABLE ||
		    (v[i].kind == PF_V_LIST && !are_plain(v[i].list.v, v[i].list.n)))
			return false;
	return true;
}

/* An Index, so that a Series of it is not aligned with the table's: labels may repeat. */
static struct py *make_index(struct pfr *r, struct py *pandas, const struct pf_table *t)
{
	PF_PY(list) = NULL;

	if (!t->index)
		return PyObject_CallMethod(pandas, "RangeIndex", "n", (ssize_t)t->rows);
	if (!are_plain(t->index, t->rows)) {
		PyErr_SetString(PyExc_ValueError, "a label of a row that is none");
		return NULL;
	}
	list = pfr_list(r, t->index, t->rows);
	return list ? PyObject_CallMethod(pandas, "Index", "O", list) : NULL;
}

static struct py *make_frame(struct pfr *r, const struct pf_table *t)
{
	PF_PY(pandas) = import_pandas();
	PF_PY(numpy) = pandas ? pfr_import("numpy") : NULL;
	PF_PY(labels) = numpy ? make_header(r, pandas, t) : NULL;
	bool block = is_one_block(t);
	PF_PY(index) = !labels		    ? NULL
		       : block && !t->index ? py_ref(r->none)
					    : make_index(r, pandas, t);
	PF_PY(copy) = PyBool_FromLong(0);
	PF_PY(data) = NULL;
	PF_PY(frame) = NULL;

	if (!index)
		return NULL;
	/* DataFrame(data, index, columns, dtype, copy) */
	if (block) {
		data = make_block(r, numpy, t);
		return data ? PyObject_CallMethod(pandas, "DataFrame", "OOOOO", data, index, labels,
						  r->none, copy) :
			      NULL;
	}
	data = make_columns(r, pandas, numpy, index, t);
	frame = data ? PyObject_CallMethod(pandas, "DataFrame", "OO", data, index) : NULL;
	if (!frame)
		return NULL;
	if (labels == r->none) { /* the numbers that pandas would give, not those of the dict */
		Py_DecRef(labels);
		labels = PyObject_CallMethod(pandas, "RangeIndex", "n", (ssize_t)t->columns.n);
	}
	if (!labels || PyObject_SetAttrString(frame, "columns", labels) < 0)
		return NULL;
	return py_take(&frame);
}

static struct py *make_molded(struct pfr *r, const struct pf_table *t)
{
	struct py *frame = pfr_mold_pour(r, t);

	if (frame)
		return frame;
	frame = make_frame(r, t);
	if (frame)
		pfr_mold_take(r, t, frame);
	return frame;
}

/* A table in a cell of another must not touch the mold that the other one is made with. */
static struct py *make_table(struct pfr *r, const struct pf_table *t)
{
	struct py *frame;

	if (r->in_table)
		return make_frame(r, t);
	r->in_table = true;
	frame = make_molded(r, t);
	r->in_table = false;
	return frame;
}

static struct py *make_series(struct pfr *r, const struct pf_table *t)
{
	PF_PY(pandas) = import_pandas();
	PF_PY(numpy) = pandas ? pfr_import("numpy") : NULL;
	PF_PY(labels) = numpy ? make_labels(r, t) : NULL;
	PF_PY(index) = labels ? make_index(r, pandas, t) : NULL;
	const struct pf_column *c = &t->columns.v[0];
	PF_PY(data) = index ? make_column(r, pandas, numpy, index, c, t->rows) : NULL;

	if (!data)
		return NULL;
	/* Series(data, index, dtype, name) */
	return PyObject_CallMethod(pandas, "Series", "OOOO", data, index, r->none,
				   labels == r->none ? labels : PyList_GetItem(labels, 0));
}

/* What objects.plain() took apart. */
static struct py *build(struct pfr *r, const struct pf_value *v)
{
	PF_PY(tag) = pfr_object(r, &v->list.v[0]);
	PF_PY(value) = tag ? pfr_object(r, &v->list.v[1]) : NULL;
	struct py *function = value ? pfr_objects("build") : NULL;

	return function ? PyObject_CallFunction(function, "OO", tag, value) : NULL;
}

struct py *pfr_object(struct pfr *r, const struct pf_value *v)
{
	switch (v->kind) {
	case PF_V_NULL:
		return py_ref(r->none);
	case PF_V_BOOL:
		return PyBool_FromLong(v->b);
	case PF_V_INT:
		return PyLong_FromLongLong(v->i);
	case PF_V_BIGINT:
		return make_bigint(v->s);
	case PF_V_FLOAT:
		return PyFloat_FromDouble(v->d);
	case PF_V_STRING:
		return PyUnicode_FromStringAndSize(v->s.p, (ssize_t)v->s.n);
	case PF_V_BYTES:
		return PyBytes_FromStringAndSize(v->s.p, (ssize_t)v->s.n);
	case PF_V_LIST:
		return pfr_list(r, v->list.v, v->list.n);
	case PF_V_MAP:
		return make_dict(r, v);
	case PF_V_TABLE:
		return make_table(r, v->table);
	case PF_V_SERIES:
		return make_series(r, v->table);
	case PF_V_TENSOR:
		return pfr_tensor(r, v->tensor);
	case PF_V_DATETIME:
		return make_datetime(v->i);
	case PF_V_ELEMENT:
		return pfr_element(r, v->tensor);
	case PF_V_TAGGED:
		return build(r, v);
	}
	PyErr_SetString(PyExc_ValueError, "a value of unknown kind");
	return NULL;
}
