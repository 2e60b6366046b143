/* conda_rank.c - which of a name's candidates is the better one, and which can stand for another */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "solve/conda_inside.h"

/* ---- by the record alone ---- */

static int compare_numbers(uint64_t l, uint64_t r)
{
	return l < r ? -1 : l > r;
}

/* Negative: `l` is better. What is equal here is told apart by what it needs. */
static int compare_versions(const struct pf_conda_candidate *l, const struct pf_conda_candidate *r,
			    enum pf_channel_priority priority)
{
	int order = 0;

	if (priority == PF_CHANNEL_FLEXIBLE)
		order = compare_numbers(l->channel, r->channel);
	if (!order)
		order = (l->r->track_features.n > 0) - (r->r->track_features.n > 0);
	if (!order)
		order = pf_condaver_cmp(&r->r->ver, &l->r->ver);
	return order ? order : compare_numbers(r->r->build_number, l->r->build_number);
}

bool pf_conda_is_worse(const struct pf_conda_search *s, const struct pf_conda_candidate *c,
		       const struct pf_conda_candidate *than)
{
	return compare_versions(c, than, s->ask->priority) > 0;
}

/* The later one; of the same time, whatever is always the same. */
static int compare_last(const struct pf_conda_candidate *l, const struct pf_conda_candidate *r)
{
	int order = compare_numbers(r->r->timestamp, l->r->timestamp);

	if (!order)
		order = compare_numbers(l->channel, r->channel);
	if (!order)
		order = pf_str_cmp(l->r->fn, r->r->fn);
	return order ? order : pf_str_cmp(l->r->subdir, r->r->subdir);
}

static int compare_records(const void *l, const void *r, void *ctx)
{
	const struct pf_conda_search *s = ctx;
	int order = compare_versions(l, r, s->ask->priority);

	return order ? order : compare_last(l, r);
}

void pf_conda_rank(struct pf_conda_search *s, struct pf_conda_name *name)
{
	if (name->n)
		qsort_r(name->v, name->n, sizeof(*name->v), compare_records, s);
}

/* ---- by the versions that needs may have ---- */

/* Of all that a spec admits, what is out too: a tie is not to depend on what else was asked for. */
static const struct pf_conda_record *best_of(struct pf_conda_spec *spec)
{
	const struct pf_conda_name *name = spec->about;

	if (spec->best_known)
		return spec->best;
	spec->best_known = true;
	for (size_t i = 0; i < name->n; i++) {
		const struct pf_conda_record *r = name->v[i].r;

		/* The best come first, but for those with features, which are last. */
		if (spec->best && !r->track_features.n)
			continue;
		if ((!spec->best || pf_condaver_cmp(&spec->best->ver, &r->ver) < 0) &&
		    pf_match_spec_matches(&spec->m, r))
			spec->best = r;
	}
	return spec->best;
}

static int compare_best(const struct pf_conda_record *l, const struct pf_conda_record *r)
{
	int order;

	if (!l || !r)
		return (!l) - (!r);
	order = (l->track_features.n > 0) - (r->track_features.n > 0);
	return order ? order : pf_condaver_cmp(&r->ver, &l->ver);
}

static bool needs(const struct pf_conda_candidate *c, const struct pf_conda_name *name)
{
	for (size_t i = 0; i < c->depends.n; i++)
		if (c->depends.v[i]->about == name)
			return true;
	return false;
}

static const struct pf_conda_record *best_for(const struct pf_conda_candidate *c,
					      const struct pf_conda_name *name)
{
	const struct pf_conda_record *best = NULL;

	for (size_t i = 0; i < c->depends.n; i++)
		if (c->depends.v[i]->about == name) {
			const struct pf_conda_record *one = best_of(c->depends.v[i]);

			if (one && (!best || compare_best(one, best) < 0))
				best = one;
		}
	return best;
}

struct tie {
	PF_VEC(const struct pf_conda_name *) shared; /* by name */
	PF_VEC(struct pf_conda_candidate *) v;
};

static int compare_names(const void *l, const void *r)
{
	const struct pf_conda_name *const *a = l, *const *b = r;

	return pf_str_cmp((*a)->name, (*b)->name);
}

