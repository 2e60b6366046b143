/* load.h - how a job's model is loaded, and by whom */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pipeline.h"

/* What must be done by the environment's own mlflow.pyfunc? NULL: nothing. */
const char *pf_job_mlflow_does(const struct pf_model *m, const struct pf_opts *o);

/* Before there is an environment: EUSAGE: --loader light cannot load it. */
int pf_job_check_loader(const struct pf_model *m, const struct pf_opts *o,
			struct pf_err *err) PF_MUST_USE;

/* Says how, for a model that is loaded through mlflow or not. Borrows from the job and the arena;
 * warns of settings that are ignored. EUSAGE as above. */
int pf_job_load(struct pf_load *out, struct pf_arena *a, const struct pf_job *job,
		bool through_mlflow, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Adds what a program that asks the runner itself wants to know: MLmodel, the environment, the
 * signature, and the warnings that were kept for it. */
int pf_job_load_told(struct pf_load *load, struct pf_arena *a, const struct pf_job *job,
		     const struct pf_strs *warnings, const struct pf_opts *o,
		     struct pf_err *err) PF_MUST_USE;
