/* registry_rest.c - where the files of runs: and models: are, asked of a tracking server */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/registry.h"
#include "fetch/where.h"

static const struct pf_node *ask(struct pf_registry *q, struct pf_str path, struct pf_str body)
{
	struct pf_node *root;
	int rc = pf_tracking_ask(&root, q->a, q->pool, &q->server, path, body, q->err);

	return rc < 0 ? NULL : root;
}

static const struct pf_node *get(struct pf_registry *q, const char *what, struct pf_str query)
{
	return ask(q, pf_format(q->a, "%s%s" PF_FMT, what, query.n ? "?" : "", PF_ARG(query)),
		   (struct pf_str){ 0 });
}

static const struct pf_node *post(struct pf_registry *q, const char *what,
				  const struct pf_buf *body)
{
	return ask(q, pf_s(what), pf_buf_view(body));
}

static int fail_answer(struct pf_err *err, const char *what)
{
	return pf_fail(err, PF_ETRANSFER, "the tracking server's answer has no %s", what);
}

/* The highest of the latest versions of each stage. */
static int find_latest(uint64_t *version, struct pf_registry *q, struct pf_str name,
		       struct pf_str stage)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer, *list;
	uint64_t one;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", name);
	if (stage.n) {
		pf_json_key(&w, "stages");
		pf_json_open(&w, '[');
		pf_json_str(&w, stage);
		pf_json_close(&w, ']');
	}
	pf_json_close(&w, '}');
	answer = post(q, "registered-models/get-latest-versions", &body);
	if (!answer)
		return -1;
	list = pf_node_get(answer, "model_versions");
	for (size_t i = 0; list && i < list->n; i++)
		if (pf_str_u64(pf_node_text(&list->v[i], "version"), &one) && one > *version)
			*version = one;
	return 0;
}

static int find_alias(struct pf_str *version, struct pf_registry *q, struct pf_str name,
		      struct pf_str alias)
{
	const struct pf_node *answer =
		get(q, "registered-models/alias",
		    pf_url_query(q->a, "name", name, "alias", alias));

	if (!answer)
		return -1;
	*version = pf_node_text(pf_node_get(answer, "model_version"), "version");
	return version->n ? 0 : fail_answer(q->err, "version");
}

/* Prompts are registered as models are, and have no files (mlflow/prompt/constants.py). */
static bool is_prompt(struct pf_registry *q, struct pf_str name)
{
	const struct pf_node *answer =
		get(q, "registered-models/get", pf_url_query(q->a, "name", name)), *tags;

	tags = answer ? pf_node_get(pf_node_get(answer, "registered_model"), "tags") : NULL;
	for (size_t i = 0; tags && i < tags->n; i++)
		if (pf_str_is(pf_node_text(&tags->v[i], "key"), "mlflow.prompt.is_prompt"))
			return pf_str_ieq(pf_node_text(&tags->v[i], "value"), "true");
	return false;
}

static int place_of_version(struct pf_str *place, struct pf_registry *q, struct pf_str name,
			    struct pf_str version)
{
	const struct pf_node *answer =
		get(q, "model-versions/get-download-uri",
		    pf_url_query(q->a, "name", name, "version", version));

	if (!answer)
		return -1;
	*place = pf_node_text(answer, "artifact_uri");
	if (place->n && pf_where_is_local(*place) && is_prompt(q, name))
		return pf_fail(q->err, PF_EMODEL, PF_FMT " is a prompt, and no model",
			       PF_ARG(pf_shown(name)));
	return 0;
}

static int place_of_id(struct pf_str *place, struct pf_registry *q, struct pf_str id)
{
	const struct pf_node *answer = get(
		q, pf_formatz(q->a, "logged-models/" PF_FMT, PF_ARG(pf_url_encode(q->a, id, ""))),
		PF_S(""));

	if (!answer)
		return -1;
	*place = pf_node_text(pf_node_get(pf_node_get(answer, "model"), "info"), "artifact_uri");
	return 0;
}

static int place_of_run(struct pf_str *place, struct pf_str *experiment, struct pf_registry *q,
			struct pf_str run)
{
	const struct pf_node *answer = get(q, "runs/get", pf_url_query(q->a, "run_id", run)),
			     *info;

	if (!answer)
		return -1;
	info = pf_node_get(pf_node_get(answer, "run"), "info");
	*place = pf_node_text(info, "artifact_uri");
	*experiment = pf_node_text(info, "experiment_id");
	return 0;
}

/* Older servers do not know of models beside their runs. */
static int find_logged(struct pf_str *place, struct pf_registry *q, struct pf_str run,
		       struct pf_str experiment, struct pf_str name)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64)), filter = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer, *list;

	if (pf_str_find(name, '\'') != PF_NPOS)
		return 0;
	pf_buf_printf(&filter, "name = '" PF_FMT "' AND source_run_id = '" PF_FMT "'", PF_ARG(name),
		      PF_ARG(run));
	pf_json_open(&w, '{');
	pf_json_key(&w, "experiment_ids");
	pf_json_open(&w, '[');
	pf_json_str(&w, experiment);
	pf_json_close(&w, ']');
	pf_json_field(&w, "filter", pf_buf_view(&filter));
	pf_json_close(&w, '}');
	answer = post(q, "logged-models/search", &body);
	if (!answer)
		return q->err->gone || q->err->code == PF_ETRANSFER ? 0 : -1;
	list = pf_node_get(answer, "models");
	if (list && list->n)
		*place = pf_node_text(pf_node_get(&list->v[0], "info"), "artifact_uri");
	return 0;
}

const struct pf_registry_kind pf_registry_rest = {
	.latest = find_latest,
	.alias = find_alias,
	.version = place_of_version,
	.model = place_of_id,
	.run = place_of_run,
	.logged = find_logged,
};
