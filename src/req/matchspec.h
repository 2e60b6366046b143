/* matchspec.h - match specs of conda (CEP 29): read, asked, written */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/condarec.h"
#include "req/condaver.h"
#include "req/pattern.h"

/* build_number='>=1': one comparison; ANY: none. */
struct pf_build_number_spec {
	enum pf_condaver_op op;
	uint64_t number;
};

/* channel/subdir::name version build [key=value,...]; zeroed: everything is admitted. Views borrow
 * from the text that was read and from the arena. */
struct pf_match_spec {
	struct pf_str text;	/* as written, a comment taken off; may hold a channel's secrets */
	/* The name in lower case; empty where a glob, a regular expression or "*" is asked for:
	 * then `name_pattern` tells */
	struct pf_str name;
	struct pf_pattern name_pattern;
	struct pf_condaver_spec version;
	struct pf_pattern build;
	struct pf_build_number_spec build_number;
	/* A name ("conda-forge", "pkgs/main"), an address, or a glob of them; without subdir, login
	 * and token. `channel_urls`: what it stands for, once somebody who knows the channels has
	 * told (channel/channel.h); then a record's address has to be one of these */
	struct pf_pattern channel;
	struct pf_str channel_asked;	/* the same with login and token; shown nowhere */
	struct pf_strs channel_urls;
	struct pf_pattern subdir;
	struct pf_pattern url, fn, license, license_family;
	struct pf_str md5, sha256;	/* hex digits in lower case */
	struct pf_strs track_features, features; /* all of these */
	/* Of a dependency, not of a record (what rattler has, and no CEP yet): its groups of more
	 * dependencies; when it counts, "__linux and python >=3.8", checked to be match specs.
	 * Who solves obeys both or refuses them. */
	struct pf_strs extras;
	struct pf_str when;
	struct pf_strs flags;	/* a record has to bear them; none does */
};

struct pf_match_specs {
	struct pf_match_spec *v;
	size_t n, cap;
};

/* Every text is a match spec in full or refused: EMODEL naming the column of what is wrong, ELIMIT.
 * Of control bytes only the tab is taken, so that a spec is a line of the programs' files.
 * Of `name 1[version=2]` the latter counts, as CEP 29 has it. */
int pf_match_spec_parse(struct pf_match_spec *out, struct pf_arena *a, struct pf_str text,
			struct pf_err *err) PF_MUST_USE;
/* The cheapest comparison first; allocates nothing. r->ver has to be set. */
bool pf_match_spec_matches(const struct pf_match_spec *s, const struct pf_conda_record *r);
/* The same of its channel alone. */
bool pf_match_spec_channel_fits(const struct pf_match_spec *s, const struct pf_conda_record *r);
/* Does it ask for nothing but a name? */
bool pf_match_spec_is_bare(const struct pf_match_spec *s);
/* The canonical form of CEP 29, appendix A, without secrets: "conda-forge::numpy==1.26.4=py311_0",
 * "python=3.11", "numpy[version='>=1.8,<2']"; read again, it is the same spec. */
struct pf_str pf_match_spec_print(struct pf_arena *a, const struct pf_match_spec *s);
