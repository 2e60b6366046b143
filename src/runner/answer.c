/* answer.c - what a model returned, as a value: the same choices as MLflow's JSON encoder makes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/runner.h"

struct py *pfr_import(const char *module)
{
	struct py *found = PyDict_GetItemString(PyImport_GetModuleDict(), module);

	return found ? py_ref(found) : PyImport_ImportModule(module);
}

struct py *pfr_class(const char *module, const char *name)
{
	struct py *found = PyDict_GetItemString(PyImport_GetModuleDict(), module);
	struct py *class = found ? PyObject_GetAttrString(found, name) : NULL;

	if (!class)
		PyErr_Clear();
	return class;
}

bool pfr_is(struct py *o, const char *module, const char *name)
{
	PF_PY(class) = pfr_class(module, name);
	int is = class ? PyObject_IsInstance(o, class) : 0;

	if (is < 0)
		PyErr_Clear();
	return is > 0;
}

static int put_str(struct pf_buf *out, struct py *o, enum pf_value_kind kind)
{
	ssize_t n;
	const char *p = PyUnicode_AsUTF8AndSize(o, &n);

	if (!p)
		return -1;
	pf_put_text(out, kind, (struct pf_str){ p, (size_t)n });
	return 0;
}

static int put_int(struct pf_buf *out, struct py *o)
{
	int overflow;
	long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
	PF_PY(whole) = NULL;
	PF_PY(text) = NULL;
	ssize_t digits;

	if (!overflow) {
		pf_put_int(out, i);
		return i == -1 && PyErr_Occurred() ? -1 : 0;
	}
	whole = PyObject_CallMethod(o, "__index__", NULL);
	text = whole ? PyObject_CallMethod(whole, "__str__", NULL) : NULL;
	if (!text || !PyUnicode_AsUTF8AndSize(text, &digits))
		return -1;
	if (digits > PF_MAX_JSON_NUMBER) {
		PyErr_SetString(PyExc_ValueError, "the answer holds an integer of too many digits");
		return -1;
	}
	return put_str(out, text, PF_V_BIGINT);
}

/* bytes or bytearray */
static int put_bytes(struct pf_buf *out, struct py *o)
{
	struct py_view view;

	if (PyObject_GetBuffer(o, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	pf_put_text(out, PF_V_BYTES, (struct pf_str){ view.buf, (size_t)view.len });
	PyBuffer_Release(&view);
	return 0;
}

static int put_sequence(struct pfr *r, struct pf_buf *out, struct py *o, bool list, unsigned depth)
{
	ssize_t n = list ? PyList_Size(o) : PyTuple_Size(o);

	pf_put_list(out, (size_t)n);
	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		PF_PY(item) = list ? PyList_GetItem(o, i) : PyTuple_GetItem(o, i);

		Py_IncRef(item);
		if (!item || pfr_put_nested(r, out, item, depth + 1) < 0)
			return -1;
	}
	return 0;
}

/* Python's json writes None, True, 1 and 1.5 as keys too, as text. */
static int put_key(struct pfr *r, struct pf_buf *out, struct py *key)
{
	PF_PY(type) = PyObject_Type(key);
	PF_PY(plain) = NULL;
	PF_PY(text) = NULL;
	unsigned long flags = PyType_GetFlags((struct py_type *)type);

	if (flags & PY_IS_STR)
		return put_str(out, key, PF_V_STRING);
	if (key == r->none || (struct py_type *)type == &PyBool_Type) {
		pf_put_string(out, key == r->none	  ? "null"
				   : PyObject_IsTrue(key) ? "true"
							  : "false");
		return 0;
	}
	if (!(flags & PY_IS_INT) && !PyType_IsSubtype((struct py_type *)type, &PyFloat_Type)) {
		PF_PY(name) = PyObject_GetAttrString(type, "__name__");

		PyErr_Format(PyExc_TypeError, "the answer holds a dictionary whose key is of type "
					      "%S; keys must be text or numbers", name);
		return -1;
	}
	/* subclasses have texts of their own: json writes the number */
	plain = PyObject_CallMethod(key, flags & PY_IS_INT ? "__index__" : "__float__", NULL);
	text = plain ? PyObject_Repr(plain) : NULL;
	return text ? put_str(out, text, PF_V_STRING) : -1;
}

static int put_dict(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(items) = PyDict_Items(o);
	ssize_t n = items ? PyList_Size(items) : -1;

	if (n < 0)
		return -1;
	pf_put_map(out, (size_t)n);
	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		struct py *pair = PyList_GetItem(items, i);

		if (put_key(r, out, PyTuple_GetItem(pair, 0)) < 0 ||
		    pfr_put_nested(r, out, PyTuple_GetItem(pair, 1), depth + 1) < 0)
			return -1;
	}
	return 0;
}

