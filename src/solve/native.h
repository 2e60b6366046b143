/* native.h - needs resolved by ourselves, and the files of a plan fetched: no pip, no uv */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "formats/digest.h"
#include "index/index.h"
#include "python/python.h"
#include "solve/builder.h"
#include "solve/indexes.h"
#include "solve/plan.h"

/* The user's indexes, open for one interpreter. Stays where it is while it is open. */
struct pf_native {
	struct pf_arena arena;
	struct pf_indexes settings;
	struct pf_strs urls;
	struct pf_tags tags;
	struct pf_index index;
	char *wheels;		/* STORE/wheels; NULL: what is there makes no difference */
	int as_of;			/* the day whose packages count; 0: today */
	struct pf_build_for whom;	/* borrowed */
	struct pf_map unbuilt;		/* what could not be built: its address to why */
	struct pf_map in_vain;		/* of a project's name to how many of it could not */
	struct pf_map commits;		/* of repositories: what was asked for to what it is */
	char *hint;			/* about the last of them; NULL: none */
	const struct pf_dists *upon;	/* what conda brings: borrowed; or NULL */
};

/* `needs` tells the indexes a model may have added, and the day; may be NULL. */
int pf_native_open(struct pf_native *out, const struct pf_needs *needs,
		   const struct pf_python *python, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;
void pf_native_free(struct pf_native *n);

/* Requirements and constraints, lines of a requirements file, to wheels and source distributions
 * that are known to the last digest. `whole` tells where a line stood, and the facts. What has
 * only a source distribution needs a builder. A list of lists ends with NULL. */
int pf_native_resolve(struct pf_plan *out, struct pf_native *n, const struct pf_strs *const *wanted,
		      const struct pf_strs *constraints, const struct pf_needs *whole,
		      const struct pf_python *python, struct pf_err *err) PF_MUST_USE;

/* A model's needs as they are resolved, less what only builds: paths as URLs, what stands for conda
 * packages among them. Views live in the arena. */
int pf_native_wanted(struct pf_needs *out, struct pf_arena *a, const struct pf_needs *needs,
		     const char *model_dir, const struct pf_python *python,
		     struct pf_err *err) PF_MUST_USE;

/* Nothing is resolved: the file of one version that has one of the digests, the best wheel first.
 * Its file, place and digests are filled in. Name and version are canonical and as written.
 * EINTEGRITY when the index has none such. */
int pf_native_pin(struct pf_planned *one, struct pf_arena *a, struct pf_native *n,
		  struct pf_str name, struct pf_str version, const struct pf_strs *hashes,
		  struct pf_err *err) PF_MUST_USE;

/* Begins to fetch a planned file into the descriptor; wait with pf_native_wait. */
void pf_native_fetch(struct pf_transfer *t, int fd, struct pf_native *n,
		     const struct pf_planned *one);
int pf_native_wait(struct pf_native *n, struct pf_transfer *t, struct pf_err *err) PF_MUST_USE;
/* Both, and its SHA-256: for one that nothing else is fetched beside. */
int pf_native_get(char sha256[PF_DIGEST_HEX], int fd, struct pf_native *n,
		  const struct pf_planned *one, struct pf_err *err) PF_MUST_USE;
