/* conda.c - match specs to the packages of conda's channels that satisfy them together */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/conda.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "solve/conda_inside.h"

void pf_conda_solution_free(struct pf_conda_solution *s)
{
	pf_arena_free(&s->arena);
	memset(s, 0, sizeof(*s));
}

/* ---- what is needed comes before what needs it ---- */

struct ordering {
	struct pf_conda_chosen *chosen;	/* by name */
	struct pf_map places;		/* a name to its number plus 1 */
	bool *begun;
	struct pf_conda_solution *out;
};

static int compare_names(const void *l, const void *r)
{
	const struct pf_conda_candidate *const *a = l, *const *b = r;

	return pf_str_cmp((*a)->of->name, (*b)->of->name);
}

static size_t place_of(const struct ordering *o, const struct pf_conda_spec *spec)
{
	return (size_t)(uintptr_t)pf_map_get(&o->places, spec->about->name);
}

struct step {
	size_t place;
	size_t next;	/* of its needs, the one that is looked at next */
};

/* Depth first, on a stack of our own; what needs itself in turn comes as it comes. */
static void put_from(struct ordering *o, struct pf_arena *a, size_t place)
{
	PF_VEC(struct step) stack = { 0 };

	o->begun[place] = true;
	*PF_PUSH(a, &stack) = (struct step){ place, 0 };
	while (stack.n) {
		struct step *top = &stack.v[stack.n - 1];
		const struct pf_conda_candidate *c = o->chosen->v.v[top->place];
		size_t need;

		if (top->next == c->depends.n) {
			if (!c->of->machine)
				*PF_PUSH(&o->out->arena, &o->out->v) = *c->r;
			stack.n--;
			continue;
		}
		need = place_of(o, c->depends.v[top->next++]);
		if (need && !o->begun[need - 1]) {
			o->begun[need - 1] = true;
			*PF_PUSH(a, &stack) = (struct step){ need - 1, 0 };
		}
	}
}

static void put_in_order(struct pf_conda_solution *out, struct pf_arena *a,
			 struct pf_conda_chosen *chosen)
{
	struct ordering o = { .chosen = chosen, .out = out };
	size_t n = chosen->v.n;

	if (n)
		qsort(chosen->v.v, n, sizeof(*chosen->v.v), compare_names);
	o.begun = pf_alloc_array(a, n + 1, sizeof(*o.begun));
	for (size_t i = 0; i < n; i++)
		*pf_map_put(a, &o.places, chosen->v.v[i]->of->name) = (void *)(uintptr_t)(i + 1);
	for (size_t i = 0; i < n; i++)
		if (!o.begun[i])
			put_from(&o, a, i);
}

/* ---- time ---- */

int pf_conda_fail_late(const struct pf_conda_search *s, struct pf_err *err)
{
	pf_fail(err, PF_ELIMIT, "no solution was found in %u seconds", s->seconds);
	return pf_hint(err, "the fewer versions of a package may be taken, the sooner it is known: "
			    "ask for a version of python, and of what is big");
}

int pf_conda_check_time(struct pf_conda_search *s, struct pf_err *err)
{
	if (++s->steps % 64 || pf_clock() <= s->deadline)
		return 0;
	return pf_conda_fail_late(s, err);
}

/* ---- the front door ---- */

static bool is_hopeless(const struct pf_conda_search *s)
{
	for (size_t i = 0; i < s->names.entries.n; i++) {
		const struct pf_conda_name *name = s->names.entries.v[i].value;

		if (name->asked.n && !name->in)
			return true;
	}
	return false;
}

static const struct pf_conda_candidate *find_chosen(const struct pf_conda_chosen *chosen,
						    const struct pf_conda_name *name)
{
	for (size_t i = 0; i < chosen->v.n; i++)
		if (chosen->v.v[i]->of == name)
			return chosen->v.v[i];
	return NULL;
}

/* libsolv decides as needs come up, and the first package that is built for one python decides
 * which. Where python is needed and nobody said which, the newest that works is wanted, and of the
 * others what there is for it. */
static int search(struct pf_conda_chosen *chosen, struct pf_conda_facts *facts,
		  struct pf_conda_search *s, struct pf_err *err)
{
	const struct pf_conda_name *python = pf_map_get(&s->names, PF_S("python"));
	struct pf_conda_chosen better = { 0 };
	struct pf_conda_facts none = { 0 };
	const struct pf_conda_candidate *found;
	int rc = pf_conda_sat(chosen, facts, s, NULL, err);

	if (rc || !python || python->asked.n || !(found = find_chosen(chosen, python)))
		return rc;
	rc = pf_conda_sat(&better, &none, s, python, err);
	if (rc == 0 && find_chosen(&better, python)->rank < found->rank)
		*chosen = better;
	return rc < 0 ? -1 : 0;
}

static int solve(struct pf_conda_solution *out, struct pf_conda_search *s, struct pf_err *err)
{
	struct pf_conda_chosen chosen = { 0 };
	struct pf_conda_facts facts = { 0 };
	int rc;

	s->seconds = s->ask->max_seconds ? s->ask->max_seconds : PF_WAIT_CONDA_SOLVE;
	s->deadline = pf_clock() + s->seconds;
	if (pf_conda_close(s, err) < 0)
		return -1;
	rc = is_hopeless(s) ? 1 : search(&chosen, &facts, s, err);
	if (rc > 0)
		return pf_conda_explain(s, &facts, err);
	if (rc < 0)
		return -1;
	put_in_order(out, &s->arena, &chosen);
	out->names = s->names.entries.n;
	out->records = s->records;
	out->candidates = s->candidates;
	return 0;
}

int pf_conda_solve(struct pf_conda_solution *out, const struct pf_conda_ask *ask,
		   struct pf_err *err)
{
	PF_AUTO(conda_solution) made = { 0 };
	struct pf_conda_search s = { .ask = ask };
	int rc = solve(&made, &s, err);

	pf_arena_free(&s.arena);
	if (rc < 0)
		return -1;
	*out = PF_TAKE(made);
	return 0;
}

/* ---- from channels ---- */

static int package_of(void *ctx, const struct pf_conda_package **out, struct pf_str name,
		      struct pf_err *err)
{
	return pf_repodata_package(out, ctx, name, err);
}

static void want_of(void *ctx, const struct pf_str *names, size_t n)
{
	pf_repodata_want(ctx, names, n);
}

void pf_conda_ask_repodata(struct pf_conda_ask *ask, struct pf_repodata *repodata)
{
	ask->package = package_of;
	ask->want = want_of;
	ask->ctx = repodata;
}
