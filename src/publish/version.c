/* version.c - a published model as a version of a registered one */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "publish/inside.h"

/* That it is there already is as good. */
static int make_registered(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", pf_s(p->o->registered));
	pf_json_close(&w, '}');
	if (pf_publish_ask_registry(&answer, p, PF_S("registered-models/create"), &body, true,
				    err) == 0) {
		pf_note("registered a new model, %s", p->o->registered);
		return 0;
	}
	if (strstr(err->msg, "already taken by a prompt")) /* of which it would be a version */
		return -1;
	return pf_str_starts(pf_s(err->msg), "RESOURCE_ALREADY_EXISTS") ||
			       pf_str_starts(pf_s(err->msg), "ALREADY_EXISTS")
		       ? 0
		       : -1;
}

/* A logged model is known by its id where it was logged, elsewhere by the place of its files. */
static void add_source(struct pf_json_out *w, const struct pf_publishing *p)
{
	bool here = pf_str_eq(p->registry.base, p->server.base);

	if (!p->out->model.n || !here) {
		pf_json_field(w, "source", p->out->place);
		pf_json_field(w, "run_id", p->out->run);
		return;
	}
	pf_json_field(w, "source", p->out->uri);
	pf_json_field(w, "run_id", p->out->run);
	pf_json_field(w, "model_id", p->out->model);
}

static int make_version(const struct pf_node **out, struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", pf_s(p->o->registered));
	add_source(&w, p);
	pf_json_key(&w, "tags");
	pf_json_open(&w, '[');
	pf_publish_tags(&w, p->o);
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	if (pf_publish_ask_registry(&answer, p, PF_S("model-versions/create"), &body, true, err) <
	    0)
		return -1;
	*out = pf_node_get(answer, "model_version");
	p->out->version = pf_node_text(*out, "version");
	if (!p->out->version.n)
		return pf_fail(err, PF_ETRANSFER,
			       "the tracking server's answer does not tell of the version");
	return 0;
}

/* Most servers say READY at once. */
static int await_ready(struct pf_publishing *p, const struct pf_node *version, struct pf_err *err)
{
	struct pf_str path = pf_format(p->a, "model-versions/get?" PF_FMT,
				       PF_ARG(pf_url_query(p->a, "name", pf_s(p->o->registered),
							   "version", p->out->version)));
	double end = pf_clock() + PF_WAIT_READY;
	const struct pf_node *answer;

	while (pf_str_is(pf_node_text(version, "status"), "PENDING_REGISTRATION")) {
		if (pf_clock() > end)
			return pf_fail(err, PF_ELIMIT,
				       "Exceeded max wait time for model name: %s version: " PF_FMT
				       " to become READY.",
				       p->o->registered, PF_ARG(p->out->version));
		for (int i = 0; i < 10; i++) {
			if (pf_signals_check(err) < 0)
				return -1;
			usleep(100000);
		}
		if (pf_publish_ask_registry(&answer, p, path, NULL, false, err) < 0)
			return -1;
		version = pf_node_get(answer, "model_version");
	}
	if (pf_str_is(pf_node_text(version, "status"), "READY") ||
	    !pf_node_text(version, "status").n)
		return 0;
	return pf_fail(err, PF_ETRANSFER,
		       "Model version creation failed for model name: %s version: " PF_FMT
		       " with status: " PF_FMT " and message: " PF_FMT,
		       p->o->registered, PF_ARG(p->out->version),
		       PF_ARG(pf_shown(pf_node_text(version, "status"))),
		       PF_ARG(pf_shown(pf_node_text(version, "status_message"))));
}

static int set_alias(struct pf_publishing *p, struct pf_str alias, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", pf_s(p->o->registered));
	pf_json_field(&w, "alias", alias);
	pf_json_field(&w, "version", p->out->version);
	pf_json_close(&w, '}');
	return pf_publish_ask_registry(&answer, p, PF_S("registered-models/alias"), &body, false,
				       err);
}

/* The logged model tells of its versions, as MLflow's client has it
 * (mlflow/tracking/_model_registry/fluent.py): [{"name", "version"}]. */
static int tag_model(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) list = PF_BUF(PF_KIB(64)), body = PF_BUF(PF_KIB(64));
	struct pf_json_out v = { .buf = &list }, w = { .buf = &body };
	const struct pf_node *answer;
	struct pf_str path = pf_format(p->a, "logged-models/" PF_FMT "/tags",
				       PF_ARG(pf_url_encode(p->a, p->out->model, "")));
	uint64_t number = 0;

	pf_json_open(&v, '[');
	pf_json_open(&v, '{');
	pf_json_field(&v, "name", pf_s(p->o->registered));
	pf_json_key(&v, "version");
	if (pf_str_u64(p->out->version, &number))
		pf_json_int(&v, (int64_t)number);
	else
		pf_json_str(&v, p->out->version);
	pf_json_close(&v, '}');
	pf_json_close(&v, ']');
	pf_json_open(&w, '{');
	pf_json_key(&w, "tags");
	pf_json_open(&w, '[');
	pf_publish_pair(&w, PF_S("mlflow.modelVersions"), pf_buf_view(&list));
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "PATCH", path, &body, err);
}

int pf_publish_version(struct pf_publishing *p, struct pf_err *err)
{
	const struct pf_node *version;

	if (make_registered(p, err) < 0 || make_version(&version, p, err) < 0 ||
	    await_ready(p, version, err) < 0)
		return -1;
	if (p->out->model.n && tag_model(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->o->aliases.n; i++)
		if (set_alias(p, p->o->aliases.v[i], err) < 0)
			return -1;
	return 0;
}
