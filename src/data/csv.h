/* csv.h - CSV text as rows of fields, and fields as typed columns */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/columns.h"

/* The fields of a file, row by row; short rows are filled up with empty views. */
struct pf_csv {
	struct pf_str *names;	/* of the columns; "Unnamed: 2" where the header has none */
	size_t columns;
	struct pf_str *fields;	/* rows * columns, unquoted */
	size_t rows;
	size_t cap;
};

/* The type that read_csv would infer for a column; sets `*why` when only pandas can tell. */
void pf_csv_infer(struct pf_column *out, const char **why, struct pf_arena *a,
		  const struct pf_csv *c, size_t column);
/* The column as read_csv(dtype=...) has it; EMODEL where a field does not fit. Beyond pandas: dates
 * are read, bytes are base64, and fields of nested types are JSON. */
int pf_csv_cast(struct pf_column *out, const char **why, struct pf_arena *a, const struct pf_csv *c,
		size_t column, const struct pf_colspec *spec, struct pf_err *err) PF_MUST_USE;
