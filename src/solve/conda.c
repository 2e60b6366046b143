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

/* ---- what is chosen ---- */

static int compare_names(const void *l, const void *r)
{
	const struct pf_conda_candidate *const *a = l, *const *b = r;

	return pf_str_cmp((*a)->of->name, (*b)->of->name);
}

static void put_by_name(struct pf_conda_solution *out, struct pf_conda_chosen *chosen)
{
	if (chosen->v.n)
		qsort(chosen->v.v, chosen->v.n, sizeof(*chosen->v.v), compare_names);
	for (size_t i = 0; i < chosen->v.n; i++)
		if (!chosen->v.v[i]->of->machine)
			*PF_PUSH(&out->arena, &out->v) = *chosen->v.v[i]->r;
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
 * which. Where python is needed and nobody said which, a newer one is looked for, with which what
 * was asked for is no worse; and of all the rest what there is for it. */
static int search(struct pf_conda_chosen *chosen, struct pf_conda_facts *facts,
		  struct pf_conda_search *s, struct pf_err *err)
{
	const struct pf_conda_name *python = pf_map_get(&s->names, PF_S("python"));
	struct pf_conda_chosen better = { 0 };
	struct pf_conda_facts none = { 0 };
	const struct pf_conda_candidate *found;
	struct pf_conda_first first = { python, chosen };
	int rc = pf_conda_sat(chosen, facts, s, NULL, err);

	if (rc || !python || python->asked.n || !(found = find_chosen(chosen, python)))
		return rc;
	rc = pf_conda_sat(&better, &none, s, &first, err);
	if (rc == 0 &&
	    pf_condaver_cmp(&find_chosen(&better, python)->r->ver, &found->r->ver) > 0)
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
	put_by_name(out, &chosen);
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
