/* load.c - the model: its loader imported and called, garbage collection held back meanwhile */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/str.h"
#include "runner/runner.h"

static struct py *make_text(struct pf_str s)
{
	return PyUnicode_FromStringAndSize(s.p ? s.p : "", (ssize_t)s.n);
}

/* The cyclic collector finds nothing while modules are imported, yet runs through all of them; what
 * is there afterwards stays, and is moved out of its sight (measured: a tenth of a cold start). */
static void call_gc(const char *function)
{
	PF_PY(gc) = PyImport_ImportModule("gc");
	PF_PY(done) = gc ? PyObject_CallMethod(gc, function, NULL) : NULL;

	if (!done)
		PyErr_Clear(); /* gc.freeze is of 3.7 */
}

static int add_code(struct pf_str code)
{
	struct py *path = PySys_GetObject("path");
	PF_PY(entry) = code.n ? make_text(code) : NULL;

	if (!code.n)
		return 0;
	if (!entry || !path)
		return -1;
	return PyList_Insert(path, 0, entry);
}

static struct py *parse_config(struct pf_str json)
{
	PF_PY(module) = PyImport_ImportModule("json");
	PF_PY(text) = make_text(json);

	return module && text ? PyObject_CallMethod(module, "loads", "O", text) : NULL;
}

/* mlflow.pyfunc.load_model(dir), which was load_pyfunc before 1.0. */
static struct py *load_through_mlflow(const struct pf_value *how, const char **stage)
{
	struct pf_str overrides = pf_value_text(how, "overrides");
	PF_PY(settings) = overrides.n ? parse_config(overrides) : NULL;
	PF_PY(pyfunc) = PyImport_ImportModule("mlflow.pyfunc");
	PF_PY(load) = NULL;
	PF_PY(args) = NULL;
	PF_PY(kwargs) = NULL;

	if (!pyfunc)
		return NULL;
	*stage = "load";
	load = PyObject_GetAttrString(pyfunc, "load_model");
	if (!load) {
		PyErr_Clear();
		load = PyObject_GetAttrString(pyfunc, "load_pyfunc");
	}
	args = Py_BuildValue("(N)", make_text(pf_value_text(how, "model_dir")));
	kwargs = Py_BuildValue("{sN}", "suppress_warnings", PyBool_FromLong(1));
	if (!load || !args || !kwargs || (overrides.n && !settings) ||
	    (settings && PyDict_SetItemString(kwargs, "model_config", settings) < 0))
		return NULL;
	return PyObject_Call(load, args, kwargs);
}

/* Of a model with a configuration; what is to replace some of it is rare. */
static struct py *settings_of(struct pfr *r, const struct pf_value *how)
{
	struct pf_str config = pf_value_text(how, "config");
	struct pf_str overrides = pf_value_text(how, "overrides");
	PF_PY(own) = NULL;
	PF_PY(given) = NULL;

	if (!overrides.n && !getenv("MLFLOW_PYFUNC_INFERENCE_CONFIG"))
		return parse_config(config);
	own = make_text(config);
	given = make_text(overrides);
	if (!own || !given || !pfr_raw(r, "overridden"))
		return NULL;
	return PyObject_CallFunction(pfr_raw(r, "overridden"), "OO", own, given);
}

static struct py *load_by_module(struct pfr *r, const struct pf_value *how, const char **stage)
{
	PF_PY(name) = make_text(pf_value_text(how, "loader_module"));
	PF_PY(path) = make_text(pf_value_text(how, "data_path"));
	struct pf_str config = pf_value_text(how, "config");
	const char *text = name ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
	PF_PY(module) = text ? PyImport_ImportModule(text) : NULL;
	PF_PY(loader) = NULL;
	PF_PY(settings) = NULL;

	if (!module || !path)
		return NULL;
	*stage = "load";
	loader = PyObject_GetAttrString(module, "_load_pyfunc");
	if (!loader)
		return NULL;
	if (!config.n)
		return PyObject_CallFunction(loader, "O", path);
	settings = settings_of(r, how);
	if (!settings)
		return NULL;
	if (PyObject_IsTrue(settings) <= 0)
		return PyObject_CallFunction(loader, "O", path);
	return PyObject_CallFunction(loader, "OO", path, settings);
}

/* A plain function's parameters are at hand; whatever else it may be, inspect knows, which is not
 * worth its import for a function. 1, 0, or -1 for "ask inspect". */
