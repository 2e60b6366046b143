/* enforce.c - what a Python caller gave and the signature: the rules of data/, for enforce.py */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "data/enforce.h"
#include "data/nested.h"
#include "data/params.h"
#include "data/strict.h"
#include "runner/exact.h"
#include "runner/runner.h"

/* ---- refusals and warnings ---- */

struct py *pfr_input_error(void)
{
	static struct py *class;
	struct py *found = __atomic_load_n(&class, __ATOMIC_ACQUIRE), *none = NULL;

	if (found)
		return found;
	found = PyErr_NewException("_pfr.InputError", PyExc_ValueError, NULL);
	if (!found || __atomic_compare_exchange_n(&class, &none, found, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE))
		return found;
	Py_DecRef(found);
	return none;
}

static void refuse(const struct pf_err *err)
{
	PyErr_SetString(pfr_input_error(), err->msg);
}

/* What data/ warns of goes to Python's logging. */
struct warned {
	struct pf_strs texts;
	struct pf_arena a;
};

static void listen(struct warned *w)
{
	pf_log_keep_warnings(&w->texts, &w->a);
}

static int tell(struct pfr *r, struct warned *w)
{
	struct py *warn = w->texts.n ? pfr_enforcing(r, "warn") : NULL;
	int rc = 0;

	pf_log_keep_warnings(NULL, NULL);
	for (size_t i = 0; rc == 0 && i < w->texts.n; i++) {
		PF_PY(text) = PyUnicode_FromStringAndSize(w->texts.v[i].p,
							  (ssize_t)w->texts.v[i].n);
		PF_PY(done) = text && warn ? PyObject_CallFunction(warn, "(O)", text) : NULL;

		rc = done ? 0 : -1;
	}
	pf_arena_free(&w->a);
	return rc;
}

/* ---- values of objects ---- */

/* What it is made of borrows from `bytes`. */
static int read_object(struct pf_value *out, struct pf_arena *a, struct pf_buf *bytes, struct py *o)
{
	struct pfr *r = pfr_borrow();
	int rc = pfr_put_exact(r, bytes, o);
	struct pf_err err;

	pfr_give_back(r);
	if (rc < 0)
		return -1;
	if (pf_value_read(out, a, pf_buf_view(bytes), &err) == 0)
		return 0;
	refuse(&err);
	return -1;
}

static struct py *made_of(const struct pf_value *v)
{
	struct pfr *r = pfr_borrow();
	struct py *o = pfr_object(r, v);

	pfr_give_back(r);
	return o;
}

/* ---- what enforce.py is given: functions whose self is our state ---- */

static struct pfr *state_of(struct py *self)
{
	return PyCapsule_GetPointer(self, NULL);
}

static long long number_of(struct py *args, ssize_t i)
{
	return PyLong_AsLongLong(PyTuple_GetItem(args, i));
}

static const struct pf_colspec *column_of(const struct pfr *r, struct py *args)
{
	const struct pf_schema *s = &r->signature->inputs;
	long long i = number_of(args, 0);

	return i >= 0 && (size_t)i < s->n ? &s->columns[i] : NULL;
}

static struct py *picked(const size_t *pick, size_t n)
{
	PF_PY(list) = PyList_New((ssize_t)n);

	for (size_t i = 0; list && i < n; i++) {
		long long number = pick[i] == PF_NPOS ? -1 : (long long)pick[i];

		if (PyList_SetItem(list, (ssize_t)i, PyLong_FromLongLong(number)) < 0)
			return NULL;
	}
	return py_take(&list);
}

static struct pf_label label_of(struct pfr *r, struct py *label, ssize_t place)
{
	int64_t shift;
	int overflow;

	if (label == r->none)
		return (struct pf_label){ .unnamed = true, .shift = PF_LABEL_ODD };
	if (PyObject_IsInstance(label, (struct py *)&PyUnicode_Type) > 0)
		return (struct pf_label){ .name = pfr_text(label) };
	if (__builtin_sub_overflow(PyLong_AsLongLongAndOverflow(label, &overflow), place, &shift) ||
	    overflow)
		shift = PF_LABEL_ODD;
	return (struct pf_label){ .unnamed = true, .shift = shift };
}

