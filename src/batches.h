/* batches.h - many rows, a batch at a time: their answers put together as if it were one */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pipeline.h"

/* Where rows come from and answers go to. */
struct pf_batches {
	size_t rows;		/* of a batch */
	int fd;			/* CSV is read from it as it comes, Parquet by the runner */
	bool file;		/* it is of a regular file */
	bool mapped;		/* the input's text is that file, mapped; else it was read */
	const char *name;	/* of what is read, for messages */
	int (*write)(void *ctx, struct pf_str piece, struct pf_err *err);
	void (*tell)(void *ctx, size_t rows,
		     size_t bytes); /* what was done so far; NULL: nobody asks */
	void *ctx;
};

/* Asks the runner for one batch after the other and writes the answer as it grows, its last newline
 * included. CSV needs a signature of columns: else its types would depend on the batch. EMODEL
 * where answers cannot be put together, that have not as many rows as their batch, and for input
 * that only the environment can read. `input->seconds` is for all of it. */
int pf_job_predict_batches(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
			   const struct pf_input *input, const struct pf_batches *b,
			   struct pf_err *err) PF_MUST_USE;
