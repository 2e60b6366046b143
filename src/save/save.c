/* save.c - a new model, or a copy with another environment: each step of making its folder */
/* SPDX-License-Identifier: Apache-2.0 */
#include "save/save.h"

#include "base/limits.h"
#include "base/str.h"
#include "check/check.h"
#include "formats/yaml.h"
#include "formats/yaml_write.h"
#include "save/inside.h"

static void free_saving(struct pf_saving *w)
{
	pf_staged_free(&w->place);
	pf_save_here_free(&w->here);
	pf_arena_free(&w->arena);
}

/* ---- the arguments ---- */

static bool has_environment(const struct pf_save *s)
{
	return pf_save_has_requirements(s) || s->extra_pip_requirements.n || s->python_version;
}

/* utils/environment.py, _validate_env_arguments. */
static int check_environment(const struct pf_save *s, struct pf_err *err)
{
	int given = (s->conda_env != NULL) + (s->pip_requirements_file || s->pip_requirements.n) +
		    (s->extra_pip_requirements.n > 0);

	if (given > 1)
		return pf_fail(err, PF_EUSAGE,
			       "Only one of `conda_env`, `pip_requirements`, and "
			       "`extra_pip_requirements` can be specified");
	return 0;
}

static int check_python(const char *version, struct pf_err *err)
{
	struct pf_version v = { 0 };
	PF_AUTO(arena) a = { 0 };

	if (version && (!pf_version_read(&v, &a, pf_s(version)) || v.release_count < 2))
		return pf_fail(err, PF_EUSAGE,
			       "--python-version takes a version such as 3.11.7, not " PF_FMT,
			       PF_ARG(pf_shown(pf_s(version))));
	return 0;
}

static int check_arguments(const struct pf_save *s, struct pf_err *err)
{
	if (check_environment(s, err) < 0 || check_python(s->python_version, err) < 0)
		return -1;
	if (!s->model)
		return pf_save_check_workflow(s, err);
	if (s->loader_module || s->data_path || s->code_paths.n || s->model_config ||
	    s->streamable || s->python_model || s->model_kind || s->model_code ||
	    s->artifacts.n || s->mlmodel)
		return pf_fail(
			err, PF_EUSAGE,
			"a model that is copied keeps its loader, data, code and config: "
			"only its environment, signature, example and metadata can be given");
	return 0;
}

/* ---- the parts that both have ---- */

static int save_metadata(struct pf_saving *w, struct pf_err *err)
{
	struct pf_node *n;

	if (!w->s->metadata)
		return 0;
	if (pf_save_read_json(&n, &w->arena, "--metadata", w->s->metadata, err) < 0)
		return -1;
	if (n->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "--metadata %s: %s, where an object is wanted",
			       w->s->metadata, pf_node_kind_name(n->kind));
	pf_yaml_of_json(&w->arena, n);
	pf_node_set(&w->arena, &w->mlmodel, PF_S("metadata"), *n);
	return 0;
}

/* Writes MLmodel, and reads the model as far as it is there. */
static int load_written(struct pf_model *out, struct pf_saving *w, struct pf_err *err)
{
	char path[64];

	if (pf_save_yaml(w, "MLmodel", &w->mlmodel, true, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w->place.dir);
	return pf_model_load(out, path, err) < 0 ? pf_wrap(err, "the model that was written") : 0;
}

/* Its folder, until it is put into place. */
static const char *staged_path(struct pf_saving *w)
{
	struct pf_str path = pf_s(w->place.path);

	return pf_formatz(&w->arena, PF_FMT "%s",
			  PF_ARG(pf_str_cut(path, 0, pf_str_rfind(path, '/') + 1)), w->place.name);
}

/* What cannot be read again is not put into place. */
static int finish(struct pf_saving *w, struct pf_err *err)
{
	PF_AUTO(model) model = { 0 };

	if (load_written(&model, w, err) < 0 ||
	    (w->s->finish && w->s->finish(w->s->ctx, staged_path(w), err) < 0))
		return -1;
	return pf_staged_commit(&w->place, err);
}

/* ---- a new one ---- */

static int copy_code(struct pf_saving *w, struct pf_err *err)
{
	struct pf_str ignored;

	for (size_t i = 0; i < w->s->code_paths.n; i++) {
		const char *path = w->s->code_paths.v[i].p;
		struct pf_err why = { 0 };

		if (pf_save_copy(&ignored, w, "code", path, &why) == 0)
			continue;
		if (why.code >= PF_ESIGNAL)
			return *err = why, -1;
		pf_fail(err, why.code,
			"Failed to copy the specified code path '%s' into the model artifacts. It "
			"appears that your code path includes file(s) that cannot be copied. Please "
			"specify a code path that does not include such files and try again.",
			path);
		return pf_hint(err, "%s", why.msg);
	}
	return 0;
}

/* pyfunc/model.py, get_default_pip_requirements, and what the model's files name; MLflow itself is
 * put in front of them. */
static int default_requirements(struct pf_strs *out, struct pf_saving *w, struct pf_err *err)
{
	struct pf_str v = w->facts.cloudpickle, line;
	PF_AUTO(model) model = { 0 };

	if (pf_save_has_requirements(w->s))
		return 0;
	if (load_written(&model, w, err) < 0)
		return -1;
	pf_used_find(out, &w->arena, &model, &w->here.python, &w->here.installed);
	line = pf_format(&w->arena, "cloudpickle==" PF_FMT,
			 PF_ARG(pf_str_cut(v, 0, pf_str_find(v, '+'))));
	if (v.n && !pf_strs_have(out, line))
		*PF_PUSH(&w->arena, out) = line;
	pf_strs_sort(out);
	return 0;
}

static int save_new(struct pf_saving *w, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_save_reqs defaults = { 0 };

	w->conda_file = PF_SAVE_CONDA;
	w->python_env_file = PF_SAVE_PYTHON_ENV;
	if (pf_save_facts_read(&w->facts, &w->here, &w->arena, w->s->python_version, o, err) < 0 ||
	    pf_staged_open_new(&w->place, w->s->path, err) < 0 || pf_save_begin(w, err) < 0 ||
	    pf_save_signature(w, err) < 0 || pf_save_example(w, err) < 0 ||
	    save_metadata(w, err) < 0 ||
	    pf_save_flavor(w, err) < 0 || copy_code(w, err) < 0 ||
	    default_requirements(&defaults.requirements, w, err) < 0)
		return -1;
	return pf_save_environment(w, &defaults, err) < 0 ? -1 : finish(w, err);
}

/* ---- a copy ---- */

/* Digests are no part of a need's text; options stand on lines of their own. */
static struct pf_save_reqs requirements_of(struct pf_arena *a, const struct pf_needs *needs)
{
	struct pf_save_reqs out = { 0 };

	for (size_t i = 0; i < needs->asked.n; i++)
		if (needs->asked.v[i].kind == PF_ASKED_INDEX ||
		    needs->asked.v[i].kind == PF_ASKED_BUILD)
			*PF_PUSH(a, &out.requirements) = needs->asked.v[i].text;
	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *need = &needs->pip.v[i];
		struct pf_str text = need->text;

		for (size_t k = 0; k < need->hashes.n; k++)
			text = pf_format(a, PF_FMT " --hash=" PF_FMT, PF_ARG(text),
					 PF_ARG(need->hashes.v[k]));
		*PF_PUSH(a, need->constraint ? &out.constraints : &out.requirements) = text;
	}
	return out;
}

