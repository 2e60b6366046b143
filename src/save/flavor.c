/* flavor.c - the python_function flavor of a new model: what is copied for it, and its keys */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "save/inside.h"

/* pyfunc/model.py, _save_model_with_class_artifacts_params, and pyfunc/__init__.py,
 * _save_model_with_loader_module_and_data_path. */

#define CODE_LOADER "mlflow.pyfunc.loaders.code_model"
#define ARTIFACTS "artifacts"

/* ---- which workflow ---- */

static void show(struct pf_buf *out, const char *name, const char *value)
{
	pf_buf_printf(out, value ? "'%s': '%s'" : "'%s': None", name, value);
}

int pf_save_check_workflow(const struct pf_save *s, struct pf_err *err)
{
	const char *model = s->python_model ? s->python_model : s->model_code,
		   *artifacts = s->artifacts.n ? s->artifacts.v[0].uri : NULL;
	PF_AUTO(buf) first = PF_BUF(2048);
	PF_AUTO(buf) second = PF_BUF(2048);

	if ((s->loader_module || s->data_path) && (model || artifacts)) {
		show(&first, "loader_module", s->loader_module);
		pf_buf_cstr(&first, ", ");
		show(&first, "data_path", s->data_path);
		show(&second, ARTIFACTS, artifacts);
		pf_buf_cstr(&second, ", ");
		show(&second, "python_model", model);
		return pf_fail(err, PF_EUSAGE,
			       "The following sets of parameters cannot be specified together: "
			       "dict_keys(['loader_module', 'data_path'])  and "
			       "dict_keys(['artifacts', 'python_model']). All parameters in one set "
			       "must be `None`. Instead, found the following values: {" PF_FMT
			       "} and {" PF_FMT "}",
			       PF_ARG(pf_buf_view(&first)), PF_ARG(pf_buf_view(&second)));
	}
	if (s->python_model && s->model_code)
		return pf_fail(err, PF_EUSAGE,
			       "a model is a pickle or the code that makes it, not both");
	if (s->model_kind && !s->python_model)
		return pf_fail(err, PF_EUSAGE, "--model-kind is of --python-model, which is not given");
	if (s->model_kind && !pf_save_class_loader(s->model_kind))
		return pf_fail(err, PF_EUSAGE,
			       "--model-kind takes chat-model, chat-agent or responses-agent, "
			       "not " PF_FMT, PF_ARG(pf_shown(pf_s(s->model_kind))));
	return model ? 0 : pf_save_check_loader(s->loader_module, err);
}

/* ---- artifacts ---- */

static bool same_place(struct pf_str a, struct pf_str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (pf_lower(a.p[i]) != pf_lower(b.p[i]))
			return false;
	return a.n == b.n;
}

/* The first that is of the same URI: two names may be of one. */
static size_t first_of(const struct pf_save *s, size_t i)
{
	size_t k = 0;

	while (strcmp(s->artifacts.v[k].uri, s->artifacts.v[i].uri) != 0)
		k++;
	return k;
}

static bool collides(const struct pf_save *s, size_t i)
{
	for (size_t k = 0; k < s->artifacts.n; k++)
		if (first_of(s, k) == k && k != i &&
		    same_place(s->artifacts.v[k].as, s->artifacts.v[i].as))
			return true;
	return false;
}

static bool is_taken(const struct pf_save *s, struct pf_str name)
{
	for (size_t i = 0; i < s->artifacts.n; i++)
		if (!collides(s, i) && same_place(s->artifacts.v[i].as, name))
			return true;
	return false;
}

/* Those whose names are the same but for their case get folders of their own: 0, 1, ... */
static const char *folder_for(const struct pf_save *s, struct pf_arena *a, size_t i,
			      unsigned *next)
{
	char number[16];

	if (!collides(s, i))
		return ARTIFACTS;
	do
		snprintf(number, sizeof(number), "%u", (*next)++);
	while (is_taken(s, pf_s(number)));
	return pf_formatz(a, ARTIFACTS "/%s", number);
}

