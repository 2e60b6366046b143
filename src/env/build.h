/* build.h - one environment built aside, checked, and renamed into place */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/env.h"
#include "solve/solve.h"

/* Builds STORE/envs/KEY of the plan; the caller holds the key's lock. With `replace` an environment
 * that is there is exchanged for the new one. */
int pf_env_build(const struct pf_plan *plan, const struct pf_needs *needs,
		 const struct pf_python *python, bool replace, const struct pf_opts *o,
		 struct pf_err *err) PF_MUST_USE;
