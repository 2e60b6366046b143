/* held.c - what is held back at first, too late or to be built: let go by conflicts */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/solver.h"

static bool is_second(const struct pf_solver *s, const struct pf_package *p, size_t i)
{
	const struct pf_candidate *c = p->ranking.v[i];

	return i != p->ranking.recorded &&
	       (c->day > s->o->as_of || !c->wheel || !pf_resolve_takes_wheels(s->o, p->name));
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

/* A project is held to what was there in time, and ready, as long as there is any that the needs
 * take: whether it goes with everything else, a conflict will show. */
void pf_held_tell(struct pf_solver *s, struct pf_package *p, const uint64_t *usable)
{
	uint64_t *asked = asked_of(s, p), *held = pf_bits_new(&s->arena, p->bits);
	bool any = false, first = false;
	struct pf_incompat *ic;

	for (size_t i = 0; i < p->ranking.n; i++) {
		if (!pf_bits_has(usable, i))
			continue;
		if (!is_second(s, p, i)) {
			first |= pf_bits_has(asked, i);
		} else {
			pf_bits_put(held, i);
			any = true;
		}
	}
	if (!any || !first || pf_strs_have(s->let_go, p->name))
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
