/* conda_paths.h - the files of a conda package that are to be linked, by either way to list them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/conda_info.h"

struct pf_conda_paths {
	struct pf_arena *arena;
	struct pf_conda_info *info;
	bool lenient;
	size_t odd;	      /* files of another digest, where that is forgiven */
	struct pf_map there;  /* to struct pf_archived: what was unpacked, but for info/ */
	struct pf_map listed; /* what was taken */
};

/* What is said of one of them. */
struct pf_conda_path {
	struct pf_str path, sha256;
	struct pf_str placeholder, mode; /* "text", "binary" */
	uint64_t size;
	bool has_prefix, no_link;
};

/* May a path of an environment be called so? EINTEGRITY. */
int pf_conda_path_check(struct pf_str path, struct pf_err *err) PF_MUST_USE;
void pf_conda_paths_open(struct pf_conda_paths *p, const struct pf_archive_kept *kept);
/* Adds one to the files of p->info; `member` is what was unpacked of it. EINTEGRITY. */
int pf_conda_path_take(const struct pf_archived **member, struct pf_conda_paths *p,
		       const struct pf_conda_path *one, struct pf_err *err) PF_MUST_USE;
/* Before there was paths.json: info/files is a path a line, info/has_prefix
 * "[PLACEHOLDER MODE] PATH", each in quotes where it holds blanks; info/no_link. */
int pf_conda_paths_old(struct pf_conda_paths *p, int tree, struct pf_err *err) PF_MUST_USE;
