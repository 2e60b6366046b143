/* pyabi.h - what the runner uses of CPython, declared here so that one object fits every version */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* Functions and type objects alone: the layout of an object differs between versions and builds,
 * the names and signatures below have not changed from 3.6 to 3.14. Nothing here is a macro of
 * Python.h; reference counts are changed by calls. Most of it is the limited API;
 * PyUnicode_AsUTF8AndSize joined it in 3.10 and struct py_view in 3.11, both unchanged from
 * before. */

struct py;	  /* PyObject */
struct py_type;	  /* PyTypeObject */
struct py_thread; /* PyThreadState */

struct py_view { /* Py_buffer */
	void *buf;
	struct py *obj;
	ssize_t len, itemsize;
	int readonly, ndim;
	char *format;
	ssize_t *shape, *strides, *suboffsets;
	void *internal;
};

struct py_method { /* PyMethodDef */
	const char *name;
	struct py *(*function)(struct py *self, struct py *args);
	int flags;
	const char *doc;
};

/* METH_VARARGS, METH_VARARGS | METH_KEYWORDS, METH_NOARGS, METH_O */
enum { PY_ARGUMENTS = 1, PY_KEYWORDS = 3, PY_NO_ARGUMENTS = 4, PY_ONE_ARGUMENT = 8 };

#define PY_BUF_C_CONTIGUOUS 0x0038 /* PyBUF_C_CONTIGUOUS: strides, in C order */
#define PY_BUF_STRIDES 0x0018	   /* PyBUF_STRIDES: in any order */
#define PY_BUF_FORMAT 0x0004	   /* PyBUF_FORMAT: the type of an element */

/* PyType_GetFlags: which built-in type this one inherits from. */
#define PY_IS_INT (1ul << 24)
#define PY_IS_LIST (1ul << 25)
#define PY_IS_TUPLE (1ul << 26)
#define PY_IS_BYTES (1ul << 27)
#define PY_IS_STR (1ul << 28)
#define PY_IS_DICT (1ul << 29)

/* interpreter */
const char *Py_GetVersion(void);
struct py_thread *PyEval_SaveThread(void);
void PyEval_RestoreThread(struct py_thread *state);
struct py *Py_CompileString(const char *text, const char *file, int start);
struct py *PyEval_EvalCode(struct py *code, struct py *globals, struct py *locals);
struct py *PyEval_GetBuiltins(void);
int PyErr_CheckSignals(void);

/* modules */
struct py *PyImport_ImportModule(const char *name);
struct py *PyImport_GetModuleDict(void); /* borrowed */
struct py *PyModule_Create2(void *def, int api);
struct py *PyModuleDef_Init(void *def);
struct py *PyCFunction_NewEx(struct py_method *method, struct py *self, struct py *module);
struct py *PyCapsule_New(void *pointer, const char *name, void (*end)(struct py *capsule));
void *PyCapsule_GetPointer(struct py *capsule, const char *name);
struct py *PySys_GetObject(const char *name); /* borrowed */

/* objects */
void Py_IncRef(struct py *o);
void Py_DecRef(struct py *o);
struct py *PyObject_Type(struct py *o);
unsigned long PyType_GetFlags(struct py_type *type);
int PyType_IsSubtype(struct py_type *a, struct py_type *b);
int PyObject_IsInstance(struct py *o, struct py *type);
int PyObject_IsTrue(struct py *o);
int PyObject_HasAttrString(struct py *o, const char *name);
struct py *PyObject_GetAttrString(struct py *o, const char *name);
int PyObject_SetAttrString(struct py *o, const char *name, struct py *value);
struct py *PyObject_Str(struct py *o);
struct py *PyObject_Repr(struct py *o);
struct py *PyObject_CallObject(struct py *callable, struct py *args);
struct py *PyObject_Call(struct py *callable, struct py *args, struct py *kwargs);
struct py *PyObject_CallFunction(struct py *callable, const char *format, ...);
struct py *PyObject_CallMethod(struct py *o, const char *name, const char *format, ...);
struct py *PyObject_GetItem(struct py *o, struct py *key);
int PyObject_GetBuffer(struct py *o, struct py_view *view, int flags);
void PyBuffer_Release(struct py_view *view);
int PyCallable_Check(struct py *o);
struct py *PyIter_Next(struct py *iterator); /* NULL without an exception at its end */
struct py *Py_BuildValue(const char *format, ...);
int PyArg_ParseTupleAndKeywords(struct py *args, struct py *kwargs, const char *format,
				const char *const *names, ...);