static int names_params(struct py *predict)
{
	PF_PY(function) = PyObject_GetAttrString(predict, "__func__");
	PF_PY(code) = function ? PyObject_GetAttrString(function, "__code__") : NULL;
	PF_PY(names) = code ? PyObject_GetAttrString(code, "co_varnames") : NULL;
	PF_PY(positional) = code ? PyObject_GetAttrString(code, "co_argcount") : NULL;
	PF_PY(keyword) = code ? PyObject_GetAttrString(code, "co_kwonlyargcount") : NULL;
	PF_PY(first) = NULL;
	PF_PY(wanted) = PyUnicode_FromString("params");

	PyErr_Clear();
	if (!names || !positional || !keyword || PyObject_HasAttrString(function, "__wrapped__") ||
	    PyObject_HasAttrString(function, "__signature__"))
		return -1;
	first = PySequence_GetSlice(names, 0, (ssize_t)(PyLong_AsLongLong(positional) +
							PyLong_AsLongLong(keyword)));
	return first ? PySequence_Contains(first, wanted) : -1;
}

static int find_params(struct pfr *r)
{
	int found = names_params(r->predict);
	PF_PY(takes) = NULL;

	if (found < 0 && !pfr_raw(r, "takes_params"))
		return -1;
	if (found < 0)
		takes = PyObject_CallFunction(pfr_raw(r, "takes_params"), "(O)", r->predict);
	r->takes_params = found < 0 ? takes && PyObject_IsTrue(takes) > 0 : found > 0;
	return found < 0 && !takes ? -1 : 0;
}

static int find_predict(struct pfr *r, struct pf_str name)
{
	char text[256];
	PF_PY(type) = PyObject_Type(r->model);
	PF_PY(type_name) = PyObject_GetAttrString(type, "__name__");

	snprintf(text, sizeof(text), PF_FMT, PF_ARG(name.n ? name : pf_s("predict")));
	r->predict = PyObject_GetAttrString(r->model, text);
	if (r->predict && PyCallable_Check(r->predict))
		return find_params(r);
	PyErr_Clear();
	PyErr_Format(PyExc_TypeError, "the loader returned an object of type %S, which has no "
				      "method %s", type_name, text);
	return -1;
}

/* Which exceptions say that the other loader may do better? Not those by which we are ended. */
static bool may_try_again(void)
{
	return PyErr_ExceptionMatches(PyExc_Exception) &&
	       !PyErr_ExceptionMatches(PyExc_MemoryError) && !pfr_is_ending();
}

/* Keeps what the exception says, and clears it. */
static void note_exception(struct pfr *r)
{
	PF_PY(type) = NULL;
	PF_PY(value) = NULL;
	PF_PY(trace) = NULL;

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	r->gave_up = value ? PyObject_Repr(value) : NULL;
	PyErr_Clear();
}

/* 1 when the model is there, 0 when MLflow's loader is to be asked, -1. */
static int try_light(struct pfr *r, const struct pf_value *how, const char **stage)
{
	const struct pf_value *light = pf_value_get(how, "light");
	const struct pf_value *only = pf_value_get(how, "light_only");

	if (!light || light->kind != PF_V_MAP)
		return 0;
	*stage = "load";
	r->loader = "light";
	r->model = pfr_load_light(r, light);
	if (r->model && find_predict(r, pf_value_text(how, "predict_fn")) == 0)
		return 1;
	if ((only && only->kind == PF_V_BOOL && only->b) || !may_try_again())
		return -1;
	note_exception(r);
	Py_DecRef(r->predict);
	Py_DecRef(r->model);
	r->predict = r->model = NULL;
	*stage = "import";
	return 0;
}

static int load_really(struct pfr *r, const struct pf_value *how, const char **stage)
{
	bool mlflow = r->through_mlflow ||
		      pf_str_starts(pf_value_text(how, "loader_module"), "mlflow.");

	r->loader = mlflow ? "mlflow" : "own";
	r->model = r->through_mlflow ? load_through_mlflow(how, stage) :
				       load_by_module(r, how, stage);
	if (!r->model)
		return -1;
	return find_predict(r, r->through_mlflow ? (struct pf_str){ 0 } :
						   pf_value_text(how, "predict_fn"));
}

int pfr_load(struct pfr *r, const struct pf_value *how, const char **stage)
{
	const struct pf_value *through = pf_value_get(how, "through_mlflow");
	struct pf_str streams = pf_value_text(how, "predict_stream_fn");
	int rc;

	*stage = "import";
	r->through_mlflow = through && through->kind == PF_V_BOOL && through->b;
	r->stream_name = "predict_stream"; /* mlflow's own model finds the other one itself */
	if (!r->through_mlflow && streams.n)
		r->stream_name = pf_dupz(&r->kept, streams);
	if (!r->guest) {
		call_gc("disable");
		pfr_list_imports(pf_value_text(how, "imports"));
	}
	if (!r->through_mlflow && pfr_take_signature(r, pf_value_get(how, "signature")) < 0)
		return -1;
	if (add_code(pf_value_text(how, "code_path")) < 0)
		return -1;
	rc = try_light(r, how, stage);
	if (rc == 0)
		rc = load_really(r, how, stage);
	if (rc < 0)
		return -1;
	if (!r->guest) {
		call_gc("freeze");
		call_gc("enable");
	}
	return 0;
}
