/* native.h - needs resolved by ourselves, and the wheels of a plan fetched: no pip, no uv */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/index.h"
#include "python/python.h"
#include "solve/indexes.h"
#include "solve/plan.h"

/* The user's indexes, open for one interpreter. Stays where it is while it is open. */
struct pf_native {
	struct pf_arena arena;
	struct pf_indexes settings;
	struct pf_strs urls;
	struct pf_tags tags;
	struct pf_index index;
	char *wheels;		/* STORE/wheels; NULL: what is there makes no difference */
};

/* `needs` tells the indexes a model may have added; may be NULL. */
int pf_native_open(struct pf_native *out, const struct pf_needs *needs,
		   const struct pf_python *python, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
void pf_native_free(struct pf_native *n);

/* Requirements and constraints, lines of a requirements file, to wheels that are known to the last
 * digest. `whole` tells where a line stood. What has only a source distribution is left out: ESOLVE
 * says so. A list of lists ends with NULL. */
int pf_native_resolve(struct pf_plan *out, struct pf_native *n, const struct pf_strs *const *wanted,
		      const struct pf_strs *constraints, const struct pf_needs *whole,
		      const struct pf_python *python, struct pf_err *err) PF_MUST_USE;

/* Begins to fetch a planned wheel into the descriptor; wait with pf_native_wait. */
void pf_native_fetch(struct pf_transfer *t, int fd, struct pf_native *n, const struct pf_planned *one);
int pf_native_wait(struct pf_native *n, struct pf_transfer *t, struct pf_err *err) PF_MUST_USE;
