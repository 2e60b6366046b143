/* plan.h - exactly what an environment will hold; nothing is done yet */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "base/mem.h"
#include "opts.h"
#include "python/python.h"
#include "req/condarec.h"

#define PF_STORE_FORMAT 1 /* of environments, manifests and locks; part of every key */

struct pf_planned {
	struct pf_str name;	/* normalised */
	struct pf_str version;	/* empty for a URL that does not tell it */
	struct pf_str url; /* when the requirement was a URL or a file; else empty. Of a repository:
				 * "git+https://h/r@COMMIT#subdirectory=x" */
	/* of a repository: what was asked for, "v1"; empty: nothing but the repository */
	struct pf_str revision;
	/* the wheel or the source distribution, where it is known which; else empty */
	struct pf_str file;
	struct pf_str from;	/* where it lies, without credentials */
	bool redacted;		/* it was read back, and is without the secrets it had */
	/* "sha256:hex", every one the index names, sorted; may be empty for a URL */
	struct pf_strs hashes;

	/* What a lock tells beside; each may be missing. */
	struct pf_str index;	/* that has it, without credentials */
	struct pf_str requires_python;
	struct pf_strs depends;	/* names of packages of this plan, sorted */
	uint64_t size;		/* of the file */
	int64_t uploaded;	/* seconds since 1970 */
};

/* A package of a conda environment. */
struct pf_planned_conda {
	struct pf_conda_record record;
	/* where its file is: a path, a file: or http: address, with login and token; not written
	 * down, and without it record.url counts */
	struct pf_str from;
	struct pf_strs mirrors; /* further such places, for when that fails */
	struct pf_str asked; /* the spec that the user asked for it by; empty: nobody did */
};

struct pf_native;
struct pf_net;
struct pf_workdir;

/* The beginning of that folder's name: what is written for a place of such a length has room for
 * that of the environment's own. */
#define PF_MADE_PREFIX "made-by-a-conda-program-to-be-moved."

/* Why a package is there, or why in that version. */
struct pf_reason {
	struct pf_str name, why;
};
struct pf_reasons {
	PF_VEC(struct pf_reason) v;
};

struct pf_plan {
	struct pf_arena arena;
	PF_VEC(struct pf_planned) packages;	/* sorted by name */
	/* of a conda environment, which brings its interpreter; sorted by name, too */
	PF_VEC(struct pf_planned_conda) conda;
	/* it is there already: a conda program made it in this folder's "env"; owned, or NULL */
	struct pf_workdir *made;
	const struct pf_net *conda_net; /* how their servers are reached; borrowed, or NULL */
	struct pf_strs left_out;	/* conda packages that a venv cannot have, as written */
	struct pf_str resolver;		/* "uv 0.13.9" */
	struct pf_str as_of;		/* "2022-03-17"; empty: the day it was made */
	struct pf_reasons late;	 /* what was uploaded later, and why it is taken all the same */
	struct pf_reasons facts; /* what the model recorded of versions, and what came of it */
	struct pf_reasons added;	/* what no requirement brings and the model's files name */
	char key[33];			/* 32 hex digits: the environment's name in the store */
	/* the indexes it came from, still open: its files are there; or NULL */
	struct pf_native *native;
};

void pf_plan_free(struct pf_plan *p);

/* One package of a plan in another arena. */
struct pf_planned pf_planned_copy(struct pf_arena *a, const struct pf_planned *from);

/* Sorts the packages and their hashes, refuses two of one name (ESOLVE), and works out the key:
 * a digest of the store's format, the interpreter's identity, the packages (secrets of their URLs
 * do not count), how files are placed and whether byte code is compiled. Of a conda environment,
 * `python` tells no more than its platform. */
int pf_plan_seal(struct pf_plan *p, const struct pf_python *python, const struct pf_opts *o,
		 struct pf_err *err) PF_MUST_USE;

/* Is it a commit of a git repository? That is what it is known by: it has no digest. */
bool pf_planned_is_git(const struct pf_planned *one);

/* Is it known of every package which file it is? Then no driver is needed to install it. */
bool pf_plan_is_native(const struct pf_plan *p);

/* Could this be a key? It becomes a path. */
bool pf_plan_is_key(struct pf_str s);

/* Implementation, version, platform, libc and the installation's path, one a line. */
struct pf_str pf_plan_identity(struct pf_arena *a, const struct pf_python *python);

struct pf_planned_conda pf_planned_conda_copy(struct pf_arena *a,
					      const struct pf_planned_conda *from);
/* Puts conda packages into the order in which they are linked: each behind what it needs, else by
 * name. ESOLVE: two of one name. */
int pf_conda_sort(struct pf_planned_conda *v, size_t n, struct pf_err *err) PF_MUST_USE;
/* By name alone. */
int pf_conda_sort_names(struct pf_planned_conda *v, size_t n, struct pf_err *err) PF_MUST_USE;
/* What the spec of a package is of: "conda-forge::numpy >=1.26": "numpy". */
struct pf_str pf_conda_spec_name(struct pf_str spec);
void pf_plan_write_conda(struct pf_json_out *w, const struct pf_plan *p);
int pf_plan_read_conda(struct pf_plan *out, const struct pf_node *list,
		       struct pf_err *err) PF_MUST_USE;

/* The plan as one JSON object: {"key":..., "resolver":..., "as_of":..., "late":[{"name":...,
 * "why":...}], "facts":[...], "added":[...], "left_out":[...], "packages":[...], "conda":[...]},
 * less what is empty but for packages and left_out. It is for files and for eyes: secrets of URLs
 * are not in it. */
void pf_plan_write(struct pf_json_out *w, const struct pf_plan *p);
int pf_plan_read(struct pf_plan *out, const struct pf_node *object, struct pf_err *err) PF_MUST_USE;
