/* matchspec_parts.h - what the files that read match specs share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "req/matchspec.h"

struct pf_match_reader {
	struct pf_match_spec *out;
	struct pf_arena *a;
	struct pf_str text;	/* all of it: columns count from its start */
	struct pf_str subdir;	/* of a key, which counts before that of the channel */
	struct pf_err *err;
};

/* Does it end as a package's file does? Such a spec is an address or a path. */
bool pf_match_names_file(struct pf_str text);
/* EMODEL: "match spec '...', column N: what"; `where` is within the text. */
int pf_match_fail(struct pf_match_reader *r, struct pf_str where, const char *what);
/* The same around an error that is there. */
int pf_match_wrap(struct pf_match_reader *r, struct pf_str where);
/* The keys between the brackets; `inside` is without those. */
int pf_match_take_keys(struct pf_match_reader *r, struct pf_str inside);
int pf_match_take_channel(struct pf_match_reader *r, struct pf_str text);
int pf_match_take_build(struct pf_match_reader *r, struct pf_str text);
/* Blanks beside operators, "," and "|" are left out. */
int pf_match_take_version(struct pf_match_reader *r, struct pf_str text);
