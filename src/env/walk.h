/* walk.h - every file of an environment, named relative to it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

struct pf_found {
	struct pf_str path;	/* "bin/python", NUL-terminated */
	mode_t mode;
	uint64_t size;
};

struct pf_found_list {
	struct pf_arena arena;
	PF_VEC(struct pf_found) files;	/* all that is no folder, sorted by path */
	PF_VEC(struct pf_found) dirs;
};

int pf_walk(struct pf_found_list *out, int dir, struct pf_err *err) PF_MUST_USE;
void pf_found_list_free(struct pf_found_list *l);
