/* supply.h - what the resolver asks of the world: an index, a lock and a table can all serve it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "req/needs.h"
#include "req/requirement.h"
#include "req/version.h"

/* One version of a project. No two of a project are equal. What it points to lives at least as
 * long as the source. */
struct pf_candidate {
	struct pf_version version;
	bool wheel;			/* there is a wheel that the target accepts */
	bool sdist;			/* there is a source distribution */
	bool yanked;
	struct pf_str yanked_why;	/* may be empty */
	struct pf_str requires_python;	/* as the index has it, ">=3.8,<4"; empty: any */
	/* why it may not be taken ("its digest is another"); empty: it may */
	struct pf_str unusable;
	int day;	  /* of its upload: days since 1970 in UTC, 0 when it is not known */
	const void *ref;		/* the source's own */
};

struct pf_candidates {
	const struct pf_candidate *v;	/* newest version first; any other order is put right */
	size_t n;
};

/* What one version asks for. */
struct pf_depends {
	const struct pf_requirement *v;	/* with their markers, those of extras too */
	size_t n;
	struct pf_strs extras;		/* that it says to have, canonical */
	struct pf_str unusable; /* why this one version cannot be used after all; empty: it can */
};

/* Every call gets `ctx` first. -1 ends the resolution with that error. */
struct pf_supply {
	void *ctx;
	/* All there is of a project, by its canonical name; none at all where no index knows it. */
	int (*candidates)(void *ctx, struct pf_candidates *out, struct pf_str name,
			  struct pf_err *err);
	/* The one version that a URL or a file stands for. NULL: such needs are refused. */
	int (*direct)(void *ctx, struct pf_candidates *out, const struct pf_need *need,
		      struct pf_err *err);
	/* What it asks for; may be called for one candidate again. */
	int (*depends)(void *ctx, struct pf_depends *out, const struct pf_candidate *of,
		       struct pf_err *err);

	/* Hints, either may be NULL. That candidates(name) comes soon, for this requirement: a
	 * source that reads ahead can ask pf_resolve_first() what would be taken of it. */
	void (*want_project)(void *ctx, struct pf_str name, const struct pf_requirement *why);
	/* That depends(of) comes soon. */
	void (*want_depends)(void *ctx, const struct pf_candidate *of);
};
