/* inputs.h - the "inputs" and "instances" of a request */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* What the model is given: arrays, objects of arrays or a table, enforced against the schema
 * (NULL: none). Sets `*why` when only the environment can tell. */
int pf_inputs_read(struct pf_value *out, const char **why, struct pf_arena *a,
		   const struct pf_value *v, bool instances, const struct pf_schema *schema,
		   struct pf_err *err) PF_MUST_USE;
/* A table against a tensor signature. */
int pf_inputs_from_grid(struct pf_value *out, const char **why, struct pf_arena *a,
			const struct pf_value *rows, size_t columns,
			const struct pf_schema *schema, struct pf_err *err) PF_MUST_USE;
