/* light.h - can a model be loaded without MLflow, and what is there to do? */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "model/model.h"

/* What the _load_pyfunc of one of MLflow's flavors would do. The views are the model's. */
struct pf_light {
	const char *flavor;	/* sklearn, lightgbm or xgboost; NULL: not to be loaded so */
	struct pf_str path;	/* of the file, relative to the model's root */
	struct pf_str format;	/* pickle, cloudpickle or skops; empty: the class's own */
	struct pf_str class_name; /* with its module; empty: not of interest */
	const struct pf_node *trusted; /* the types that skops may load, a list; NULL: none told */
	bool has_params;	/* the signature declares some, which xgboost is given */
	char why_not[256];	/* a clause: "flavors.sklearn has the key x, which is not known" */
};

/* Fills out->flavor only when every key of python_function and of the flavor is known and has a
 * value of which is known what MLflow's loader (mlflow/sklearn, lightgbm, xgboost; 1.0 to 3.17)
 * makes of it. */
void pf_model_light(struct pf_light *out, const struct pf_model *m);
