/* conda_inside.h - one search among conda's packages: names, candidates, specs */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/bits.h"
#include "solve/conda.h"

/* Why a record is no candidate. */
enum pf_conda_out {
	PF_CONDA_IN,
	PF_CONDA_LESS,		/* a channel before its own has the name */
	PF_CONDA_LATE,		/* built after the day that counts */
	PF_CONDA_BROKEN,	/* one of its specs cannot be read: `text` */
	PF_CONDA_UNASKED,	/* a spec that was asked for does not admit it: `why` */
	PF_CONDA_RULED,		/* the user's settings do not take it: `rule` */
	PF_CONDA_DEAD,		/* nothing satisfies one of its needs: `why` */
	PF_CONDA_BEATEN,	/* another one does whatever it does, and is better */
};

struct pf_conda_spec;

struct pf_conda_specs {
	struct pf_conda_spec **v;
	size_t n, cap;
};

struct pf_conda_candidate {
	const struct pf_conda_record *r;
	struct pf_conda_name *of;
	struct pf_conda_specs depends, constrains;
	enum pf_conda_out out;
	const struct pf_conda_spec *why;
	const struct pf_conda_rule *rule;
	const struct pf_conda_candidate *by;	/* who beats it */
	struct pf_str text;
	uint32_t rank;		/* 0 is the best of its name */
	uint32_t channel;	/* its place among the channels that have the name */
	int id;			/* libsolv's; 0: none */
};

struct pf_conda_name {
	struct pf_str name;
	bool loaded;
	bool followed;		/* what its candidates need is known */
	bool queued;
	bool machine;		/* a virtual package */
	const struct pf_conda_package *package;
	struct pf_conda_candidate *v;	/* once loaded; best first, but for ties */
	size_t n;
	size_t in;		/* candidates that are still in... */
	uint64_t *alive;	/* ... a bit each; who is beaten keeps it */
	struct pf_conda_specs asked;	/* of those the user wrote */
	struct pf_conda_specs about;	/* all specs that name it */
	int id;
};

/* A distinct text. */
struct pf_conda_spec {
	struct pf_match_spec m;
	struct pf_conda_name *about;	/* NULL: it cannot be read, or names nothing */
	uint64_t *fits;		/* a bit for each candidate of `about`; NULL: not looked at yet */
	uint32_t number;	/* by which its text came */
	bool best_known;
	const struct pf_conda_record *best; /* of the highest version that it admits, or NULL */
	bool used;		/* by what is in */
	int need, conflict;	/* libsolv's ids; 0: none */
};

struct pf_conda_search {
	struct pf_arena arena;
	const struct pf_conda_ask *ask;
	struct pf_map names;	/* to struct pf_conda_name */
	struct pf_map specs;	/* to struct pf_conda_spec, by text */
	PF_VEC(struct pf_conda_name *) queue;
	size_t records, candidates;
	unsigned seconds;	/* that it may take... */
	double deadline;	/* ... by the monotonic clock */
	unsigned steps;
};

/* ELIMIT once its time is over; looks at the clock now and then. */
int pf_conda_check_time(struct pf_conda_search *s, struct pf_err *err) PF_MUST_USE;
int pf_conda_fail_late(const struct pf_conda_search *s, struct pf_err *err);

/* ---- closure (conda_closure.c) ---- */

/* Everything that the specs may come to need, and what of it can be no part of a solution. */
int pf_conda_close(struct pf_conda_search *s, struct pf_err *err) PF_MUST_USE;
/* The candidates that it admits, those that are out, too. */
const uint64_t *pf_conda_fits(struct pf_conda_search *s, struct pf_conda_spec *spec);

/* ---- order (conda_rank.c) ---- */

/* Best first, as far as the records alone tell. */
void pf_conda_rank(struct pf_conda_search *s, struct pf_conda_name *name);
/* Between candidates that are equal so far, by the versions their needs may have. */
void pf_conda_break_ties(struct pf_conda_search *s, struct pf_conda_name *name);
/* By features, version and build number: what is told apart by its needs alone is no worse. */
bool pf_conda_is_worse(const struct pf_conda_search *s, const struct pf_conda_candidate *c,
		       const struct pf_conda_candidate *than);
/* Candidates that another one can stand for are out. */
void pf_conda_beat(struct pf_conda_name *name);

/* ---- search (conda_sat.c) and conflicts (conda_explain.c) ---- */

struct pf_conda_fact {
	const struct pf_conda_candidate *of;	/* NULL: the user */
	struct pf_conda_spec *needs, *rules_out; /* one of them */
};
struct pf_conda_facts {
	PF_VEC(struct pf_conda_fact) v;
};
struct pf_conda_chosen {
	PF_VEC(const struct pf_conda_candidate *) v;
};
/* A name that is to be there and is decided before all others; what was asked for is to be no
 * worse than it is in `found`. */
struct pf_conda_first {
	const struct pf_conda_name *name;
	const struct pf_conda_chosen *found;
};
/* The chosen ones, in no order; `first` may be NULL. 1: there is no solution, which *facts
 * tells. */
int pf_conda_sat(struct pf_conda_chosen *chosen, struct pf_conda_facts *facts,
		 struct pf_conda_search *s, const struct pf_conda_first *first,
		 struct pf_err *err) PF_MUST_USE;
/* ESOLVE. Without facts: what is asked for has no candidates at all. */
int pf_conda_explain(struct pf_conda_search *s, const struct pf_conda_facts *facts,
		     struct pf_err *err);
