/* raw.c - the functions of raw.py, compiled once into a namespace of their own */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/runner.h"

static const char source[] =
#include "runner/raw.inc"
	;

static struct py *compile(void)
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
		r->raw = compile();
	found = r->raw ? PyDict_GetItemString(r->raw, name) : NULL;
	if (!found && !PyErr_Occurred())
		PyErr_SetString(PyExc_RuntimeError, name);
	return found;
}
