/* repodata_file.h - what a subdir of a channel has, as a file of ours: who is where */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "channel/repodata_scan.h"

/* What is known of a repodata beside its records. Views borrow. */
struct pf_repo_facts {
	struct pf_str etag, modified;
	struct pf_str variant;	/* which of its files was taken: "repodata.json.zst" */
	struct pf_str base;	/* the address that files of packages are relative to */
	struct pf_str shards;	/* the same of shards; empty: it has none */
	struct pf_str address;	/* that it was asked for at, without its secrets */
	struct pf_str source;	/* path of the file that the records lie in; empty: this one */
	uint64_t source_size, source_inode;
	int64_t source_time;	/* nanoseconds */
	int64_t max_age;	/* seconds; -1: not told */
	uint32_t absent;	/* the channel has no such subdir */
	uint32_t spare;
};

/* An open one; zeroed is none. */
struct pf_repo_file {
	struct pf_arena arena;
	struct pf_repo_facts facts;
	int64_t age;		/* seconds since it was made, or was last said to be the same */
	int fd;			/* of the records, or of the digests of shards */
	uint64_t data;		/* where in it they begin */
	const struct pf_repo_disk_name *names; /* sorted */
	const struct pf_repo_disk_run *runs;
	const char *texts;
	uint32_t name_count;
};

void pf_repo_file_free(struct pf_repo_file *f);
/* False: there is none, it is damaged, or what it tells of is another file by now. */
bool pf_repo_file_open(struct pf_repo_file *out, int dir, const char *name);
/* The same of a descriptor, which is taken either way; `name` is for messages. */
bool pf_repo_file_take(struct pf_repo_file *out, int fd, const char *name);

struct pf_repo_disk_run {
	uint64_t at;
	uint32_t size;
	uint32_t section;
};

/* Which stretches are about a name: how many, the first of them at *out. */
size_t pf_repo_file_find(const struct pf_repo_disk_run **out, const struct pf_repo_file *f,
			 struct pf_str name);
/* The bytes of one, with a byte of the caller's before and behind; in the arena. EIO,
 * EINTEGRITY. */
int pf_repo_file_read(struct pf_str *out, struct pf_arena *a, const struct pf_repo_file *f,
		      const struct pf_repo_disk_run *run, const char around[2],
		      struct pf_err *err) PF_MUST_USE;

/* ---- made ---- */

/* One that is being written. Records are put behind one another from offset PF_REPO_HEADER on,
 * by the caller. */
#define PF_REPO_HEADER 64
/* Puts the list of names behind the records, of which there are `data` bytes, and then the header
 * in front: to be committed. */
int pf_repo_file_finish(int fd, uint64_t data, const struct pf_map *names,
			const struct pf_repo_facts *facts, struct pf_err *err) PF_MUST_USE;
/* That a file is still the one that was looked at. */
void pf_repo_facts_of_file(struct pf_repo_facts *out, const struct stat *st);
