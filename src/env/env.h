/* env.h - environments: looked up by the hash of their plan, or built aside and renamed into place */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "opts.h"
#include "python/python.h"
#include "solve/plan.h"

struct pf_env {
	struct pf_arena arena;
	char *dir;		/* STORE/envs/KEY; NULL for the local interpreter */
	char *python;		/* its interpreter's path */
	bool fresh;		/* made just now */
};

void pf_env_free(struct pf_env *e);

/* The quick way: needs + interpreter + manager were seen before (STORE/locks/<hash>) and the
 * environment is there: no resolver runs. Returns 1 found, 0 not, -1 err. Under 5 ms. */
int pf_env_recall(struct pf_env *out, const struct pf_needs *needs, const struct pf_python *python,
		  const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* Looks the plan's key up; else takes the key's lock, builds in STORE/tmp, verifies, renames.
 * Records the needs' lock beside it. */
int pf_env_get(struct pf_env *out, const struct pf_needs *needs, const struct pf_plan *plan,
	       const struct pf_python *python, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
