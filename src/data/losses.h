/* losses.h - what is left to the environment: values that it would change are refused before */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* `v` is an object, or a list of them, under "inputs" or "instances", whose plain columns (scalars,
 * lists of them) are cast for the sake of their errors alone; all else is passed over. */
int pf_losses_refuse(struct pf_arena *a, const struct pf_value *v, const struct pf_schema *schema,
		     struct pf_err *err) PF_MUST_USE;
