/* raw.c - the functions of our Python files, each file compiled into a namespace of its own */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/runner.h"

static const char raw[] =
#include "runner/raw.inc"
	;

/* Every run comes to these two: compiling raw.py too would cost it 1.3 ms. */
static const char imports[] =
#include "runner/imports.inc"
	;

static const char finish[] =
#include "runner/finish.inc"
	;

static const char light[] =
#include "runner/light.inc"
	;

static const char mold[] =
#include "runner/mold.inc"
	;

static const char objects[] =
#include "runner/objects.inc"
#include "runner/objects_numpy.inc"
#include "runner/objects_pandas.inc"
	;

static const char result[] =
#include "runner/result.inc"
	;

static const char enforce[] =
#include "runner/enforce.inc"
	;

static struct py *compile(const char *source)
{
	enum { FILE_INPUT = 257 }; /* Py_file_input */
	PF_PY(code) = Py_CompileString(source, "<pyfunc-env>", FILE_INPUT);
	PF_PY(names) = PyDict_New();
	PF_PY(done) = NULL;

	if (!code || !names ||
	    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) < 0)
		return NULL;
	done = PyEval_EvalCode(code, names, names);
	return done ? py_take(&names) : NULL;
}

struct py *pfr_raw(struct pfr *r, const char *name)
{
	struct py *found;

	if (!r->raw)
		r->raw = compile(raw);
	found = r->raw ? PyDict_GetItemString(r->raw, name) : NULL;
	if (!found && !PyErr_Occurred())
		PyErr_SetString(PyExc_RuntimeError, name);
	return found;
}

struct py *pfr_result(struct pfr *r, struct py *answer, size_t rows, struct py *spec)
{
	struct py *convert;

	if (!r->result)
		r->result = compile(result);
	convert = r->result ? PyDict_GetItemString(r->result, "convert") : NULL;
	return convert ? PyObject_CallFunction(convert, "OnO", answer, (ssize_t)rows, spec) : NULL;
}

static struct py *compile_one(const char *source, const char *name)
{
	PF_PY(names) = compile(source);

	return names ? py_ref(PyDict_GetItemString(names, name)) : NULL;
}

struct py *pfr_light(const char *name)
{
	return compile_one(light, name);
}

struct py *pfr_enforce_names(void)
{
	return compile(enforce);
}

struct py *pfr_mold(const char *name)
{
	return compile_one(mold, name);
}

/* Threads that come at once may compile it each: the first one's stays. */
struct py *pfr_objects(const char *name)
{
	static struct py *names;
	struct py *found = __atomic_load_n(&names, __ATOMIC_ACQUIRE), *none = NULL;

	if (!found) {
		found = compile(objects);
		if (!found)
			return NULL;
		if (!__atomic_compare_exchange_n(&names, &none, found, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE)) {
			Py_DecRef(found);
			found = none;
		}
	}
	return PyDict_GetItemString(found, name);
}

void pfr_list_imports(struct pf_str path)
{
	PF_PY(names) = path.n ? compile(imports) : NULL;
	struct py *function = names ? PyDict_GetItemString(names, "install") : NULL;
	PF_PY(text) = PyUnicode_FromStringAndSize(path.p ? path.p : "", (ssize_t)path.n);
	PF_PY(done) = NULL;

	if (function && text)
		done = PyObject_CallFunction(function, "O", text);
	PyErr_Clear();
}

int pfr_finish(int thread_seconds, int function_seconds)
{
	PF_PY(names) = compile(finish);
	struct py *function = names ? PyDict_GetItemString(names, "finish") : NULL;
	PF_PY(done) = NULL;

	if (function)
		done = PyObject_CallFunction(function, "ii", thread_seconds, function_seconds);
	return done ? 0 : -1;
}