/* The environment that the model has, as far as it is to be kept. */
static int take_facts(struct pf_saving *w, const struct pf_model *m, const struct pf_opts *o,
		      struct pf_err *err)
{
	struct pf_save_facts *f = &w->facts;
	const char *version = w->s->python_version;

	if (!version && !m->needs.python.n)
		return pf_save_facts_read(f, &w->here, &w->arena, NULL, o, err);
	f->python = version ? pf_s(version) : m->needs.python;
	f->mlflow = pf_node_text(m->mlmodel, "mlflow_version");
	f->build = m->needs.build;
	for (size_t i = 0; i < f->build.n; i++)
		if (pf_str_starts(f->build.v[i], "pip=="))
			f->pip = pf_str_skip(f->build.v[i], strlen("pip=="));
	return 0;
}

/* A flavor that is another one's file keeps its other keys. */
static void set_env(struct pf_saving *w)
{
	struct pf_arena *a = &w->arena;
	const struct pf_node *flavors = pf_node_get(&w->mlmodel, "flavors"),
			     *pyfunc = pf_node_get(flavors, "python_function");
	struct pf_node all, one;

	if (!pyfunc)
		return;
	all = *flavors;
	one = *pyfunc;
	pf_node_set(a, &one, PF_S("env"), pf_save_env_map(a, w->conda_file, w->python_env_file));
	if (w->s->python_version)
		pf_node_set(a, &one, PF_S("python_version"), pf_node_string(w->facts.python));
	pf_node_set(a, &all, PF_S("python_function"), one);
	pf_node_set(a, &w->mlmodel, PF_S("flavors"), all);
}

static int change_environment(struct pf_saving *w, struct pf_model *m, const struct pf_opts *o,
			      struct pf_err *err)
{
	struct pf_save_reqs defaults = requirements_of(&w->arena, &m->needs);
	struct pf_node *conda = NULL;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_err ignored;

	if (m->flat)
		return pf_fail(err, PF_EMODEL,
			       "a model of the first releases' layout, without flavors: it can be copied, but not changed");
	w->conda_file = m->conda_file.n ? m->conda_file.p : PF_SAVE_CONDA;
	w->python_env_file = m->python_env_file.n ? m->python_env_file.p : PF_SAVE_PYTHON_ENV;
	if (pf_model_deps_conda(&text, m, &ignored) == 0 &&
	    pf_yaml_parse(&conda, &w->arena, pf_dup(&w->arena, pf_buf_view(&text)), err) < 0)
		return pf_wrap(err, "%s", w->conda_file);
	w->conda = conda;
	if (take_facts(w, m, o, err) < 0 || pf_save_environment(w, &defaults, err) < 0)
		return -1;
	set_env(w);
	return 0;
}

static int save_copy(struct pf_saving *w, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(model) m = { 0 };

	if (pf_model_load(&m, w->s->model, err) < 0 ||
	    pf_staged_open_new(&w->place, w->s->path, err) < 0 ||
	    pf_save_copy_all(w, m.dir, err) < 0)
		return -1;
	w->mlmodel = *m.mlmodel;
	if (pf_save_uuid(w, err) < 0 || pf_save_signature(w, err) < 0 ||
	    pf_save_example(w, err) < 0 || save_metadata(w, err) < 0)
		return -1;
	if (has_environment(w->s) && change_environment(w, &m, o, err) < 0)
		return -1;
	return finish(w, err);
}

int pf_save_model(const struct pf_save *s, const struct pf_opts *o, struct pf_err *err)
{
	__attribute__((cleanup(free_saving))) struct pf_saving w = { .s = s };

	if (check_arguments(s, err) < 0)
		return -1;
	return s->model ? save_copy(&w, o, err) : save_new(&w, o, err);
}
