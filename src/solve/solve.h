/* solve.h - needs to a plan */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/plan.h"

/* Resolves every transitive dependency with the driver that o->env_manager names (auto: the best
 * one present), for this interpreter. ESOLVE with the resolver's own last lines, ETRANSFER, ELIMIT. */
int pf_solve(struct pf_plan *out, const struct pf_needs *needs, const char *model_dir,
	     const struct pf_python *python, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
