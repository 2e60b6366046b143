/* arrays.h - arrays that came as such, against the signature: their types have to fit exactly */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/data.h"

/* `given` is a TENSOR, or a MAP of them by name. Nothing is cast for a signature of tensors; for
 * one of columns an array of two dimensions is a table, whose columns are enforced as typed ones
 * are (mlflow/models/utils.py: _enforce_tensor_schema, _enforce_schema). The result's views borrow
 * from `given`. */
int pf_arrays_request(struct pf_request *out, struct pf_arena *a, const struct pf_value *given,
		      const struct pf_expect *expect, struct pf_err *err) PF_MUST_USE;
