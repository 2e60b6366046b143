/* solver.h - PubGrub's state: packages, incompatibilities, and what has been assumed so far */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/ranking.h"

/* A package is a project, with its candidates as versions, or one extra of it, which is there or
 * not. What it may still become is a set of its versions, and of one number more: not there at all.
 * So "not pandas>=2" is a set like "pandas>=2", and terms are joined by set operations alone. */
struct pf_package {
	struct pf_str name;
	struct pf_str extra;		/* empty: the project itself */
	struct pf_package *base;	/* of an extra: its project; else itself */
	struct pf_ranking ranking;	/* of a project */
	const struct pf_need *direct;	/* the URL or file that stands for it */
	size_t bits;			/* versions, and the one for "not there" */
	uint64_t *all;
	uint64_t *known;		/* candidates of base whose dependencies are told */

	const uint64_t *left;		/* what it may still become */
	PF_VEC(struct pf_assignment) trail;
	PF_VEC(struct pf_incompat *) incompats;
	PF_VEC(struct pf_package *) extras;
	bool queued;			/* to be propagated */
	bool pinned;			/* a need or a fact says exactly which version */
	bool early, late; /* in many conflicts: as the one refused, as the one in the way */
	unsigned refused, in_the_way, tries;
	unsigned batch;			/* how many were announced at once */
	size_t hinted;			/* 1 + the candidate that was announced */
};

struct pf_term {
	struct pf_package *package;
	uint64_t *set;
};

enum pf_cause {
	PF_CAUSE_ASKED,		/* a need */
	PF_CAUSE_CONSTRAINT,
	PF_CAUSE_DEPENDS,	/* a version's dependency */
	PF_CAUSE_PYTHON,	/* why versions cannot be used: from here on */
	PF_CAUSE_YANKED,
	PF_CAUSE_PRE,
	PF_CAUSE_NO_FILE,
	PF_CAUSE_NO_BUILD,
	PF_CAUSE_NO_BINARY,
	PF_CAUSE_BROKEN,
	PF_CAUSE_HELD,		/* for the time being: held.c */
	PF_CAUSE_DERIVED,	/* from two others */
};

/* Terms of which at least one has to be false. */
struct pf_incompat {
	enum pf_cause cause;
	size_t n;
	struct pf_term *terms;
	const struct pf_incompat *left, *right; /* DERIVED */
	const struct pf_need *need;
	const struct pf_requirement *req;
	struct pf_package *from,
		*via; /* DEPENDS: terms[0] is of `from`; `via` is an extra, or NULL */
	struct pf_package *target;	/* ASKED, CONSTRAINT, DEPENDS */
	struct pf_str why;
	bool seen;			/* while a conflict is told */
	bool walked;			/* while it is looked for what it holds back */
	bool resting;			/* a term is false since that level began */
	unsigned rest_level, rest_since;
};

struct pf_assignment {
	uint64_t *set;			/* what is left of the package from now on */
	const struct pf_incompat *cause; /* NULL: a decision */
	unsigned level;			/* how many decisions there were */
	unsigned time;
};

struct pf_solver {
	struct pf_arena arena;
	const struct pf_supply *source;
	const struct pf_resolve_opts *o;
	const struct pf_need *needs;
	size_t need_count;
	struct pf_version python;
	const struct pf_strs *let_go;	/* projects of which nothing is held back; NULL: of none */
	struct pf_map pythons;		/* Requires-Python to a text that says whether it holds */
	struct pf_map by_name;		/* "pandas", "pandas[excel]" */
	struct pf_map direct;		/* name to need */
	PF_VEC(struct pf_package *) packages; /* in the order in which they were first seen */
	PF_VEC(struct pf_package *) queue;
	PF_VEC(struct pf_package *) sinking; /* their decisions are to be taken back */
	unsigned level, time;
	PF_VEC(unsigned) begun;		/* the time at which each level began */
	size_t steps, conflicts, bytes;
	uint64_t *scratch;		/* as many bits as any package has */
	size_t scratch_bits;
	const struct pf_incompat *proof; /* that there is no solution */
};

