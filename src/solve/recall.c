/* recall.c - pinned versions chosen before, whose wheels are in the store: no page is needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/str.h"
#include "solve/offers.h"
#include "solve/solver.h"

static const struct pf_version *pinned(struct pf_offers *x, struct pf_str name)
{
	const struct pf_need_list *needs = pf_map_get(&x->by_name, name);

	for (size_t i = 0; needs && i < needs->n; i++) {
		const struct pf_spec *pin = pf_specset_pin(&needs->v[i]->req.specs);

		if (pin && pin->version.release_count && pf_need_applies(needs->v[i], x->how))
			return &pin->version;
	}
	return NULL;
}

static bool is_stored(struct pf_offers *x, const struct pf_release *r)
{
	return r->n == 1 && r->wheels == 1 &&
	       access(pf_formatz(&x->arena, "%s/" PF_FMT "/manifest", x->wheels,
				 PF_ARG(r->files[0].sha256)), F_OK) == 0;
}

/* Where its other versions count, to say why it is this one, they have to be known. */
static bool says_all(struct pf_offers *x, struct pf_str name, const struct pf_release *r)
{
	const struct pf_resolve_opts *o = x->how;

	for (size_t i = 0; i < o->fact_count; i++)
		if (pf_str_eq(o->facts[i].name, name) &&
		    !pf_spec_admits(&o->facts[i].is, &r->version))
			return false;
	return !o->as_of || r->files[0].uploaded / 86400 <= o->as_of;
}

bool pf_offers_recall(struct pf_offers *x, struct pf_str name)
{
	bool kept = pf_offers_kept(x, name);
	bool may = !kept && x->wheels && pf_resolve_takes_wheels(x->how, name);
	const struct pf_version *pin = may ? pinned(x, name) : NULL;
	const struct pf_project *project = pin ? pf_index_chosen(x->index, name, pin) : NULL;

	if (kept)
		return true;
	if (!project || project->n != 1 || !is_stored(x, &project->releases[0]) ||
	    !says_all(x, name, &project->releases[0]))
		return false;
	pf_offers_list(x, project);
	x->recalled = true;
	return true;
}

void pf_offers_forget(struct pf_offers *x)
{
	x->lists = (struct pf_map){ 0 };
	x->ahead = (struct pf_ahead){ 0 };
	x->wheels = NULL;
	x->forgotten = true;
	x->recalled = x->forbidden = false;
}

void pf_offers_remember(struct pf_offers *x, const struct pf_chosen *chosen)
{
	const struct pf_version *pin = pinned(x, chosen->name);
	const struct pf_offer *offer = chosen->candidate->ref;
	const struct pf_project *known = pin ? pf_index_chosen(x->index, chosen->name, pin) : NULL;

	/* One that a digest or a day chose is no other requirement's. */
	if (pin && offer->file->wheel && !offer->direct.n &&
	    offer->file == offer->file->release->files && offer->file->release->project != known)
		pf_index_choose(x->index, pin, offer->file);
}
