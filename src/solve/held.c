/* held.c - what is too late is held back at first: let go by conflicts */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/solver.h"

static bool is_late(const struct pf_solver *s, const struct pf_package *p, size_t i)
{
	return i != p->ranking.recorded && p->ranking.v[i]->day > s->o->as_of;
}

static bool is_built(const struct pf_solver *s, const struct pf_package *p, size_t i)
{
	return i != p->ranking.recorded &&
	       (!p->ranking.v[i]->wheel || !pf_resolve_takes_wheels(s->o, p->name));
}

/* What the needs themselves admit of the project. */
static uint64_t *asked_of(struct pf_solver *s, const struct pf_package *p)
{
	uint64_t *all = pf_bits_new(&s->arena, p->bits), *one = pf_bits_new(&s->arena, p->bits);

	pf_bits_fill(all, p->ranking.n);
	for (size_t i = 0; i < s->need_count; i++) {
		const struct pf_need *need = &s->needs[i];

		if (!pf_str_eq(need->req.key, p->name) || !pf_need_applies(need, s->o))
			continue;
		memset(one, 0, pf_bits_words(p->bits) * sizeof(*one));
		pf_ranking_admit(one, &p->ranking, &need->req.specs);
		pf_bits_and(all, all, one, p->bits);
	}
	return all;
}

/* Is the newest of those that were there in time, and that the needs take, ready? */
static bool has_ready(struct pf_solver *s, const struct pf_package *p, const uint64_t *usable)
{
	uint64_t *asked = asked_of(s, p);

	for (size_t age = 0; age < p->ranking.n; age++) {
		size_t i = p->ranking.newest[age];

		if (pf_bits_has(usable, i) && pf_bits_has(asked, i) && !is_late(s, p, i))
			return !is_built(s, p, i);
	}
	return false;
}

/* A project is held to what was there in time as long as the needs take it: whether it goes with
 * everything else, a conflict will show. Where that would have to be built, a later wheel goes
 * before it, so that nothing is held. */
void pf_held_tell(struct pf_solver *s, struct pf_package *p, const uint64_t *usable)
{
	uint64_t *held = pf_bits_new(&s->arena, p->bits);
	struct pf_incompat *ic;
	bool any = false;

	for (size_t i = 0; i < p->ranking.n; i++) {
		if (!pf_bits_has(usable, i) || !is_late(s, p, i))
			continue;
		pf_bits_put(held, i);
		any = true;
	}
	if (!any || pf_strs_have(s->let_go, p->name) || !has_ready(s, p, usable))
		return;
	ic = pf_incompat_new(s, PF_CAUSE_HELD, 1);
	memcpy(pf_incompat_term(s, ic, p), held, pf_bits_words(p->bits) * sizeof(*held));
	pf_incompat_watch(s, ic);
}

size_t pf_held_let_go(struct pf_strs *out, struct pf_arena *a, struct pf_solver *s)
{
	PF_VEC(struct pf_incompat *) open = { 0 };
	size_t before = out->n;

	*PF_PUSH(&s->arena, &open) = (struct pf_incompat *)s->proof;
	while (open.n) {
		struct pf_incompat *ic = open.v[--open.n];

		if (ic->walked)
			continue;
		ic->walked = true;
		if (ic->cause == PF_CAUSE_DERIVED) {
			*PF_PUSH(&s->arena, &open) = (struct pf_incompat *)ic->right;
			*PF_PUSH(&s->arena, &open) = (struct pf_incompat *)ic->left;
		} else if (ic->cause == PF_CAUSE_HELD) {
			*PF_PUSH(a, out) = pf_dup(a, ic->terms[0].package->name);
		}
	}
	return out->n - before;
}
