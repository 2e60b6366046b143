/* ranking.c - the candidates of one project in the order in which they are tried */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/ranking.h"

#include <stdlib.h>

#include "base/str.h"

/* A name in the other list counts more than ":all:" in this one, as in pip. */
static bool lists(const struct pf_strs *list, const struct pf_strs *other, struct pf_str name)
{
	return pf_strs_have(list, name) ||
	       (pf_strs_have(list, PF_S(":all:")) && !pf_strs_have(other, name));
}

bool pf_resolve_takes_wheels(const struct pf_resolve_opts *o, struct pf_str name)
{
	return !lists(&o->no_binary, &o->only_binary, name);
}

bool pf_resolve_takes_sdists(const struct pf_resolve_opts *o, struct pf_str name)
{
	return !o->no_build && !lists(&o->only_binary, &o->no_binary, name);
}

/* ---- order ---- */

struct ranked {
	const struct pf_candidate *candidate;
	size_t age;	/* 0 is the newest version */
	unsigned rank;
};

static int by_version(const void *l, const void *r)
{
	const struct ranked *a = l, *b = r;

	return pf_version_cmp(&b->candidate->version, &a->candidate->version);
}

/* What was uploaded too late is taken oldest first: the least step away from the day. */
static int by_upload(const void *l, const void *r)
{
	const struct ranked *a = l, *b = r;

	if (a->candidate->day != b->candidate->day)
		return a->candidate->day < b->candidate->day ? -1 : 1;
	return a->age > b->age ? -1 : a->age < b->age;
}

static unsigned rank(const struct pf_candidate *c, bool wheels, const struct pf_resolve_opts *o)
{
	bool pre = o->pre != PF_PRE_ALLOW && pf_version_is_pre(&c->version);
	bool late = o->as_of && c->day > o->as_of;

	return (pre ? PF_RANK_PRE : 0) | (c->wheel && wheels ? 0 : PF_RANK_SDIST) |
	       (late ? PF_RANK_LATE : 0);
}

static struct ranked *newest_first(size_t *n, struct pf_arena *a, const struct pf_candidates *of)
{
	struct ranked *list = pf_alloc_array(a, of->n + 1, sizeof(*list));
	bool sorted = true;

	for (size_t i = 0; i < of->n; i++) {
		if (!of->v[i].version.release_count)
			continue;
		list[(*n)++].candidate = &of->v[i];
		sorted = sorted && (*n < 2 || by_version(&list[*n - 2], &list[*n - 1]) <= 0);
	}
	if (!sorted)
		qsort(list, *n, sizeof(*list), by_version);
	return list;
}

static size_t find_recorded(const struct pf_ranking *r, struct pf_str name,
			    const struct pf_resolve_opts *o)
{
	for (size_t k = 0; k < o->fact_count; k++)
		for (size_t i = 0; pf_str_eq(o->facts[k].name, name) && i < r->n; i++)
			if (pf_spec_admits(&o->facts[k].is, &r->v[i]->version))
				return i;
	return PF_BITS_NONE;
}

void pf_ranking_make(struct pf_ranking *out, struct pf_arena *a, const struct pf_candidates *of,
		     struct pf_str name, const struct pf_resolve_opts *o)
{
	struct pf_ranking r = { 0 };
	struct ranked *list = newest_first(&r.n, a, of), *best;
	bool wheels = pf_resolve_takes_wheels(o, name);
	size_t at[PF_RANKS];

	r.v = pf_alloc_array(a, r.n + 1, sizeof(*r.v));
	r.newest = pf_alloc_array(a, r.n + 1, sizeof(*r.newest));
	best = pf_alloc_array(a, r.n + 1, sizeof(*best));
	for (size_t i = 0; i < r.n; i++) {
		list[i].age = i;
		list[i].rank = rank(list[i].candidate, wheels, o);
		r.from[list[i].rank + 1]++;
	}
	for (size_t k = 0; k < PF_RANKS; k++) {
		r.from[k + 1] += r.from[k];
		at[k] = r.from[k];
	}
	for (size_t i = 0; i < r.n; i++)
		best[at[list[i].rank]++] = list[i];
	for (size_t k = PF_RANK_LATE; k < PF_RANKS; k += 2)
		qsort(best + r.from[k], r.from[k + 1] - r.from[k], sizeof(*best), by_upload);
	for (size_t i = 0; i < r.n; i++) {
		r.v[i] = best[i].candidate;
		r.newest[best[i].age] = i;
	}
	r.recorded = find_recorded(&r, name, o);
	*out = r;
}

static size_t first_of(const struct pf_ranking *r, const uint64_t *set, unsigned k)
{
	size_t i = pf_bits_next(set, r->n, r->from[k]);

	return i < r->from[k + 1] ? i : PF_BITS_NONE;
}

/* A pre-release that was there in time goes before anything late, unless something else that fits
 * was there in time too. */
size_t pf_ranking_best(const struct pf_ranking *r, const uint64_t *set)
{
	size_t first = pf_bits_next(set, r->n, 0), pre = first_of(r, set, PF_RANK_PRE);

	if (r->recorded != PF_BITS_NONE && pf_bits_has(set, r->recorded))
		return r->recorded;
	if (pre != PF_BITS_NONE && first_of(r, set, 0) == PF_BITS_NONE &&
	    first_of(r, set, PF_RANK_SDIST) == PF_BITS_NONE)
		return pre;
	return first < r->n ? first : PF_BITS_NONE;
}

/* ---- specifiers ---- */

/* The ages [from, to) of versions that an ordered comparison can admit: all newer ones, or all
 * older ones, down to an edge. */
static void narrow_to(size_t *from, size_t *to, const struct pf_ranking *r, const struct pf_spec *s,
		      enum pf_spec_op op)
{
	struct pf_spec edge = *s;
	bool newer = op == PF_SPEC_GE || op == PF_SPEC_GT;
	size_t low = *from, high = *to;

	edge.op = op;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pf_spec_admits(&edge, &r->v[r->newest[middle]]->version) == newer)
			low = middle + 1;
		else
			high = middle;
	}
	*(newer ? to : from) = low;
}

/* True when that is all there is to it. */
static bool narrow(size_t *from, size_t *to, const struct pf_ranking *r, const struct pf_spec *s)
{
	switch (s->op) {
	case PF_SPEC_GE:
	case PF_SPEC_GT:
	case PF_SPEC_LE:
	case PF_SPEC_LT:
		narrow_to(from, to, r, s, s->op);
		return true;
	case PF_SPEC_EQ:
		if (s->wildcard)
			return false;
		narrow_to(from, to, r, s, PF_SPEC_LE);
		narrow_to(from, to, r, s, PF_SPEC_GE);
		return false;
	case PF_SPEC_COMPATIBLE:
		narrow_to(from, to, r, s, PF_SPEC_GE);
		return false;
	default:
		return false;
	}
}

void pf_ranking_admit(uint64_t *set, const struct pf_ranking *r, const struct pf_specset *specs)
{
	size_t from = 0, to = r->n, others = 0;

	for (size_t k = 0; k < specs->n; k++)
		others += !narrow(&from, &to, r, &specs->v[k]);
	for (size_t i = from; i < to; i++) {
		bool fits = true;

		for (size_t k = 0; others && fits && k < specs->n; k++)
			fits = pf_spec_admits(&specs->v[k], &r->v[r->newest[i]]->version);
		if (fits)
			pf_bits_put(set, r->newest[i]);
	}
}
