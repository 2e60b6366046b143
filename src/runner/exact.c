/* exact.c - an object as the value from which the same object is made again */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"

#include "base/limits.h"

static const struct {
	const char *module, *name;
} classes[] = {
	[PFR_NDARRAY] = { "numpy", "ndarray" },	    [PFR_GENERIC] = { "numpy", "generic" },
	[PFR_FRAME] = { "pandas", "DataFrame" },    [PFR_SERIES] = { "pandas", "Series" },
	[PFR_RANGE] = { "pandas", "RangeIndex" },   [PFR_TABLE] = { "pyfunc_env.frames", "Table" },
};
_Static_assert(PF_COUNT(classes) <= PFR_CLASSES, "a place for each class");

/* Borrowed; NULL, without an exception, as long as its module is not imported. */
static struct py *known_class(struct pfr *r, enum pfr_class class)
{
	if (!r->classes[class])
		r->classes[class] = pfr_class(classes[class].module, classes[class].name);
	return r->classes[class];
}

bool pfr_is_class(struct pfr *r, struct py *type, enum pfr_class class)
{
	return type == known_class(r, class);
}

/* ---- what every Python has: 1 when it was put, 0 when it takes a tag, -1 ---- */

static int put_bool(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	(void)r, (void)depth;
	pf_put_bool(out, PyObject_IsTrue(o));
	return 1;
}

/* Beyond 64 bits by its bytes: decimal text is slow, and has a limit of Python's own. */
static int put_int(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	int overflow;
	long long i = PyLong_AsLongLongAndOverflow(o, &overflow);

	(void)r, (void)depth;
	if (overflow)
		return 0;
	pf_put_int(out, i);
	return 1;
}

static int put_float(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	(void)r, (void)depth;
	pf_put_float(out, PyFloat_AsDouble(o));
	return 1;
}

/* Text with surrogates is none of UTF-8. */
static int put_str(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	ssize_t n;
	const char *p = PyUnicode_AsUTF8AndSize(o, &n);

	(void)r, (void)depth;
	if (p)
		pf_put_text(out, PF_V_STRING, (struct pf_str){ p, (size_t)n });
	else
		PyErr_Clear();
	return p != NULL;
}

static int put_bytes(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	char *p;
	ssize_t n;

	(void)r, (void)depth;
	if (PyBytes_AsStringAndSize(o, &p, &n) < 0)
		return -1;
	pf_put_text(out, PF_V_BYTES, (struct pf_str){ p, (size_t)n });
	return 1;
}

static int put_list(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	ssize_t n = PyList_Size(o);

	pf_put_list(out, (size_t)n);
	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		PF_PY(item) = PyList_GetItem(o, i);

		Py_IncRef(item);
		if (!item || pfr_exact(r, out, item, depth + 1) < 0)
			return -1;
	}
	return 1;
}

static bool has_plain_keys(struct py *items)
{
	ssize_t n = PyList_Size(items);

	for (ssize_t i = 0; i < n; i++) {
		struct py *key = PyTuple_GetItem(PyList_GetItem(items, i), 0);
		PF_PY(type) = PyObject_Type(key);

		if ((struct py_type *)type != &PyUnicode_Type ||
		    !PyUnicode_AsUTF8AndSize(key, NULL)) {
			PyErr_Clear();
			return false;
		}
	}
	return true;
}

static int put_dict(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(items) = PyDict_Items(o);
	ssize_t n = items ? PyList_Size(items) : -1;

	if (n < 0)
		return -1;
	if (!has_plain_keys(items))
		return 0;
	pf_put_map(out, (size_t)n);
	for (ssize_t i = 0; i < n && !out->toobig; i++) {
		struct py *pair = PyList_GetItem(items, i);

		if (put_str(r, out, PyTuple_GetItem(pair, 0), depth) < 0 ||
		    pfr_exact(r, out, PyTuple_GetItem(pair, 1), depth + 1) < 0)
			return -1;
	}
	return 1;
}

static const struct {
	struct py_type *type;
	int (*put)(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
} builtins[] = {
	{ &PyUnicode_Type, put_str }, { &PyLong_Type, put_int },     { &PyFloat_Type, put_float },
	{ &PyBool_Type, put_bool },   { &PyList_Type, put_list },    { &PyDict_Type, put_dict },
	{ &PyBytes_Type, put_bytes },
};

/* ---- packages' types, and those of objects.py ---- */

static int put_known(struct pfr *r, struct pf_buf *out, struct py *o, struct py *type,
		     unsigned depth)
{
	static const struct {
		enum pfr_class class;
		int (*put)(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
	} known[] = {
		{ PFR_NDARRAY, pfr_exact_array },
		{ PFR_FRAME, pfr_exact_table },
		{ PFR_SERIES, pfr_exact_series },
		{ PFR_TABLE, pfr_exact_own_table },
	};
	struct py *generic;

	for (size_t i = 0; i < PF_COUNT(builtins); i++)
		if ((struct py_type *)type == builtins[i].type)
			return builtins[i].put(r, out, o, depth);
	for (size_t i = 0; i < PF_COUNT(known); i++)
		if (pfr_is_class(r, type, known[i].class))
			return known[i].put(r, out, o, depth);
	generic = known_class(r, PFR_GENERIC);
	if (generic && PyType_IsSubtype((struct py_type *)type, (struct py_type *)generic))
		return pfr_exact_scalar(out, o);
	return 0;
}

/* objects.plain(o) is (tag, what it is made of). */
static int put_tagged(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	struct py *plain = pfr_objects("plain");
	PF_PY(pair) = plain ? PyObject_CallFunction(plain, "(O)", o) : NULL;
	struct py *tag = pair ? PyTuple_GetItem(pair, 0) : NULL;
	ssize_t n;
	const char *p = tag ? PyUnicode_AsUTF8AndSize(tag, &n) : NULL;

	if (!p)
		return -1;
	if (n) /* without a tag it is another object in its place */
		pf_put_tagged(out, (struct pf_str){ p, (size_t)n });
	return pfr_exact(r, out, PyTuple_GetItem(pair, 1), depth + 1);
}

int pfr_exact(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth)
{
	PF_PY(type) = PyObject_Type(o);
	int put;

	if (depth > PF_MAX_VALUE_DEPTH) {
		PyErr_SetString(PyExc_ValueError, "an object that is nested too deep, or holds itself");
		return -1;
	}
	if (o == r->none) {
		pf_put_null(out);
		return 0;
	}
	put = put_known(r, out, o, type, depth);
	if (put)
		return put < 0 ? -1 : 0;
	return put_tagged(r, out, o, depth);
}

int pfr_put_exact(struct pfr *r, struct pf_buf *out, struct py *o)
{
	if (pfr_exact(r, out, o, 0) < 0)
		return -1;
	if (out->starved) {
		PyErr_SetString(PyExc_MemoryError, "");
		return -1;
	}
	if (out->toobig) {
		PyErr_Format(PyExc_ValueError, "an object of more than %zu bytes", out->max);
		return -1;
	}
	return 0;
}
