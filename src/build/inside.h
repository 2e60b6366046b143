/* inside.h - one build, as the files of this folder share it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "build/hook.h"
#include "build/kept.h"
#include "build/tools.h"

/* What is being built, from the innermost outwards. */
struct pf_above {
	const struct pf_above *above;
	struct pf_str name;
	unsigned depth;
};

struct pf_building {
	const struct pf_sdist *s;
	const struct pf_build_for *whom;
	struct pf_above here;
	struct pf_builder deeper;	/* for what it is built with */
	struct pf_opts o;
	struct pf_workdir w;		/* opened when something has to be done */
	struct pf_kept kept;
	int lock;			/* 0: none */
	int archive;			/* 0: not here yet */
	char *work, *source;		/* what it may write, and its own folder in there */
	struct pf_backend backend;
	struct pf_tools tools;
	struct pf_confine confine;
	struct pf_hook hook;
};

/* ---- archive.c ---- */

/* Fetches it, and computes its digest where that is not known. */
int pf_building_fetch(struct pf_building *b, struct pf_str *sha256, struct pf_err *err) PF_MUST_USE;
/* Fetches it where it is not at hand, and unpacks it, or checks it out: b->work, b->source. */
int pf_building_unpack(struct pf_building *b, struct pf_err *err) PF_MUST_USE;
/* It is not needed any more. */
void pf_building_drop_archive(struct pf_building *b);

/* ---- checkout.c ---- */

/* What stands for an archive's digest: of the repository, the commit and the folder. */
struct pf_str pf_checkout_digest(struct pf_arena *a, const struct pf_git_source *git);
/* The commit's files, and where in them the source is: b->source. ETRANSFER, ESOLVE, EINTEGRITY,
 * ELIMIT. */
int pf_building_checkout(struct pf_building *b, struct pf_err *err) PF_MUST_USE;

/* ---- result.c ---- */

/* Is it that of what was asked for? EINTEGRITY. */
int pf_building_check(const struct pf_building *b, struct pf_str metadata,
		      struct pf_err *err) PF_MUST_USE;
/* A text that the build made, below a folder; ESOLVE where it is not there. */
int pf_building_read(struct pf_str *out, struct pf_arena *a, const char *dir, const char *path,
		     struct pf_err *err) PF_MUST_USE;
/* The wheel that its build says to have made: checked, put into the cache, recorded. */
int pf_building_take(struct pf_kept_wheel *out, struct pf_building *b, struct pf_arena *a,
		     struct pf_str file, struct pf_err *err) PF_MUST_USE;
