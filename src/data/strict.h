/* strict.h - typed columns to the types a signature declares, as MLflow's strict stage allows it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* A column of a numpy type to a declared plain type: up to a wider type of the same kind, integers
 * of up to 32 bits to double, int64 that are all 0 or 1 to a float, objects as what they hold
 * (mlflow/models/utils.py: _enforce_mlflow_datatype). `label` is how the message calls the column.
 * In place, new cells are in the arena; EMODEL in MLflow's words. Sets `*why` when only pandas can
 * tell. Where MLflow takes objects for booleans without a look at them, they are refused, unless
 * they are booleans and missing ones. */
int pf_strict_column(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
		     enum pf_dtype wanted, struct pf_str label, struct pf_err *err) PF_MUST_USE;

/* Does a numpy type of this kind and item size, as numpy tells them, go up to the declared plain
 * type? int64 that is all 0 or 1 goes to float and double too, which is for the caller to see. */
bool pf_strict_goes_up(char kind, size_t width, enum pf_dtype wanted);
const char *pf_strict_numpy(enum pf_dtype wanted);	/* "int32", ... */
/* The refusal of a type that does not; `lost`: it holds whole numbers and missing ones. */
int pf_strict_refuse(struct pf_str label, const char *dtype, enum pf_dtype wanted, bool lost,
		     struct pf_err *err);

/* All columns of a table that the signature wants, in its order; nested ones too. */
int pf_strict_table(struct pf_table *t, const char **why, struct pf_arena *a,
		    const struct pf_schema *schema, struct pf_err *err) PF_MUST_USE;
