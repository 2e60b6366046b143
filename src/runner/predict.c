/* predict.c - a request becomes Python objects, the model is asked, its answer becomes a value */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"
#include "runner/runner.h"

/* predict(data) or predict(data, params=params) */
static struct py *call_predict(struct pfr *r, struct py *data, struct py *params,
			       const char **stage)
{
	PF_PY(args) = Py_BuildValue("(O)", data);
	PF_PY(kwargs) = r->takes_params ? Py_BuildValue("{sO}", "params", params) : NULL;
	double start = pfr_clock();
	struct py *answer;

	*stage = "predict";
	if (r->streams)
		return pfr_stream(r, data, params, stage);
	if (!args || (r->takes_params && !kwargs))
		return NULL;
	answer = PyObject_Call(r->predict, args, kwargs);
	r->seconds = pfr_clock() - start;
	return answer;
}

static struct py *given_params(struct pfr *r, const struct pf_value *request)
{
	const struct pf_value *params = pf_value_get(request, "params");

	return params ? pfr_object(r, params) : py_ref(r->none);
}

/* (data, params) of bytes that Python itself must read. */
static struct py *parse_raw(struct pfr *r, const struct pf_value *request)
{
	const struct pf_value *bytes = pf_value_get(request, "bytes");
	const struct pf_value *format = pf_value_get(request, "format");
	PF_PY(body) = bytes ? pfr_object(r, bytes) : NULL;
	PF_PY(kind) = format ? pfr_object(r, format) : NULL;
	struct py *read = pfr_raw(r, "read");

	if (!body || !kind || !read) {
		if (!PyErr_Occurred())
			PyErr_SetString(PyExc_ValueError, "a request without bytes or format");
		return NULL;
	}
	return PyObject_CallFunction(read, "OOO", r->model, kind, body);
}

static struct py *ask_raw(struct pfr *r, const struct pf_value *request, const char **stage)
{
	PF_PY(pair) = parse_raw(r, request);
	PF_PY(params) = pair ? given_params(r, request) : NULL;

	if (!params)
		return NULL;
	return call_predict(r, PyTuple_GetItem(pair, 0),
			    params == r->none ? PyTuple_GetItem(pair, 1) : params, stage);
}

/* As mlflow says of parameters that the model's predict does not take. */
static int tell_unused(struct pfr *r, struct py *params)
{
	struct py *unused = PyObject_IsTrue(params) > 0 ? pfr_enforcing(r, "unused") : NULL;
	PF_PY(done) = unused ? PyObject_CallFunction(unused, "(O)", params) : NULL;

	return !done && PyErr_Occurred() ? -1 : 0;
}

static size_t count_rows(struct pfr *r, struct py *data)
{
	struct py *rows_of = pfr_enforcing(r, "rows_of");
	PF_PY(rows) = rows_of ? PyObject_CallFunction(rows_of, "(O)", data) : NULL;
	long long n = rows ? PyLong_AsLongLong(rows) : -1;

	PyErr_Clear();
	return n < 0 ? 0 : (size_t)n;
}

struct py *pfr_ask(struct pfr *r, struct py *data, struct py *params, struct py *result,
		   bool streams, const char **stage)
{
	const struct pf_params *declared = r->signature ? &r->signature->params : NULL;
	PF_PY(fitting) = r->through_mlflow ? py_ref(data) : pfr_enforce(r, data);
	PF_PY(checked) = !fitting	   ? NULL :
			 r->through_mlflow ? py_ref(params) :
					     pfr_enforce_params(r, declared, params);
	PF_PY(answer) = NULL;

	if (!checked)
		return NULL;
	if (streams)
		return pfr_open_stream(r, fitting, checked);
	if (!r->takes_params && !r->through_mlflow && !r->streams && tell_unused(r, checked) < 0)
		return NULL;
	answer = call_predict(r, fitting, checked, stage);
	if (!answer || !result || result == r->none)
		return py_take(&answer);
	*stage = "convert";
	return pfr_result(r, answer, count_rows(r, fitting), result);
}

