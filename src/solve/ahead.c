/* ahead.c - read ahead: what a page or metadata will lead to is asked for as soon as it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/offers.h"

#include "req/name.h"
#include "solve/solver.h"

/* One project: what would be taken of it for the first requirement that names it. A wrong guess
 * costs some transfers, and nothing else. */
struct foreseen {
	struct pf_str name;
	const struct pf_requirement *why;
	const struct pf_candidate *candidate;
	bool told;	/* its dependencies were asked for */
};

static bool is_direct(const struct pf_need *need)
{
	return pf_need_place(need).n > 0;
}

static void add_specs(struct pf_specset *to, const struct pf_specset *more)
{
	for (size_t i = 0; i < more->n; i++)
		to->v[to->n++] = more->v[i];
}

/* The requirement, and what the needs say of its project besides. */
static struct pf_requirement with_needs(struct pf_offers *x, const struct pf_requirement *why)
{
	const struct pf_need_list *of = pf_map_get(&x->by_name, why->key);
	struct pf_requirement all = *why;
	size_t room = why->specs.n;

	for (size_t i = 0; of && i < of->n; i++)
		room += of->v[i]->req.specs.n;
	if (room == why->specs.n)
		return all;
	all.specs =
		(struct pf_specset){ .v = pf_alloc_array(&x->arena, room, sizeof(*all.specs.v)) };
	add_specs(&all.specs, &why->specs);
	for (size_t i = 0; i < of->n; i++)
		if (&of->v[i]->req != why && pf_need_applies(of->v[i], x->how))
			add_specs(&all.specs, &of->v[i]->req.specs);
	return all;
}

/* Its page is there: the version that would be taken. */
static void foresee(struct pf_offers *x, struct foreseen *f)
{
	struct pf_requirement all = with_needs(x, f->why);
	struct pf_candidates list = { 0 };
	const struct pf_offer *offer;

	if (!pf_offers_known(x, &list, f->name))
		return;
	f->candidate = pf_resolve_first(&list, &all, x->how);
	offer = f->candidate ? f->candidate->ref : NULL;
	if (!offer || !offer->file || !offer->file->wheel)
		return;
	*pf_map_put(&x->arena, &x->ahead.files, offer->file->url) = f;
	pf_index_want_metadata(x->index, offer->file);
}

static bool is_asked(struct pf_offers *x, const struct pf_requirement *r, const struct foreseen *f)
{
	const struct pf_strs *extras = &f->why->extras;
	bool asked = pf_marker_eval(r->marker, x->how->env, PF_S(""));

	for (size_t i = 0; !asked && pf_marker_has_extra(r->marker) && i < extras->n; i++)
		asked = pf_marker_eval(r->marker, x->how->env,
				       pf_name_canonical(&x->arena, extras->v[i]));
	return asked;
}

/* Its metadata is there: the projects that it names. */
static void follow(struct pf_offers *x, struct foreseen *f)
{
	struct pf_depends list = { 0 };

	if (!pf_offers_told(x, &list, f->candidate))
		return;
	f->told = true;
	for (size_t i = 0; i < list.n; i++)
		if (!list.v[i].url.n && is_asked(x, &list.v[i], f))
			pf_ahead_want(x, list.v[i].key, &list.v[i]);
}

/* What is at hand leads on at once: in a list, so that no chain of names is a chain of calls. */
static void go_on(struct pf_offers *x)
{
	struct pf_ahead *ahead = &x->ahead;

	if (ahead->busy)
		return;
	ahead->busy = true;
	while (ahead->queue.n) {
		struct foreseen *f = ahead->queue.v[--ahead->queue.n];

		if (!f->candidate)
			foresee(x, f);
		if (f->candidate && !f->told)
			follow(x, f);
	}
	ahead->busy = false;
}

static void push(struct pf_offers *x, struct foreseen *f)
{
	if (!f)
		return;
	*PF_PUSH(&x->arena, &x->ahead.queue) = f;
	go_on(x);
}

void pf_ahead_want(struct pf_offers *x, struct pf_str name, const struct pf_requirement *why)
{
	const struct pf_need_list *of = pf_map_get(&x->by_name, name);
	void **place = pf_map_put(&x->arena, &x->ahead.projects, name);
	struct foreseen *f;

	for (size_t i = 0; of && i < of->n; i++)
		if (is_direct(of->v[i]))
			return;
	if (*place)
		return;
	*place = f = pf_alloc(&x->arena, sizeof(*f));
	f->name = pf_dup(&x->arena, name);
	f->why = why;
	if (!pf_offers_recall(x, name))
		pf_index_want(x->index, &name, 1);
	push(x, f);
}

void pf_ahead_project_came(void *ctx, struct pf_str name)
{
	struct pf_offers *x = ctx;

	push(x, pf_map_get(&x->ahead.projects, name));
}

void pf_ahead_metadata_came(void *ctx, const struct pf_file *file)
{
	struct pf_offers *x = ctx;

	push(x, pf_map_get(&x->ahead.files, file->url));
}
