/* publish.h - the front door of what is put on a tracking server: a model, its run, its versions */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* What the user has said. Borrows; zeroed is a model of a new run, which is not registered. Types,
 * parameters and steps are for servers of MLflow 3. */
struct pf_publish_opts {
	const char *run;	/* an existing run's id; NULL: MLFLOW_RUN_ID, else a new one... */
	const char *experiment; /* ... of this experiment, a name or an id; NULL: as MLFLOW_
				 * EXPERIMENT_NAME and _ID say, else Default */
	const char *name;	/* of the model, and its path in the run; NULL: "model" */
	const char *model;	/* id of a logged model, whose files these are; NULL: a new one */
	const char *type;	/* what kind of model it is, for people; NULL: not told */
	struct pf_strs params;	/* "KEY=VALUE", of the model beside its run's, which count more */
	int64_t step;		/* of the run, that the model is of, with its metrics */
	const char *registered; /* name of a registered model; NULL: none */
	struct pf_strs aliases; /* of the version */
	struct pf_strs tags;	/* "KEY=VALUE" */
};

/* What has come of it. All in the arena. */
struct pf_published {
	struct pf_arena arena;
	struct pf_str uri; /* "models:/m-..." of MLflow 3, "runs:/RUN/PATH" before */
	struct pf_str run, experiment; /* empty: a logged model that was there, and no run named */
	struct pf_str model;   /* "m-..."; empty before MLflow 3 */
	struct pf_str place;   /* where its files are */
	/* Of a logged model, as the server has it: milliseconds since 1970, and lists of maps of
	 * key and value. */
	struct pf_str created;
	const struct pf_node *params, *tags;
	struct pf_str version; /* of the registered model; empty: none */
};

void pf_published_free(struct pf_published *p);

/* Puts the model of a folder on the tracking server of MLFLOW_TRACKING_URI, as MLflow's log_model
 * does (mlflow/models/model.py), and registers it at MLFLOW_REGISTRY_URI's. In this order: a run,
 * where none is named; the files, MLmodel last; the record of them; the version, when it is ready
 * its aliases. What fails leaves nothing registered; a run that was made for it ends as FAILED. The
 * folder stays as it is. EUSAGE, EMODEL (it is no model), ETRANSFER (with the server's own words),
 * EINTEGRITY, ELIMIT, EIO. */
int pf_publish_model(struct pf_published *out, const char *dir, const struct pf_publish_opts *o,
		     struct pf_err *err) PF_MUST_USE;
