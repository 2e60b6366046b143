/* rows.h - objects as rows of a table: `inputs` of nested types, bodies of language models */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* {"name": value, ...} under "inputs", or a list of such objects, where columns are nested. Arrays
 * become numpy's, as the scoring server has them. Both set `*why` when only pandas can tell. */
int pf_rows_of_inputs(struct pf_value *out, const char **why, struct pf_arena *a,
		      const struct pf_value *v, const struct pf_schema *schema,
		      struct pf_err *err) PF_MUST_USE;
/* A body with "messages", "prompt" or "input": itself without a schema, else a row that is enforced
 * without the conversions that other input has before. */
int pf_row_of_llm(struct pf_value *out, const char **why, struct pf_arena *a,
		  const struct pf_value *map, const struct pf_schema *schema,
		  struct pf_err *err) PF_MUST_USE;
