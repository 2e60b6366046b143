/* record.c - what a tracking server is told of a model: a logged model, or a tag of its run */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "publish/inside.h"
#include "publish/mlmodel.h"

/* ---- MLflow 3: logged models ---- */

#define EXTERNAL "mlflow.model.isExternal" /* mlflow/utils/mlflow_tags.py; none of it is loaded */

static struct pf_node *own_param(struct pf_publishing *p, struct pf_str given)
{
	struct pf_node *pair = pf_alloc(p->a, sizeof(*pair));
	size_t is = pf_str_find(given, '=');
	struct pf_str key = pf_str_cut(given, 0, is);

	for (size_t i = 0; p->params && i < p->params->n; i++)
		if (pf_str_eq(pf_node_text(&p->params->v[i], "key"), key))
			return NULL;
	*pair = pf_node_map();
	pf_node_set(p->a, pair, PF_S("key"), pf_node_string(key));
	pf_node_set(p->a, pair, PF_S("value"), pf_node_string(pf_str_skip(given, is + 1)));
	return pair;
}

/* Those that are given, and behind them the run's, which count more (mlflow/models/model.py). */
static void gather_params(struct pf_publishing *p)
{
	struct pf_node *all = pf_alloc(p->a, sizeof(*all)), *own;

	*all = pf_node_list();
	for (size_t i = 0; i < p->o->params.n; i++)
		if ((own = own_param(p, p->o->params.v[i])))
			pf_node_push(p->a, all, *own);
	for (size_t i = 0; p->params && i < p->params->n; i++)
		pf_node_push(p->a, all, p->params->v[i]);
	p->params = all;
}

static void add_params(struct pf_json_out *w, const struct pf_node *params, size_t from)
{
	pf_json_key(w, "params");
	pf_json_open(w, '[');
	for (size_t i = from; i < params->n && i < from + PF_MAX_PARAMS; i++)
		pf_publish_pair(w, pf_node_text(&params->v[i], "key"),
				pf_node_text(&params->v[i], "value"));
	pf_json_close(w, ']');
}

/* A server of another time has no such question: 404 without a reason of MLflow's. */
static bool is_unknown_question(const struct pf_err *err)
{
	struct pf_str said = pf_s(err->msg);

	return err->gone && !pf_str_starts(said, "RESOURCE_DOES_NOT_EXIST");
}

static struct pf_str model_path(struct pf_publishing *p, const char *below)
{
	return pf_format(p->a, "logged-models/" PF_FMT "%s",
			 PF_ARG(pf_url_encode(p->a, p->out->model, "")), below);
}

static int take_logged(struct pf_publishing *p, const struct pf_node *answer, struct pf_err *err)
{
	const struct pf_node *info = pf_node_get(pf_node_get(answer, "model"), "info"),
			     *tags = pf_node_get(info, "tags");

	p->out->tags = tags;
	p->out->params = pf_node_get(pf_node_get(pf_node_get(answer, "model"), "data"), "params");
	p->out->created = pf_node_text(info, "creation_timestamp_ms");
	p->out->model = pf_node_text(info, "model_id");
	p->out->place = pf_node_text(info, "artifact_uri");
	if (!p->out->experiment.n)
		p->out->experiment = pf_node_text(info, "experiment_id");
	for (size_t i = 0; tags && i < tags->n; i++)
		p->external |= pf_str_is(pf_node_text(&tags->v[i], "key"), EXTERNAL) &&
			       pf_str_ieq(pf_node_text(&tags->v[i], "value"), "true");
	if (!p->out->model.n || !p->out->place.n || pf_str_has_control(p->out->model))
		return pf_fail(err, PF_ETRANSFER,
			       "the tracking server's answer does not tell of the model");
	p->out->uri = pf_format(p->a, "models:/" PF_FMT, PF_ARG(p->out->model));
	return 0;
}