/* columns([a name, a number, or None for neither]): for each declared one its number, or -1 */
static struct py *pick_columns(struct py *self, struct py *given)
{
	struct pfr *r = state_of(self);
	const struct pf_schema *schema = &r->signature->inputs;
	PF_AUTO(arena) a = { 0 };
	ssize_t n = PyList_Size(given);
	struct pf_label *labels = pf_alloc_array(&a, (size_t)(n < 0 ? 0 : n), sizeof(*labels));
	size_t *pick = pf_alloc_array(&a, schema->n, sizeof(*pick));
	struct warned warned = { 0 };
	struct pf_err err;
	int rc;

	for (ssize_t i = 0; i < n; i++) {
		struct py *label = PyList_GetItem(given, i);

		labels[i] = label_of(r, label, i);
	}
	listen(&warned);
	rc = n < 0 ? -1 : pf_enforce_columns(pick, labels, (size_t)n, schema, &err);
	if (tell(r, &warned) < 0 || n < 0)
		return NULL;
	if (rc < 0) {
		refuse(&err);
		return NULL;
	}
	return picked(pick, schema->n);
}

/* fit(column, dtype.kind, dtype.itemsize, str(dtype), label, all 0 or 1, whole with gaps): which
 * dtype it is to be of */
static struct py *fit(struct py *self, struct py *args)
{
	const struct pf_colspec *column = column_of(state_of(self), args);
	struct pf_str kind = pfr_text(PyTuple_GetItem(args, 1));
	long long width = number_of(args, 2);
	struct pf_str dtype = pfr_text(PyTuple_GetItem(args, 3));
	struct pf_str label = pfr_text(PyTuple_GetItem(args, 4));
	PF_AUTO(arena) a = { 0 };
	struct pf_err err;

	if (!column || kind.n != 1 || width < 0 || PyErr_Occurred())
		return NULL;
	if (pf_strict_goes_up(kind.p[0], (size_t)width, column->type) ||
	    PyObject_IsTrue(PyTuple_GetItem(args, 5)))
		return PyUnicode_FromString(pf_strict_numpy(column->type));
	(void)pf_strict_refuse(label, pf_dupz(&a, dtype), column->type,
			       PyObject_IsTrue(PyTuple_GetItem(args, 6)), &err);
	refuse(&err);
	return NULL;
}

/* nested(column, cells): as they are to be */
static struct py *enforce_nested(struct py *self, struct py *args)
{
	struct pfr *r = state_of(self);
	const struct pf_colspec *column = column_of(r, args);
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_FRAME);
	struct pf_value cells = { 0 }, made = { .kind = PF_V_LIST };
	struct pf_column out = { 0 };
	const char *why = NULL;
	struct pf_err err;

	if (!column || read_object(&cells, &a, &bytes, PyTuple_GetItem(args, 1)) < 0)
		return NULL;
	if (pf_nested_column(&out, &why, &a,
			     &(struct pf_cells){ .name = column->name, .unnamed = !column->name.p,
						 .v = cells.list.v },
			     cells.list.n, column, 1, &err) < 0) {
		refuse(&err);
		return NULL;
	}
	if (why)
		return PyErr_Format(pfr_input_error(), "the types of the input do not tell how it "
						       "fits the signature: %s", why);
	made.list.v = out.values;
	made.list.n = cells.list.n;
	return made_of(&made);
}

/* shape(input, sizes): None, where it is the declared one */
static struct py *check_shape(struct py *self, struct py *args)
{
	struct pfr *r = state_of(self);
	long long i = number_of(args, 0);
	struct py *sizes = PyTuple_GetItem(args, 1);
	struct pf_tensor t = { 0 };
	struct pf_err err;
	ssize_t n = PyList_Size(sizes);

	if (n < 0 || i < 0 || (size_t)i >= r->signature->inputs.n)
		return NULL;
	if ((size_t)n > PF_COUNT(t.shape))
		return PyErr_Format(pfr_input_error(), "an array of %zd dimensions", n);
	for (; t.rank < n; t.rank++)
		t.shape[t.rank] =
			(uint64_t)PyLong_AsLongLong(PyList_GetItem(sizes, (ssize_t)t.rank));
	if (pf_enforce_shape(&t, &r->signature->inputs.tensors[i], &err) == 0)
		return py_ref(r->none);
	refuse(&err);
	return NULL;
}

static struct py_method functions[] = {
	{ "columns", pick_columns, PY_ONE_ARGUMENT, NULL },
	{ "fit", fit, PY_ARGUMENTS, NULL },
	{ "nested", enforce_nested, PY_ARGUMENTS, NULL },
	{ "shape", check_shape, PY_ARGUMENTS, NULL },
};

