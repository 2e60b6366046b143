/* conda_plan.h - a model's needs of conda to the packages of its channels */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "channel/channel.h"
#include "solve/plan.h"

/* What is asked for, where, and for what machine. */
struct pf_conda_task {
	struct pf_arena arena;
	struct pf_channels channels;
	struct pf_conda_records machine;
	struct pf_str subdir;
};

void pf_conda_task_free(struct pf_conda_task *t);

/* Does an environment of these needs come from conda's channels? By --env-manager conda, and with
 * auto where they name packages besides python, pip, setuptools and wheel. */
bool pf_needs_conda(const struct pf_needs *needs, const struct pf_opts *o);
/* Could the package index do without a channel? It has all that is named. */
bool pf_conda_has_twins(const struct pf_needs *needs);

/* Channels and virtual packages; sets needs->conda_from, which tells them apart. Nothing is
 * fetched. EMODEL, EUSAGE, ETRANSFER for a channel that is forbidden. */
int pf_conda_task_open(struct pf_conda_task *out, struct pf_needs *needs, const struct pf_opts *o,
		       struct pf_err *err) PF_MUST_USE;
/* How the plan's packages are reached: by the channels' addresses with login and token, and their
 * certificates and proxies. The plan borrows from the task. */
void pf_conda_task_places(struct pf_plan *plan, const struct pf_conda_task *t);
/* Fills plan->conda, plan->resolver and plan->as_of; the plan borrows from the task. Without
 * --strict-python another patch of the Python that is asked for is taken where the channels do not
 * have that one. ESOLVE, ETRANSFER, ELIMIT. */
int pf_conda_task_solve(struct pf_plan *plan, struct pf_conda_task *t, const struct pf_needs *needs,
			const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
