/* repodata_record.h - records of one name, as a channel tells them, judged */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "channel/repodata.h"
#include "channel/repodata_scan.h"

/* Where they are from; views live as long as the records. */
struct pf_repo_from {
	struct pf_str channel, channel_name, subdir;
	struct pf_str base;	/* of files, with a slash at its end */
};

/* Records of one name of one subdir, as they are collected. */
struct pf_repo_taking {
	struct pf_arena *arena;	/* of the records and of the text that they borrow from */
	const struct pf_repo_from *from;
	struct pf_str name;
	struct pf_conda_package *out;
	size_t first;		/* of this subdir in out->records */
	struct pf_arena own;
	struct pf_map builds;	/* "NAME-VERSION-BUILD" to a record's number plus 1 */
	struct pf_map removed;
};

void pf_repo_taking_start(struct pf_repo_taking *t, struct pf_arena *a,
			  const struct pf_repo_from *from, struct pf_str name,
			  struct pf_conda_package *out);
/* {"FILE": {...}, ...}, or for PF_REPO_REMOVED ["FILE", ...]. Of two files of one build the .conda
 * is taken. EINTEGRITY: malformed, a key or a file twice. */
int pf_repo_take(struct pf_repo_taking *t, enum pf_repo_section section, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;
/* The same of a shard's text: {"packages": {...}, "packages.conda": {...}, "removed": [...]}. */
int pf_repo_take_shard(struct pf_repo_taking *t, struct pf_str text,
		       struct pf_err *err) PF_MUST_USE;
/* What was removed is left out. */
void pf_repo_taking_end(struct pf_repo_taking *t);
