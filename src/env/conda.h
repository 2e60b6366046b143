/* conda.h - environments of conda packages: of the same store, by the same rules as all others */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/env.h"

/* What plan->conda names, found or made: STORE/envs/KEY, with a manifest.json like any other. The
 * plan is sealed here; each record needs its file's name, a digest and a place to be had from.
 * ESOLVE: no python is among them, two of one name, one without digest or place. */
int pf_conda_env_get(struct pf_env *out, struct pf_plan *plan, const struct pf_opts *o,
		     struct pf_err *err) PF_MUST_USE;
