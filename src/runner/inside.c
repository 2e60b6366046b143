/* inside.c - models in a process that is not ours: loaded and asked by whoever runs there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "data/data.h"
#include "runner/exact.h"
#include "runner/runner.h"

static const char handle_name[] = "pyfunc_env.model";

static void end_state(struct pfr *r)
{
	Py_DecRef(r->enforcing);
	Py_DecRef(r->predict);
	Py_DecRef(r->model);
	Py_DecRef(r->gave_up);
	Py_DecRef(r->raw);
	Py_DecRef(r->result);
	pfr_state_free(r);
}

static void end_handle(struct py *handle)
{
	end_state(PyCapsule_GetPointer(handle, handle_name));
}

static struct pfr *new_state(void)
{
	struct pfr *r = pfr_new();

	r->guest = true;
	return r;
}

static int load(struct pfr *r, struct py *body)
{
	struct py_view view;
	struct pf_arena a = { 0 };
	struct pf_value how = { 0 };
	struct pf_err err;
	const char *stage;
	int rc;

	if (PyObject_GetBuffer(body, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	rc = pf_value_read(&how, &a, (struct pf_str){ view.buf, (size_t)view.len }, &err);
	if (rc < 0)
		PyErr_SetString(PyExc_ValueError, err.msg);
	else
		rc = pfr_load(r, &how, &stage);
	pf_arena_free(&a);
	PyBuffer_Release(&view);
	return rc;
}

struct py *pfr_module_load(struct py *self, struct py *body)
{
	struct pfr *r = new_state();
	struct py *handle = NULL;

	(void)self;
	if (load(r, body) == 0)
		handle = PyCapsule_New(r, handle_name, end_handle);
	if (!handle)
		end_state(r);
	return handle;
}

/* What mlflow's own enforcement refused is an InputError, too, and the exception its cause. */
static void rename_refusal(struct pfr *r)
{
	PF_PY(type) = NULL;
	PF_PY(value) = NULL;
	PF_PY(trace) = NULL;
	PF_PY(text) = NULL;
	PF_PY(error) = NULL;

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	if (pfr_was_refused(r, trace))
		text = PyObject_Str(value);
	error = text ? PyObject_CallFunction(pfr_input_error(), "(O)", text) : NULL;
	PyErr_Clear();
	if (!error) {
		PyErr_Restore(py_take(&type), py_take(&value), py_take(&trace));
		return;
	}
	PyException_SetCause(error, py_take(&value));
	PyErr_SetObject(pfr_input_error(), error);
}

struct py *pfr_module_predict(struct py *self, struct py *args, struct py *kwargs)
{
	static const char *const names[] = { "handle", "data", "params", "result", "stream", NULL };
	struct py *handle = NULL, *data = NULL, *params = NULL, *result = NULL;
	const char *stage;
	struct py *answer;
	struct pfr *r;
	int stream = 0;

	(void)self;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|OOp:predict", names, &handle, &data,
					 &params, &result, &stream))
		return NULL;
	r = PyCapsule_GetPointer(handle, handle_name);
	if (!r)
		return NULL;
	answer = pfr_ask(r, data, params ? params : r->none, result, stream, &stage);
	if (!answer && r->through_mlflow)
		rename_refusal(r);
	return answer;
}

struct py *pfr_module_model(struct py *self, struct py *handle)
{
	struct pfr *r = PyCapsule_GetPointer(handle, handle_name);

	(void)self;
	return r ? py_ref(r->model) : NULL;
}

/* Arguments from the first on as the signature's texts of these names; None is none. */
static int take_texts(struct pfr *r, struct py *args, const char *const *names, size_t n)
{
	struct pf_value pairs[4], texts = { .kind = PF_V_MAP, .list = { pairs, n } };

	for (size_t i = 0; i < n; i++) {
		pairs[2 * i] = (struct pf_value){ .kind = PF_V_STRING, .s = pf_s(names[i]) };
		pairs[2 * i + 1] = (struct pf_value){
			.kind = PF_V_STRING, .s = pfr_text(PyTuple_GetItem(args, (ssize_t)i))
		};
	}
	return pfr_take_signature(r, &texts);
}

/* (the signature's params as JSON, or None; what is given, or None) */
struct py *pfr_module_check_params(struct py *self, struct py *args)
{
	static const char *const names[] = { "params" };
	struct pfr *r = new_state();
	struct py *made = NULL;

	(void)self;
	if (PyTuple_Size(args) != 2)
		PyErr_SetString(PyExc_TypeError, "check_params takes the signature's and the given");
	else if (take_texts(r, args, names, 1) == 0)
		made = pfr_enforce_params(r, &r->signature->params, PyTuple_GetItem(args, 1));
	end_state(r);
	return made;
}

/* (data, params) of a request's body, as a model of that signature is given them. */
static struct py *read_request(struct pfr *r, struct py *body)
{
	const struct pf_signature *s = r->signature;
	const struct pf_expect expect = { .inputs = &s->inputs, .params = &s->params };
	struct pf_request request = { 0 };
	PF_AUTO(arena) a = { 0 };
	PF_PY(data) = NULL;
	PF_PY(params) = NULL;
	struct pf_err err;

	if (pf_payload_read(&request, &a, pfr_text(body), &expect, &err) < 0) {
		PyErr_SetString(pfr_input_error(), err.msg);
		return NULL;
	}
	if (request.raw) {
		struct py *read = pfr_raw(r, "read_json");
		PF_PY(bytes) = PyObject_CallMethod(body, "encode", NULL);

		return read && bytes ? PyObject_CallFunction(read, "OO", r->none, bytes) : NULL;
	}
	data = pfr_object(r, &request.data);
	params = request.params.kind ? pfr_object(r, &request.params) : py_ref(r->none);
	return data && params ? Py_BuildValue("(OO)", data, params) : NULL;
}

/* (the signature's inputs as JSON, or None; its params; the body, a str) */
struct py *pfr_module_read_request(struct py *self, struct py *args)
{
	static const char *const names[] = { "inputs", "params" };
	struct pfr *r = new_state();
	struct py *made = NULL;

	(void)self;
	if (PyTuple_Size(args) != 3)
		PyErr_SetString(PyExc_TypeError, "read_request takes inputs, params and a body");
	else if (take_texts(r, args, names, 2) == 0)
		made = read_request(r, PyTuple_GetItem(args, 2));
	end_state(r);
	return made;
}
