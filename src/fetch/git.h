/* git.h - git repositories: what a requirement names of one, which commit that is, its files */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

#define PF_GIT_COMMIT 41 /* bytes of a commit's name in hex, its end included */

/* "git+https://user@host/repo.git@v1#egg=x&subdirectory=python". Views, and texts of the arena. */
struct pf_git_source {
	struct pf_str url;	    /* "https://user@host/repo.git" */
	struct pf_str rev;	    /* as asked for: a branch, a tag or a commit; empty: HEAD */
	struct pf_str commit;	    /* 40 hex digits, where that is what is asked for; else empty */
	struct pf_str subdirectory; /* relative, without dot-dot; empty: the root */
};

/* ---- git_url.c: texts alone ---- */

/* The schemes git+https, git+http, git+ssh and git+file. EUSAGE for all others, for a revision
 * that begins with a dash, for a folder outside of the repository and for a password where ssh
 * has no use for one. */
int pf_git_split(struct pf_git_source *out, struct pf_arena *a, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;
bool pf_git_is_commit(struct pf_str text);
/* The repository without who asks for it, but for the "git" of ssh://git@host: what may be shown
 * and written down, as PEP 610 has it. */
struct pf_str pf_git_bare(struct pf_arena *a, struct pf_str url);
/* "git+URL@COMMIT#subdirectory=x": a source whose commit is known, with and without its secrets. */
struct pf_str pf_git_pinned(struct pf_arena *a, const struct pf_git_source *s);
struct pf_str pf_git_place(struct pf_arena *a, const struct pf_git_source *s);
/* "demo@0123456789ab": what a checkout is called, as others are by their file. */
struct pf_str pf_git_label(struct pf_arena *a, struct pf_str name, struct pf_str commit);

/* ---- git.c ---- */

struct pf_git_found {
	char commit[PF_GIT_COMMIT];
	size_t submodules;	/* that its files name, none of which is fetched */
};

/* What the revision is now: a branch, else a tag, else the beginning of a commit, for which alone
 * the repository has to be fetched, into the empty directory `scratch`. Nothing is asked where
 * the commit is what was asked for. ETRANSFER, ESOLVE when there is no such revision, ELIMIT,
 * EIO. */
int pf_git_find(char commit[PF_GIT_COMMIT], const char *scratch, const struct pf_git_source *from,
		struct pf_err *err) PF_MUST_USE;
/* Clones it into the empty directory `path`, its files and .git, HEAD detached at the commit,
 * which is known; a revision that is the whole name of a reference is fetched as well. Branches
 * and tags are there, for those who make their version of them. No hook, filter or submodule of
 * the repository is run or fetched, and git's own configuration says neither where it is nor who
 * asks. Credentials are those of the URL or of the ssh agent and leave for its scheme, host and
 * port alone: with them no redirect elsewhere is followed. A host of ssh has to be known
 * (~/.ssh/known_hosts). As pf_git_find. */
int pf_git_clone(struct pf_git_found *out, const char *path, const struct pf_git_source *from,
		 struct pf_err *err) PF_MUST_USE;
