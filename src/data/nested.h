/* nested.h - arrays, objects, maps and whatever they hold, as MLflow enforces them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/columns.h"

/* One value against a type of any kind (mlflow/models/utils.py: _enforce_type). Numbers in objects
 * and maps become numpy's own, lists of plain types are typed as one column would be. EMODEL in
 * MLflow's words. Refused beyond that: what an array would turn into something else (null into
 * false, any object into text). Sets `*why` when only pandas can tell. */
int pf_nested_value(struct pf_value *out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, const struct pf_colspec *spec, bool required,
		    struct pf_err *err) PF_MUST_USE;

/* A column of them. The scoring server enforces twice, once when it reads and once before it
 * predicts: `times`. Errors name the column and the row. */
int pf_nested_column(struct pf_column *out, const char **why, struct pf_arena *a,
		     const struct pf_cells *cells, size_t rows, const struct pf_colspec *spec,
		     unsigned times, struct pf_err *err) PF_MUST_USE;

/* Python's name of a value's type: for messages. */
const char *pf_python_type(const struct pf_value *v);
