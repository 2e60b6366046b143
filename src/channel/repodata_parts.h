/* repodata_parts.h - what an open repodata is made of */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "channel/repodata.h"
#include "channel/repodata_file.h"
#include "channel/repodata_record.h"
#include "formats/digest.h"

/* One subdir of one channel. */
struct pf_repo {
	struct pf_repodata_own *own;
	const struct pf_channel *channel;
	struct pf_str subdir;
	struct pf_repo_from from;
	char key[64];		/* its file in the cache */
	struct pf_strs asked;	/* those of the channel, in the order in which they are asked */
	size_t address;		/* which of them is */
	size_t kept;		/* which of them `old` came from; asked.n: none of them */
	size_t variant;		/* and for which of its files */
	bool again;		/* what is kept was asked about, and is no more */
	bool settled;		/* all that has to be fetched is */
	bool absent;
	struct pf_transfer t;
	int body;		/* what came, or 0: to be made a file of ours */
	char *source;		/* path of what came, where it is a local file; or NULL */
	struct pf_repo_file old, file;
	struct pf_repo_facts facts; /* of what came */
	struct pf_arena arena;	/* of the facts; a thread's own */
	struct pf_err err;
	struct pf_err refused;	/* an answer of status 403, which may be all there is of absence */
	char *shards;		/* address of shards, with a slash at its end; NULL: it has none */
};

/* A shard that has been asked for. */
struct pf_shard {
	struct pf_repodata_own *own;
	char hex[PF_SHA256_HEX];
	struct pf_transfer t;
};

struct pf_repodata_own {
	struct pf_arena arena;
	struct pf_repodata_settings settings;
	const struct pf_channels *channels;
	struct pf_pool pool;
	int cache;		/* 0: none */
	struct pf_repo *repos;	/* by channel, then by subdir */
	size_t repo_count;
	struct pf_map packages;	/* to struct pf_conda_package */
	struct pf_map shards;	/* by digest, to struct pf_shard */
};

/* What a channel's subdir may be told in. */
struct pf_repo_variant {
	const char *name;
	bool packed;		/* zstd or bzip2 */
	bool shards;
};
#define PF_REPO_VARIANTS 4
extern const struct pf_repo_variant pf_repo_variants[PF_REPO_VARIANTS];

/* An empty file that nobody sees: in the cache where there is one, else in memory. EIO. */
int pf_repo_scratch(const struct pf_repodata_own *own, struct pf_err *err) PF_MUST_USE;

/* Asks for it, or finds it at hand; its errors are in r->err once it is settled. */
void pf_repo_ask(struct pf_repo *r);
/* Makes r->file of r->body; on any thread, for each repo on one. Fails into r->err. */
void pf_repo_make(struct pf_repo *r);

/* ---- shards ---- */

/* The texts of what is packed by zstd, whole: MessagePack as JSON. EINTEGRITY, ELIMIT. */
int pf_shards_unpack(struct pf_buf *out, int fd, struct pf_err *err) PF_MUST_USE;
/* A list of shards: `names` lead to their digests, which are put into `digests`, 32 bytes each;
 * *info is a view of `json`. */
int pf_shards_list(struct pf_repo_scan *names, struct pf_buf *digests, struct pf_str *info,
		   struct pf_str json, struct pf_err *err) PF_MUST_USE;
void pf_shards_free(struct pf_repodata_own *own);
void pf_shard_want(struct pf_repo *r, const struct pf_repo_disk_run *run);
/* Waits for it, and reads its records. */
int pf_shard_take(struct pf_repo_taking *t, struct pf_repo *r, const struct pf_repo_disk_run *run,
		  struct pf_err *err) PF_MUST_USE;
