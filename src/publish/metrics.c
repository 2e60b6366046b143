/* metrics.c - what a run measured at a step, as its model's (mlflow/models/model.py, Model.log) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "publish/inside.h"
#include "publish/mlmodel.h"

static int64_t step_of(const struct pf_node *metric)
{
	int64_t step = 0;

	return pf_int64_read(pf_node_text(metric, "step"), &step) ? step : 0;
}

static void take_metrics(struct pf_node *out, struct pf_publishing *p, const struct pf_node *list)
{
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_node metric = list->v[i];

		if (step_of(&metric) != p->o->step || pf_node_text(&metric, "model_id").n)
			continue;
		pf_node_set(p->a, &metric, PF_S("run_id"), pf_node_string(p->out->run));
		pf_node_set(p->a, &metric, PF_S("model_id"), pf_node_string(p->out->model));
		pf_node_push(p->a, out, metric);
	}
}

/* A server that goes in circles would keep us for ever. */
static int check_progress(struct pf_str key, struct pf_str page, struct pf_str before, size_t pages,
			  struct pf_err *err)
{
	if (page.n && pf_str_eq(page, before))
		return pf_fail(err, PF_EINTEGRITY,
			       "the history of the metric " PF_FMT " leads in a circle",
			       PF_ARG(pf_shown(key)));
	if (pages > PF_MAX_PAGES)
		return pf_fail(err, PF_ELIMIT, "the history of the metric " PF_FMT " has no end",
			       PF_ARG(pf_shown(key)));
	return 0;
}

static int take_history(struct pf_node *out, struct pf_publishing *p, struct pf_str key,
			struct pf_err *err)
{
	struct pf_str path = pf_format(
		p->a, "metrics/get-history?" PF_FMT,
		PF_ARG(pf_url_query(p->a, "run_id", p->out->run, "metric_key", key)));
	struct pf_str next = path, page = { 0 };
	size_t pages = 0;

	do {
		const struct pf_node *answer;
		struct pf_str before = page;

		if (pf_publish_ask(&answer, p, "GET", next, NULL, err) < 0)
			return -1;
		take_metrics(out, p, pf_node_get(answer, "metrics"));
		page = pf_node_text(answer, "next_page_token");
		if (check_progress(key, page, before, ++pages, err) < 0)
			return -1;
		next = pf_format(p->a, PF_FMT "&" PF_FMT, PF_ARG(path),
				 PF_ARG(pf_url_query(p->a, "page_token", page)));
	} while (page.n && out->n < PF_MAX_METRICS);
	return 0;
}

int pf_publish_metrics(struct pf_publishing *p, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &body };
	struct pf_node taken = pf_node_list();
	const struct pf_node *answer;

	for (size_t i = 0; p->metrics && i < p->metrics->n; i++)
		if (step_of(&p->metrics->v[i]) >= p->o->step && taken.n < PF_MAX_METRICS &&
		    take_history(&taken, p, pf_node_text(&p->metrics->v[i], "key"), err) < 0)
			return -1;
	if (!taken.n)
		return 0;
	if (taken.n > PF_MAX_METRICS)
		taken.n = PF_MAX_METRICS;
	pf_json_open(&w, '{');
	pf_json_field(&w, "run_id", p->out->run);
	pf_json_key(&w, "metrics");
	pf_mlmodel_json(&w, &taken, NULL);
	pf_json_close(&w, '}');
	return pf_publish_ask(&answer, p, "POST", PF_S("runs/log-batch"), &body, err);
}
