/* git.h - one commit of a git repository, checked out */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

#define PF_GIT_COMMIT 41 /* bytes of a commit's name in hex, its end included */

/* "git+https://user@host/repo.git@v1#egg=x&subdirectory=python". Views, and texts of the arena. */
struct pf_git_source {
	struct pf_str url;	    /* "https://user@host/repo.git" */
	struct pf_str rev;	    /* a branch, a tag or a commit; empty: the repository's HEAD */
	struct pf_str subdirectory; /* relative, without dot-dot; empty: the root */
};

/* The schemes git+https, git+http, git+ssh and git+file. EUSAGE for all others, for a revision that
 * begins with a dash and for a folder outside of the repository. */
int pf_git_split(struct pf_git_source *out, struct pf_arena *a, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;

/* Clones it into the empty directory `path`, its files and .git, HEAD detached at the commit, whose
 * name is put into `commit`. No hook, filter or submodule of the repository is run or fetched.
 * Credentials are those of the URL or of the ssh agent and leave for its host alone: with them no
 * redirect is followed. ETRANSFER, ESOLVE when there is no such revision, ELIMIT, EIO. */
int pf_git_clone(char commit[PF_GIT_COMMIT], const char *path, const struct pf_git_source *from,
		 struct pf_err *err) PF_MUST_USE;
