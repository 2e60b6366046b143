/* input.h - inputs and answers of every format, some of which only the environment can read */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/data.h"
#include "pipeline.h"

/* The formats by name, NULL-terminated: as the suffixes of their files. */
extern const char *const pf_input_formats[];	/* json csv parquet npy npz */
extern const char *const pf_answer_formats[];	/* json csv parquet */
bool pf_input_is_text(const char *format);

/* What the runner is to be asked. Parquet is read by the runner, into `held`, from which the result
 * borrows. */
int pf_input_read(struct pf_request *out, struct pf_arena *a, struct pf_buf *held,
		  struct pf_runner *r, const struct pf_input *input, const struct pf_expect *expect,
		  struct pf_err *err) PF_MUST_USE;

/* Appends the answer; Parquet is written by the runner. EMODEL for no table, but in JSON. */
int pf_answer_write(struct pf_buf *out, struct pf_runner *r, const struct pf_value *answer,
		    const char *format, unsigned how, double seconds,
		    struct pf_err *err) PF_MUST_USE;
