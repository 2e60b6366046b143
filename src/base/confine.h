/* confine.h - a build's process kept to its own folder and off the network, as far as can be */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

enum pf_confined {
	PF_CONFINED_NOT,
	PF_CONFINED_WRITES, /* by Landlock: the network is there, at most TCP is not */
	PF_CONFINED, /* by namespaces of its own: no network, all else read-only, no capabilities */
};

/* Made before the fork: the child may not allocate. */
struct pf_confine {
	enum pf_confined how;
	const char *dir;	/* what may be written */
	const char *shm;	/* a folder in it that stands for /dev/shm */
	const char *cwd;
	/* With namespaces alone: a folder that is seen at another place, whose parent is there
	 * and holds nothing else then; read-only, unless it lies in `dir`. Both or neither. */
	const char *from, *at;
	char *uid_map, *gid_map;
	pid_t parent;
};

/* The strictest, granted or not: a program that is not started by it (pf_proc_start) may be by the
 * next one down. `dir`, `shm` and `cwd` are absolute and there; `out` is zeroed but for `from` and
 * `at`. */
void pf_confine_prepare(struct pf_confine *out, struct pf_arena *a, const char *dir,
			const char *shm, const char *cwd);
/* The same, and finds out what is granted, in a process of its own that is gone afterwards. */
void pf_confine_make(struct pf_confine *out, struct pf_arena *a, const char *dir, const char *shm,
		     const char *cwd);
/* For struct pf_spawn: `how` is a struct pf_confine. */
int pf_confine_enter(const void *how);
