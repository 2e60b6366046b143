/* inside.h - inside publish: one publishing, and its steps at the tracking server */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "fetch/tracking.h"
#include "model/model.h"
#include "publish/publish.h"

struct pf_publishing {
	struct pf_arena *a; /* of what is published */
	struct pf_pool pool;
	struct pf_tracking server, registry;
	const struct pf_publish_opts *o;
	struct pf_published *out;
	struct pf_model model;
	struct pf_str name;	      /* of the model, and its path in the run */
	bool made_run;		      /* it is ours, and to be ended */
	struct pf_str run_place;      /* where the run keeps its artifacts */
	const struct pf_node *params; /* of the run, later with those that are given; NULL: none */
	const struct pf_node *metrics; /* of the run, the last of each; NULL: none */
	bool external;		      /* the logged model was made to have no files */
	bool ready;		      /* ... and has been told to be whole: it stays so */
};

/* One question: METHOD BASE/api/2.0/mlflow/`path`, body NULL: none; the answer in the arena. */
int pf_publish_ask(const struct pf_node **out, struct pf_publishing *p, const char *method,
		   struct pf_str path, const struct pf_buf *body, struct pf_err *err) PF_MUST_USE;
/* POST of what makes something: not sent again where that may have been done. */
int pf_publish_ask_once(const struct pf_node **out, struct pf_publishing *p, struct pf_str path,
			const struct pf_buf *body, struct pf_err *err) PF_MUST_USE;
/* The same two at the registry: GET without a body. */
int pf_publish_ask_registry(const struct pf_node **out, struct pf_publishing *p, struct pf_str path,
			    const struct pf_buf *body, bool once, struct pf_err *err) PF_MUST_USE;
/* "key": "...", "value": "..." of each, as a list of objects. */
void pf_publish_pair(struct pf_json_out *w, struct pf_str key, struct pf_str value);
/* The user's tags, as members of an open list. */
void pf_publish_tags(struct pf_json_out *w, const struct pf_publish_opts *o);
/* Milliseconds since 1970. */
int64_t pf_publish_now(void);

/* ---- run.c ---- */

/* What of the options, and of MLFLOW_RUN_ID, _EXPERIMENT_NAME and _ID, is no good before anybody
 * is asked. EUSAGE, in MLflow's words where it has some. */
int pf_publish_check(const struct pf_publish_opts *o, struct pf_err *err) PF_MUST_USE;
/* The run that the model is put into: looked up, or made; none of a logged model that is there. */
int pf_publish_run(struct pf_publishing *p, struct pf_err *err) PF_MUST_USE;
/* Who did this, and with what, as MLflow tags runs and logged models: members of an open list. */
void pf_publish_context(struct pf_json_out *w);
/* A run that was made is ended: "FINISHED", "FAILED", "KILLED". */
int pf_publish_end_run(struct pf_publishing *p, const char *how, struct pf_err *err) PF_MUST_USE;

/* ---- record.c ---- */

/* Asks for a logged model; a server that does not know such things is one before MLflow 3, where
 * out->model stays empty. out->place and out->uri are set. EUSAGE: an older run has a model of that
 * name already. */
int pf_publish_begin(struct pf_publishing *p, struct pf_err *err) PF_MUST_USE;
/* Its files are there: the model is ready, and the run's. */
int pf_publish_record(struct pf_publishing *p, const struct pf_node *mlmodel,
		      struct pf_err *err) PF_MUST_USE;
/* They never came; a logged model that is ready stays so, whatever fails behind it. */
void pf_publish_give_up(struct pf_publishing *p);

/* ---- metrics.c ---- */

/* What the run has measured at the model's step was measured of the model. */
int pf_publish_metrics(struct pf_publishing *p, struct pf_err *err) PF_MUST_USE;

/* ---- version.c ---- */

/* The registered model, where there is none; a version of it, its aliases when it is ready. */
int pf_publish_version(struct pf_publishing *p, struct pf_err *err) PF_MUST_USE;
