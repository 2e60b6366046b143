/* codec.c - objects to bytes and back, for whoever loads the module */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdlib.h>

#include "base/limits.h"
#include "runner/exact.h"

/* What a state keeps, pandas' molds and classes, is not to be changed under the hands of the one
 * who uses it: by another thread, or by code that Python runs in between (a finalizer, a handler of
 * a signal). So each call has a state of its own. */
#define SPARE 8

static struct pfr *spare[SPARE];

struct pfr *pfr_new(void)
{
	struct pfr *r = calloc(1, sizeof(*r));

	if (!r)
		pf_oom();
	r->fd = -1;
	r->none = Py_BuildValue("");
	return r;
}

struct pfr *pfr_borrow(void)
{
	struct pfr *r = NULL;

	for (size_t i = 0; i < SPARE && !r; i++)
		if (__atomic_load_n(&spare[i], __ATOMIC_RELAXED))
			r = __atomic_exchange_n(&spare[i], NULL, __ATOMIC_ACQ_REL);
	return r ? r : pfr_new();
}

void pfr_give_back(struct pfr *r)
{
	for (size_t i = 0; i < SPARE && r; i++) {
		struct pfr *none = NULL;

		if (__atomic_compare_exchange_n(&spare[i], &none, r, false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			r = NULL;
	}
	if (r)
		pfr_state_free(r);
}

void pfr_state_free(struct pfr *r)
{
	pfr_mold_free(r);
	for (size_t i = 0; i < PFR_CLASSES; i++)
		Py_DecRef(r->classes[i]);
	Py_DecRef(r->header);
	Py_DecRef(r->columns);
	Py_DecRef(r->labels);
	Py_DecRef(r->none);
	pf_buf_free(&r->names);
	pf_arena_free(&r->kept);
	free(r);
}

/* A process that is not ours goes on without the memory: reading a value calls nobody else and
 * holds nothing but its arena, so that it may be left anywhere. */
static _Thread_local jmp_buf *way_out;

static void leave_reading(void)
{
	if (way_out)
		longjmp(*way_out, 1);
}

static int read_value(struct pf_value *out, struct pf_arena *a, struct pf_str bytes)
{
	struct pf_err err;
	jmp_buf here;
	int rc;

	pf_oom_set_handler(leave_reading);
	if (setjmp(here)) {
		way_out = NULL;
		PyErr_SetString(PyExc_MemoryError, "");
		return -1;
	}
	way_out = &here;
	rc = pf_value_read(out, a, bytes, &err);
	way_out = NULL;
	if (rc < 0)
		PyErr_SetString(PyExc_ValueError, err.msg);
	return rc;
}

static struct py *decode(struct pfr *r, struct pf_str bytes)
{
	struct pf_arena a = { 0 };
	struct pf_value value = { 0 };
	struct py *o = NULL;

	if (read_value(&value, &a, bytes) == 0)
		o = pfr_object(r, &value);
	pf_arena_free(&a);
	return o;
}

struct py *pfr_decode(struct pfr *r, struct py *body)
{
	struct pf_str bytes = { PyByteArray_AsString(body), (size_t)PyByteArray_Size(body) };
	struct py *o;

	r->arrived = body;
	o = decode(r, bytes);
	r->arrived = NULL;
	return o;
}

struct py *pfr_module_encode(struct py *self, struct py *o)
{
	struct pfr_pieces pieces = { 0 };
	struct pfr *r = pfr_borrow();
	struct py *bytes = NULL;

	(void)self;
	if (pfr_pieces_put(r, &pieces, o) == 0)
		bytes = pfr_pieces_join(&pieces);
	pfr_pieces_free(&pieces);
	pfr_give_back(r);
	return bytes;
}

struct py *pfr_module_decode(struct py *self, struct py *o)
{
	struct py_view view;
	struct pfr *r;
	struct py *made;

	(void)self;
	if (PyObject_GetBuffer(o, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return NULL;
	r = pfr_borrow();
	made = decode(r, (struct pf_str){ view.buf, (size_t)view.len });
	pfr_give_back(r);
	PyBuffer_Release(&view);
	return made;
}
