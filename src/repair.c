/* repair.c - packages that a model's own files name and nothing brings, added to its environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "check/check.h"
#include "pipeline.h"
#include "solve/solve.h"

struct repair {
	struct pf_arena arena;
	struct pf_job *job;
	const struct pf_opts *o;
	struct pf_reasons added;	/* projects, and why */
};

static int find_missing(struct pf_missings *out, const struct repair *r, struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };

	if (pf_python_in(&python, r->job->env.dir, r->o, err) < 0 ||
	    pf_dists_read(&installed, &python.paths, python.prefix, err) < 0)
		return -1;
	pf_missings_find(out, &r->job->model, &python, &installed);
	return 0;
}

static bool has(const struct pf_reasons *list, struct pf_str name)
{
	for (size_t i = 0; i < list->v.n; i++)
		if (pf_str_eq(list->v.v[i].name, name))
			return true;
	return false;
}

static void put(struct pf_reasons *out, struct pf_arena *a, struct pf_str name, struct pf_str why)
{
	*PF_PUSH(a, &out->v) = (struct pf_reason){ pf_dup(a, name), pf_dup(a, why) };
}

static void put_all(struct pf_reasons *out, struct pf_arena *a, const struct pf_reasons *from)
{
	for (size_t i = 0; i < from->v.n; i++)
		put(out, a, from->v.v[i].name, from->v.v[i].why);
}

/* What was added before stays. How many are new? */
static size_t choose(struct repair *r, const struct pf_missings *missing)
{
	PF_AUTO(plan) before = { 0 };
	size_t kept;

	if (pf_env_recorded(&before, &r->job->model.needs, &r->job->python, r->o))
		put_all(&r->added, &r->arena, &before.added);
	kept = r->added.v.n;
	for (size_t i = 0; i < missing->v.n; i++) {
		const struct pf_missing *one = &missing->v.v[i];

		if (!one->project.n)
			pf_note(PF_FMT ": which package provides it cannot be told from the name",
				PF_ARG(one->why));
		else if (!has(&r->added, one->project))
			put(&r->added, &r->arena, one->project, one->why);
	}
	return r->added.v.n - kept;
}

/* The model's needs and those. */
static int add_needs(struct pf_needs *out, struct repair *r, const struct pf_reason *v, size_t n,
		     struct pf_err *err)
{
	const struct pf_needs *needs = &r->job->model.needs;
	struct pf_needs more = *needs;

	memset(&more.pip, 0, sizeof(more.pip));
	for (size_t i = 0; i < needs->pip.n; i++)
		*PF_PUSH(&r->arena, &more.pip) = needs->pip.v[i];
	for (size_t i = 0; i < n; i++) {
		struct pf_need need = { .text = v[i].name, .file = PF_S("create --repair"),
					.parsed = true };

		if (pf_requirement_parse(&need.req, &r->arena, v[i].name, err) < 0)
			return -1;
		*PF_PUSH(&r->arena, &more.pip) = need;
	}
	*out = more;
	return 0;
}

static int solve(struct pf_plan *out, struct repair *r, const struct pf_reason *v, size_t n,
		 struct pf_err *err)
{
	struct pf_needs needs;

	if (add_needs(&needs, r, v, n, err) < 0)
		return -1;
	return pf_solve(out, &needs, r->job->model.dir, &r->job->python, r->o, err);
}

/* One that cannot be had must not keep out the others. */
static int drop_unsolvable(struct repair *r, struct pf_err *err)
{
	struct pf_reasons all = r->added;

	memset(&r->added, 0, sizeof(r->added));
	for (size_t i = 0; i < all.v.n; i++) {
		PF_AUTO(plan) plan = { 0 };

		*PF_PUSH(&r->arena, &r->added.v) = all.v.v[i];
		if (solve(&plan, r, r->added.v.v, r->added.v.n, err) == 0)
			continue;
		if (err->code != PF_ESOLVE)
			return -1;
		pf_note("%s", err->msg);
		pf_note(PF_FMT ": but " PF_FMT " cannot be added", PF_ARG(all.v.v[i].why),
			PF_ARG(all.v.v[i].name));
		r->added.v.n--;
	}
	return 0;
}

static int make(struct repair *r, struct pf_err *err)
{
	struct pf_job *job = r->job;
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(env) env = { 0 };

	if (solve(&plan, r, r->added.v.v, r->added.v.n, err) < 0) {
		if (err->code != PF_ESOLVE || !r->added.v.n || drop_unsolvable(r, err) < 0 ||
		    solve(&plan, r, r->added.v.v, r->added.v.n, err) < 0)
			return -1;
	}
	put_all(&plan.added, &plan.arena, &r->added);
	if (pf_env_get(&env, &job->model.needs, &plan, &job->python, r->o, err) < 0)
		return -1;
	env.fresh |= job->env.fresh;
	pf_env_free(&job->env);
	job->env = PF_TAKE(env);
	return 0;
}

/* A project that bears the name of a module is not always the one that has it: what does not bring
 * what is named is taken out again. How many were? */
static size_t drop_useless(struct repair *r, const struct pf_missings *left)
{
	size_t kept = 0, n = r->added.v.n;

	for (size_t i = 0; i < n; i++) {
		struct pf_reason one = r->added.v.v[i];
		bool useless = pf_strs_have(&left->hollow, one.name);

		for (size_t k = 0; k < left->v.n; k++)
			useless |= pf_str_eq(left->v.v[k].project, one.name);
		if (useless)
			pf_note(PF_FMT ", which " PF_FMT " of the index does not have: "
				"it is not added",
				PF_ARG(one.why), PF_ARG(one.name));
		else
			r->added.v.v[kept++] = one;
	}
	r->added.v.n = kept;
	return n - kept;
}

static void tell_added(const struct repair *r)
{
	for (size_t i = 0; i < r->added.v.n; i++)
		pf_note("added " PF_FMT ": " PF_FMT, PF_ARG(r->added.v.v[i].name),
			PF_ARG(r->added.v.v[i].why));
}

static int add(struct repair *r, struct pf_err *err)
{
	size_t dropped = 1;

	while (dropped) {
		PF_AUTO(missings) left = { 0 };

		if (make(r, err) < 0 || find_missing(&left, r, err) < 0)
			return -1;
		dropped = drop_useless(r, &left);
	}
	tell_added(r);
	return 0;
}

int pf_repair(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	struct repair r = { .job = job, .o = o };
	PF_AUTO(missings) missing = { 0 };
	int rc = 0;

	if (find_missing(&missing, &r, err) < 0)
		return -1;
	if (missing.v.n && job->model.needs.require_hashes)
		pf_note(PF_FMT ", which nothing provides: it is not added, "
			"since the model asks for digests", PF_ARG(missing.v.v[0].why));
	else if (missing.v.n && !job->python.base_exe.n)
		pf_note(PF_FMT ": nothing is added to an environment of conda packages",
			PF_ARG(missing.v.v[0].why));
	else if (missing.v.n && choose(&r, &missing))
		rc = add(&r, err);
	pf_arena_free(&r.arena);
	return rc;
}
