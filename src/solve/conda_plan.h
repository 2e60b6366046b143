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

/* Does an environment of these needs come from conda's channels? By --env-manager conda and mamba,
 * and with auto where they name packages besides python, pip, setuptools and wheel. */
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
/* Are the plan's packages of the channels that "channel::name" asks for? The task may be one that
 * could not be opened. EINTEGRITY where one is not. */
int pf_conda_task_check(const struct pf_plan *plan, struct pf_conda_task *t,
			const struct pf_needs *needs, struct pf_err *err) PF_MUST_USE;
/* May the plan's packages, and their channels, be installed by the user's disallowed_packages,
 * allowlist_channels and denylist_channels? A lock says what they are, not that they may be. EUSAGE
 * naming the first one that may not. */
int pf_conda_check_allowed(const struct pf_plan *plan, struct pf_channels *settings,
			   struct pf_err *err) PF_MUST_USE;
/* Fills plan->conda, plan->resolver and plan->as_of; the plan borrows from the task. Without
 * --strict-python another patch of the Python that is asked for is taken where the channels do not
 * have that one. ESOLVE, ETRANSFER, ELIMIT. */
int pf_conda_task_solve(struct pf_plan *plan, struct pf_conda_task *t, const struct pf_needs *needs,
			const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* The same by whichever of micromamba, mamba and conda is there: it is made at once, and left in
 * plan->made. EIO when there is none of them, EUSAGE where a day is asked for. */
int pf_conda_task_drive(struct pf_plan *plan, struct pf_conda_task *t, const struct pf_needs *needs,
			const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* ---- what the two share ---- */

/* Python's spec, and those of the needs; in the task's arena. */
struct pf_conda_asked {
	struct pf_match_spec *v;
	size_t n;
};

int pf_conda_task_specs(struct pf_conda_asked *out, struct pf_conda_task *t,
			const struct pf_needs *needs, bool any_patch,
			struct pf_err *err) PF_MUST_USE;
/* The spec that asks for a package; empty: none does. */
struct pf_str pf_conda_asked_by(struct pf_arena *a, const struct pf_conda_asked *specs,
				struct pf_str name);
/* Is it "3.11.7" of which another patch would do? And says that one is taken. */
bool pf_conda_names_patch(const struct pf_needs *needs);
void pf_conda_note_patch(const struct pf_needs *needs);
