/* run.c - the run that a model is put into, and its experiment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pwd.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "fetch/setting.h"
#include "publish/inside.h"

/* ---- what was asked for ---- */

/* A path that is a run's artifact, and a name on a server. */
static bool is_path(struct pf_str path)
{
	struct pf_str rest = path, part;

	if (!path.n || pf_str_has_control(path) || !pf_str_is_utf8(path) || path.n > 1000)
		return false;
	for (size_t i = 0; i < path.n; i++)
		if (strchr("\\#?;%", path.p[i]))
			return false;
	while (pf_str_next(&rest, '/', &part))
		if (!part.n || pf_str_is(part, ".") || pf_str_is(part, ".."))
			return false;
	return true;
}

static bool is_id(struct pf_str id)
{
	return id.n > 0 && pf_str_span(id, "-_") == id.n;
}

/* mlflow/utils/validation.py; what else the server knows of names it says itself. */
static int check_alias(struct pf_str alias, struct pf_err *err)
{
	uint64_t ignored;

	if (!alias.n)
		return pf_fail(err, PF_EUSAGE, "Registered model alias name cannot be empty.");
	if (pf_str_ieq(alias, "latest"))
		return pf_fail(err, PF_EUSAGE,
			       "'latest' alias name (case insensitive) is reserved.");
	if (pf_lower(alias.p[0]) == 'v' && pf_str_u64(pf_str_skip(alias, 1), &ignored))
		return pf_fail(err, PF_EUSAGE, "Version alias name '" PF_FMT "' is reserved.",
			       PF_ARG(pf_shown(alias)));
	return 0;
}

static int check_pairs(const char *what, const struct pf_strs *pairs, struct pf_err *err)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (pf_str_find(pairs->v[i], '=') == PF_NPOS || pairs->v[i].p[0] == '=')
			return pf_fail(err, PF_EUSAGE, "a %s is KEY=VALUE, not " PF_FMT, what,
				       PF_ARG(pf_shown(pairs->v[i])));
	return 0;
}

static const char *run_of(const struct pf_publish_opts *o)
{
	return o->run ? o->run : o->experiment ? NULL : pf_setting("MLFLOW_RUN_ID");
}

int pf_publish_check(const struct pf_publish_opts *o, struct pf_err *err)
{
	const char *run = run_of(o);

	if (o->run && o->experiment)
		return pf_fail(err, PF_EUSAGE,
			       "Specify only one of 'run-id' or 'experiment' options.");
	if (run && !is_id(pf_s(run)))
		return pf_fail(err, PF_EUSAGE, "Invalid run ID: '" PF_FMT "'",
			       PF_ARG(pf_shown(pf_s(run))));
	if (o->name && !is_path(pf_s(o->name)))
		return pf_fail(err, PF_EUSAGE, "Invalid artifact path: '" PF_FMT "'",
			       PF_ARG(pf_shown(pf_s(o->name))));
	if (o->registered && (!*o->registered || strpbrk(o->registered, "/:")))
		return pf_fail(err, PF_EUSAGE,
			       "Invalid model name '" PF_FMT "'. Names cannot contain '/' or ':'.",
			       PF_ARG(pf_shown(pf_s(o->registered))));
	if (o->model && !is_id(pf_s(o->model)))
		return pf_fail(err, PF_EUSAGE, "Invalid model ID: '" PF_FMT "'",
			       PF_ARG(pf_shown(pf_s(o->model))));
	if (o->model && (o->name || o->type || o->params.n || o->experiment)) {
		pf_fail(err, PF_EUSAGE, "a logged model that is there has its name, its type, its "
					"parameters and its experiment already");
		return pf_hint(err, "give --model-id alone");
	}
	if (o->aliases.n && !o->registered)
		return pf_fail(err, PF_EUSAGE,
			       "an alias is of a registered model: give its name, too");
	for (size_t i = 0; i < o->aliases.n; i++)
		if (check_alias(o->aliases.v[i], err) < 0)
			return -1;
	if (check_pairs("tag", &o->tags, err) < 0)
		return -1;
	return check_pairs("parameter", &o->params, err);
}

/* ---- the experiment ---- */

static int experiment_of_id(struct pf_publishing *p, struct pf_str id, struct pf_err *err)
{
	struct pf_str path = pf_format(p->a, "experiments/get?" PF_FMT,
				       PF_ARG(pf_url_query(p->a, "experiment_id", id)));
	const struct pf_node *answer;

	if (pf_publish_ask(&answer, p, "GET", path, NULL, err) < 0)
		return -1;
	p->out->experiment = pf_dup(p->a, id);
	return 0;
}

/* 1: there is none of this name. */
static int experiment_of_name(struct pf_publishing *p, struct pf_str name, struct pf_err *err)
{
	struct pf_str path = pf_format(p->a, "experiments/get-by-name?" PF_FMT,
				       PF_ARG(pf_url_query(p->a, "experiment_name", name)));
	const struct pf_node *answer, *experiment;

	if (pf_publish_ask(&answer, p, "GET", path, NULL, err) < 0)
		return err->gone ? 1 : -1;
	experiment = pf_node_get(answer, "experiment");
	if (pf_str_is(pf_node_text(experiment, "lifecycle_stage"), "deleted")) {
		pf_fail(err, PF_EUSAGE,
			"Cannot set a deleted experiment '" PF_FMT "' as the active experiment.",
			PF_ARG(pf_shown(name)));
		return pf_hint(err, "You can restore the experiment, or permanently delete the "
				    "experiment to create a new one.");
	}
	p->out->experiment = pf_node_text(experiment, "experiment_id");
	return 0;
}

