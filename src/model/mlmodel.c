/* mlmodel.c - MLmodel: the python_function flavor and what stands around it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "model/parts.h"

enum field_kind { AS_DOTTED, AS_METHOD, AS_PATH, AS_VERSION };

struct field {
	const char *key;
	size_t at; /* of the view in struct pf_model */
	enum field_kind kind;
};

#define FIELD(name, kind)                                                                          \
	{                                                                                          \
#name, offsetof(struct pf_model, name), kind                                       \
	}

static const struct field flavor_fields[] = {
	FIELD(loader_module, AS_DOTTED),
	FIELD(data, AS_PATH),
	FIELD(code, AS_PATH),
	FIELD(model_path, AS_PATH),
	FIELD(python_model, AS_PATH),
	FIELD(predict_fn, AS_METHOD),
	FIELD(predict_stream_fn, AS_METHOD),
	FIELD(python_version, AS_VERSION),
};

static int fail_value(const struct pf_node *n, const char *wanted, struct pf_err *err)
{
	struct pf_str key = pf_shown(n->key), text = pf_shown(n->text);

	if (!pf_node_is_scalar(n))
		return pf_fail(err, PF_EMODEL, "line %u: " PF_FMT " is %s, where %s is wanted",
			       n->line, PF_ARG(key), pf_node_kind_name(n->kind), wanted);
	return pf_fail(err, PF_EMODEL, "line %u: " PF_FMT " is \"" PF_FMT "\", where %s is wanted",
		       n->line, PF_ARG(key), PF_ARG(text), wanted);
}

static int check_path(const struct pf_model *m, const struct pf_node *n, struct pf_err *err)
{
	struct pf_str key = pf_shown(n->key);
	char what[PF_MAX_SHOWN + 32];

	if (!pf_node_is_scalar(n))
		return fail_value(n, "a path", err);
	snprintf(what, sizeof(what), "line %u: " PF_FMT, n->line, PF_ARG(key));
	return pf_model_inside(m, NULL, what, n->text, err);
}

/* __init__ and the like are no way to predict. */
static bool is_method(struct pf_str s)
{
	return pf_str_is_dotted_name(s) &&
	       (pf_str_is(s, "__call__") || !(pf_str_starts(s, "__") && pf_str_ends(s, "__")));
}

static int check_field(const struct pf_model *m, const struct field *f, const struct pf_node *n,
		       struct pf_err *err)
{
	bool scalar = pf_node_is_scalar(n);

	switch (f->kind) {
	case AS_PATH:
		return check_path(m, n, err);
	case AS_DOTTED:
		return scalar && pf_str_is_dotted_name(n->text)
			       ? 0
			       : fail_value(n, "a module's dotted name", err);
	case AS_METHOD:
		return scalar && is_method(n->text) ? 0 : fail_value(n, "a method's name", err);
	default:
		return scalar && pf_model_is_python(n->text)
			       ? 0
			       : fail_value(n, "a version of Python", err);
	}
}

static int read_fields(struct pf_model *m, const struct pf_node *map, const struct field *fields,
		       size_t count, struct pf_err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct pf_node *n = pf_node_get(map, fields[i].key);

		if (!n || n->kind == PF_NODE_NULL)
			continue;
		if (check_field(m, &fields[i], n, err) < 0)
			return -1;
		if (pf_node_is_scalar(n))
			memcpy((char *)m + fields[i].at, &n->text, sizeof(n->text));
	}
	return 0;
}

/* `env: conda.yaml` before MLflow 2, a map of the files' kinds since. */
static int read_env(struct pf_model *m, struct pf_err *err)
{
	static const struct field files[] = {
		{ "conda", offsetof(struct pf_model, conda_file), AS_PATH },
		{ "virtualenv", offsetof(struct pf_model, python_env_file), AS_PATH },
	};
	const struct pf_node *env = pf_node_get(m->pyfunc, "env");

	if (!env || env->kind == PF_NODE_NULL)
		return 0;
	if (env->kind == PF_NODE_MAP)
		return read_fields(m, env, files, PF_COUNT(files), err);
	if (check_path(m, env, err) < 0)
		return -1;
	m->conda_file = env->text;
	return 0;
}