/* values */
extern struct py_type PyBool_Type, PyFloat_Type, PyByteArray_Type, PyLong_Type, PyUnicode_Type,
	PyBytes_Type, PyList_Type, PyDict_Type;
struct py *PyBool_FromLong(long v);
struct py *PyLong_FromLongLong(long long v);
struct py *PyLong_FromString(const char *text, char **end, int base);
long long PyLong_AsLongLong(struct py *o);
long long PyLong_AsLongLongAndOverflow(struct py *o, int *overflow);
struct py *PyFloat_FromDouble(double v);
double PyFloat_AsDouble(struct py *o);
struct py *PyUnicode_FromString(const char *text);
struct py *PyUnicode_FromStringAndSize(const char *text, ssize_t n);
const char *PyUnicode_AsUTF8AndSize(struct py *o, ssize_t *n);
struct py *PyBytes_FromStringAndSize(const char *p, ssize_t n);
int PyBytes_AsStringAndSize(struct py *o, char **p, ssize_t *n);
struct py *PyByteArray_FromStringAndSize(const char *p, ssize_t n);
char *PyByteArray_AsString(struct py *o);
ssize_t PyByteArray_Size(struct py *o);
int PyByteArray_Resize(struct py *o, ssize_t n);

/* containers: GetItem borrows, SetItem of a list or tuple steals, of a dict does not */
struct py *PyList_New(ssize_t n);
ssize_t PyList_Size(struct py *o);
struct py *PyList_GetItem(struct py *o, ssize_t i);
int PyList_SetItem(struct py *o, ssize_t i, struct py *value);
int PyList_Insert(struct py *o, ssize_t i, struct py *value);
int PyList_Append(struct py *o, struct py *value);
int PyList_SetSlice(struct py *o, ssize_t from, ssize_t to, struct py *values);
struct py *PyTuple_New(ssize_t n);
ssize_t PyTuple_Size(struct py *o);
struct py *PyTuple_GetItem(struct py *o, ssize_t i);
int PyTuple_SetItem(struct py *o, ssize_t i, struct py *value);
struct py *PyDict_New(void);
ssize_t PyDict_Size(struct py *o);
struct py *PyDict_Items(struct py *o);
struct py *PyDict_GetItemString(struct py *o, const char *key);
int PyDict_SetItem(struct py *o, struct py *key, struct py *value);
int PyDict_SetItemString(struct py *o, const char *key, struct py *value);
struct py *PySequence_List(struct py *o);
struct py *PySequence_GetSlice(struct py *o, ssize_t from, ssize_t to);
int PySequence_Contains(struct py *o, struct py *value);

/* exceptions */
extern struct py *PyExc_TypeError, *PyExc_ValueError, *PyExc_RuntimeError, *PyExc_TimeoutError,
	*PyExc_ImportError, *PyExc_SystemExit, *PyExc_Exception, *PyExc_MemoryError,
	*PyExc_OSError, *PyExc_EOFError, *PyExc_BrokenPipeError;
struct py *PyErr_Occurred(void); /* borrowed */
void PyErr_Clear(void);
struct py *PyErr_NewException(const char *name, struct py *base, struct py *names);
void PyErr_SetString(struct py *type, const char *text);
void PyErr_SetObject(struct py *type, struct py *value);
void PyException_SetCause(struct py *value, struct py *cause); /* which it takes */
struct py *PyErr_Format(struct py *type, const char *format, ...);
int PyErr_ExceptionMatches(struct py *type);
void PyErr_Fetch(struct py **type, struct py **value, struct py **traceback);
void PyErr_Restore(struct py *type, struct py *value, struct py *traceback);
void PyErr_NormalizeException(struct py **type, struct py **value, struct py **traceback);
struct py *PyErr_NoMemory(void);
struct py *PyErr_SetFromErrno(struct py *type);

/* A reference released at scope exit: PF_PY(x) = PyList_New(0). */
static inline void py_release(struct py **o)
{
	Py_DecRef(*o); /* accepts NULL */
}
#define PF_PY(name) __attribute__((cleanup(py_release))) struct py *name
static inline struct py *py_take(struct py **o)
{
	struct py *taken = *o;

	*o = NULL;
	return taken;
}
static inline struct py *py_ref(struct py *o)
{
	Py_IncRef(o);
	return o;
}
