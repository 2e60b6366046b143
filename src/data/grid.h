/* grid.h - rows of a request as columns of cells, then as a table */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/columns.h"

struct pf_grid {
	struct pf_cells *columns;
	size_t n;
	size_t rows;
	bool holes;		/* records: some lack a key; such cells are NaN */
	struct pf_value *index; /* or NULL */
};

/* {"columns": [...], "index": [...], "data": [[...], ...]}. Both readers set `*why` when only
 * pandas can tell; what is malformed is EMODEL with its row. */
int pf_grid_split(struct pf_grid *out, const char **why, struct pf_arena *a,
		  const struct pf_value *v, struct pf_err *err) PF_MUST_USE;
/* [{...}, ...] */
int pf_grid_records(struct pf_grid *out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, struct pf_err *err) PF_MUST_USE;
/* A grid of `rows` by `n` empty cells; the columns are unnamed. */
void pf_grid_make(struct pf_grid *out, struct pf_arena *a, size_t rows, size_t n);

/* The columns that the signature wants, each cast to its type; without a signature all of them,
 * their types inferred. */
int pf_grid_table(struct pf_value *out, const char **why, struct pf_arena *a,
		  const struct pf_grid *grid, const struct pf_schema *schema,
		  enum pf_cast_from from, struct pf_err *err) PF_MUST_USE;
