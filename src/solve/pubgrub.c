/* pubgrub.c - the search: propagate, choose a package, try its best version, learn */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/pubgrub.h"

#include "base/limits.h"
#include "base/proc.h"

#define MANY_TRIES 8 /* then the next versions are announced in batches */

static size_t decided_version(const struct pf_package *p)
{
	return pf_bits_next(p->left, p->bits, 0);
}

static bool is_open(const struct pf_package *p)
{
	if (p->base != p || !pf_package_wanted(p))
		return false;
	return !pf_package_decided(p) || pf_package_untold(p, decided_version(p));
}

/* ---- order ---- */

/* Packages in the way of many others: what was decided about them, and since, is taken back. */
static void let_sink(struct pf_solver *s)
{
	while (s->sinking.n) {
		struct pf_package *p = s->sinking.v[--s->sinking.n];

		if (p->early || p->late)
			continue;
		p->late = true;
		if (!pf_package_decided(p))
			continue;
		pf_trail_back(s, p->trail.v[p->trail.n - 1].level - 1);
		for (size_t i = 0; i < s->packages.n; i++)
			pf_package_push(s, s->packages.v[i]);
	}
}

/* ---- hints ---- */

static void announce_best(struct pf_solver *s, struct pf_package *p)
{
	size_t best = pf_ranking_best(&p->ranking, p->left);

	if (best == PF_BITS_NONE || p->hinted == best + 1 || pf_bits_has(p->known, best))
		return;
	p->hinted = best + 1;
	s->source->want_depends(s->source->ctx, p->ranking.v[best]);
}

/* A package that was refused again and again will go on so. */
static void announce_batch(struct pf_solver *s, struct pf_package *p)
{
	size_t i = pf_bits_next(p->left, p->ranking.n, 0);

	if (p->tries < MANY_TRIES || p->tries < 2 * p->batch)
		return;
	p->batch = p->tries;
	for (unsigned k = 0; k < p->tries && i < p->ranking.n; k++) {
		s->source->want_depends(s->source->ctx, p->ranking.v[i]);
		i = pf_bits_next(p->left, p->ranking.n, i + 1);
	}
}

/* ---- whose turn it is ---- */

/* As uv: what can be one thing only comes first, then what is in many conflicts. But what is in the
 * way of many is last: before those that are still to come it would be in their way once more. */
static unsigned urgency(const struct pf_package *p)
{
	if (p->direct || pf_package_decided(p))
		return 4;
	if (p->pinned || pf_bits_is_single(p->left, p->bits))
		return 3;
	return p->early ? 2 : p->late ? 0 : 1;
}

static struct pf_package *pick(struct pf_solver *s)
{
	struct pf_package *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < s->packages.n; i++) {
		struct pf_package *p = s->packages.v[i];
		unsigned urgent;

		if (!is_open(p))
			continue;
		if (s->source->want_depends && !pf_package_decided(p))
			announce_best(s, p);
		urgent = urgency(p);
		if (!best || urgent > most) {
			best = p;
			most = urgent;
		}
	}
	if (best && s->source->want_depends)
		announce_batch(s, best);
	return best;
}

/* ---- bounds ---- */

static int too_long(struct pf_solver *s, struct pf_err *err, size_t bound, const char *unit)
{
	struct pf_str culprits = pf_conflict_culprits(s);

	pf_fail(err, PF_ELIMIT, "no versions that fit together were found in %zu %s", bound, unit);
	return pf_hint(err, "bounds or exact versions for " PF_FMT " make it easier",
		       PF_ARG(culprits.n ? culprits : PF_S("more packages")));
}

static int check_bounds(struct pf_solver *s, double start, struct pf_err *err)
{
	size_t steps = s->o->max_steps ? s->o->max_steps : PF_MAX_SOLVE_STEPS;
	unsigned seconds = s->o->max_seconds ? s->o->max_seconds : PF_WAIT_SOLVE;

	if (pf_signals_check(err) < 0)
		return -1;
	if (s->steps + s->conflicts > steps)
		return too_long(s, err, steps, "steps");
	if (pf_clock() - start > seconds)
		return too_long(s, err, seconds, "seconds");
	if (s->bytes > PF_MAX_SOLVE_BYTES)
		return too_long(s, err, PF_MAX_SOLVE_BYTES, "bytes of memory");
	return 0;
}

/* ---- the search ---- */

struct tried {
	struct pf_package *package;
	size_t version;
};

/* Its dependencies alone have ruled it out. */
static void note_refusal(struct pf_solver *s, const struct tried *t)
{
	struct pf_package *p = t->package;
	size_t i = p ? p->trail.n : 0;

	if (!p || pf_bits_has(p->left, t->version))
		return;
	while (i > 1 && !pf_bits_has(p->trail.v[i - 2].set, t->version))
		i--;
	if (i && p->trail.v[i - 1].cause)
		pf_trail_count(s, p, p->trail.v[i - 1].cause);
}

/* A version's dependencies are told before it is decided for, so that one that cannot be is
 * never. */
static int try_package(struct tried *out, struct pf_solver *s, struct pf_package *p,
		       struct pf_err *err)
{
	size_t version = pf_package_decided(p) ? decided_version(p) :
						 pf_ranking_best(&p->ranking, p->left);
	int told = pf_solver_tell(s, p, version, err);

	if (told < 0)
		return -1;
	p->tries += told;
	pf_package_push(s, p);
	if (told)
		*out = (struct tried){ p, version };
	else
		pf_trail_decide(s, p, version);
	return 0;
}

int pf_solver_run(struct pf_solver *s, struct pf_err *err)
{
	struct tried tried = { 0 };
	double start = pf_clock();

	*PF_PUSH(&s->arena, &s->begun) = 0;
	if (pf_solver_ask(s, err) < 0)
		return -1;
	for (;; s->steps++) {
		struct pf_package *p;

		if (pf_solver_propagate(s) < 0)
			return 1;
		note_refusal(s, &tried);
		tried = (struct tried){ 0 };
		if (check_bounds(s, start, err) < 0)
			return -1;
		let_sink(s);
		if (s->queue.n)
			continue;
		p = pick(s);
		if (!p)
			return 0;
		if (try_package(&tried, s, p, err) < 0)
			return -1;
	}
}
