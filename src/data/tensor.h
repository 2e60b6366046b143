/* tensor.h - nested lists to an array, as numpy would make it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* numpy.array(v): the type follows from the elements. Lists that differ in length or depth are
 * EMODEL; what only numpy can tell sets `*why` and leaves `out` alone. */
int pf_tensor_infer(struct pf_tensor **out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, struct pf_err *err) PF_MUST_USE;
/* numpy.array(v, dtype=type) that loses nothing; EMODEL names the element that would not survive.
 * `name` is the input's, empty when it has none. */
int pf_tensor_cast(struct pf_tensor **out, const char **why, struct pf_arena *a,
		   const struct pf_value *v, enum pf_type type, struct pf_str name,
		   struct pf_err *err) PF_MUST_USE;
