/* load.c - how a job's model is loaded, and by whom */
/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "model/light.h"
#include "data/value.h"

/* What the environment's own mlflow.pyfunc must do: wrappers of its own classes, a configuration
 * that variables may override, conversions that lose something. NULL: nothing. */
const char *pf_job_mlflow_does(const struct pf_model *m, const struct pf_opts *o)
{
	if (pf_str_starts(m->loader_module, "mlflow.pyfunc."))
		return "it is a class of MLflow's, or one derived from it";
	if (m->signature.from_type_hint)
		return "its signature is a type hint";
	if (o->mlflow_compat)
		return "--mlflow-compat is MLflow's own way";
	if (pf_str_starts(m->loader_module, "mlflow.") && m->config)
		return "it has a configuration";
	if (o->stream)
		return "--stream is MLflow's predict_stream";
	return NULL;
}

static int fail_light(const char *why, struct pf_err *err)
{
	pf_fail(err, PF_EUSAGE, "--loader light cannot load this model: %s", why);
	return pf_hint(err, "leave it out, or take --loader mlflow");
}

static const char *why_through(const struct pf_model *m, const struct pf_opts *o)
{
	const char *why = pf_job_mlflow_does(m, o);

	return why ? why : "MLflow is to read the input";
}

/* Says in *out how the model is loaded without MLflow, where it can and may be; out->flavor is NULL
 * else. What is made for it is in `a`. */
static int choose_light(struct pf_load_light *out, struct pf_arena *a, const struct pf_model *m,
			bool through_mlflow, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_light light = { 0 };
	struct pf_strs *trusted;

	if (o->loader == PF_LOADER_MLFLOW)
		return 0;
	if (through_mlflow)
		return o->loader != PF_LOADER_LIGHT ? 0 : fail_light(why_through(m, o), err);
	pf_model_light(&light, m);
	if (!light.flavor && o->loader == PF_LOADER_LIGHT)
		return fail_light(light.why_not, err);
	if (!light.flavor) {
		pf_debug("not the light loader: %s", light.why_not);
		return 0;
	}
	*out = (struct pf_load_light){ .flavor = light.flavor, .format = light.format,
				       .class_name = light.class_name,
				       .has_params = light.has_params,
				       .path = pf_s(pf_join(a, m->dir, light.path)),
				       .only = o->loader == PF_LOADER_LIGHT };
	if (light.trusted) {
		out->trusted = trusted = pf_alloc(a, sizeof(*trusted));
		for (size_t i = 0; i < light.trusted->n; i++)
			*PF_PUSH(a, trusted) = light.trusted->v[i].text;
	}
	return 0;
}

int pf_job_check_loader(const struct pf_model *m, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_load_light light = { 0 };
	PF_AUTO(arena) a = { 0 };

	return o->loader != PF_LOADER_LIGHT ?
		       0 :
		       choose_light(&light, &a, m, pf_job_mlflow_does(m, o) != NULL, o, err);
}

/* What a worker depends on besides the model: the interpreter, and the link to it, which is a new
 * one in an environment that was made again; the current interpreter gets and loses packages. */
static void choose_watched(struct pf_strs *out, struct pf_arena *a, const struct pf_job *job)
{
	*PF_PUSH(a, out) = pf_s(job->env.python);
	for (size_t i = 0; !job->env.dir && i < job->python.paths.n; i++)
		*PF_PUSH(a, out) = job->python.paths.v[i];
}

static struct pf_str env_key(const struct pf_job *job)
{
	struct pf_str dir = pf_s(job->env.dir);

	return pf_str_skip(dir, dir.n ? pf_str_rfind(dir, '/') + 1 : 0);
}

/* Settings as JSON, which live in the arena. */
static int put_config(struct pf_str *out, struct pf_arena *a, const char *what,
		      const struct pf_node *config, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (config)
		pf_config_write(&text, config);
	if (pf_buf_check(&text, what, err) < 0)
		return -1;
	*out = pf_dup(a, pf_buf_view(&text));
	return 0;
}

/* pyfunc/__init__.py, load_model: a model that is elsewhere, of which only the record is here. */
static int check_files(const struct pf_model *m, struct pf_err *err)
{
	const struct pf_node *external = pf_node_get(pf_node_get(m->mlmodel, "metadata"),
						     "mlflow.model.isExternal");

	if (!external || external->kind != PF_NODE_BOOL || !external->truth)
		return 0;
	return pf_fail(err, PF_EMODEL, "This model's artifacts are external and are not stored in "
				       "the model directory. This model cannot be loaded.");
}

int pf_job_load(struct pf_load *out, struct pf_arena *a, const struct pf_job *job,
		bool through_mlflow, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_load_light *light = pf_alloc(a, sizeof(*light));
	struct pf_strs *watched = pf_alloc(a, sizeof(*watched));
	const struct pf_model *m = &job->model;
	struct pf_load load = {
		.model_dir = m->dir,
		.loader_module = m->loader_module,
		.predict_fn = m->predict_fn,
		.predict_stream_fn = m->predict_stream_fn,
		.data_path = m->data.n ? pf_s(pf_join(a, m->dir, m->data)) : pf_s(m->dir),
		.code_path = m->code.n ? pf_s(pf_join(a, m->dir, m->code)) : PF_S(""),
		.imports = job->env.imports,
		.through_mlflow = through_mlflow,
		.env_key = env_key(job),
		.watched = watched,
		.params_declared = m->signature.params.present,
	};

	if (check_files(m, err) < 0 || choose_light(light, a, m, through_mlflow, o, err) < 0 ||
	    put_config(&load.config_json, a, "the model's configuration", m->config, err) < 0 ||
	    put_config(&load.overrides_json, a, "--model-config", o->model_config, err) < 0)
		return -1;
	load.light = light->flavor ? light : NULL;
	choose_watched(watched, a, job);
	if (!through_mlflow) /* which says so itself */
		pf_config_tell_ignored(m->config, o->model_config);
	*out = load;
	return 0;
}

int pf_job_load_told(struct pf_load *load, struct pf_arena *a, const struct pf_job *job,
		     const struct pf_strs *warnings, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(buf) mlmodel = PF_BUF(PF_MAX_FRAME);
	const struct pf_node *signature = pf_node_get(job->model.mlmodel, "signature");
	struct pf_value tree = pf_value_of_node(a, job->model.mlmodel);
	struct pf_load_told *told = pf_alloc(a, sizeof(*told));

	if (pf_value_write(&mlmodel, &tree, err) < 0)
		return -1;
	*told = (struct pf_load_told){ .mlmodel = pf_dup(a, pf_buf_view(&mlmodel)),
				       .env_dir = pf_s(job->env.dir),
				       .python = pf_s(job->env.python),
				       .warnings = warnings,
				       .compat = o->mlflow_compat,
				       .from_type_hint = job->model.signature.from_type_hint,
				       .inputs = pf_node_text(signature, "inputs"),
				       .outputs = pf_node_text(signature, "outputs"),
				       .params = pf_node_text(signature, "params") };
	load->told = told;
	return 0;
}
