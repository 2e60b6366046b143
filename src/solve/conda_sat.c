/* conda_sat.c - candidates and specs as libsolv has them: an id for each, and who fits which */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "base/limits.h"
#include "base/str.h"
#include "solve/conda_inside.h"

/* Of libsolv no more is used than its search. A spec is an id without a meaning, whose providers
 * are set by us; `constrains` is a conflict with an id whose providers are all that it does not
 * admit; and a candidate's version is its rank, so that the best one is the newest. */
struct sat {
	struct pf_conda_search *s;
	Pool *pool;
	Repo *repo;
	Solver *solver;
	Queue jobs;
	PF_VEC(struct pf_conda_candidate *) candidates;	/* by id */
	PF_VEC(struct pf_conda_spec *) specs;		/* by id */
	jmp_buf late;
};

static void free_sat(struct sat *x)
{
	if (x->solver)
		solver_free(x->solver);
	if (x->pool)
		pool_free(x->pool);
	queue_free(&x->jobs);
}

/* ---- ids ---- */

#define PUT_AT(x, vec, id, value)                                \
	do {                                                     \
		while ((vec)->n <= (size_t)(id))                 \
			*PF_PUSH(&(x)->s->arena, (vec)) = NULL; \
		(vec)->v[id] = (value);                          \
	} while (0)

static Id id_of(struct sat *x, char kind, struct pf_conda_spec *spec)
{
	char text[32];
	Id id;

	/* Two specs of one text may be there: one of a record, one that was asked for. */
	snprintf(text, sizeof(text), "%c%zx", kind, (size_t)(uintptr_t)spec);
	id = pool_str2id(x->pool, text, 1);
	PUT_AT(x, &x->specs, id, spec);
	return id;
}

static Id need_of(struct sat *x, struct pf_conda_spec *spec)
{
	if (!spec->need)
		spec->need = id_of(x, '=', spec);
	return spec->need;
}

static Id conflict_of(struct sat *x, struct pf_conda_spec *spec)
{
	if (!spec->conflict)
		spec->conflict = id_of(x, '!', spec);
	return spec->conflict;
}

static void add_candidate(struct sat *x, struct pf_conda_candidate *c)
{
	struct pf_conda_name *name = c->of;
	Solvable *solvable;
	char version[16];

	snprintf(version, sizeof(version), "%08zu", name->n - c->rank);
	if (!name->id) {
		PF_AUTO(buf) text = PF_BUF(PF_MAX_REPODATA_HEAD);

		pf_buf_printf(&text, "-" PF_FMT, PF_ARG(name->name));
		name->id = pool_str2id(x->pool, text.p, 1);
	}
	c->id = repo_add_solvable(x->repo);
	PUT_AT(x, &x->candidates, c->id, c);
	solvable = pool_id2solvable(x->pool, c->id);
	solvable->name = name->id;
	solvable->evr = pool_str2id(x->pool, version, 1);
	solvable->arch = ARCH_NOARCH;
	solvable->provides = repo_addid_dep(x->repo, solvable->provides, name->id, 0);
	for (size_t i = 0; i < c->depends.n; i++)
		solvable->requires = repo_addid_dep(x->repo, solvable->requires,
						    need_of(x, c->depends.v[i]), 0);
	for (size_t i = 0; i < c->constrains.n; i++) {
		struct pf_conda_spec *spec = c->constrains.v[i];

		if (spec->used)
			solvable->conflicts = repo_addid_dep(x->repo, solvable->conflicts,
							     conflict_of(x, spec), 0);
	}
}

/* ---- who provides what ---- */

static void set_providers(struct sat *x, Id id, struct pf_conda_spec *spec, bool admitted)
{
	const struct pf_conda_name *name = spec->about;
	const uint64_t *fits = pf_conda_fits(x->s, spec);
	Queue who;

	queue_init(&who);
	for (size_t i = 0; i < name->n; i++)
		if (name->v[i].id && pf_bits_has(fits, i) == admitted)
			queue_push(&who, name->v[i].id);
	pool_set_whatprovides(x->pool, id, pool_queuetowhatprovides(x->pool, &who));
	queue_free(&who);
}

static void set_all_providers(struct sat *x)
{
	pool_createwhatprovides(x->pool);
	for (size_t i = 0; i < x->specs.n; i++) {
		struct pf_conda_spec *spec = x->specs.v[i];

		if (spec)
			set_providers(x, (Id)i, spec, spec->need == (Id)i);
	}
}

static void install(struct sat *x, Id how, Id what)
{
	queue_push(&x->jobs, SOLVER_INSTALL | how);
	queue_push(&x->jobs, what);
}

/* The machine is what it is; then what was asked for, in that order. What comes first is decided
 * first. */
static void add_jobs(struct sat *x, const struct pf_conda_first *first)
{
	const struct pf_map *names = &x->s->names;

	if (first)
		install(x, SOLVER_SOLVABLE_NAME, first->name->id);

	for (size_t i = 0; i < names->entries.n; i++) {
		struct pf_conda_name *name = names->entries.v[i].value;

		if (name->machine && name->n)
			install(x, SOLVER_SOLVABLE, name->v[0].id);
	}
	for (size_t i = 0; i < names->entries.n; i++) {
		struct pf_conda_name *name = names->entries.v[i].value;

		for (size_t k = 0; k < name->asked.n; k++)
			install(x, SOLVER_SOLVABLE_PROVIDES, need_of(x, name->asked.v[k]));
	}
}