/* Objects that have a method which says the same in plainer words; the first that fits counts. */
static const struct {
	const char *module, *class, *method;
} plainer[] = {
	{ "numpy", "generic", "item" },
	{ "datetime", "date", "isoformat" }, /* datetime and pandas.Timestamp are dates */
	{ "datetime", "time", "isoformat" },
	{ "pydantic", "BaseModel", "model_dump" },
};

static int refuse_type(struct py *type)
{
	PF_PY(module) = PyObject_GetAttrString(type, "__module__");
	PF_PY(name) = PyObject_GetAttrString(type, "__qualname__");

	PyErr_Clear();
	if (module && name)
		PyErr_Format(PyExc_TypeError, "the answer holds an object of type %S.%S, which "
					      "cannot be written as JSON", module, name);
	else
		PyErr_SetString(PyExc_TypeError,
				"the answer holds an object that cannot be written as JSON");
	return -1;
}

static int put_plainer(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(type) = PyObject_Type(o);
	PF_PY(plain) = NULL;
	PF_PY(plain_type) = NULL;

	for (size_t i = 0; i < PF_COUNT(plainer) && !plain; i++) {
		if (!pfr_is(o, plainer[i].module, plainer[i].class))
			continue;
		plain = PyObject_CallMethod(o, plainer[i].method, NULL);
		if (!plain)
			return -1;
	}
	if (!plain)
		return refuse_type(type);
	plain_type = PyObject_Type(plain);
	if (plain_type == type) { /* numpy.longdouble is its own item */
		pf_put_float(out, PyFloat_AsDouble(plain));
		return PyErr_Occurred() ? -1 : 0;
	}
	return pfr_put_nested(r, out, plain, depth + 1);
}

static bool is_missing(struct py *o)
{
	PF_PY(na) = pfr_class("pandas", "NA");
	PF_PY(nat) = pfr_class("pandas", "NaT");

	return (na && o == na) || (nat && o == nat);
}

static int put_other(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	int put = pfr_put_array(r, out, o, depth);

	if (put)
		return put < 0 ? -1 : 0;
	if (is_missing(o)) {
		pf_put_null(out);
		return 0;
	}
	return put_plainer(r, out, o, depth);
}

static int put_builtin(struct pfr *r, struct pf_buf *out, struct py *o, struct py_type *type,
		       unsigned depth)
{
	unsigned long flags = PyType_GetFlags(type);

	if (flags & PY_IS_STR)
		return put_str(out, o, PF_V_STRING);
	if (flags & PY_IS_INT)
		return put_int(out, o);
	if (flags & (PY_IS_LIST | PY_IS_TUPLE))
		return put_sequence(r, out, o, flags & PY_IS_LIST, depth);
	if (flags & PY_IS_DICT)
		return put_dict(r, out, o, depth);
	if (flags & PY_IS_BYTES || type == &PyByteArray_Type)
		return put_bytes(out, o);
	return put_other(r, out, o, depth);
}

int pfr_put_nested(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(type) = PyObject_Type(o);

	if (depth > PF_MAX_VALUE_DEPTH) {
		PyErr_SetString(PyExc_ValueError,
				"the answer is nested too deep, or holds itself");
		return -1;
	}
	if (o == r->none) {
		pf_put_null(out);
		return 0;
	}
	if ((struct py_type *)type == &PyBool_Type) {
		pf_put_bool(out, PyObject_IsTrue(o));
		return 0;
	}
	if (PyType_IsSubtype((struct py_type *)type, &PyFloat_Type)) {
		pf_put_float(out, PyFloat_AsDouble(o));
		return 0;
	}
	return put_builtin(r, out, o, (struct py_type *)type, depth);
}

int pfr_put(struct pfr *r, struct pf_buf *out, struct py *o)
{
	if (o == r->none) {
		PyErr_SetString(PyExc_ValueError, "the model returned None instead of an answer");
		return -1;
	}
	if (pfr_put_nested(r, out, o, 0) < 0)
		return -1;
	if (out->toobig) {
		PyErr_Format(PyExc_ValueError, "the answer is larger than %zu bytes", out->max);
		return -1;
	}
	return 0;
}
