/* sweep.h - what nobody needs any more of a store, but for its environments, removed */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/stored.h"

struct pf_swept {
	size_t leftovers; /* folders of processes that are gone */
	size_t logs;
	size_t wheels; /* unpacked, with their byte code */
	size_t conda;  /* packages, the same */
	size_t models; /* that were fetched, whole or in part */
	size_t pages;  /* files below index/, and what was left of writing them */
	size_t built;  /* records of source distributions */
	uint64_t bytes; /* of what had no other name, which is free now */
};

struct pf_sweep {
	enum {
		/* what no environment is made of and was not looked up for `days` */
		PF_SWEEP_STALE,
		PF_SWEEP_ALL,   /* what no environment has links into by name */
		PF_SWEEP_NAMED, /* of that, the wheels of these projects, and how they were built */
	} what;
	int days;                    /* -1: the ages of limits.h */
	const struct pf_strs *names; /* canonical */
	const struct pf_strs *gone;  /* keys of environments that do not count; or NULL */
	bool dry;                    /* only counts */
};

/* Leftovers go whatever is asked for. What a build under way may have looked up stays: while there
 * is one, whatever is younger than a day. `s` is one that was opened deeply. */
int pf_sweep(struct pf_swept *out, struct pf_stored_list *s, const struct pf_sweep *how,
	     struct pf_err *err) PF_MUST_USE;

void pf_swept_write(struct pf_json_out *w, const struct pf_swept *s);	/* fields of an object */
/* A line, "removed 2 wheels (1.5 MiB)", or nothing; dry: "would remove". */
void pf_swept_print(struct pf_buf *out, const struct pf_swept *s, bool dry);