static int copy_artifacts(struct pf_node *out, struct pf_saving *w, struct pf_err *err)
{
	const struct pf_save *s = w->s;
	struct pf_arena *a = &w->arena;
	struct pf_str *paths = pf_alloc_array(a, s->artifacts.n + 1, sizeof(*paths));
	unsigned next = 0;

	*out = pf_node_map();
	for (size_t i = 0; i < s->artifacts.n; i++) {
		const struct pf_save_artifact *one = &s->artifacts.v[i];
		struct pf_node map = pf_node_map();
		size_t first = first_of(s, i);

		if (pf_node_get(out, one->name))
			return pf_fail(err, PF_EUSAGE, "two artifacts are named %s", one->name);
		paths[i] = paths[first];
		if (first == i && pf_save_copy_as(&paths[i], w, folder_for(s, a, i, &next), one->as,
						  one->path, err) < 0)
			return pf_wrap(err, "the artifact %s", one->name);
		pf_node_set(a, &map, PF_S("path"), pf_node_string(paths[i]));
		pf_node_set(a, &map, PF_S("uri"), pf_node_string(pf_s(one->uri)));
		pf_node_set(a, out, pf_s(one->name), map);
	}
	return 0;
}

/* ---- the flavor ---- */

static int copy_class(struct pf_node *flavor, struct pf_saving *w, struct pf_err *err)
{
	const struct pf_save *s = w->s;
	struct pf_arena *a = &w->arena;
	struct pf_node artifacts;
	struct pf_str path;

	if (s->python_model && !w->facts.cloudpickle.n)
		return pf_fail(err, PF_EUSAGE,
			       "the interpreter has no cloudpickle, so that no PythonModel is pickled by it");
	if (s->python_model) {
		if (pf_save_pickle(flavor, w, err) < 0)
			return pf_wrap(err, "--python-model");
	} else {
		if (pf_save_copy(&path, w, "", s->model_code, err) < 0)
			return pf_wrap(err, "--model-code");
		pf_node_set(a, flavor, PF_S("model_code_path"), pf_node_string(path));
	}
	if (w->facts.cloudpickle.n)
		pf_node_set(a, flavor, PF_S("cloudpickle_version"),
			    pf_node_string(w->facts.cloudpickle));
	if (!s->artifacts.n)
		return 0;
	if (copy_artifacts(&artifacts, w, err) < 0)
		return -1;
	pf_node_set(a, flavor, PF_S(ARTIFACTS), artifacts);
	return 0;
}

static int copy_data(struct pf_node *flavor, struct pf_saving *w, struct pf_err *err)
{
	struct pf_str path;

	if (!w->s->data_path)
		return 0;
	if (pf_save_copy(&path, w, "data", w->s->data_path, err) < 0)
		return -1;
	pf_node_set(&w->arena, flavor, PF_S("data"), pf_node_string(path));
	return 0;
}

/* Other flavors, of --mlmodel, stay. */
static void add_flavor(struct pf_saving *w, struct pf_node flavor)
{
	const struct pf_node *there = pf_node_get(&w->mlmodel, "flavors");
	struct pf_node flavors = there && there->kind == PF_NODE_MAP ? *there : pf_node_map();
	struct pf_arena *a = &w->arena;

	pf_node_set(a, &flavors, PF_S("python_function"), flavor);
	pf_node_set(a, &w->mlmodel, PF_S("flavors"), flavors);
	if (w->size)
		pf_node_set(a, &w->mlmodel, PF_S("model_size_bytes"),
			    pf_node_number(pf_format(a, "%llu", (unsigned long long)w->size)));
}

/* `code` is null where there is none, as MLflow has it. */
int pf_save_flavor(struct pf_saving *w, struct pf_err *err)
{
	const struct pf_save *s = w->s;
	struct pf_node flavor = pf_node_map(), config = { 0 };
	struct pf_arena *a = &w->arena;
	bool by_class = s->python_model || s->model_code;
	const char *loader = s->python_model ? pf_save_class_loader(s->model_kind) :
			     s->model_code   ? CODE_LOADER :
					       s->loader_module;

	if ((s->model_config && pf_save_read_config(&config, a, s->model_config, err) < 0) ||
	    (by_class ? copy_class(&flavor, w, err) : copy_data(&flavor, w, err)) < 0)
		return -1;
	pf_node_set(a, &flavor, PF_S("loader_module"), pf_node_string(pf_s(loader)));
	pf_node_set(a, &flavor, PF_S("python_version"), pf_node_string(w->facts.python));
	pf_node_set(a, &flavor, PF_S("streamable"), pf_node_bool(s->streamable));
	pf_node_set(a, &flavor, PF_S("env"), pf_save_env_map(a, w->conda_file, w->python_env_file));
	pf_node_set(a, &flavor, PF_S("code"),
		    s->code_paths.n ? pf_node_string(PF_S("code")) : (struct pf_node){ 0 });
	if (config.n)
		pf_node_set(a, &flavor, PF_S("config"), config);
	add_flavor(w, flavor);
	return 0;
}