static void add_no_worse(struct sat *x, const struct pf_conda_candidate *found)
{
	const struct pf_conda_name *name = found->of;
	Queue who;

	queue_init(&who);
	for (size_t i = 0; i < name->n; i++)
		if (name->v[i].id && !pf_conda_is_worse(x->s, &name->v[i], found))
			queue_push(&who, name->v[i].id);
	install(x, SOLVER_SOLVABLE_ONE_OF, pool_queuetowhatprovides(x->pool, &who));
	queue_free(&who);
}

static void fill(struct sat *x, const struct pf_conda_first *first)
{
	const struct pf_map *names = &x->s->names;

	for (size_t i = 0; i < names->entries.n; i++) {
		struct pf_conda_name *name = names->entries.v[i].value;

		for (size_t k = 0; k < name->n; k++)
			if (!name->v[k].out && (name->followed || name->machine))
				add_candidate(x, &name->v[k]);
	}
	add_jobs(x, first);
	set_all_providers(x);
	for (size_t i = 0; first && i < first->found->v.n; i++)
		if (first->found->v.v[i]->of->asked.n)
			add_no_worse(x, first->found->v.v[i]);
}

/* ---- the search ---- */

/* libsolv knows of no time, but it tells each step: that is where it is left. What it holds then
 * is freed with the pool and the solver, but for a few queues. */
static void look_at_clock(Pool *pool, void *ctx, int type, const char *text)
{
	struct sat *x = ctx;
	struct pf_err ignored;

	(void)pool, (void)type, (void)text;
	if (pf_conda_check_time(x->s, &ignored) < 0)
		longjmp(x->late, 1);
}

static int search(struct sat *x, struct pf_err *err)
{
	if (setjmp(x->late))
		return pf_conda_fail_late(x->s, err);
	pool_setdebugcallback(x->pool, look_at_clock, x);
	pool_setdebugmask(x->pool, SOLV_DEBUG_POLICY);
	x->solver = solver_create(x->pool);
	solver_solve(x->solver, &x->jobs);
	return 0;
}

static void take_chosen(struct pf_conda_chosen *out, struct sat *x)
{
	Queue decided;

	queue_init(&decided);
	solver_get_decisionqueue(x->solver, &decided);
	for (int i = 0; i < decided.count; i++) {
		Id id = decided.elements[i];

		if (id > 0 && (size_t)id < x->candidates.n && x->candidates.v[id])
			*PF_PUSH(&x->s->arena, &out->v) = x->candidates.v[id];
	}
	queue_free(&decided);
}

static void take_fact(struct pf_conda_facts *out, struct sat *x, Id rule)
{
	Id from = 0, to = 0, dep = 0;
	SolverRuleinfo kind = solver_ruleinfo(x->solver, rule, &from, &to, &dep);
	struct pf_conda_spec *spec =
		dep > 0 && (size_t)dep < x->specs.n ? x->specs.v[dep] : NULL;
	struct pf_conda_fact fact = { 0 };

	if (!spec)
		return;
	if (kind == SOLVER_RULE_PKG_CONFLICTS)
		fact.rules_out = spec;
	else if (kind == SOLVER_RULE_PKG_REQUIRES || kind == SOLVER_RULE_JOB)
		fact.needs = spec;
	else
		return;
	if (kind != SOLVER_RULE_JOB)
		fact.of = x->candidates.v[from];
	*PF_PUSH(&x->s->arena, &out->v) = fact;
}

static void take_facts(struct pf_conda_facts *out, struct sat *x)
{
	Queue rules;

	queue_init(&rules);
	solver_findallproblemrules(x->solver, 1, &rules);
	for (int i = 0; i < rules.count; i++)
		take_fact(out, x, rules.elements[i]);
	queue_free(&rules);
}

/* A search's ids are of no use to another one. */
static void forget_ids(struct pf_conda_search *s)
{
	for (size_t i = 0; i < s->names.entries.n; i++) {
		struct pf_conda_name *name = s->names.entries.v[i].value;

		name->id = 0;
		for (size_t k = 0; k < name->n; k++)
			name->v[k].id = 0;
		for (size_t k = 0; k < name->about.n; k++)
			name->about.v[k]->need = name->about.v[k]->conflict = 0;
	}
}

int pf_conda_sat(struct pf_conda_chosen *chosen, struct pf_conda_facts *facts,
		 struct pf_conda_search *s, const struct pf_conda_first *first, struct pf_err *err)
{
	struct sat x = { .s = s, .pool = pool_create() };
	int rc;

	if (!x.pool) {
		pf_fail(err, PF_EIO, "libsolv cannot be loaded");
		return pf_hint(err, "install libsolv, which searches among conda's packages");
	}
	queue_init(&x.jobs);
	forget_ids(s);
	pool_setdisttype(x.pool, DISTTYPE_RPM);
	x.repo = repo_create(x.pool, "channels");
	fill(&x, first);
	rc = search(&x, err);
	if (rc == 0 && solver_problem_count(x.solver)) {
		take_facts(facts, &x);
		rc = 1;
	} else if (rc == 0) {
		take_chosen(chosen, &x);
	}
	free_sat(&x);
	return rc;
}
