/* depends.c - requirements become incompatibilities: those of the needs, those of a version */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "req/name.h"
#include "solve/solver.h"

/* Who asks: a need, or candidate `version` of `from`, by its extra `via`. */
struct asker {
	const struct pf_need *need;
	struct pf_package *from, *via;
	size_t version;
};

static struct pf_incompat *begin(struct pf_solver *s, const struct asker *who, enum pf_cause cause)
{
	struct pf_incompat *ic = pf_incompat_new(s, cause, 3);

	ic->need = who->need;
	ic->from = who->from;
	ic->via = who->via;
	if (who->from)
		pf_bits_put(pf_incompat_term(s, ic, who->from), who->version);
	if (who->via)
		pf_bits_put(pf_incompat_term(s, ic, who->via), 0);
	return ic;
}

/* ---- the same dependency of several versions is one ---- */

static bool same_specs(const struct pf_specset *a, const struct pf_specset *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (a->v[i].op != b->v[i].op || a->v[i].wildcard != b->v[i].wildcard ||
		    !pf_str_eq(a->v[i].text, b->v[i].text))
			return false;
	return a->n == b->n;
}

static bool is_same(const struct pf_incompat *a, const struct pf_incompat *b)
{
	return a->cause == b->cause && a->from == b->from && a->via == b->via && a->n == b->n &&
	       a->target == b->target && a->terms[a->n - 1].package == b->terms[b->n - 1].package &&
	       same_specs(&a->req->specs, &b->req->specs);
}

static void replace(struct pf_package *p, const struct pf_incompat *old, struct pf_incompat *with)
{
	for (size_t i = 0; i < p->incompats.n; i++)
		if (p->incompats.v[i] == old)
			p->incompats.v[i] = with;
}

/* An old one stays what it was for those that follow from it; watched is the new one. */
static void watch_merged(struct pf_solver *s, struct pf_incompat *ic)
{
	struct pf_package *from = ic->from;

	for (size_t i = 0; from && ic->n > 1 && i < from->incompats.n; i++) {
		const struct pf_incompat *old = from->incompats.v[i];

		if (!is_same(old, ic))
			continue;
		pf_bits_or(ic->terms[0].set, ic->terms[0].set, old->terms[0].set, from->bits);
		for (size_t k = 0; k < ic->n; k++) {
			replace(ic->terms[k].package, old, ic);
			pf_package_push(s, ic->terms[k].package);
		}
		return;
	}
	pf_incompat_watch(s, ic);
}

/* ---- one requirement ---- */

/* Not all of: the asker's version, and the target outside of `fit` (NULL: absent). */
static void require(struct pf_solver *s, const struct asker *who, const struct pf_requirement *r,
		    struct pf_package *target, const uint64_t *fit)
{
	struct pf_incompat *ic = begin(s, who, who->need ? PF_CAUSE_ASKED : PF_CAUSE_DEPENDS);
	bool itself = target == who->from || target == who->via;
	uint64_t *set = s->scratch;

	ic->req = r;
	ic->target = target->base;
	memset(set, 0, pf_bits_words(target->bits) * sizeof(*set));
	pf_bits_put(set, target->bits - 1);
	if (fit)
		pf_bits_not(set, fit, target->bits);
	if (itself) {
		uint64_t *own = pf_incompat_term(s, ic, target);

		pf_bits_and(own, own, set, target->bits);
		if (pf_bits_next(own, target->bits, 0) == PF_BITS_NONE)
			return;
	} else if (!pf_bits_within(target->all, set, target->bits)) {
		memcpy(pf_incompat_term(s, ic, target), set,
		       pf_bits_words(target->bits) * sizeof(*set));
	}
	watch_merged(s, ic);
}

static bool is_the_same_place(const struct pf_need *direct, struct pf_str url)
{
	return direct && (pf_str_eq(direct->req.url, url) || pf_str_eq(direct->link, url));
}

/* Where a package comes from is for the needs to say, not for another package. */
static void refuse_url(struct pf_solver *s, const struct asker *who, const struct pf_requirement *r)
{
	struct pf_incompat *ic = begin(s, who, PF_CAUSE_BROKEN);

	ic->why = pf_format(&s->arena, "it asks for " PF_FMT " @ " PF_FMT
			    ", which only a requirement of one's own may do", PF_ARG(r->name),
			    PF_ARG(pf_shown(r->url)));
	pf_incompat_watch(s, ic);
}

