/* offers.h - what package indexes offer, as the resolver asks for it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/index.h"
#include "python/python.h"
#include "solve/native.h"
#include "solve/resolve.h"

/* One version of a project: the file that would be taken of it. */
struct pf_offer {
	struct pf_file *file;		/* NULL: there is none */
	struct pf_str direct;		/* the URL that was asked for, as written; else empty */
	struct pf_strs asked_hashes;	/* digests that were asked for with it */
	struct pf_depends depends;
	bool asked;			/* depends are known */
};

struct pf_offers {
	struct pf_arena arena;
	struct pf_index *index;
	const struct pf_tags *tags;
	struct pf_needs needs;		/* of whom some may name digests */
	const struct pf_resolve_opts *how;
	struct pf_native *native;	/* what has to be built is built for whom it is open */
	bool forbidden;			/* digests left nothing of some version */
};

void pf_offers_free(struct pf_offers *x);
/* "sha256:HEX" of the file; empty where only fetching it can tell. */
struct pf_str pf_offer_digest(struct pf_offers *x, const struct pf_offer *offer);
struct pf_str pf_offer_file_digest(struct pf_arena *a, struct pf_file *file);
/* Where a requirement's URL leads: without its fragment, with its credentials. */
struct pf_str pf_offer_url(struct pf_arena *a, struct pf_str asked);

/* Of struct pf_source; ctx is a struct pf_offers. */
int pf_offers_candidates(void *ctx, struct pf_candidates *out, struct pf_str name, struct pf_err *err);
int pf_offers_direct(void *ctx, struct pf_candidates *out, const struct pf_need *need,
		     struct pf_err *err);
int pf_offers_depends(void *ctx, struct pf_depends *out, const struct pf_candidate *of,
		      struct pf_err *err);
void pf_offers_want_project(void *ctx, struct pf_str name, const struct pf_requirement *why);
void pf_offers_want_depends(void *ctx, const struct pf_candidate *of);

#define PF_OFFERS                                                                                  \
	.candidates = pf_offers_candidates, .direct = pf_offers_direct,                            \
	.depends = pf_offers_depends, .want_project = pf_offers_want_project,                      \
	.want_depends = pf_offers_want_depends
