/* enforce.h - which of the given columns the signature asks for, in MLflow's words */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* A column's label: a name, or the number it has when it has none; to pandas, and so to a signature
 * whose names are numbers, 0 and "0" are two labels. */
struct pf_label {
	struct pf_str name;
	bool unnamed;
	int64_t shift; /* that number, less the column's place; PF_LABEL_ODD: it is neither */
};
#define PF_LABEL_ODD (INT64_MAX / 2)

/* For each declared column, in the signature's order: pick[i] is the given column's number, or
 * PF_NPOS for an optional one that is not there (`pick` has room for schema->n). With an unnamed
 * signature columns are taken by position. Missing ones are EMODEL in MLflow's words; extra ones
 * are warned of. Works on column schemas and on tensors. */
int pf_enforce_columns(size_t *pick, const struct pf_label *given, size_t n,
		       const struct pf_schema *schema, struct pf_err *err) PF_MUST_USE;

/* Every declared type is one of boolean .. datetime. */
bool pf_schema_is_scalar(const struct pf_schema *schema);
const char *pf_dtype_name(enum pf_dtype t);	/* as a signature spells it */

/* Shape of a tensor against the declared one: EMODEL in MLflow's words. */
int pf_enforce_shape(const struct pf_tensor *t, const struct pf_tensorspec *spec,
		     struct pf_err *err) PF_MUST_USE;

/* Appends text as Python's repr() would show it, cut to PF_MAX_SHOWN. */
void pf_repr(struct pf_buf *out, struct pf_str s);
