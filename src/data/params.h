/* params.h - the parameters of a request against those that the signature declares */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* NULL: none of this name is declared. */
const struct pf_param *pf_params_find(const struct pf_params *declared, struct pf_str name);
/* `given` may be NULL. Out: a MAP of what was given and of defaults, in that order, or NULL when
 * none are declared. Unknown names are warned of and dropped; EMODEL in MLflow's words. */
int pf_params_enforce(struct pf_value *out, struct pf_arena *a, const struct pf_value *given,
		      const struct pf_params *declared, struct pf_err *err) PF_MUST_USE;
