/* reasons.h - why a resolution holds what it holds: what is late, and what the model recorded */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/offers.h"
#include "solve/plan.h"

/* Notes and records in the plan what was uploaded after the day and why, which facts were heeded
 * and which not, and of what the day is not known. */
int pf_reasons_tell(struct pf_plan *plan, struct pf_offers *offers,
		    const struct pf_resolution *found, const struct pf_resolve_opts *o,
		    struct pf_err *err) PF_MUST_USE;
