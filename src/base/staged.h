/* staged.h - a folder that is made beside its place, and put there when it is whole */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* Zeroed: none. */
struct pf_staged {
	struct pf_arena arena;
	const char *path;	/* where it will be, without a final slash */
	const char *last;	/* its name there */
	char name[64];		/* its name until then, in the same folder */
	int parent, dir;	/* descriptors: of the folder around it, and its own */
	bool open;
};

/* A new folder beside `path`, which is not there yet: EUSAGE when it is. The folder around it has
 * to be there. */
int pf_staged_open(struct pf_staged *out, const char *path, struct pf_err *err) PF_MUST_USE;
/* The same, where `path` may be an empty folder, which it will replace; the folders above it are
 * made. What is there and is not empty is EUSAGE in the words of MLflow's save_model. */
int pf_staged_open_new(struct pf_staged *out, const char *path, struct pf_err *err) PF_MUST_USE;
/* Renames it into place. Nobody else's folder is overwritten. */
int pf_staged_commit(struct pf_staged *s, struct pf_err *err) PF_MUST_USE;
/* Without a commit, nothing is left. */
void pf_staged_free(struct pf_staged *s);
