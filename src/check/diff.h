/* diff.h - what the parts of a comparison share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/weigh.h"

struct pf_compare {
	struct pf_diff *d;	/* its arena is everybody's */
	const struct pf_model *m;
	const struct pf_python *python;
	struct pf_dists *dists;
	struct pf_weights weights;
	bool unasked; /* something that an index may have is named and asked for nowhere */
};

/* Adds a difference; `current` of NULL: not installed. */
struct pf_difference *pf_diff_add(struct pf_compare *c, struct pf_str name, struct pf_str required,
				  struct pf_str current, struct pf_weight weight);
void pf_diff_pip(struct pf_compare *c);
void pf_diff_conda(struct pf_compare *c);
/* The lines of MLflow's own warning, by its own rules: d->mlflow. */
void pf_diff_as_mlflow(struct pf_compare *c);
