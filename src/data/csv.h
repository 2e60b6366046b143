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
/* RFC 4180 as pandas' tokenizer has it: \n, \r\n or \r end a row, blank rows are skipped, text may
 * follow a closing quote. EMODEL with the line for what is malformed. Views borrow from `text` or
 * live in the arena. */
int pf_csv_split(struct pf_csv *out, struct pf_arena *a, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;
void pf_csv_free(struct pf_csv *c);

/* One field after the other: what it rules out, added to what was ruled out before. */
unsigned pf_csv_judge(unsigned seen, struct pf_str field);
/* What pandas alone can tell of a column of which this was seen in so many fields of the table. */
const char *pf_csv_doubt(unsigned seen, size_t fields);
/* As pf_csv_infer for a part of such a column; false: it is none. */
bool pf_csv_part(struct pf_column *out, struct pf_arena *a, const struct pf_csv *c, size_t column,
		 unsigned seen);
/* The column as read_csv(dtype=...) has it; EMODEL where a field does not fit. Beyond pandas: dates
 * are read, bytes are base64, and fields of nested types are JSON. */
int pf_csv_cast(struct pf_column *out, const char **why, struct pf_arena *a, const struct pf_csv *c,
		size_t column, const struct pf_colspec *spec, struct pf_err *err) PF_MUST_USE;
