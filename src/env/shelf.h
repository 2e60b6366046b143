/* shelf.h - what the cache has by the digest of an archive: looked up, or made aside and renamed */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/bundle.h"
#include "opts.h"

/* One archive, to be found at STORE/FOLDER/SHA256. */
struct pf_shelf {
	const char *folder; /* "wheels" */
	const char *one;    /* "wheel": in the names of locks and working folders */
	/* Is what was found what is wanted? EINTEGRITY when the same bytes bear another name. */
	int (*check)(void *ctx, const struct pf_bundle *b, struct pf_err *err);
	/* Fills an empty folder nobody else knows, its manifest last. */
	int (*make)(void *ctx, int dir, struct pf_err *err);
	void *ctx;
};

bool pf_is_sha256(const char *s); /* 64 hex digits in lower case */

/* 1, or 0 when it is to be made yet. */
int pf_shelf_find(struct pf_bundle *out, const struct pf_shelf *s, const char *sha256,
		  const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* The same, made now where it is not there: in STORE/tmp, renamed into place, one process at a
 * time. May be called from several threads. */
int pf_shelf_get(struct pf_bundle *out, const struct pf_shelf *s, const char *sha256,
		 const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