static void list_shared(struct pf_arena *a, struct tie *t)
{
	const struct pf_conda_candidate *first = t->v.v[0];

	t->shared.n = 0;
	for (size_t i = 0; i < first->depends.n; i++) {
		const struct pf_conda_name *name = first->depends.v[i]->about;
		size_t k = 1;

		while (k < t->v.n && needs(t->v.v[k], name))
			k++;
		if (k == t->v.n)
			*PF_PUSH(a, &t->shared) = name;
	}
	if (t->shared.n)
		qsort(t->shared.v, t->shared.n, sizeof(*t->shared.v), compare_names);
}

static int compare_needs(const void *l, const void *r, void *ctx)
{
	const struct pf_conda_candidate *const *a = l, *const *b = r;
	const struct tie *t = ctx;
	int order = 0;

	for (size_t i = 0; !order && i < t->shared.n; i++)
		order = compare_best(best_for(*a, t->shared.v[i]), best_for(*b, t->shared.v[i]));
	return order ? order : compare_last(*a, *b);
}

void pf_conda_break_ties(struct pf_conda_search *s, struct pf_conda_name *name)
{
	struct pf_arena a = { 0 };
	struct tie t = { 0 };
	uint32_t rank = 0;

	for (size_t i = 0; i < name->n;) {
		const struct pf_conda_candidate *first = &name->v[i];

		t.v.n = 0;
		for (; i < name->n &&
		       compare_versions(first, &name->v[i], s->ask->priority) == 0;
		     i++)
			if (!name->v[i].out)
				*PF_PUSH(&a, &t.v) = &name->v[i];
		if (t.v.n > 1) {
			list_shared(&a, &t);
			qsort_r(t.v.v, t.v.n, sizeof(*t.v.v), compare_needs, &t);
		}
		for (size_t k = 0; k < t.v.n; k++)
			t.v.v[k]->rank = rank++;
	}
	pf_arena_free(&a);
}

/* ---- one for another ---- */

/* Each text by its number, in order: there are few, and they mostly are. */
static void put_specs(struct pf_buf *out, const struct pf_conda_specs *specs)
{
	uint32_t *ids = (uint32_t *)(void *)pf_buf_room(out, (specs->n + 1) * sizeof(*ids));

	if (!ids)
		return;
	for (size_t i = 0; i < specs->n; i++) {
		uint32_t id = specs->v[i]->number;
		size_t k = i;

		for (; k && ids[k - 1] > id; k--)
			ids[k] = ids[k - 1];
		ids[k] = id;
	}
	ids[specs->n] = UINT32_MAX;
	out->n += (specs->n + 1) * sizeof(*ids);
}

/* Who needs the same, rules out the same, and is wanted and ruled out by the same. */
static void put_likeness(struct pf_buf *out, const struct pf_conda_name *name, size_t at)
{
	unsigned char byte = 0;

	out->n = 0;
	put_specs(out, &name->v[at].depends);
	put_specs(out, &name->v[at].constrains);
	for (size_t i = 0; i < name->about.n; i++) {
		const struct pf_conda_spec *spec = name->about.v[i];

		if (spec->used && spec->fits && pf_bits_has(spec->fits, at))
			byte |= (unsigned char)(1U << i % 8);
		if (i % 8 == 7 || i + 1 == name->about.n) {
			pf_buf_char(out, (char)byte);
			byte = 0;
		}
	}
}

void pf_conda_beat(struct pf_conda_name *name)
{
	struct pf_buf likeness = PF_BUF(PF_MIB(64));
	struct pf_arena a = { 0 };
	struct pf_map seen = { 0 };

	for (size_t i = 0; i < name->n; i++) {
		void **place;

		if (name->v[i].out)
			continue;
		put_likeness(&likeness, name, i);
		if (likeness.toobig)
			break;
		place = pf_map_put(&a, &seen, pf_buf_view(&likeness));
		if (*place) {
			name->v[i].out = PF_CONDA_BEATEN;
			name->v[i].by = *place;
			name->in--;
		} else {
			*place = &name->v[i];
		}
	}
	pf_arena_free(&a);
	pf_buf_free(&likeness);
}
