/* page.h - a project's page in a packed form: made of links, read in place, the same on disk */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "fetch/fetch.h"
#include "req/version.h"

/* A link as a page, a folder or a list has it; views are read at once. */
struct pf_link {
	struct pf_str file;	/* name; empty: the end of the URL */
	struct pf_str url;	/* absolute or relative, perhaps with a fragment */
	struct pf_str sha256;	/* empty: not told */
	struct pf_str metadata_sha256;
	struct pf_str python;	/* Requires-Python */
	struct pf_str yanked;	/* why */
	uint64_t size;
	int64_t uploaded;
	bool is_yanked, has_metadata;
};

/* ---- the packed form, for one machine: native byte order, all of it checked when opened ---- */

struct pf_span {
	uint32_t at, n;	/* of the text */
};

enum { PF_FILE_WHEEL = 1, PF_FILE_SHA = 2, PF_FILE_YANKED = 4, PF_FILE_METADATA = 8 };

struct pf_page_file {
	struct pf_span name, url, yanked, metadata_sha;
	uint64_t size;
	int64_t uploaded;
	uint32_t python, tags;	/* words; word 0 is empty */
	uint32_t flags, padding;
	unsigned char sha[32];
};

struct pf_page_release {
	struct pf_span version;
	uint32_t first, count;	/* files */
	uint32_t foreign;	/* wheels for other platforms, which were passed over */
};

struct pf_page_head {
	char magic[8];
	uint32_t crc;		/* of all that follows */
	uint32_t absent;	/* the index has no such project */
	uint64_t size;		/* of the whole */
	int64_t max_age;	/* seconds; -1: the server did not say */
	uint32_t releases, files, words, text;
	uint32_t refused, padding;
	struct pf_span etag, modified, why;
};

/* A packed page, read in place. */
struct pf_page {
	const struct pf_page_head *head;
	const struct pf_page_release *releases;	/* newest first */
	const struct pf_page_file *files;
	const struct pf_span *words;
	const char *text;
	void *memory;		/* of malloc, or mapped */
	size_t size;
	bool mapped;
};

void pf_page_free(struct pf_page *p);
/* Looks at every part of a packed page, which becomes p's own on success: EMODEL when it is
 * damaged. */
int pf_page_open(struct pf_page *out, void *memory, size_t size, bool mapped,
		 struct pf_err *err) PF_MUST_USE;
struct pf_str pf_page_text(const struct pf_page *p, struct pf_span s);
struct pf_str pf_page_word(const struct pf_page *p, uint32_t word);

/* ---- making one ---- */

struct pf_maker {
	struct pf_arena arena;
	struct pf_str name;		/* of the project, canonical */
	struct pf_url base;		/* what links are relative to */
	bool base_moved; /* by the page itself, to another origin: a digest is wanted */
	bool collecting; /* links are kept as they are, for makers of many projects */
	PF_VEC(struct pf_link) links;
	/* wheels for none of them may be passed over; NULL: none may */
	const struct pf_map *platforms;
	struct pf_map foreign; /* "win_amd64" to a text that says whether it is none of them */
	bool others_pass;		/* files of other projects are no fault of the list */
	PF_VEC(struct pf_made_file) files;
	PF_VEC(struct pf_made_version) versions;
	PF_VEC(struct pf_span) words;
	struct pf_map version_ids, word_ids;
	uint32_t version;		/* the last one that was taken, plus one */
	struct pf_buf text;
	struct pf_str known_wheel, known_sdist; /* file names that begin so are the project's */
	struct pf_str known_origin; /* "https://host/": links that begin so need no further look */
	size_t refused;
	struct pf_str why;
};

void pf_maker_free(struct pf_maker *m);
/* `url` is of the page, bare; kept. */
int pf_maker_start(struct pf_maker *m, struct pf_str name, const char *url,
		   struct pf_err *err) PF_MUST_USE;
/* One link. What is of no kind we know is passed over; what is wrong is counted as refused.
 * ELIMIT. */
int pf_maker_add(struct pf_maker *m, const struct pf_link *link, struct pf_err *err) PF_MUST_USE;
/* Is it a wheel for other platforms? Then no more than its version is noted: it need not be
 * added. */
bool pf_maker_passes(struct pf_maker *m, struct pf_str file);
/* Counts one that is not even a link. */
void pf_maker_refuse(struct pf_maker *m, struct pf_str file, const char *why);
/* What a server said of the page. */
struct pf_page_facts {
	struct pf_str etag, modified;
	int64_t max_age;
	bool absent;
};
/* ELIMIT: more than the form can hold. */
int pf_maker_end(struct pf_page *out, struct pf_maker *m, const struct pf_page_facts *facts,
		 struct pf_err *err) PF_MUST_USE;
