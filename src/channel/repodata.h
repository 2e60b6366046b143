/* repodata.h - what channels have of a package: its records, asked for by name */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "channel/channel.h"
#include "fetch/fetch.h"

/* Borrowed until the repodata is freed. */
struct pf_repodata_settings {
	struct pf_net net;
	bool offline;		/* what is at hand, however old */
	bool refresh;		/* ask again for what is at hand */
	const char *cache;	/* STORE/conda; NULL: nothing is kept */
};

/* All there is under one name. */
struct pf_conda_package {
	/* Channel by channel, the most important first; in each subdir by subdir */
	struct pf_conda_records records;
	size_t unusable;	/* records that were left out */
	struct pf_str why;	/* of the first of them */
};

struct pf_repodata {
	struct pf_repodata_own *own;
};

/* Asks all channels for all of their subdirs at once and waits: by shards (CEP 16) where a channel
 * has them, else repodata.json.zst, .bz2 or the plain file; of a folder the plain one first. What
 * came is kept in the cache with its validators, and a list of which name's records are where;
 * a plain file of a folder stays where it is. A subdir that is nowhere is empty, a channel without
 * any is an error. ETRANSFER, EINTEGRITY, ELIMIT, EIO. `channels` is borrowed. */
int pf_repodata_open(struct pf_repodata *out, const struct pf_channels *channels,
		     const struct pf_repodata_settings *settings, struct pf_err *err) PF_MUST_USE;
void pf_repodata_free(struct pf_repodata *r);

/* Begins to fetch what tells of these names, where that lies in a shard; nobody waits. */
void pf_repodata_want(struct pf_repodata *r, const struct pf_str *names, size_t n);
/* Waited for; asked again, it is the same one. A name that no channel has is an empty package.
 * Records live until the repodata is freed. */
int pf_repodata_package(const struct pf_conda_package **out, struct pf_repodata *r,
			struct pf_str name, struct pf_err *err) PF_MUST_USE;
