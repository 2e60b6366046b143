/* batch_inside.h - what the files that read rows in batches share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "batches.h"

struct pf_batch_work {
	struct pf_runner *r;
	const struct pf_input *input;
	const struct pf_batches *b;
	struct pf_expect expect;
	const char *store;	/* pf_store_root's flag, or NULL */
	const char *format;	/* of the answer */
	unsigned how;
	double until;		/* on the clock; 0: no end */
	size_t rows;		/* done */
	struct pf_buf header;	/* of the answer as CSV, from the first batch */
	bool begun;
	struct pf_err *err;
};

/* What is left of the time for all of it; 0: no limit. ELIMIT when it is over. */
int pf_batch_time(double *left, struct pf_batch_work *w) PF_MUST_USE;
/* Asks for one batch of so many rows, and writes what is answered. */
int pf_batch_ask(struct pf_batch_work *w, const struct pf_value *data,
		 const struct pf_value *params, size_t rows) PF_MUST_USE;
/* --params, or what the input came with. */
int pf_batch_params(struct pf_value *out, struct pf_batch_work *w, struct pf_arena *a,
		    const struct pf_request *request) PF_MUST_USE;
/* Asks for all rows of an array, or of a map of them, a batch at a time. They may lie in `file`,
 * whose pages are let go of once they were used; empty: in none. */
int pf_batch_arrays(struct pf_batch_work *w, const struct pf_value *all, size_t rows,
		    struct pf_str file) PF_MUST_USE;
/* Does the signature say how many rows an array has? That is checked of the whole, not of parts. */
bool pf_batch_fixes_rows(const struct pf_schema *s);
/* The answer's end. */
int pf_batch_finish(struct pf_batch_work *w) PF_MUST_USE;
/* Says from which row on a message counts. */
int pf_batch_wrap(struct pf_batch_work *w, size_t from);
/* The error for what only the environment can read. */
int pf_batch_refuse(struct pf_batch_work *w, const char *why);

/* How many rows a table, an array or each array of a map has; false: they are not alike, or none
 * of these. */
bool pf_batch_rows_of(size_t *rows, const struct pf_value *v);
/* Some of them. */
struct pf_value pf_batch_slice(struct pf_arena *a, const struct pf_value *v, size_t from,
			       size_t rows);

/* batches.c - the input's text as a whole, then slices of what is enforced. */
int pf_batches_whole(struct pf_batch_work *w) PF_MUST_USE;
/* The same of what is still to be read from the descriptor. */
int pf_batches_read_whole(struct pf_batch_work *w) PF_MUST_USE;
/* batch_typed.c, batch_npz.c, batch_json.c - of a file: the input's text is mapped; archives are
 * read from the descriptor, and Parquet is the runner's to open. What cannot be told in parts goes
 * the way of the whole. */
int pf_batches_npy(struct pf_batch_work *w) PF_MUST_USE;
int pf_batches_npz(struct pf_batch_work *w) PF_MUST_USE;
int pf_batches_parquet(struct pf_batch_work *w) PF_MUST_USE;
int pf_batches_json(struct pf_batch_work *w) PF_MUST_USE;
/* batch_csv.c - from the descriptor, as it comes. */
int pf_batches_csv(struct pf_batch_work *w) PF_MUST_USE;
