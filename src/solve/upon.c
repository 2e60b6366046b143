/* upon.c - what the packages of conda bring already: kept where it fits, as pip keeps it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "solve/offers.h"
#include "solve/solver.h"

static struct pf_dist *find(const struct pf_offers *x, struct pf_str name)
{
	const struct pf_dists *upon = x->native->upon;

	return upon ? pf_map_get(&upon->by_name, name) : NULL;
}

/* Does every requirement of the user's that is about it take it as it is? A URL never does. */
static bool fits(const struct pf_offers *x, struct pf_str name, const struct pf_version *v)
{
	const struct pf_need_list *of = pf_map_get(&x->by_name, name);

	for (size_t i = 0; of && i < of->n; i++) {
		const struct pf_need *need = of->v[i];

		if (pf_need_applies(need, x->how) &&
		    (pf_need_place(need).n ||
		     !pf_specset_admits(&need->req.specs, v, PF_PRE_ALLOW)))
			return false;
	}
	return true;
}

bool pf_offers_kept(struct pf_offers *x, struct pf_str name)
{
	struct pf_dist *d = find(x, name);
	struct pf_candidates *list;
	struct pf_candidate *c;
	struct pf_offer *offer;
	struct pf_needed needed = { 0 };
	struct pf_err err;

	if (!d || x->forgotten)
		return false;
	c = pf_alloc(&x->arena, sizeof(*c));
	if (!pf_version_read(&c->version, &x->arena, d->version) || !fits(x, name, &c->version))
		return false;
	if (pf_dist_read((struct pf_dists *)x->native->upon, d, &err) < 0) {
		pf_debug("%s", err.msg);
		return false;
	}
	needed.requires = d->requires;
	needed.extras = d->extras;
	offer = pf_alloc(&x->arena, sizeof(*offer));
	pf_offer_set_needed(x, offer, &needed);
	c->wheel = true;
	c->day = 1; /* it is there: no day is too early for it */
	c->ref = offer;
	list = pf_alloc(&x->arena, sizeof(*list));
	*list = (struct pf_candidates){ c, 1 };
	*pf_map_put(&x->arena, &x->lists, pf_dup(&x->arena, name)) = list;
	x->recalled = true;
	return true;
}

bool pf_offer_is_kept(const struct pf_offers *x, const struct pf_chosen *c)
{
	const struct pf_offer *offer = c->candidate->ref;
	const struct pf_dist *d = find(x, c->name);
	PF_AUTO(arena) a = { 0 };
	struct pf_version v;

	return !offer->file || (d && !offer->direct.n && pf_version_read(&v, &a, d->version) &&
				pf_version_cmp(&v, &c->candidate->version) == 0);
}

void pf_offers_prefer_kept(struct pf_resolve_opts *how, struct pf_offers *x)
{
	const struct pf_dists *upon = x->native->upon;
	struct pf_fact *v;
	size_t n = how->fact_count;

	if (!upon || !upon->v.n)
		return;
	v = pf_alloc_array(&x->arena, n + upon->v.n, sizeof(*v));
	if (n)
		memcpy(v, how->facts, n * sizeof(*v));
	for (size_t i = 0; i < upon->v.n; i++) {
		const struct pf_dist *d = &upon->v.v[i];

		if (d->kind == PF_DIST_CONDA)
			continue;
		v[n] = (struct pf_fact){ .name = d->name, .key = PF_S("conda") };
		if (pf_spec_read(&v[n].is, &x->arena,
				 pf_format(&x->arena, "==" PF_FMT, PF_ARG(d->version))))
			n++;
	}
	how->facts = v;
	how->fact_count = n;
}
