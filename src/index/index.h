/* index.h - the door of package indexes: what there is of a project, and what its files need */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "fetch/fetch.h"
#include "req/specifier.h"
#include "req/version.h"

/* Where packages come from and whom they are for. Borrowed until the index is freed. */
struct pf_index_settings {
	struct pf_strs urls; /* http:, https: or file: URLs; the first that knows a name has it */
	/* URLs of pages, folders or files: added to what the index has */
	struct pf_strs find_links;
	struct pf_net net;
	bool no_index;		   /* find_links alone */
	bool offline;		   /* what is at hand, however old */
	bool refresh;		   /* ask again for pages at hand */
	const struct pf_strs *tags; /* of wheels, best first: "cp311-cp311-manylinux_2_17_x86_64" */
	struct pf_str python;	   /* the full version, for Requires-Python: "3.11.7" */
	const char *cache;	   /* folder to keep pages and metadata in; NULL: none */
};

/* A file of a release. Views belong to the index. */
struct pf_file {
	const struct pf_release *release;
	struct pf_str name;
	struct pf_str url;	/* absolute, without credentials; NUL-terminated */
	struct pf_str sha256;	/* 64 hex digits, NUL-terminated; empty: not told */
	struct pf_str python;	/* Requires-Python as it was told; empty: not told */
	struct pf_str build;	/* of a wheel: "1abc"; mostly empty */
	struct pf_str yanked;	/* why; may be empty */
	struct pf_str metadata_sha256;
	uint64_t size;		/* 0: not told */
	int64_t uploaded;	/* seconds since 1970; 0: not told */
	uint32_t rank;		/* place of a wheel's best tag, 0 for the best */
	bool wheel;
	bool is_yanked;
	bool python_fits;	/* Requires-Python admits settings.python */
	bool has_metadata;	/* URL.metadata is announced */
};

struct pf_release {
	const struct pf_project *project;
	struct pf_version version;
	struct pf_file *files;	/* wheels that fit, best first (tag, then build), then sdists */
	size_t n;
	size_t wheels;		/* so many of them are wheels */
	size_t misfits;		/* wheels for other interpreters or platforms, left out */
};

struct pf_project {
	struct pf_str name;	/* canonical */
	/* the index that has it, without credentials; empty: find-links alone */
	struct pf_str where;
	struct pf_release *releases; /* newest first; some have no file that fits */
	size_t n;
	size_t refused;		/* links that were not taken */
	struct pf_str why;	/* of the first of them */
};

/* What a file needs, as its METADATA says. Views belong to the index. */
struct pf_needed {
	struct pf_strs requires; /* Requires-Dist, one each */
	struct pf_strs extras;	 /* Provides-Extra */
	struct pf_str python;	 /* Requires-Python; empty: any */
};

struct pf_index {
	struct pf_index_own *own;
};

int pf_index_open(struct pf_index *out, const struct pf_index_settings *settings,
		  struct pf_err *err) PF_MUST_USE;
void pf_index_free(struct pf_index *x);

/* Begins to fetch these projects' pages, if that has not been done; nobody waits. Names of any
 * form. */
void pf_index_want(struct pf_index *x, const struct pf_str *names, size_t n);
/* One project, waited for; asked again, it is the same one. 0; 1 when no index has it (*out is left
 * alone); -1: ETRANSFER (offline too), EINTEGRITY for a page that is malformed or another
 * project's. */
int pf_index_project(const struct pf_project **out, struct pf_index *x, struct pf_str name,
		     struct pf_err *err) PF_MUST_USE;

/* The same of what is there: NULL when it has to be waited for, is nowhere or has failed. */
const struct pf_project *pf_index_peek(struct pf_index *x, struct pf_str name);

/* Remembers the wheel that was chosen where exactly this version was asked for, by its digest; and
 * tells it again, as a project of one release, for the same indexes, interpreter and platform.
 * NULL: none, or `refresh`, or there are lists and folders that may have come to offer more. */
void pf_index_choose(struct pf_index *x, const struct pf_version *v, const struct pf_file *file);
const struct pf_project *pf_index_chosen(struct pf_index *x, struct pf_str name,
					 const struct pf_version *v);

/* Begins to fetch what a file (of a project of this index) needs; nobody waits. */
void pf_index_want_metadata(struct pf_index *x, const struct pf_file *file);
/* What a wheel needs: from the file beside it, from its end, or from the whole of it. 0; 1: only
 * building it can tell (a source distribution that nothing is announced of); -1: EINTEGRITY when it
 * is another project's or version's, or malformed. */
int pf_index_metadata(const struct pf_needed **out, struct pf_index *x, const struct pf_file *file,
		      struct pf_err *err) PF_MUST_USE;

const struct pf_needed *pf_index_peek_metadata(struct pf_index *x, const struct pf_file *file);

/* Told when what had to be fetched is settled. It may want more, and peek; it may not wait. */
struct pf_index_news {
	void (*project)(void *ctx, struct pf_str name);
	void (*metadata)(void *ctx, const struct pf_file *file);
	void *ctx;
};
/* NULL: nobody listens any more. */
void pf_index_listen(struct pf_index *x, const struct pf_index_news *news);

/* The file itself, into a descriptor; its digest and size are checked where they are known. */
int pf_index_fetch(int fd, struct pf_index *x, const struct pf_file *file,
		   struct pf_err *err) PF_MUST_USE;
/* The same begun for many at once: wait with pf_pool_wait(pf_index_pool(x), t, err). `t` may have
 * `done` and `ctx` set; a local file is there at once. */
void pf_index_fetch_start(struct pf_transfer *t, int fd, struct pf_index *x,
			  const struct pf_file *file);
struct pf_pool *pf_index_pool(struct pf_index *x);
