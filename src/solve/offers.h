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
	struct pf_str direct; /* the URL that was asked for, as written, of a repository with its
					 * commit; else empty */
	struct pf_str revision;		/* of a repository, as asked for */
	struct pf_strs asked_hashes;	/* digests that were asked for with it */
	struct pf_depends depends;
	bool asked;			/* depends are known */
};

struct pf_need_list {
	const struct pf_need **v;
	size_t n, cap;
};

/* Reading ahead: ahead.c. */
struct pf_ahead {
	struct pf_map projects, files;	/* by name, and by URL */
	PF_VEC(struct foreseen *) queue;
	bool busy;
};

struct pf_offers {
	struct pf_arena arena;
	struct pf_index *index;
	const struct pf_tags *tags;
	const struct pf_resolve_opts *how;
	struct pf_needs needs;		/* of whom some may name digests */
	struct pf_map by_name;		/* the same, lists of them */
	struct pf_map lists;		/* what was offered of a project */
	struct pf_ahead ahead;
	const char *wheels;		/* STORE/wheels; NULL: every project's page is asked for */
	bool recalled;			/* some page was not */
	bool forgotten;			/* from now on all are */
	struct pf_native *native;	/* what has to be built is built for whom it is open */
	bool forbidden;			/* digests left nothing of some version */
};

/* The needs are read: from now on projects can be asked for, and are read ahead of. */
void pf_offers_start(struct pf_offers *x);

void pf_offers_free(struct pf_offers *x);
/* "sha256:HEX" of the file; empty where only fetching it can tell. */
struct pf_str pf_offer_digest(struct pf_offers *x, const struct pf_offer *offer);
struct pf_str pf_offer_file_digest(struct pf_arena *a, struct pf_file *file);
/* Where a requirement's URL leads: without its fragment, with its credentials. */
struct pf_str pf_offer_url(struct pf_arena *a, struct pf_str asked);

/* What a project's one version has to offer. */
struct pf_offer *pf_offer_only(struct pf_candidates *out, struct pf_offers *x,
			       const struct pf_project *one);
/* The metadata of a source distribution, or of a commit (else `git` is NULL). What could not be
 * built is not built again. */
int pf_offer_ask_builder(struct pf_str *out, struct pf_offers *x, struct pf_file *file,
			 const struct pf_git_source *git, struct pf_err *err) PF_MUST_USE;
/* What it needs is known: nobody is asked any more. */
void pf_offer_set_needed(struct pf_offers *x, struct pf_offer *offer,
			 const struct pf_needed *needed);

/* A project of which the needs name one version, whose wheel was chosen before and is in the
 * store: all there is to know. False: its page has to be asked for. */
bool pf_offers_recall(struct pf_offers *x, struct pf_str name);
/* From now on there is no such project. */
void pf_offers_forget(struct pf_offers *x);
/* What conda's packages bring of a project, where the needs take it: that, and its page is not
 * asked for. */
bool pf_offers_kept(struct pf_offers *x, struct pf_str name);
/* Is it there already, in that version? */
bool pf_offer_is_kept(const struct pf_offers *x, const struct pf_chosen *c);
/* Versions that are there go first. */
void pf_offers_prefer_kept(struct pf_resolve_opts *how, struct pf_offers *x);
/* For the next time. */
void pf_offers_remember(struct pf_offers *x, const struct pf_chosen *chosen);

/* What a project has to offer, made once. */
const struct pf_candidates *pf_offers_list(struct pf_offers *x, const struct pf_project *project);
/* What is at hand of a project, and of what a version needs: false where it has to be waited
 * for. */
bool pf_offers_known(struct pf_offers *x, struct pf_candidates *out, struct pf_str name);
bool pf_offers_told(struct pf_offers *x, struct pf_depends *out, const struct pf_candidate *of);

/* Only SHA-256 is told of files: where a digest of another kind is named, fetching tells. */
bool pf_hashes_have_other(const struct pf_strs *hashes);

/* That the project will be asked for, and what would be taken of it. */
void pf_ahead_want(struct pf_offers *x, struct pf_str name, const struct pf_requirement *why);
/* Of struct pf_index_news. */
void pf_ahead_project_came(void *ctx, struct pf_str name);
void pf_ahead_metadata_came(void *ctx, const struct pf_file *file);

/* Of struct pf_supply; ctx is a struct pf_offers. */
int pf_offers_candidates(void *ctx, struct pf_candidates *out, struct pf_str name,
			 struct pf_err *err);
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
