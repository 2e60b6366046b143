/* resolve.h - the native resolver: what is needed to one version of every project */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "req/marker.h"
#include "req/needs.h"
#include "solve/supply.h"

struct pf_resolve_opts {
	const struct pf_marker_env *env; /* of the one interpreter and platform */
	/* Pre-releases: by default where nothing else that fits is left, else like any other,
	 * never. */
	enum pf_pre pre;
	bool no_build;			/* what has only an sdist is left out */
	struct pf_strs no_binary;	/* canonical names, or ":all:" */
	struct pf_strs only_binary;
	const struct pf_fact *facts;	/* versions that are tried first */
	size_t fact_count;
	int as_of; /* later uploads only where no earlier one can work; 0: no day */
	size_t max_steps;		/* 0: PF_MAX_SOLVE_STEPS */
	unsigned max_seconds;		/* 0: PF_WAIT_SOLVE */
};

struct pf_chosen {
	struct pf_str name;		/* canonical */
	const struct pf_candidate *candidate; /* the source's */
	struct pf_strs extras;		/* canonical, sorted */
	const struct pf_need *need; /* the first that asks for it; NULL: something chosen does */
	bool sdist;			/* it has to be built */
	bool late;			/* uploaded after the day asked for */
};

struct pf_resolution {
	struct pf_arena arena;
	PF_VEC(struct pf_chosen) v;	/* sorted by name */
	struct pf_strs no_such_extra; /* "pandas[exel] 2.2.0": asked for, not there, passed over */
	size_t steps, conflicts;
};

void pf_resolution_free(struct pf_resolution *r);

/* The best versions that together satisfy all needs and whatever those ask for: newest first,
 * what has a wheel before what has none, earlier requirements before later ones. Constraints
 * among the needs count where their project is needed. Markers are evaluated for o->env. Of
 * Requires-Python the lower bounds count, a yanked version is taken only where a need pins it. A
 * need that is a URL or a file stands for its project wherever that is asked for. ESOLVE saying
 * why there is no solution, ELIMIT when it takes too long, EMODEL for a need that does not tell
 * its name, and whatever the source fails with. */
int pf_resolve(struct pf_resolution *out, const struct pf_supply *source,
	       const struct pf_need *needs, size_t need_count, const struct pf_resolve_opts *o,
	       struct pf_err *err) PF_MUST_USE;

/* Which of a project's candidates would be taken first for this requirement; NULL: none. */
const struct pf_candidate *pf_resolve_first(const struct pf_candidates *of,
					    const struct pf_requirement *r,
					    const struct pf_resolve_opts *o);
