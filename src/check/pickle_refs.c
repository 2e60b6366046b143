/* pickle_refs.c - a pickle's references to modules, its calls of them, and joblib's arrays */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "check/pickle_machine.h"

/* References that this reader knows; a module with a star ends so. */
static const struct known {
	const char *module, *name;
	enum special special;
	bool by_value;
} KNOWN[] = {
	{ "*joblib.numpy_pickle", "NumpyArrayWrapper", S_WRAPPER, false },
	{ "numpy", "dtype", S_DTYPE, false },
	{ "copyreg", "_reconstructor", S_RECONSTRUCT, false },
	{ "copy_reg", "_reconstructor", S_RECONSTRUCT, false },
	{ "copyreg", "__newobj__", S_RECONSTRUCT, false },
	{ "copy_reg", "__newobj__", S_RECONSTRUCT, false },
	{ "importlib", "import_module", S_IMPORT, false },
	{ "builtins", "__import__", S_IMPORT, false },
	{ "__builtin__", "__import__", S_IMPORT, false },
	{ "*cloudpickle", "subimport", S_IMPORT, false },
	{ "*cloudpickle.cloudpickle", "subimport", S_IMPORT, false },
	{ "*cloudpickle.cloudpickle", "_builtin_type", S_TYPE, false },
	{ "*cloudpickle", "_builtin_type", S_TYPE, false },
	{ "*cloudpickle.cloudpickle", "_make_function", S_NONE, true },
	{ "*cloudpickle.cloudpickle", "_make_skel_func", S_NONE, true },
	{ "*cloudpickle.cloudpickle", "_fill_function", S_NONE, true },
	{ "*cloudpickle.cloudpickle", "_make_skeleton_class", S_NONE, true },
	{ "*cloudpickle.cloudpickle", "_make_skeleton_enum", S_NONE, true },
	{ "*cloudpickle", "_make_skel_func", S_NONE, true },
	{ "*cloudpickle", "_fill_function", S_NONE, true },
	{ "types", "CodeType", S_NONE, true },
	{ "builtins", "code", S_NONE, true },
	{ "new", "code", S_NONE, true },
	{ "*dill._dill", "_create_code", S_NONE, true },
	{ "*dill._dill", "_create_function", S_NONE, true },
	{ "*dill._dill", "_import_module", S_IMPORT, false },
	{ "*dill.dill", "_create_function", S_NONE, true },
	{ "*dill._dill", "_load_type", S_TYPE, false },
};

static bool is_module(struct pf_str module, const char *pattern)
{
	return *pattern == '*' ? pf_str_ends(module, pattern + 1) : pf_str_is(module, pattern);
}

static enum special tell_name(struct pf_machine *m, struct pf_str module, struct pf_str name)
{
	m->p->named(m->p->ctx, module, name);
	for (size_t i = 0; i < PF_COUNT(KNOWN); i++) {
		const struct known *k = &KNOWN[i];

		if (!pf_str_is(name, k->name) || !is_module(module, k->module))
			continue;
		m->p->by_value |= k->by_value;
		m->p->arrays |= k->special == S_WRAPPER;
		return k->special;
	}
	return S_NONE;
}

static int push_global(struct pf_machine *m, struct pf_str module, struct pf_str name,
		       struct pf_err *err)
{
	enum special special = S_NONE;

	if (module.p && name.p)
		special = tell_name(m, module, name);
	else
		m->p->unclear(m->p->ctx,
			      "it names something by a text that is computed or too long");
	return pf_machine_push(m, (struct value){ .kind = V_GLOBAL, .i = special }, err);
}

int pf_op_global(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	return push_global(m, a->text, a->second, err);
}

static struct pf_str text_of(const struct value *v)
{
	return v->kind == V_STR ? (struct pf_str){ v->p, v->n } : (struct pf_str){ 0 };
}

int pf_op_stack_global(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *name = pf_machine_peek(m, 0), *module = pf_machine_peek(m, 1);

	(void)a;
	if (!name || !module)
		return pf_machine_damaged(err, m, "the stack is empty");
	m->stack.n -= 2;
	return push_global(m, text_of(module), text_of(name), err);
}

