/* usage.h - how much room files take, each counted once whatever its names */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct pf_usage {
	size_t files;	/* all that is no folder */
	uint64_t bytes; /* as long as they are */
};

/* Files of several names that were counted. */
struct pf_seen {
	struct pf_arena arena;
	struct pf_map files;
};

void pf_seen_free(struct pf_seen *s);

/* Adds a file, or a folder with all below it; absent is fine. With `seen`: files that are not in
 * it, which are put there; without: those of one name. */
int pf_usage_add(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		 struct pf_err *err) PF_MUST_USE;