static bool has_inputs(const struct pfr *r)
{
	return r->signature && r->signature->inputs.kind != PF_SCHEMA_NONE;
}

/* What enforces inputs is of one state. */
static int put_functions(struct pfr *r, struct py *names)
{
	struct pf_str text = r->signature->inputs.text;
	PF_PY(self) = PyCapsule_New(r, NULL, NULL);
	PF_PY(inputs) = PyUnicode_FromStringAndSize(text.n ? text.p : "null",
						    (ssize_t)(text.n ? text.n : 4));

	if (!self || !inputs || PyDict_SetItemString(names, "TEXT", inputs) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(functions); i++) {
		PF_PY(function) = PyCFunction_NewEx(&functions[i], self, NULL);

		if (!function || PyDict_SetItemString(names, functions[i].name, function) < 0)
			return -1;
	}
	return 0;
}

/* The names go with the state; where there are parameters alone, they are the process's. Threads
 * that come at once may make them each: the first one's stay. */
static struct py *names_of(struct pfr *r)
{
	static struct py *without_inputs;
	struct py **place = has_inputs(r) ? &r->enforcing : &without_inputs;
	struct py *found = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
	PF_PY(names) = found ? NULL : pfr_enforce_names();

	if (found)
		return found;
	if (!names || PyDict_SetItemString(names, "InputError", pfr_input_error()) < 0 ||
	    (has_inputs(r) && put_functions(r, names) < 0))
		return NULL;
	if (__atomic_compare_exchange_n(place, &none, names, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return py_take(&names);
	return none;
}

struct py *pfr_enforcing(struct pfr *r, const char *name)
{
	struct py *names = names_of(r);
	struct py *found = names ? PyDict_GetItemString(names, name) : NULL;

	if (!found && !PyErr_Occurred())
		PyErr_SetString(PyExc_RuntimeError, name);
	return found;
}

/* ---- the doors ---- */

int pfr_take_signature(struct pfr *r, const struct pf_value *texts)
{
	static const char *const keys[] = { "inputs", "params" };
	struct pf_node map = pf_node_map();
	struct pf_signature *made = pf_alloc(&r->kept, sizeof(*made));
	struct pf_err err;

	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		struct pf_str text = pf_value_text(texts, keys[i]);

		if (text.n)
			pf_node_set(&r->kept, &map, pf_s(keys[i]),
				    pf_node_string(pf_dup(&r->kept, text)));
	}
	if (pf_signature_parse(made, &r->kept, &map, &err) < 0) {
		PyErr_SetString(PyExc_ValueError, err.msg);
		return -1;
	}
	r->signature = made;
	return 0;
}

static void ask_whether_known(struct pfr *r, int *passes, struct py *data)
{
	struct py *is_known = pfr_enforcing(r, "is_known");
	PF_PY(known) = is_known ? PyObject_CallFunction(is_known, "(O)", data) : NULL;

	*passes = known && PyObject_IsTrue(known) > 0 ? 1 : -1;
	PyErr_Clear();
}

/* The object itself where there is nothing to change. Frames of one mold are alike in all that is
 * asked of a frame that is known: of one of them it is asked (measured: 20 us of them each). */
struct py *pfr_enforce(struct pfr *r, struct py *data)
{
	int *passes = pfr_mold_passes(r, data);
	struct py *enforce, *made;

	if (!has_inputs(r) || (passes && *passes > 0))
		return py_ref(data);
	enforce = pfr_enforcing(r, "enforce");
	made = enforce ? PyObject_CallFunction(enforce, "(O)", data) : NULL;
	if (made == data && passes && !*passes)
		ask_whether_known(r, passes, data);
	return made;
}

struct py *pfr_enforce_params(struct pfr *r, const struct pf_params *declared, struct py *given)
{
	bool some = given != r->none;
	struct py *plain = some ? pfr_enforcing(r, "plain_params") : NULL;
	PF_PY(params) = plain ? PyObject_CallFunction(plain, "(O)", given) : NULL;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_FRAME);
	struct pf_value value = { 0 }, made = { 0 };
	struct warned warned = { 0 };
	struct pf_err err;
	int rc;

	if (some && (!params || read_object(&value, &a, &bytes, params) < 0))
		return NULL;
	listen(&warned);
	rc = pf_params_enforce(&made, &a, &value, declared, &err);
	if (tell(r, &warned) < 0)
		return NULL;
	if (rc < 0) {
		refuse(&err);
		return NULL;
	}
	return made.kind == PF_V_NULL && some ? PyDict_New() : made_of(&made);
}
