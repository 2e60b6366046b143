/* columns.h - cells to a typed column: as pandas would infer it, or as the signature declares it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* Cells as they came: NULL, BOOL, INT, BIGINT, FLOAT, STRING, LIST, MAP. */
struct pf_cells {
	struct pf_str name;
	bool unnamed;
	struct pf_value *v;
	const size_t *rows;	/* which row each is of, for messages; NULL: they are counted */
};

/* Where the cells came from: numpy's array(x, dtype) and pandas' astype differ on text. */
enum pf_cast_from { PF_FROM_FRAME, PF_FROM_ARRAY };

/* Both set `*why` instead of `out` and return 0 when only pandas can tell. */
void pf_column_infer(struct pf_column *out, const char **why, struct pf_arena *a,
		     const struct pf_cells *cells, size_t rows);
/* As pandas.Series makes it of a list of Python's, in which elements of numpy's may be. */
void pf_column_of_list(struct pf_column *out, const char **why, struct pf_arena *a,
		       const struct pf_cells *cells, size_t rows);
/* EMODEL "column 'a', row 3: expected integer, got 1.7" where a value would not survive. */
int pf_column_cast(struct pf_column *out, const char **why, struct pf_arena *a,
		   const struct pf_cells *cells, size_t rows, const struct pf_colspec *spec,
		   enum pf_cast_from from, struct pf_err *err) PF_MUST_USE;

/* One value as an element of `type` (BOOL to FLOAT64) at `to`; false when it would not survive. */
bool pf_element_put(void *to, enum pf_type type, const struct pf_value *v);

/* A value as Python's repr() shows it, cut: for messages. */
void pf_value_repr(struct pf_buf *out, const struct pf_value *v);