/* The URL or file that a need is; empty when it is a project of an index. */
static inline struct pf_str pf_need_place(const struct pf_need *need)
{
	return need->path.n ? need->path : need->link.n ? need->link : need->req.url;
}

static inline void pf_solver_free(struct pf_solver *s)
{
	pf_arena_free(&s->arena);
}

static inline bool pf_package_wanted(const struct pf_package *p)
{
	return !pf_bits_has(p->left, p->bits - 1);
}

static inline bool pf_package_decided(const struct pf_package *p)
{
	return p->trail.n && !p->trail.v[p->trail.n - 1].cause;
}

/* ---- candidates.c ---- */

/* Does a need or a constraint count here? */
bool pf_need_applies(const struct pf_need *need, const struct pf_resolve_opts *o);
/* What speaks against a candidate; false: nothing. */
bool pf_candidate_fault(enum pf_cause *cause, struct pf_str *why, struct pf_solver *s,
			struct pf_str name, const struct pf_candidate *c);
/* Finds or makes the package; a project's candidates are asked for, and what speaks against some of
 * them becomes incompatibilities. */
int pf_package_get(struct pf_package **out, struct pf_solver *s, struct pf_str name,
		   struct pf_str extra, struct pf_err *err) PF_MUST_USE;

/* ---- held.c ---- */

/* Holds back what of a project's usable versions is later than the day, or would have to be
 * built. */
void pf_held_tell(struct pf_solver *s, struct pf_package *p, const uint64_t *usable);
/* The projects without which s->proof would be none: what of them was held back may be let go.
 * How many? */
size_t pf_held_let_go(struct pf_strs *out, struct pf_arena *a, struct pf_solver *s);

/* ---- incompat.c ---- */

struct pf_incompat *pf_incompat_new(struct pf_solver *s, enum pf_cause cause, size_t max_terms);
/* Adds a term; two of one package become one. Returns its set, for the caller to fill: of a new
 * term it is empty. */
uint64_t *pf_incompat_term(struct pf_solver *s, struct pf_incompat *ic, struct pf_package *p);
/* From now on it is looked at whenever one of its packages changes; without a term it is the proof
 * that there is no solution. */
void pf_incompat_watch(struct pf_solver *s, struct pf_incompat *ic);
/* What follows from two that have a term of `p` each. */
struct pf_incompat *pf_incompat_resolve(struct pf_solver *s, const struct pf_incompat *l,
					const struct pf_incompat *r, struct pf_package *p);
const struct pf_term *pf_incompat_find(const struct pf_incompat *ic, const struct pf_package *p);

/* ---- depends.c ---- */

/* The needs themselves. */
int pf_solver_ask(struct pf_solver *s, struct pf_err *err) PF_MUST_USE;
/* Tells the dependencies of candidate i of a project, and of those extras of it that are wanted:
 * 1 when there was something to tell, 0 when all was known. */
int pf_solver_tell(struct pf_solver *s, struct pf_package *p, size_t i,
		   struct pf_err *err) PF_MUST_USE;
/* Is there a wanted extra whose dependencies for candidate i are not told? */
bool pf_package_untold(const struct pf_package *p, size_t i);

/* ---- trail.c ---- */

void pf_package_push(struct pf_solver *s, struct pf_package *p);
void pf_trail_decide(struct pf_solver *s, struct pf_package *p, size_t i);
void pf_trail_back(struct pf_solver *s, unsigned level);
/* Remembers that the package was refused by the incompatibility, and what was in its way. */
void pf_trail_count(struct pf_solver *s, struct pf_package *refused, const struct pf_incompat *ic);
/* All that follows from what is assumed. 0, or -1 when there is no solution: s->proof. */
int pf_solver_propagate(struct pf_solver *s) PF_MUST_USE;

/* ---- conflict.c ---- */

/* ESOLVE: s->proof in the words of those who asked. Returns -1. */
int pf_conflict_explain(struct pf_solver *s, struct pf_err *err);
/* The packages that are most in the way, for a message: "numpy, pandas and scipy". */
struct pf_str pf_conflict_culprits(struct pf_solver *s);
