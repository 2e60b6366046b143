/* ranking.h - the candidates of one project: which is tried first, which a specifier admits */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/bits.h"
#include "solve/resolve.h"

/* What is tried first: sums of these, smallest first. */
enum { PF_RANK_LATE = 1, PF_RANK_SDIST = 2, PF_RANK_PRE = 4, PF_RANKS = 8 };

struct pf_ranking {
	const struct pf_candidate **v;	/* best first; sets of versions are sets of their indices */
	size_t n;
	size_t recorded; /* the version that a fact names: before all others; or PF_BITS_NONE */
	size_t *newest;			/* the same by version, newest first: indices into v */
	size_t from[PF_RANKS + 1];	/* where each rank begins */
};

/* Candidates whose version is none are left out. */
void pf_ranking_make(struct pf_ranking *out, struct pf_arena *a, const struct pf_candidates *of,
		     struct pf_str name, const struct pf_resolve_opts *o);
/* Puts those that all specifiers admit into `set`. */
void pf_ranking_admit(uint64_t *set, const struct pf_ranking *r, const struct pf_specset *specs);
/* The one of the set that is tried first, or PF_BITS_NONE. */
size_t pf_ranking_best(const struct pf_ranking *r, const uint64_t *set);

/* May the project's wheels, may its source distributions be used? */
bool pf_resolve_takes_wheels(const struct pf_resolve_opts *o, struct pf_str name);
bool pf_resolve_takes_sdists(const struct pf_resolve_opts *o, struct pf_str name);