static int find_logged(struct pf_publishing *p, struct pf_err *err)
{
	const struct pf_node *answer;

	p->out->model = pf_s(p->o->model);
	if (pf_publish_ask(&answer, p, "GET", model_path(p, ""), NULL, err) < 0) {
		p->out->model = (struct pf_str){ 0 }; /* none that could be given up */
		return -1;
	}
	return take_logged(p, answer, err);
}

/* 1: the server does not know such things. */
static int make_logged(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "experiment_id", p->out->experiment);
	pf_json_field(&w, "name", p->name);
	pf_json_field(&w, "source_run_id", p->out->run);
	if (p->o->type)
		pf_json_field(&w, "model_type", pf_s(p->o->type));
	add_params(&w, p->params, 0);
	pf_json_key(&w, "tags");
	pf_json_open(&w, '[');
	pf_publish_context(&w);
	pf_publish_tags(&w, p->o);
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	if (pf_publish_ask_once(&answer, p, PF_S("logged-models"), &body, err) < 0)
		return is_unknown_question(err) ? 1 : -1;
	return take_logged(p, answer, err);
}

static int more_params(struct pf_publishing *p, struct pf_err *err)
{
	const struct pf_node *answer;

	for (size_t i = PF_MAX_PARAMS; i < p->params->n; i += PF_MAX_PARAMS) {
		PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
		struct pf_json_out w = { .buf = &body };

		pf_json_open(&w, '{');
		pf_json_field(&w, "model_id", p->out->model);
		add_params(&w, p->params, i);
		pf_json_close(&w, '}');
		if (pf_publish_ask(&answer, p, "POST", model_path(p, "/params"), &body, err) < 0)
			return -1;
		p->out->params = p->params; /* the server was told all of them by now */
	}
	return 0;
}

static int finalize(struct pf_publishing *p, const char *status, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "model_id", p->out->model);
	pf_json_field(&w, "status", pf_s(status));
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "PATCH", model_path(p, ""), &body, err);
}

static int add_output(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "run_id", p->out->run);
	pf_json_key(&w, "models");
	pf_json_open(&w, '[');
	pf_json_open(&w, '{');
	pf_json_field(&w, "model_id", p->out->model);
	pf_json_key(&w, "step");
	pf_json_int(&w, p->o->step);
	pf_json_close(&w, '}');
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "POST", PF_S("runs/outputs"), &body, err);
}

/* It has files now. */
static int no_longer_external(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(1));
	const struct pf_node *answer;

	pf_buf_cstr(&body, "{}");
	return pf_publish_ask(&answer, p, "DELETE", model_path(p, "/tags/" EXTERNAL), &body, err);
}

/* What is told of a model that is ready. */
static int tell_more(struct pf_publishing *p, struct pf_err *err)
{
	if (p->external && no_longer_external(p, err) < 0)
		return -1;
	if (!p->out->run.n)
		return 0;
	return add_output(p, err) < 0 ? -1 : pf_publish_metrics(p, err);
}

static int record_logged(struct pf_publishing *p, struct pf_err *err)
{
	if (finalize(p, "LOGGED_MODEL_READY", err) < 0)
		return -1;
	p->ready = true;
	if (tell_more(p, err) < 0)
		return pf_wrap(err, "logged as " PF_FMT ", but not all is told of it",
			       PF_ARG(p->out->uri));
	return 0;
}

/* ---- before: a folder of the run, and a tag that lists its models ---- */

/* Files of two models in one folder would be neither of them. A server that cannot tell is
 * believed to have none. */
static int check_free(struct pf_publishing *p, struct pf_err *err)
{
	struct pf_str path =
		pf_format(p->a, "artifacts/list?" PF_FMT,
			  PF_ARG(pf_url_query(p->a, "run_id", p->out->run, "path", p->name)));
	const struct pf_node *answer, *files;
	struct pf_err ignored;

	if (p->made_run || pf_publish_ask(&answer, p, "GET", path, NULL, &ignored) < 0)
		return 0;
	files = pf_node_get(answer, "files");
	if (!files || !files->n)
		return 0;
	pf_fail(err, PF_EUSAGE, "the run " PF_FMT " has artifacts at " PF_FMT " already",
		PF_ARG(p->out->run), PF_ARG(pf_shown(p->name)));
	return pf_hint(err, "give another --artifact-path");
}