static int add(struct pf_solver *s, const struct asker *who, const struct pf_requirement *r,
	       struct pf_err *err)
{
	struct pf_package *target, *extra;
	uint64_t *fit;

	if (r->url.n && !who->need && !is_the_same_place(pf_map_get(&s->direct, r->key), r->url)) {
		refuse_url(s, who, r);
		return 0;
	}
	if (pf_package_get(&target, s, r->key, (struct pf_str){ 0 }, err) < 0)
		return -1;
	fit = pf_bits_new(&s->arena, target->bits);
	pf_ranking_admit(fit, &target->ranking, &r->specs);
	target->pinned = target->pinned || (who->need && pf_specset_pin(&r->specs));
	require(s, who, r, target, fit);
	for (size_t i = 0; i < r->extras.n; i++) {
		if (pf_package_get(&extra, s, r->key, pf_name_canonical(&s->arena, r->extras.v[i]),
				   err) < 0)
			return -1;
		require(s, who, r, extra, NULL);
	}
	return 0;
}

static void announce(struct pf_solver *s, const struct pf_requirement *r)
{
	if (s->source->want_project && !pf_map_get(&s->direct, r->key) &&
	    !pf_map_get(&s->by_name, r->key))
		s->source->want_project(s->source->ctx, r->key, r);
}

int pf_solver_ask(struct pf_solver *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->need_count; i++)
		if (!s->needs[i].constraint && pf_need_applies(&s->needs[i], s->o))
			announce(s, &s->needs[i].req);
	for (size_t i = 0; i < s->need_count; i++) {
		struct asker who = { .need = &s->needs[i] };

		if (!who.need->constraint && pf_need_applies(who.need, s->o) &&
		    add(s, &who, &who.need->req, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the dependencies of one version ---- */

/* An extra's are those that are not there without it. */
static bool belongs(const struct pf_requirement *r, const struct pf_package *via,
		    const struct pf_resolve_opts *o)
{
	struct pf_str none = { 0 };

	if (!via)
		return pf_marker_eval(r->marker, o->env, none);
	return pf_marker_has_extra(r->marker) && pf_marker_eval(r->marker, o->env, via->extra) &&
	       !pf_marker_eval(r->marker, o->env, none);
}

static int tell(struct pf_solver *s, const struct asker *who, const struct pf_depends *list,
		struct pf_err *err)
{
	bool *ours = pf_alloc_array(&s->arena, list->n + 1, sizeof(*ours));

	for (size_t i = 0; i < list->n; i++) {
		ours[i] = belongs(&list->v[i], who->via, s->o);
		if (ours[i])
			announce(s, &list->v[i]);
	}
	for (size_t i = 0; i < list->n; i++)
		if (ours[i] && add(s, who, &list->v[i], err) < 0)
			return -1;
	return 0;
}

bool pf_package_untold(const struct pf_package *p, size_t i)
{
	for (size_t k = 0; k < p->extras.n; k++)
		if (pf_package_wanted(p->extras.v[k]) && !pf_bits_has(p->extras.v[k]->known, i))
			return true;
	return false;
}

int pf_solver_tell(struct pf_solver *s, struct pf_package *p, size_t i, struct pf_err *err)
{
	struct pf_depends list = { 0 };
	struct asker who = { .from = p, .version = i };

	if (pf_bits_has(p->known, i) && !pf_package_untold(p, i))
		return 0;
	if (s->source->depends(s->source->ctx, &list, p->ranking.v[i], err) < 0)
		return -1;
	if (list.unusable.n) {
		struct pf_incompat *ic = begin(s, &who, PF_CAUSE_BROKEN);

		ic->why = list.unusable;
		pf_incompat_watch(s, ic);
	}
	if (!pf_bits_has(p->known, i)) {
		pf_bits_put(p->known, i);
		if (tell(s, &who, &list, err) < 0)
			return -1;
	}
	for (size_t k = 0; k < p->extras.n; k++) {
		who.via = p->extras.v[k];
		if (!pf_package_wanted(who.via) || pf_bits_has(who.via->known, i))
			continue;
		pf_bits_put(who.via->known, i);
		if (tell(s, &who, &list, err) < 0)
			return -1;
	}
	return 1;
}