int pf_op_inst(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	if (pf_machine_pop_to_mark(m, err) < 0 || push_global(m, a->text, a->second, err) < 0)
		return -1;
	m->stack.v[m->stack.n - 1] = (struct value){ .kind = V_OTHER };
	return 0;
}

int pf_op_extension(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	char what[96];

	snprintf(what, sizeof(what), "it names extension code %u, known to copyreg alone",
		 (unsigned)a->n);
	m->p->unclear(m->p->ctx, what);
	return pf_machine_push_kind(m, V_OTHER, err);
}

/* ---- calls ---- */

/* What FUNC(*ARGS) is. */
static struct value call(struct pf_machine *m, const struct value *func, const struct value *args)
{
	struct pf_str text = { args->p, args->n };
	bool texts = args->kind == V_TEXTS;

	if (func->kind != V_GLOBAL)
		return (struct value){ .kind = V_OTHER };
	if (func->i == S_DTYPE && texts)
		return pf_value_dtype(text);
	if (func->i == S_WRAPPER ||
	    (func->i == S_RECONSTRUCT && args->kind == V_GLOBALS && args->i == S_WRAPPER))
		return (struct value){ .kind = V_WRAPPER };
	if (func->i == S_TYPE && texts && pf_str_is(text, "CodeType"))
		m->p->by_value = true;
	if (func->i == S_IMPORT && texts)
		m->p->named(m->p->ctx, text, PF_S(""));
	else if (func->i == S_IMPORT)
		m->p->unclear(m->p->ctx, "it imports a module whose name is computed");
	return (struct value){ .kind = V_OTHER };
}

int pf_op_call(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *args = pf_machine_peek(m, 0), *func = pf_machine_peek(m, 1);

	(void)a;
	if (!args || !func)
		return pf_machine_damaged(err, m, "the stack is empty");
	*func = call(m, func, args);
	m->stack.n--;
	return 0;
}

/* The raw bytes of a joblib array, or the pickle of one that holds objects. */
static int pass_array(struct pf_machine *m, const struct joblib_array *a, struct pf_err *err)
{
	struct pf_pickle inner = *m->p;
	uint64_t bytes;
	int got;

	if (a->objects) {
		inner.joblib = false;
		if (pf_pickle_read(&inner, m->s, err) < 0)
			return -1;
		inner.joblib = inner.objects = true;
		*m->p = inner;
		return 0;
	}
	if (a->count < 0 || a->item_size < 0 ||
	    __builtin_mul_overflow((uint64_t)a->count, (uint64_t)a->item_size, &bytes))
		return pf_machine_damaged(err, m,
					  "a joblib array that does not say how long it is");
	if (a->padded) {
		if (pf_machine_need(m, 1, err) < 0)
			return -1;
		bytes += 1 + (uint64_t)(unsigned char)m->s->window[m->s->pos];
	}
	got = pf_source_skip(m->s, bytes, err);
	return got > 0 ? 0 : got < 0 ? -1 : pf_machine_damaged(err, m, "its array is cut off");
}

int pf_op_build(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *state = pf_machine_peek(m, 0), *object = pf_machine_peek(m, 1);

	(void)a;
	if (!state || !object)
		return pf_machine_damaged(err, m, "the stack is empty");
	m->stack.n--;
	/* numpy's NPY_ITEM_HASOBJECT is bit 0 of the flags at the end of a dtype's state */
	if (object->kind == V_DTYPE && state->kind == V_STATE && (state->i & 1)) {
		object->objects = true;
		if (object->n)
			m->memo.v[object->n - 1].objects = true;
	}
	if (!m->p->joblib || object->kind != V_WRAPPER)
		return 0;
	object->kind = V_OTHER;
	if (state->kind != V_ARRAY)
		return pf_machine_damaged(err, m,
					  "a joblib array that does not say how long it is");
	return pass_array(m, state->array, err);
}
