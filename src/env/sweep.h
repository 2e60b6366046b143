/* sweep.h - what nobody needs any more of a store, but for its environments, removed */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

struct pf_swept {
	size_t leftovers; /* folders of processes that are gone */
	size_t logs;
	size_t wheels; /* unpacked, with their byte code */
	size_t pages;  /* files below index/, and what was left of writing them */
};

/* Removes leftovers, old logs, wheels that are not in `used` (their SHA-256) and were not looked up for `days`, and what
 * an index said before that. With days < 0 the ages of limits.h count; without `used` wheels stay. */
int pf_cache_sweep(struct pf_swept *out, const char *store, const struct pf_map *used, int days,
		   struct pf_err *err) PF_MUST_USE;
void pf_swept_write(struct pf_json_out *w, const struct pf_swept *s);	/* fields of an object */
void pf_swept_print(struct pf_buf *out, const struct pf_swept *s);	/* a line, or nothing */
