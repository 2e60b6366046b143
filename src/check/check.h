/* check.h - a model's needs against an interpreter: what differs, and which difference matters */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/artifact.h"
#include "model/model.h"
#include "python/python.h"

/* Reads whatever of the model's files is loaded with it, as its MLmodel says, then what else looks
 * like a pickle. Files that cannot be read are in `unread`. */
void pf_artifact_of_model(struct pf_artifact *out, const struct pf_model *m);
/* What they would import. Neither says that a model does no harm. */
void pf_scan_text(struct pf_buf *out, const struct pf_artifact *a);
void pf_scan_json(struct pf_buf *out, const struct pf_artifact *a, const char *model);

enum pf_severity {
	PF_SEV_NONE,
	PF_SEV_NOISE,
	PF_SEV_UNKNOWN,
	PF_SEV_POSSIBLE,
	PF_SEV_LIKELY,
	PF_SEV_FATAL
};

struct pf_difference {
	struct pf_str name;
	struct pf_str required;	/* as written; a view of NULL: nothing asks for it, a module does */
	struct pf_str current;	/* empty view with p NULL: not installed */
	enum pf_severity severity;
	struct pf_str why;
	bool conda;		/* a conda package */
	bool constraint;	/* of a constraints file */
};

struct pf_diff {
	struct pf_arena arena;
	struct pf_str python_required, python_current;
	enum pf_severity python_severity;
	struct pf_str python_why;
	PF_VEC(struct pf_difference) packages;	/* those that differ, in the model's order */
	struct pf_strs mlflow;	/* what MLflow itself would report, one line each */
	struct pf_strs notes;
	enum pf_severity verdict;
};

void pf_diff_free(struct pf_diff *d);
/* What cannot be read or understood is said in the notes. */
void pf_diff_make(struct pf_diff *out, const struct pf_model *m, const struct pf_python *python,
		  struct pf_dists *installed);
const char *pf_severity_name(enum pf_severity s);

/* A module that the model's files name for sure and nothing installed provides. */
struct pf_missing {
	struct pf_str module;
	struct pf_str project;	/* that is likely to have it; empty: the name does not tell */
	struct pf_str why;	/* "model.pkl names xgboost.sklearn" */
};

struct pf_missings {
	struct pf_arena arena;
	PF_VEC(struct pf_missing) v;
	struct pf_strs hollow;	/* what is installed without a module of its own that is named */
};

void pf_missings_free(struct pf_missings *list);
void pf_missings_find(struct pf_missings *out, const struct pf_model *m,
		      const struct pf_python *python, struct pf_dists *installed);

/* The requirements that MLflow would infer by loading the model, found by reading its files: the
 * installed distributions whose modules they name, "pandas==2.1.4", sorted, less what others of
 * them need. They live in `a`. */
void pf_used_find(struct pf_strs *out, struct pf_arena *a, const struct pf_model *m,
		  const struct pf_python *python, struct pf_dists *installed);

/* Reports. `model` is the name to show. */
void pf_report_text(struct pf_buf *out, const struct pf_diff *d, const char *model);
void pf_report_mlflow(struct pf_buf *out, const struct pf_diff *d);
/* What MLflow says when it loads a model that was saved by another minor version of Python. */
void pf_report_mlflow_python(struct pf_buf *out, struct pf_str asked, const struct pf_python *p);
void pf_report_json(struct pf_buf *out, const struct pf_diff *d, const char *model);
void pf_report_markdown(struct pf_buf *out, const struct pf_diff *d, const char *model);
void pf_report_html(struct pf_buf *out, const struct pf_diff *d, const char *model);
