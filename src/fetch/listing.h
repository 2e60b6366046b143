/* listing.h - inside fetch: what is in a bucket, page by page */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/remote.h"

/* A list that comes in pages, each of which says how the next one is asked for. */
struct pf_listing {
	struct pf_remote *r;
	struct pf_remote_files *files;
	struct pf_str prefix; /* what every name in it begins with; "" or "a/b/" */
	struct pf_str token;  /* of the next page; empty: there is none */
	size_t pages;
};

/* Fills the URL, headers and signature of one page. Reads it, filling `token`. */
struct pf_listing_kind {
	void (*ask)(struct pf_transfer *t, struct pf_listing *l);
	int (*read)(struct pf_listing *l, struct pf_str body, struct pf_err *err);
	/* A page was refused: 1 when it is to be asked for again, else err says why. NULL:
	 * nothing to add. */
	int (*refused)(struct pf_listing *l, const struct pf_transfer *t, struct pf_err *err);
	const char *want_header;
};

/* All pages. EINTEGRITY: a page that was there before, a name of elsewhere; ELIMIT; EMODEL:
 * nothing is there. */
int pf_listing_get(struct pf_listing *l, const struct pf_listing_kind *kind,
		   struct pf_err *err) PF_MUST_USE;
/* One name of a page; folders' marks ("a/b/" without bytes) are passed over. `mark` may be
 * without its quotes. */
int pf_listing_add(struct pf_listing *l, struct pf_str name, struct pf_str size, struct pf_str mark,
		   struct pf_err *err) PF_MUST_USE;
/* "a/b" as a prefix. */
struct pf_str pf_listing_prefix(struct pf_arena *a, struct pf_str path);
/* The header If-Match of a file's strong mark, which its transfer is pinned by. */
void pf_listing_pin(struct pf_transfer *t, const struct pf_remote_file *f);
