/* weigh.h - how much a distribution matters to a model: named, needed by what is, or neither */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/check.h"

/* A module that the model will import, one for each distribution's worth. */
struct pf_use {
	struct pf_str module;	/* as named, "sklearn.linear_model._logistic" */
	struct pf_str why;	/* "model.pkl names sklearn.linear_model._logistic" */
	struct pf_dist *dist;	/* that provides it, or NULL */
	bool elsewhere;		/* with Python itself, or in the model's own code folder */
	bool sure;		/* of pickles, and of code that runs whenever it is imported */
};

struct pf_weights {
	struct pf_arena *arena;
	struct pf_dists *dists;
	struct pf_marker_env env;
	struct pf_artifact artifact;
	PF_VEC(struct pf_use) uses;
	struct pf_map used;	/* their top-level names to 1 + index into uses */
	struct pf_map named;	/* canonical name of a distribution to the struct pf_str of why */
	struct pf_map reached;	/* the same for what those need, and so on */
	struct pf_map absent;	/* the same for those here without a module that is named */
	struct pf_map needed;	/* what the requirements need, they included */
	struct pf_str doubt;	/* empty: all that the model imports is known */
};

struct pf_weight {
	enum pf_severity severity;
	struct pf_str why;
};

void pf_weights_free(struct pf_weights *w);
/* Everything lives in `arena`; `dists` are read further where that is needed. */
void pf_weights_make(struct pf_weights *out, struct pf_arena *arena, const struct pf_model *m,
		     const struct pf_python *python, struct pf_dists *dists);
/* What it means that nothing provides a module. */
enum pf_severity pf_weigh_missing(const struct pf_use *use);
/* What it means that the distribution of this canonical name is missing or another version. */
struct pf_weight pf_weigh(const struct pf_weights *w, struct pf_str key, bool installed);
