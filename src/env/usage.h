/* usage.h - how much room files take, each counted once whatever its names */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct pf_usage {
	size_t files;	/* all that is no folder */
	uint64_t bytes; /* as long as they are */
};

/* Files of several names that were counted, or whose names are. */
struct pf_seen {
	struct pf_arena arena;
	struct pf_map files;
};

void pf_seen_free(struct pf_seen *s);

/* Adds a file, or a folder with all below it; absent is fine. Files that are not in `seen`, which
 * are put there. */
int pf_usage_add(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		 struct pf_err *err) PF_MUST_USE;
/* The same of what goes together: a file counts with the last of its names. */
int pf_usage_add_last(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		      struct pf_err *err) PF_MUST_USE;
