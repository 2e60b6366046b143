/* conda_link.h - an environment filled with conda packages of the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/walk.h"
#include "env/wheel.h"
#include "opts.h"
#include "solve/solve.h"

/* One file of a package, and what comes of it. */
struct pf_conda_placed {
	struct pf_str place;		/* "lib/python3.11/site-packages/demo.py" */
	const struct pf_bundled *file;	/* NULL: an entry point's script */
	const struct pf_entry_point *entry;
	const struct pf_bundle *from;	/* the package, or its byte code */
	enum {
		PF_CONDA_TAKEN,
		PF_CONDA_CLOBBERED, /* a later package has the place */
		PF_CONDA_REPLACED, /* pip brings another version */
		PF_CONDA_STALE,	/* byte code of a text that is another one here */
	} fate;
	uint64_t size;			/* of what is there */
	char digest[PF_SHA256_TEXT];	/* and of its bytes; of links empty */
};

/* One package of an environment. */
struct pf_conda_part {
	const struct pf_bundle *package;
	const struct pf_bundle *byte_code; /* compiled by us, or NULL */
	PF_VEC(struct pf_conda_placed) placed;
	size_t linked; /* so many of them */
	size_t left;   /* stretches of them that are not done */
};

struct pf_conda_linking {
	struct pf_arena *arena;
	int dir;	    /* the environment under construction, an empty folder */
	const char *prefix; /* its path once it is in place */
	const char *site;   /* "lib/python3.11/site-packages"; NULL: there is no interpreter */
	const char *python; /* its interpreter's path, once it is in place */
	enum pf_link_mode mode; /* PF_LINK_SYMBOLIC is taken as PF_LINK_HARD */
	struct pf_conda_part *parts;
	size_t n;
	bool strict; /* the umask keeps others out; set when the first folder is made */
	struct pf_map places; /* who has each: struct pf_conda_placed */
	struct pf_map dirs;   /* the bundle that brought each first */

	/* What goes on while files are linked; either may be NULL. `done`: the part's files are
	 * all there, but for its symbolic links; by one of the threads, another one's beside it.
	 * `meanwhile`: the list has all that is placed, first what needs no more than a link; of
	 * the rest it lacks the digests. */
	int (*done)(void *ctx, size_t part, struct pf_err *err);
	int (*meanwhile)(void *ctx, struct pf_found_list *list, struct pf_err *err);
	void *ctx;
};

/* Works out where each file of the packages goes, in this order: of two that claim a place the
 * later one has it, with a note where they differ. EINTEGRITY: a folder of one is a file of
 * another; a noarch package for Python and no interpreter. */
int pf_conda_place(struct pf_conda_linking *k, struct pf_err *err) PF_MUST_USE;
/* Leaves out the distributions that the plan has of pip too, by what their RECORD lists, as pip
 * would remove them first. ESOLVE for one without a RECORD. */
int pf_conda_replace(struct pf_conda_linking *k, const struct pf_plan *plan,
		     struct pf_err *err) PF_MUST_USE;
/* Of site-packages: "Demo-1.0.dist-info", "demo-1.0-py3.11.egg-info" of what the plan has of pip. */
bool pf_conda_is_pips(const struct pf_plan *plan, struct pf_arena *a, struct pf_str folder);
/* ESOLVE: such a one whose files nobody tells; `package` is whose it is, "a conda package". */
int pf_conda_refuse_replacing(struct pf_str folder, const char *package, struct pf_err *err);
/* The same of the byte code: where a package has the place, there is nothing to do. */
void pf_conda_place_code(struct pf_conda_linking *k);

/* Links what was placed since the last time, as many at a time as there are processors: files,
 * texts and binaries with their prefix replaced, scripts of entry points, symbolic links at last.
 * All of it is added to `list`. */
int pf_conda_link(struct pf_found_list *list, struct pf_conda_linking *k,
		  struct pf_err *err) PF_MUST_USE;
