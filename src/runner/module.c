/* module.c - the module _pfr: what it offers to whoever loads it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"
#include "runner/runner.h"

/* The head of a module's definition is an object, whose layout has two forms. */

struct slot {
	int id;
	void *value;
};

struct definition {
	struct py *(*init)(void);
	ssize_t index;
	struct py *copy;
	const char *name, *doc;
	ssize_t size;
	struct py_method *methods;
	struct slot *slots;
	void *traverse, *clear, *free;
};

#define WITH_KEYWORDS(f) (struct py * (*)(struct py *, struct py *))(void (*)(void))(f), PY_KEYWORDS

static struct py_method methods[] = {
	{ "main", pfr_module_main, PY_NO_ARGUMENTS, "Load a model and answer for it." },
	{ "end", pfr_end, PY_ARGUMENTS, "The handler of SIGTERM." },
	{ "encode", pfr_module_encode, PY_ONE_ARGUMENT, "An object as a frame's body." },
	{ "decode", pfr_module_decode, PY_ONE_ARGUMENT, "The object of a frame's body." },
	{ "send", WITH_KEYWORDS(pfr_module_send), "Send an object in a frame." },
	{ "send_bytes", WITH_KEYWORDS(pfr_module_send_bytes), "Send a body in a frame." },
	{ "receive", WITH_KEYWORDS(pfr_module_receive), "The next frame: its kind and object." },
	{ "receive_bytes", WITH_KEYWORDS(pfr_module_receive_bytes), "Its kind and body." },
	{ "exchange", WITH_KEYWORDS(pfr_module_exchange), "Send an object, receive the answer." },
	{ "load", pfr_module_load, PY_ONE_ARGUMENT, "A model, loaded as a LOAD frame's body says." },
	{ "predict", WITH_KEYWORDS(pfr_module_predict), "What the model answers." },
	{ "model", pfr_module_model, PY_ONE_ARGUMENT, "What the model's loader returned." },
	{ "check_params", pfr_module_check_params, PY_ARGUMENTS, "Parameters by a signature's." },
	{ "read_request", pfr_module_read_request, PY_ARGUMENTS, "The data of a request's body." },
	{ 0 },
};

static int add_names(struct py *module)
{
	struct py *error = pfr_input_error();

	return error ? PyObject_SetAttrString(module, "InputError", error) : -1;
}

/* With the global lock: a count and a type. Until 3.11 a module without slots is made at once. */
static struct {
	ssize_t references;
	struct py_type *type;
	struct definition d;
} locked = { 1, NULL, { .name = "_pfr", .size = -1, .methods = methods } };

/* Free-threaded builds, from 3.13: an owner, flags, two counts, a type; and a slot that keeps the
 * lock off. */
static struct slot slots[] = {
	{ 2 /* Py_mod_exec */, (void *)add_names },
	{ 4 /* Py_mod_gil */, (void *)1 /* Py_MOD_GIL_NOT_USED */ },
	{ 0 },
};

static struct {
	uintptr_t owner;
	uint16_t flags;
	uint8_t mutex, gc_bits;
	uint32_t local; /* all ones: immortal */
	ssize_t shared;
	struct py_type *type;
	struct definition d;
} free_threaded = { .local = UINT32_MAX,
		    .d = { .name = "_pfr", .methods = methods, .slots = slots } };

__attribute__((visibility("default"))) struct py *PyInit__pfr(void);

struct py *PyInit__pfr(void)
{
	enum { STABLE_ABI = 3 };
	PF_PY(module) = NULL;

	if (strstr(Py_GetVersion(), "free-threading"))
		return PyModuleDef_Init(&free_threaded);
	module = PyModule_Create2(&locked, STABLE_ABI);
	return module && add_names(module) == 0 ? py_take(&module) : NULL;
}
