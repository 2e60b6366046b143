/* open_dirs.h - folders held open along a path, for files that come in the order of their paths */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/limits.h"

/* Zeroed but for the first three. */
struct pf_dirs {
	int root;	/* borrowed */
	bool make;	/* folders that are not there */
	bool strict;	/* the umask keeps others out: modes have to be said twice */
	size_t n;
	struct {
		size_t end; /* of its name in `path` */
		int fd;
	} v[PF_MAX_WHEEL_DEPTH + 8];
	char path[PF_MAX_PATH];
};

void pf_dirs_close(struct pf_dirs *d);
/* The folder of a file, no link followed, and its name in it. Good until the next call. -1. */
int pf_dirs_enter(const char **name, struct pf_dirs *d, const char *path,
		  struct pf_err *err) PF_MUST_USE;