/* What Model.get_tags_dict tells (mlflow/models/model.py). */
static void add_facts(struct pf_buf *out, const struct pf_node *mlmodel)
{
	static const char *const keys[] = { "run_id", "artifact_path", "utc_time_created",
					    "model_uuid" };
	const struct pf_node *flavors = pf_node_get(mlmodel, "flavors");
	PF_AUTO(arena) a = { 0 };
	struct pf_json_out w = { .buf = out };

	pf_json_open(&w, '{');
	for (size_t i = 0; i < PF_COUNT(keys); i++)
		pf_json_field(&w, keys[i], pf_node_text(mlmodel, keys[i]));
	pf_json_key(&w, "flavors");
	pf_json_open(&w, '{');
	for (size_t i = 0; flavors && i < flavors->n; i++) {
		pf_json_key(&w, pf_dupz(&a, flavors->v[i].key));
		pf_mlmodel_json(&w, &flavors->v[i], "config");
	}
	pf_json_close(&w, '}');
	pf_json_close(&w, '}');
}

static int log_model(struct pf_publishing *p, const struct pf_node *mlmodel, struct pf_err *err)
{
	PF_AUTO(buf) facts = PF_BUF(PF_MAX_TEXT_FILE), body = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	add_facts(&facts, mlmodel);
	pf_json_open(&w, '{');
	pf_json_field(&w, "run_id", p->out->run);
	pf_json_field(&w, "model_json", pf_buf_view(&facts));
	pf_json_close(&w, '}');
	return pf_publish_ask_once(&answer, p, PF_S("runs/log-model"), &body, err);
}

static int tag_run(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	if (!p->o->tags.n)
		return 0;
	pf_json_open(&w, '{');
	pf_json_field(&w, "run_id", p->out->run);
	pf_json_key(&w, "tags");
	pf_json_open(&w, '[');
	pf_publish_tags(&w, p->o);
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "POST", PF_S("runs/log-batch"), &body, err);
}

static int begin_in_run(struct pf_publishing *p, struct pf_err *err)
{
	struct pf_str place = p->run_place;

	if (p->o->type || p->o->params.n || p->o->step)
		pf_warn("the tracking server has no logged models: a type, parameters and a step "
			"are not recorded");
	while (pf_str_ends(place, "/"))
		place.n--;
	p->out->place = pf_format(p->a, PF_FMT "/" PF_FMT, PF_ARG(place), PF_ARG(p->name));
	p->out->uri =
		pf_format(p->a, "runs:/" PF_FMT "/" PF_FMT, PF_ARG(p->out->run), PF_ARG(p->name));
	return check_free(p, err);
}

/* ---- either ---- */

int pf_publish_begin(struct pf_publishing *p, struct pf_err *err)
{
	int rc;

	if (p->o->model)
		return find_logged(p, err);
	gather_params(p);
	rc = make_logged(p, err);
	if (rc == 1)
		return begin_in_run(p, err);
	return rc < 0 ? -1 : more_params(p, err);
}

int pf_publish_record(struct pf_publishing *p, const struct pf_node *mlmodel, struct pf_err *err)
{
	if (p->out->model.n)
		return record_logged(p, err);
	return log_model(p, mlmodel, err) < 0 ? -1 : tag_run(p, err);
}

void pf_publish_give_up(struct pf_publishing *p)
{
	struct pf_err why;

	if (p->out->model.n && !p->ready && finalize(p, "LOGGED_MODEL_UPLOAD_FAILED", &why) < 0)
		pf_debug("%s", why.msg);
}
