/* trail.c - what is assumed and what follows: derivations, decisions, and the way back */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/solver.h"

#define MANY_CONFLICTS 5 /* then a package's turn comes earlier, or later */

void pf_package_push(struct pf_solver *s, struct pf_package *p)
{
	if (p->queued)
		return;
	p->queued = true;
	*PF_PUSH(&s->arena, &s->queue) = p;
}

/* The sets of assignments that were taken back are used again. */
static struct pf_assignment *assign(struct pf_solver *s, struct pf_package *p,
				    const struct pf_incompat *cause)
{
	struct pf_assignment *a = PF_PUSH(&s->arena, &p->trail);

	if (!a->set)
		a->set = pf_bits_new(&s->arena, p->bits);
	a->cause = cause;
	a->level = s->level;
	a->time = s->time++;
	pf_package_push(s, p);
	return a;
}

static void derive(struct pf_solver *s, struct pf_package *p, const struct pf_incompat *cause)
{
	struct pf_assignment *a = assign(s, p, cause);

	pf_bits_and_not(a->set, p->left, pf_incompat_find(cause, p)->set, p->bits);
	p->left = a->set;
}

void pf_trail_decide(struct pf_solver *s, struct pf_package *p, size_t i)
{
	struct pf_assignment *a;

	s->level++;
	s->begun.n = s->level;
	*PF_PUSH(&s->arena, &s->begun) = s->time;
	a = assign(s, p, NULL);
	memset(a->set, 0, pf_bits_words(p->bits) * sizeof(*a->set));
	pf_bits_put(a->set, i);
	p->left = a->set;
}

void pf_trail_back(struct pf_solver *s, unsigned level)
{
	for (size_t i = 0; i < s->packages.n; i++) {
		struct pf_package *p = s->packages.v[i];
		size_t n = p->trail.n;

		while (n && p->trail.v[n - 1].level > level)
			n--;
		p->trail.n = n;
		p->left = n ? p->trail.v[n - 1].set : p->all;
	}
	s->level = level;
}

/* ---- conflicts ---- */

static bool within_both(const uint64_t *set, const uint64_t *own, const uint64_t *whole, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		if (set[i] & (own ? own[i] : ~(uint64_t)0) & ~whole[i])
			return false;
	return true;
}

/* The first assignment after which the package's term holds, given that `own` holds as well (NULL:
 * nothing more); NULL: it holds from the start. */
static const struct pf_assignment *satisfier(const struct pf_term *t, const uint64_t *own)
{
	const struct pf_package *p = t->package;
	size_t low = 0, high = p->trail.n;

	if (own && pf_bits_within(own, t->set, p->bits))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (within_both(p->trail.v[middle].set, own, t->set, p->bits))
			high = middle;
		else
			low = middle + 1;
	}
	return low < p->trail.n ? &p->trail.v[low] : NULL;
}

struct cut {
	const struct pf_term *term;
	const struct pf_assignment *last; /* the assignment that made the incompatibility true */
	unsigned level;			  /* without it all the rest was true from here on */
};

static void raise(unsigned *level, const struct pf_assignment *a)
{
	if (a && a->level > *level)
		*level = a->level;
}

static struct cut find_cut(struct pf_solver *s, const struct pf_incompat *ic)
{
	struct cut c = { 0 };

	for (size_t i = 0; i < ic->n; i++) {
		const struct pf_assignment *a = satisfier(&ic->terms[i], NULL);

		if (!c.last || a->time > c.last->time) {
			raise(&c.level, c.last);
			c.last = a;
			c.term = &ic->terms[i];
		} else {
			raise(&c.level, a);
		}
	}
	if (c.last->cause) {
		uint64_t *own = s->scratch;

		pf_bits_not(own, pf_incompat_find(c.last->cause, c.term->package)->set,
			    c.term->package->bits);
		raise(&c.level, satisfier(c.term, own));
	}
	return c;
}

void pf_trail_count(struct pf_solver *s, struct pf_package *refused, const struct pf_incompat *ic)
{
	bool others = false;

	for (size_t i = 0; i < ic->n; i++) {
		struct pf_package *p = ic->terms[i].package->base;

		if (p == refused->base)
			continue;
		others = true;
		if (++p->in_the_way == MANY_CONFLICTS && !p->early)
			*PF_PUSH(&s->arena, &s->sinking) = p;
	}
	if (others && ++refused->base->refused == MANY_CONFLICTS)
		refused->base->early = true;
}

/* From an incompatibility that came true, goes back to the cause that can be avoided, and avoids
 * it. */
static void resolve_conflict(struct pf_solver *s, const struct pf_incompat *start)
{
	struct pf_incompat *learned = NULL;
	const struct pf_incompat *ic = start;

	s->conflicts++;
	while (ic->n) {
		struct cut c = find_cut(s, ic);

		if (!c.last->cause || c.level < c.last->level) {
			struct pf_package *p = c.term->package;

			pf_trail_back(s, c.level);
			if (learned)
				pf_incompat_watch(s, learned);
			derive(s, p, ic);
			pf_trail_count(s, p, ic);
			return;
		}
		ic = learned = pf_incompat_resolve(s, ic, c.last->cause, c.term->package);
	}
	s->proof = ic;
}

/* ---- propagation ---- */

/* An incompatibility with a false term rests until what made it false is taken back. */
static void rest(struct pf_solver *s, struct pf_incompat *ic, const struct pf_term *t)
{
	const struct pf_package *p = t->package;
	size_t i = p->trail.n;

	while (i > 1 && !pf_bits_meet(p->trail.v[i - 2].set, t->set, p->bits))
		i--;
	ic->resting = true;
	ic->rest_level = i ? p->trail.v[i - 1].level : 0;
	ic->rest_since = s->begun.v[ic->rest_level];
}

static bool rests(const struct pf_solver *s, const struct pf_incompat *ic)
{
	return ic->resting && ic->rest_level <= s->level &&
	       s->begun.v[ic->rest_level] == ic->rest_since;
}

/* True when all terms hold; when all but one do, that one. Neither: false and NULL. */
static bool holds(const struct pf_term **open, struct pf_solver *s, struct pf_incompat *ic)
{
	*open = NULL;
	if (rests(s, ic))
		return false;
	for (size_t i = 0; i < ic->n; i++) {
		const struct pf_term *t = &ic->terms[i];
		const struct pf_package *p = t->package;

		if (pf_bits_within(p->left, t->set, p->bits))
			continue;
		if (!pf_bits_meet(p->left, t->set, p->bits)) {
			rest(s, ic, t);
			*open = NULL;
			return false;
		}
		if (*open) {
			*open = NULL;
			return false;
		}
		*open = t;
	}
	return !*open;
}

static void propagate_one(struct pf_solver *s, struct pf_package *p)
{
	const struct pf_term *open;

	for (size_t i = p->incompats.n; i-- > 0;) {
		struct pf_incompat *ic = p->incompats.v[i];

		if (holds(&open, s, ic)) {
			pf_package_push(s, p);
			resolve_conflict(s, ic);
			return;
		}
		if (open)
			derive(s, open->package, ic);
		else if (ic->resting && !ic->rest_level)
			p->incompats.v[i] = p->incompats.v[--p->incompats.n]; /* for ever */
	}
}

int pf_solver_propagate(struct pf_solver *s)
{
	while (!s->proof && s->queue.n) {
		struct pf_package *p = s->queue.v[--s->queue.n];

		p->queued = false;
		propagate_one(s, p);
	}
	return s->proof ? -1 : 0;
}
