/* remote.h - folders elsewhere: what is in them, and how each file is asked for */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/limits.h"
#include "fetch/pool.h"
#include "fetch/where.h"

/* A file of a folder, by its path below it. */
struct pf_remote_file {
	struct pf_str path;
	uint64_t size;
	bool sized;		/* the size is known */
	struct pf_str mark; /* changes when the file does: a strong ETag, a generation; or empty */
	struct pf_str sha256;	/* hex, where the server knows it */
	struct pf_str bytes; /* all of it, where it had to be read already; else a view of NULL */
};

struct pf_remote_files {
	struct pf_remote_file *v;
	size_t n, cap;
};

/* What the user has said about how things are fetched. Borrows. */
struct pf_fetch_opts {
	const char *store;	/* pf_store_root's flag, or NULL */
	bool offline;
	bool texts;		/* the small text files beside MLmodel are enough */
	uint64_t max_file;	/* files beyond this may be left out; 0: none */
	uint64_t max_bytes;	/* of all files together; 0: PF_MAX_MODEL_BYTES */
};

/* A place that was opened: a folder, or an archive of one. */
struct pf_remote {
	struct pf_arena arena;
	const struct pf_remote_kind *kind;
	const struct pf_fetch_opts *o;
	struct pf_pool *pool;
	struct pf_str source;	/* names it in the store: what is asked for, without credentials */
	struct pf_str more;	/* a digest of what `source` does not tell of the place; or empty */
	bool archive;		/* its one file is to be unpacked */
	bool fixed;		/* what it holds never changes */
	void *own;		/* of its kind */
};

static inline uint64_t pf_remote_max(const struct pf_remote *r)
{
	return r->o->max_bytes ? r->o->max_bytes : PF_MAX_MODEL_BYTES;
}

enum {
	PF_WHERE_HOST = 1,     /* "//host" must be there */
	PF_WHERE_QUERY = 2,    /* may have "?..." */
	PF_WHERE_FRAGMENT = 4, /* may have "#..." */
	PF_WHERE_USER = 8,     /* may have credentials, or a user's name */
	PF_WHERE_EMPTY = 16,   /* may have no path */
	PF_WHERE_TEXT = 32,    /* the path is a name that people made: any UTF-8 that can be seen,
				* and a percent sign without two hex digits is one */
	PF_WHERE_RAW = 64,     /* percent signs in the path stand for themselves, as in MLflow */
	PF_WHERE_CONTAINER = 128, /* what stands before an "@" is a name, and no secret */
};

/* One family of schemes. Exactly one of `resolve` and `open` is there; neither: it is refused
 * with `way`. */
struct pf_remote_kind {
	const char *schemes[4];
	unsigned rules;
	/* Further rules of the path; NULL: none. */
	int (*check)(const struct pf_where *w, struct pf_err *err);
	/* Another URI that this one stands for, in the arena; asks a server. *fixed: it will
	 * always. */
	int (*resolve)(char **to, bool *fixed, struct pf_arena *a, struct pf_pool *p,
		       const struct pf_where *w, struct pf_err *err);
	int (*open)(struct pf_remote *r, const struct pf_where *w, struct pf_err *err);
	/* All files below it, in r->arena, in any order; names are judged by the caller. */
	int (*list)(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err);
	/* Fills url, headers, sign of a zeroed transfer for one of its files. */
	int (*ask)(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *f,
		   struct pf_err *err);
	/* Instead of `ask`, for what does not come file by file: makes PATH/tree, of which `part`
	 * is a descriptor, and may use PATH for whatever else. */
	int (*bring)(int part, const char *path, struct pf_remote *r, struct pf_err *err);
	const char *way;	/* "mount it, or copy the model here first" */
};

/* The table; NULL: nobody knows the scheme. */
const struct pf_remote_kind *pf_remote_kind_of(struct pf_str scheme);

extern const struct pf_remote_kind pf_remote_web, pf_remote_artifacts, pf_remote_runs,
	pf_remote_models, pf_remote_s3, pf_remote_gs, pf_remote_azure, pf_remote_server,
	pf_remote_git;
