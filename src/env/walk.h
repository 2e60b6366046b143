/* walk.h - the files of an environment, named relative to it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "formats/digest.h"

struct pf_found {
	struct pf_str path;	/* "bin/python", NUL-terminated */
	mode_t mode;
	uint64_t size;
	uint64_t inode;		/* of a file with more than one name; else 0 */
	uint64_t names;
	char digest[PF_SHA256_TEXT]; /* as RECORD has it; empty: not known */
};

struct pf_found_list {
	struct pf_arena arena;
	PF_VEC(struct pf_found) files;	/* all that is no folder */
	PF_VEC(struct pf_found) dirs;
	/* What was told of it while the rest was under way: */
	struct pf_buf entries; /* of the first `entered` files, those of a manifest */
	size_t entered;
	bool imports; /* PF_IMPORT_LIST is written */
};

/* Sorted by path; no digests. What is removed or renamed while it is listed may be there or not. */
int pf_walk(struct pf_found_list *out, int dir, struct pf_err *err) PF_MUST_USE;
/* Adds the files at the top and in bin/ that the list does not have: what no package brought. */
int pf_walk_own(struct pf_found_list *l, int dir, struct pf_err *err) PF_MUST_USE;
void pf_found_list_free(struct pf_found_list *l);