static int make_experiment(struct pf_publishing *p, struct pf_str name, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", name);
	pf_json_close(&w, '}');
	if (pf_publish_ask_once(&answer, p, PF_S("experiments/create"), &body, err) < 0)
		return -1;
	p->out->experiment = pf_node_text(answer, "experiment_id");
	return 0;
}

/* A name, else an id, else a name that is new. */
static int find_named(struct pf_publishing *p, struct pf_str text, struct pf_err *err)
{
	uint64_t number;
	int rc = experiment_of_name(p, text, err);

	if (rc == 1)
		rc = pf_str_u64(text, &number) ? experiment_of_id(p, text, err)
					       : make_experiment(p, text, err);
	return rc;
}

/* MLflow's order: the name, which is made where there is none, then the id. */
static int find_experiment(struct pf_publishing *p, struct pf_err *err)
{
	const char *name = pf_setting("MLFLOW_EXPERIMENT_NAME"),
		   *id = pf_setting("MLFLOW_EXPERIMENT_ID");

	if (p->o->experiment)
		return find_named(p, pf_s(p->o->experiment), err);
	if (name) {
		int rc = experiment_of_name(p, pf_s(name), err);

		if (rc == 0 && id && !pf_str_is(p->out->experiment, id))
			return pf_fail(err, PF_EUSAGE,
				       "The provided MLFLOW_EXPERIMENT_ID environment variable "
				       "value `%s` does not match the experiment id `" PF_FMT
				       "` for experiment name `%s`",
				       id, PF_ARG(pf_shown(p->out->experiment)), name);
		return rc == 1 ? make_experiment(p, pf_s(name), err) : rc;
	}
	if (!id) {
		p->out->experiment = PF_S("0"); /* Default's, on every server */
		return 0;
	}
	if (experiment_of_id(p, pf_s(id), err) == 0)
		return 0;
	return err->gone ? pf_fail(err, PF_EUSAGE,
				   "The provided MLFLOW_EXPERIMENT_ID environment variable value "
				   "`%s` does not exist in the tracking server. Provide a valid "
				   "experiment_id.",
				   id)
			 : -1;
}

/* ---- the run ---- */

static int take_run(struct pf_publishing *p, const struct pf_node *answer, struct pf_err *err)
{
	const struct pf_node *run = pf_node_get(answer, "run"), *info = pf_node_get(run, "info");

	p->out->run = pf_node_text(info, "run_id");
	p->out->experiment = pf_node_text(info, "experiment_id");
	p->run_place = pf_node_text(info, "artifact_uri");
	p->params = pf_node_get(pf_node_get(run, "data"), "params");
	p->metrics = pf_node_get(pf_node_get(run, "data"), "metrics");
	if (!is_id(p->out->run) || !p->out->experiment.n || !p->run_place.n)
		return pf_fail(err, PF_ETRANSFER,
			       "the tracking server's answer does not tell of the run");
	if (pf_str_is(pf_node_text(info, "lifecycle_stage"), "deleted"))
		return pf_fail(err, PF_EUSAGE,
			       "Cannot start run with ID " PF_FMT
			       " because it is in the deleted state.",
			       PF_ARG(p->out->run));
	return 0;
}

/* As Python's getpass.getuser. */
static struct pf_str user_name(void)
{
	static const char *const names[] = { "LOGNAME", "USER", "LNAME", "USERNAME" };
	const struct passwd *pw;

	for (size_t i = 0; i < PF_COUNT(names); i++)
		if (pf_setting(names[i]))
			return pf_s(pf_setting(names[i]));
	pw = getpwuid(geteuid());
	return pf_s(pw ? pw->pw_name : "unknown");
}

void pf_publish_context(struct pf_json_out *w)
{
	pf_publish_pair(w, PF_S("mlflow.user"), user_name());
	pf_publish_pair(w, PF_S("mlflow.source.name"), PF_S("pyfunc-env"));
	pf_publish_pair(w, PF_S("mlflow.source.type"), PF_S("LOCAL"));
}

static int make_run(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "experiment_id", p->out->experiment);
	pf_json_field(&w, "user_id", user_name());
	pf_json_key(&w, "start_time");
	pf_json_int(&w, pf_publish_now());
	pf_json_key(&w, "tags");
	pf_json_open(&w, '[');
	pf_publish_context(&w);
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	if (pf_publish_ask_once(&answer, p, PF_S("runs/create"), &body, err) < 0)
		return -1;
	p->out->run = pf_node_text(pf_node_get(pf_node_get(answer, "run"), "info"), "run_id");
	p->made_run = p->out->run.n > 0;
	return take_run(p, answer, err);
}

int pf_publish_run(struct pf_publishing *p, struct pf_err *err)
{
	const char *id = run_of(p->o);
	const struct pf_node *answer;

	if (!id && p->o->model)
		return 0;
	if (!id)
		return find_experiment(p, err) < 0 ? -1 : make_run(p, err);
	if (pf_publish_ask(&answer, p, "GET",
			   pf_format(p->a, "runs/get?" PF_FMT,
				     PF_ARG(pf_url_query(p->a, "run_id", pf_s(id)))),
			   NULL, err) < 0)
		return -1;
	return take_run(p, answer, err);
}

int pf_publish_end_run(struct pf_publishing *p, const char *how, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	if (!p->made_run)
		return 0;
	pf_json_open(&w, '{');
	pf_json_field(&w, "run_id", p->out->run);
	pf_json_field(&w, "status", pf_s(how));
	pf_json_key(&w, "end_time");
	pf_json_int(&w, pf_publish_now());
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "POST", PF_S("runs/update"), &body, err);
}