static int check_artifacts(const struct pf_model *m, struct pf_err *err)
{
	const struct pf_node *artifacts = pf_node_get(m->pyfunc, "artifacts");

	for (size_t i = 0; artifacts && i < artifacts->n; i++) {
		const struct pf_node *path = pf_node_get(&artifacts->v[i], "path");

		if (path && check_path(m, path, err) < 0)
			return -1;
	}
	return 0;
}

static int check_example(const struct pf_model *m, struct pf_err *err)
{
	static const char *const keys[] = { "artifact_path", "serving_input_path" };
	const struct pf_node *info = pf_node_get(m->mlmodel, "saved_input_example_info");

	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		const struct pf_node *path = pf_node_get(info, keys[i]);

		if (path && path->kind != PF_NODE_NULL && check_path(m, path, err) < 0)
			return -1;
	}
	return 0;
}

static int fail_flavors(const struct pf_node *flavors, struct pf_err *err)
{
	char names[600] = "";
	size_t used = 0;

	for (size_t i = 0; i < flavors->n && used < sizeof(names) - PF_MAX_SHOWN - 3; i++) {
		struct pf_str name = pf_shown(flavors->v[i].key);

		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s" PF_FMT,
					 i ? ", " : "", PF_ARG(name));
	}
	pf_fail(err, PF_EMODEL, "no python_function flavor (its flavors: %s)",
		used ? names : "none");
	return pf_hint(err, "save the model with MLflow's python_function flavor");
}

/* flavors.python_function; in the first releases its keys stood at the top, without `flavors:`. */
static int find_flavor(struct pf_model *m, struct pf_err *err)
{
	const struct pf_node *flavors = pf_node_get(m->mlmodel, "flavors");

	m->flat = !flavors && pf_node_get(m->mlmodel, "loader_module");
	m->pyfunc = m->flat ? m->mlmodel : pf_node_get(flavors, "python_function");
	if (m->flat)
		return 0;
	if (!flavors)
		return pf_fail(err, PF_EMODEL, "no flavors: is this a model of MLflow?");
	if (flavors->kind != PF_NODE_MAP)
		return fail_value(flavors, "a map", err);
	if (!m->pyfunc)
		return fail_flavors(flavors, err);
	return m->pyfunc->kind == PF_NODE_MAP ? 0 : fail_value(m->pyfunc, "a map", err);
}

int pf_mlmodel_read(struct pf_model *m, struct pf_err *err)
{
	const struct pf_node *config, *signature;

	if (find_flavor(m, err) < 0 ||
	    read_fields(m, m->pyfunc, flavor_fields, PF_COUNT(flavor_fields), err) < 0 ||
	    read_env(m, err) < 0 || check_artifacts(m, err) < 0 || check_example(m, err) < 0)
		return -1;
	if (!m->loader_module.n)
		return pf_fail(err, PF_EMODEL, "line %u: python_function has no loader_module",
			       m->pyfunc->line);
	pf_facts_read(m);
	config = pf_node_get(m->pyfunc, "config");
	m->config = config && config->kind == PF_NODE_MAP && config->n ? config : NULL;
	signature = pf_node_get(m->mlmodel, "signature");
	if (!signature || signature->kind == PF_NODE_NULL)
		return 0;
	if (pf_signature_parse(&m->signature, &m->arena, signature, err) < 0)
		return -1;
	signature = pf_node_get(m->mlmodel, "is_signature_from_type_hint");
	m->signature.from_type_hint =
		signature && signature->kind == PF_NODE_BOOL && signature->truth;
	return 0;
}