/* A table from the mold may be in anything else, and be gone when that is made. */
static struct py *given_data(struct pfr *r, const struct pf_value *value)
{
	struct py *data = pfr_object(r, value);

	if (value->kind != PF_V_TABLE)
		r->poured = NULL;
	return data;
}

static struct py *ask_exactly(struct pfr *r, const struct pf_value *request, const char **stage)
{
	const struct pf_value *value = pf_value_get(request, "data");
	const struct pf_value *spec = pf_value_get(request, "result");
	PF_PY(data) = value ? given_data(r, value) : NULL;
	PF_PY(params) = data ? given_params(r, request) : NULL;
	PF_PY(result) = params && spec ? pfr_object(r, spec) : NULL;

	if (!value)
		PyErr_SetString(PyExc_ValueError, "a request without data");
	if (!params || (spec && !result))
		return NULL;
	return pfr_ask(r, data, params, result, false, stage);
}

static struct py *ask_value(struct pfr *r, const struct pf_value *request, const char **stage)
{
	const struct pf_value *value = pf_value_get(request, "data");
	PF_PY(data) = value ? pfr_object(r, value) : NULL;
	PF_PY(params) = data ? given_params(r, request) : NULL;

	if (!value)
		PyErr_SetString(PyExc_ValueError, "a request without data");
	if (!params)
		return NULL;
	return call_predict(r, data, params, stage);
}

/* What only the environment's packages can read or write: raw.py's read_table and write_table. */
static struct py *convert(struct pfr *r, const struct pf_value *request, const char *function,
			  const char *key)
{
	const struct pf_value *what = pf_value_get(request, key);
	const struct pf_value *format = pf_value_get(request, "format");
	PF_PY(object) = what ? pfr_object(r, what) : NULL;
	PF_PY(kind) = format ? pfr_object(r, format) : NULL;
	struct py *call = pfr_raw(r, function);

	if (object && kind && call)
		return PyObject_CallFunction(call, "OO", kind, object);
	if (!PyErr_Occurred())
		PyErr_SetString(PyExc_ValueError, "a conversion without data or format");
	return NULL;
}

/* A table that is read rows by rows, where it lies. */
static struct py *read_rows(struct pfr *r, const struct pf_value *request)
{
	const struct pf_value *rows = pf_value_get(request, "rows");
	PF_PY(path) = pfr_object(r, pf_value_get(request, "path"));
	PF_PY(count) = rows ? pfr_object(r, rows) : py_ref(r->none);
	struct py *call = pfr_raw(r, "read_rows");

	return path && count && call ? PyObject_CallFunction(call, "OO", path, count) : NULL;
}

int pfr_predict(struct pfr *r, struct pf_buf *out, enum pf_frame_kind kind,
		const struct pf_value *request, const char **stage)
{
	const struct pf_value *streams = pf_value_get(request, "stream");
	const struct pf_value *exact = pf_value_get(request, "exact");
	PF_PY(answer) = NULL;

	*stage = "input";
	r->streams = streams && streams->kind == PF_V_BOOL && streams->b;
	r->exact = exact && exact->kind == PF_V_BOOL && exact->b;
	if (kind == PF_FRAME_READ && pf_value_get(request, "path"))
		answer = read_rows(r, request);
	else if (kind == PF_FRAME_READ)
		answer = convert(r, request, "read_table", "bytes");
	else if (kind == PF_FRAME_WRITE)
		answer = convert(r, request, "write_table", "data");
	else if (kind == PF_FRAME_RAW)
		answer = ask_raw(r, request, stage);
	else
		answer = r->exact ? ask_exactly(r, request, stage) : ask_value(r, request, stage);
	if (!answer)
		return -1;
	if (r->streams) {
		pf_put_null(out);
		return 0;
	}
	*stage = "convert";
	return r->exact ? pfr_put_exact(r, out, answer) : pfr_put(r, out, answer);
}
