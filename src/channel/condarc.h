/* condarc.h - the user's settings of conda: .condarc files and CONDA_*, as conda merges them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* Lists of names or addresses by name. */
struct pf_condarc_lists {
	struct pf_map map;	/* to struct pf_strs * */
};

enum pf_condarc_bool { PF_CONDARC_UNSAID, PF_CONDARC_FALSE, PF_CONDARC_TRUE };

/* All of it lives in the arena it was read into. What nothing says is empty. */
struct pf_condarc {
	struct pf_str channel_alias, channel_priority;
	struct pf_str proxy, cert, client_cert, client_key;
	struct pf_str connect_seconds, read_seconds, retries;
	bool unverified;	/* ssl_verify: false */
	enum pf_condarc_bool offline, ignore_pinned;
	/* override_channels_enabled, allow_other_channels */
	enum pf_condarc_bool may_override, other_channels;
	struct pf_strs channels, default_channels, allowlist, denylist;
	struct pf_strs pinned, disallowed;	/* match specs, as written */
	struct pf_map custom_channels;	/* to struct pf_str *: what the name goes behind */
	struct pf_condarc_lists multichannels, mirrors;
	struct pf_map places;	/* to struct pf_str *: pf_condarc_place */
};

/* conda's files in its order, of which the later ones count more: of a single value the last one,
 * of lists all, the last one's first; then CONDA_*. What is marked by the comment #!final is the
 * last word; entries of lists that are marked #!top and #!bottom come first and last. With
 * CONDA_NO_RC set there are no files. $VAR, ${VAR} and, of a path, ~ stand for what they stand for.
 * EUSAGE for a file that is no YAML, or a value that is of another kind: one that keeps channels
 * away must not be overlooked. */
int pf_condarc_read(struct pf_condarc *out, struct pf_arena *a, struct pf_err *err) PF_MUST_USE;
/* Who said it of an entry of a list: "/etc/conda/.condarc, line 3", "CONDA_PINNED_PACKAGES". Borrows
 * from `conf`. */
struct pf_str pf_condarc_place(const struct pf_condarc *conf, const char *key,
			       struct pf_str entry);
