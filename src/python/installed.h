/* installed.h - the distributions an interpreter would see, read from disk, nothing imported */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "req/condarec.h"

struct pf_dist {
	struct pf_str name;	/* normalised (PEP 503); conda: as it is */
	struct pf_str shown;	/* as its folder spells it; as its metadata does once it was read */
	struct pf_str version;
	struct pf_str path;	/* of its dist-info or egg-info folder, or its file in conda-meta */
	enum pf_dist_kind { PF_DIST_INFO, PF_DIST_EGG, PF_DIST_CONDA } kind;
	struct pf_strs requires; /* Requires-Dist (conda: depends), read when asked: pf_dist_read */
	struct pf_strs modules;	  /* top-level import names, read when asked */
	struct pf_str url;	  /* direct_url.json's url, read when asked */
	struct pf_str commit,
		revision;	  /* and what it says of a repository; empty: none, not told */
	struct pf_str build;	  /* conda */
	struct pf_str channel;	  /* conda; read when asked */
	bool read;
};

struct pf_dists {
	struct pf_arena arena;
	PF_VEC(struct pf_dist) v;	/* by name, pip's before conda's; each name once a kind */
	struct pf_map by_name;		/* normalised name to struct pf_dist *; pip's */
	struct pf_map conda_by_name;	/* conda name to struct pf_dist * */
};

void pf_dists_free(struct pf_dists *d);

/* Reads the names and versions in the folders of `paths`, in those their .pth and .egg-link files
 * add (lines that are folders; import lines are not run), and in prefix/conda-meta if it is there.
 * The first folder on the path wins a name, within a folder dist-info before egg-info, as
 * importlib.metadata has it. No file is opened where the folder's name tells both without doubt.
 * Leftovers ("~umpy-1.0.dist-info", folders without metadata) are passed over. */
int pf_dists_read(struct pf_dists *out, const struct pf_strs *paths, struct pf_str prefix,
		  struct pf_err *err) PF_MUST_USE;
/* Reads requires, modules and url of one: METADATA (PKG-INFO and requires.txt), top_level.txt or
 * RECORD, direct_url.json; of a conda package its JSON file. What is not there stays empty. */
int pf_dist_read(struct pf_dists *d, struct pf_dist *dist, struct pf_err *err) PF_MUST_USE;
/* The record of a conda package that is installed, of its JSON file; views live in d->arena. EIO,
 * EMODEL when the file cannot be read. */
int pf_dist_conda_record(struct pf_conda_record *out, struct pf_dists *d,
			 const struct pf_dist *dist, struct pf_err *err) PF_MUST_USE;
