/* incompat.c - incompatibilities: terms that cannot all be true */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/solver.h"

struct pf_incompat *pf_incompat_new(struct pf_solver *s, enum pf_cause cause, size_t max_terms)
{
	struct pf_incompat *ic = pf_alloc(&s->arena, sizeof(*ic));

	ic->cause = cause;
	ic->terms = pf_alloc_array(&s->arena, max_terms + 1, sizeof(*ic->terms));
	s->bytes += sizeof(*ic) + (max_terms + 1) * sizeof(*ic->terms);
	return ic;
}

const struct pf_term *pf_incompat_find(const struct pf_incompat *ic, const struct pf_package *p)
{
	for (size_t i = 0; i < ic->n; i++)
		if (ic->terms[i].package == p)
			return &ic->terms[i];
	return NULL;
}

uint64_t *pf_incompat_term(struct pf_solver *s, struct pf_incompat *ic, struct pf_package *p)
{
	const struct pf_term *old = pf_incompat_find(ic, p);

	if (old)
		return old->set;
	s->bytes += pf_bits_words(p->bits) * sizeof(uint64_t);
	ic->terms[ic->n] = (struct pf_term){ p, pf_bits_new(&s->arena, p->bits) };
	return ic->terms[ic->n++].set;
}

void pf_incompat_watch(struct pf_solver *s, struct pf_incompat *ic)
{
	if (!ic->n)
		s->proof = ic;
	for (size_t i = 0; i < ic->n; i++) {
		*PF_PUSH(&s->arena, &ic->terms[i].package->incompats) = ic;
		pf_package_push(s, ic->terms[i].package);
	}
}

/* Copies the terms of `from`, but for those of `pivot`. */
static void add_terms(struct pf_solver *s, struct pf_incompat *out, const struct pf_incompat *from,
		      const struct pf_package *pivot)
{
	for (size_t i = 0; i < from->n; i++) {
		struct pf_package *p = from->terms[i].package;
		bool both = pf_incompat_find(out, p);
		uint64_t *set;

		if (p == pivot)
			continue;
		set = pf_incompat_term(s, out, p);
		if (both)
			pf_bits_and(set, set, from->terms[i].set, p->bits);
		else
			memcpy(set, from->terms[i].set, pf_bits_words(p->bits) * sizeof(*set));
	}
}

struct pf_incompat *pf_incompat_resolve(struct pf_solver *s, const struct pf_incompat *l,
					const struct pf_incompat *r, struct pf_package *p)
{
	struct pf_incompat *out = pf_incompat_new(s, PF_CAUSE_DERIVED, l->n + r->n);
	const uint64_t *a = pf_incompat_find(l, p)->set, *b = pf_incompat_find(r, p)->set;
	uint64_t *set;

	out->left = l;
	out->right = r;
	add_terms(s, out, l, p);
	add_terms(s, out, r, p);
	set = pf_incompat_term(s, out, p);
	pf_bits_or(set, a, b, p->bits);
	if (pf_bits_within(p->all, set, p->bits))
		out->n--;	/* true of every version, and of none */
	return out;
}
