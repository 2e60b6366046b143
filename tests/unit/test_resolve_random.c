/* test_resolve_random.c - random universes: the resolver against a search that tries everything */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <signal.h>
#include <time.h>

#include "base/limits.h"
#include "base/proc.h"

#define PROJECTS 5
#define VERSIONS 4
#define UNIVERSES 4000
#define EARLY 10
#define LATE 20

/* xorshift: the same universes on every machine. */
static uint32_t roll(uint32_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % below;
}

static const char *const versions[VERSIONS] = { "1.0", "1.5", "2.0rc1", "2.0" };
static const char *const specs[] = { "", "", ">=1.5", "<2.0", "==1.0", "!=1.5", ">=2.0rc1", "~=1.0",
				     "==2.0", "<=1.5", ">1.0", "==1.*", ">=3" };
static const char *const markers[] = { "", "", "", " ; extra == 'x'", " ; extra == 'x'",
				       " ; sys_platform == 'win32'" };

static struct pf_str random_requirement(struct pf_arena *a, uint32_t *seed, bool marker)
{
	return pf_format(a, "p%u%s%s%s", roll(seed, PROJECTS + (roll(seed, 8) == 0)),
			 roll(seed, 5) ? "" : "[x]", specs[roll(seed, PF_COUNT(specs))],
			 marker ? markers[roll(seed, PF_COUNT(markers))] : "");
}

static void make_universe(struct table *t, struct table_needs *needs, uint32_t *seed)
{
	for (unsigned p = 0; p < PROJECTS; p++) {
		struct table_project *project =
			table_project(t, &t->projects, pf_format(&t->arena, "p%u", p));

		for (unsigned v = 0; v < VERSIONS; v++) {
			struct table_version *version;

			if (!roll(seed, 5))
				continue;
			version = table_add(t, project, pf_s(versions[v]));
			version->candidate.yanked = !roll(seed, 12);
			version->candidate.wheel = roll(seed, 6);
			version->candidate.sdist = roll(seed, 2);
			version->candidate.day = roll(seed, 3) ? EARLY : LATE;
			version->broken = roll(seed, 20) ? PF_S("") : PF_S("broken");
			if (!roll(seed, 10))
				version->candidate.requires_python = PF_S(">=3.13");
			for (unsigned k = roll(seed, 4); k > 0; k--)
				table_require(t, version, random_requirement(&t->arena, seed, true));
		}
	}
	for (unsigned k = 1 + roll(seed, 3); k > 0; k--)
		table_need(t, needs, random_requirement(&t->arena, seed, false), PF_S("r.txt"), k);
	if (!roll(seed, 3))
		table_need(t, needs, random_requirement(&t->arena, seed, false), PF_S("c.txt"),
			   1)->constraint = true;
}

/* ---- the other search: every combination of versions, each project's or none ---- */

struct world {
	struct table *t;
	const struct table_needs *needs;
	const struct pf_marker_env *env;
	const struct table_version *chosen[PROJECTS]; /* NULL: not there */
	bool extra[PROJECTS];
	bool early;	/* nothing that is late or to be built counts */
};

static size_t number_of(struct pf_str key)
{
	return (size_t)(key.p[1] - '0');
}

static bool pinned(const struct world *w, size_t p, const struct table_version *v)
{
	for (size_t i = 0; i < w->needs->v.n; i++) {
		const struct pf_requirement *r = &w->needs->v.v[i].req;
		const struct pf_spec *pin = pf_specset_pin(&r->specs);

		if (pin && number_of(r->key) == p && pf_spec_admits(pin, &v->candidate.version))
			return true;
	}
	return false;
}

static bool usable(const struct world *w, size_t p, const struct table_version *v)
{
	return (!w->early || v->candidate.day == EARLY) &&
	       !v->broken.n && !v->candidate.requires_python.n &&
	       (v->candidate.wheel || v->candidate.sdist) && (!v->candidate.yanked || pinned(w, p, v));
}

static bool met(const struct world *w, const struct pf_requirement *r)
{
	size_t p = number_of(r->key);

	return p < PROJECTS && w->chosen[p] &&
	       pf_specset_admits(&r->specs, &w->chosen[p]->candidate.version, PF_PRE_ALLOW);
}

/* The extras that are asked for follow from the versions: until nothing more comes to it. */
static bool spread_extras(struct world *w)
{
	bool more = false;

	for (size_t p = 0; p < PROJECTS; p++) {
		const struct table_version *v = w->chosen[p];

		for (size_t i = 0; v && i < v->requires.n; i++) {
			const struct pf_requirement *r = &v->requires.v[i];
			size_t to = number_of(r->key);

			if (!r->extras.n || to >= PROJECTS || w->extra[to] ||
			    !pf_marker_eval(r->marker, w->env, w->extra[p] ? PF_S("x") : PF_S("")))
				continue;
			w->extra[to] = more = true;
		}
	}
	return more;
}

static bool is_solution(struct world *w)
{
	memset(w->extra, 0, sizeof(w->extra));
	for (size_t i = 0; i < w->needs->v.n; i++) {
		const struct pf_need *need = &w->needs->v.v[i];
		size_t p = number_of(need->req.key);

		if (need->constraint ? p < PROJECTS && w->chosen[p] && !met(w, &need->req) :
				       !met(w, &need->req))
			return false;
		if (!need->constraint && need->req.extras.n)
			w->extra[p] = true;
	}
	while (spread_extras(w))
		;
	for (size_t p = 0; p < PROJECTS; p++) {
		const struct table_version *v = w->chosen[p];

		if (v && !usable(w, p, v))
			return false;
		for (size_t i = 0; v && i < v->requires.n; i++)
			if (pf_marker_eval(v->requires.v[i].marker, w->env,
					   w->extra[p] ? PF_S("x") : PF_S("")) &&
			    !met(w, &v->requires.v[i]))
				return false;
	}
	return true;
}

static bool any_solution(struct world *w, size_t p)
{
	struct table_project *project;

	if (p == PROJECTS)
		return is_solution(w);
	w->chosen[p] = NULL;
	if (any_solution(w, p + 1))
		return true;
	project = pf_map_get(&w->t->projects, pf_format(&w->t->arena, "p%zu", p));
	for (size_t i = 0; project && i < project->versions.n; i++) {
		w->chosen[p] = project->versions.v[i];
		if (usable(w, p, w->chosen[p]) && any_solution(w, p + 1))
			return true;
	}
	w->chosen[p] = NULL;
	return false;
}

/* Nothing is chosen that nothing asks for. */
static bool is_minimal(const struct world *w, const struct pf_resolution *r)
{
	bool reached[PROJECTS + 1] = { false }, more = true;

	for (size_t i = 0; i < w->needs->v.n; i++)
		if (!w->needs->v.v[i].constraint)
			reached[number_of(w->needs->v.v[i].req.key)] = true;
	while (more) {
		more = false;
		for (size_t p = 0; p < PROJECTS; p++) {
			const struct table_version *v = reached[p] ? w->chosen[p] : NULL;

			for (size_t i = 0; v && i < v->requires.n; i++) {
				size_t to = number_of(v->requires.v[i].key);

				if (reached[to] || !pf_marker_eval(v->requires.v[i].marker, w->env,
								   w->extra[p] ? PF_S("x") : PF_S("")))
					continue;
				reached[to] = more = true;
			}
		}
	}
	for (size_t i = 0; i < r->v.n; i++)
		if (!reached[number_of(r->v.v[i].name)])
			return false;
	return true;
}

static bool asked_for(const struct world *w, size_t p, const struct table_version *v)
{
	for (size_t k = 0; k < w->needs->v.n; k++) {
		const struct pf_requirement *r = &w->needs->v.v[k].req;

		if (number_of(r->key) == p &&
		    !pf_specset_admits(&r->specs, &v->candidate.version, PF_PRE_ALLOW))
			return false;
	}
	return usable(w, p, v);
}

/* Is the newest early version of every project that the needs leave a wheel? Where it is not, what
 * is late is not held back. */
static bool all_early(const struct world *w)
{
	for (size_t p = 0; p < PROJECTS; p++) {
		const struct table_project *project =
			pf_map_get(&w->t->projects, pf_format(&w->t->arena, "p%zu", p));
		const struct table_version *newest = NULL;

		for (size_t i = 0; project && i < project->versions.n; i++) {
			const struct table_version *v = project->versions.v[i];

			if (asked_for(w, p, v) &&
			    (!newest || pf_version_cmp(&v->candidate.version,
						       &newest->candidate.version) > 0))
				newest = v;
		}
		if (project && project->versions.n && !(newest && newest->candidate.wheel))
			return false;
	}
	return true;
}

/* As of a day there is a solution where there is one at all, and it is early where that can be. */
static bool check_early(struct world *w, struct pf_resolve_opts o, bool solved, uint32_t seed)
{
	struct pf_supply source = table_source(w->t);
	PF_AUTO(resolution) r = { 0 };
	struct pf_err err = { 0 };
	bool late = false;

	o.as_of = EARLY;
	if ((pf_resolve(&r, &source, w->needs->v.v, w->needs->v.n, &o, &err) == 0) != solved)
		fail_msg("universe %u as of a day: %s", seed, solved ? err.msg : "it has a solution");
	memset(w->chosen, 0, sizeof(w->chosen));
	for (size_t i = 0; i < r.v.n; i++) {
		w->chosen[number_of(r.v.v[i].name)] = r.v.v[i].candidate->ref;
		late |= r.v.v[i].late;
	}
	if (solved && !is_solution(w))
		fail_msg("universe %u: " PF_FMT " is no solution as of a day", seed,
			 PF_ARG(table_plan(&w->t->arena, &r)));
	w->early = true;
	if (!all_early(w) || !any_solution(w, 0))
		return false;
	if (late)
		fail_msg("universe %u: " PF_FMT " is late, and need not be", seed,
			 PF_ARG(table_plan(&w->t->arena, &r)));
	return true;
}

static bool check_universe(uint32_t seed, size_t *early)
{
	uint32_t state = seed;
	struct table t = { 0 };
	struct table_needs needs = { 0 };
	struct pf_marker_env env = table_env(&t.arena, PF_S("3.11.7"));
	struct pf_resolve_opts o = { .env = &env };
	struct pf_supply source = table_source(&t);
	struct world w = { .t = &t, .needs = &needs, .env = &env };
	PF_AUTO(resolution) r = { 0 };
	struct pf_err err = { 0 };
	bool solved;

	make_universe(&t, &needs, &state);
	solved = pf_resolve(&r, &source, needs.v.v, needs.v.n, &o, &err) == 0;
	if (!solved) {
		assert_int_equal(err.code, PF_ESOLVE);
		assert_true(*err.msg);
		if (any_solution(&w, 0))
			fail_msg("universe %u has a solution: %s", seed, err.msg);
	} else {
		for (size_t i = 0; i < r.v.n; i++)
			w.chosen[number_of(r.v.v[i].name)] = r.v.v[i].candidate->ref;
		if (!is_solution(&w) || !is_minimal(&w, &r))
			fail_msg("universe %u: " PF_FMT " is no solution", seed,
				 PF_ARG(table_plan(&t.arena, &r)));
	}
	*early += check_early(&w, o, solved, seed);
	table_free(&t);
	return solved;
}

static void test_universes(void **state)
{
	size_t solved = 0, early = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= UNIVERSES; seed++)
		solved += check_universe(seed * 2654435761u, &early);
	print_message("%zu of %u universes have a solution\n", solved, UNIVERSES);
	print_message("%zu have an early one\n", early);
	assert_in_range(solved, UNIVERSES / 5, UNIVERSES * 4 / 5);
	assert_in_range(early, UNIVERSES / 50, UNIVERSES);
}

/* ---- effort ---- */

#define MANY_PROJECTS 90
#define MANY_VERSIONS 100

/* A universe, what is needed of it, and what came of that. */
struct search {
	struct table t;
	struct table_needs needs;
	size_t max_steps;
	struct pf_resolution r;
	struct pf_err err;
};

static int search(struct search *s)
{
	struct pf_marker_env env = table_env(&s->t.arena, PF_S("3.11.7"));
	struct pf_resolve_opts o = { .env = &env, .max_steps = s->max_steps };
	struct pf_supply source = table_source(&s->t);
	clock_t start = clock();
	int rc = pf_resolve(&s->r, &source, s->needs.v.v, s->needs.v.n, &o, &s->err);

	print_message("%zu packages, %zu steps, %zu conflicts, %.2f ms, %zu versions asked for their "
		      "dependencies, %zu announced\n", s->r.v.n, s->r.steps, s->r.conflicts,
		      (double)(clock() - start) * 1e3 / CLOCKS_PER_SEC, s->t.asked, s->t.hinted);
	return rc;
}

static void search_free(struct search *s)
{
	pf_resolution_free(&s->r);
	table_free(&s->t);
}

/* Each project needs the next three, of about its own age. The last one's newest half does not get on
 * with what the first asks for, so that all of them have to go back. */
static void make_large(struct search *s)
{
	struct table *t = &s->t;

	for (unsigned p = 0; p < MANY_PROJECTS; p++) {
		struct table_project *project =
			table_project(t, &t->projects, pf_format(&t->arena, "p%u", p));

		for (unsigned v = MANY_VERSIONS; v > 0; v--) {
			struct table_version *version =
				table_add(t, project, pf_format(&t->arena, "%u.%u.0", v / 10, v % 10));

			for (unsigned k = 1; k <= 3 && p + k < MANY_PROJECTS; k++)
				table_require(t, version, pf_format(&t->arena, "p%u>=%u.%u,<=%u.%u",
								    p + k, (v > 8 ? v - 8 : 0) / 10,
								    (v > 8 ? v - 8 : 0) % 10, (v + 2) / 10,
								    (v + 2) % 10));
			if (p == MANY_PROJECTS - 1)
				table_require(t, version, v > MANY_VERSIONS / 2 ? PF_S("old<5") :
										  PF_S("old>=5"));
		}
	}
	table_add(t, table_project(t, &t->projects, PF_S("old")), PF_S("5.0"));
	table_need(t, &s->needs, PF_S("p0"), PF_S("r.txt"), 1);
}

static void test_effort(void **state)
{
	struct search s = { 0 };

	(void)state;
	make_large(&s);
	if (search(&s) < 0)
		fail_msg("%s", s.err.msg);
	assert_int_equal(s.r.v.n, MANY_PROJECTS + 1);
	assert_in_range(s.r.steps, 1, 4000);
	search_free(&s);
}

/* Two of a family whose every version needs nearly the same of a third, and a bound that only very old
 * ones keep: the search must not take them one by one with all that they need. */
static void test_family(void **state)
{
	struct search s = { 0 };
	struct table *t = &s.t;
	struct table_project *core = table_project(t, &t->projects, PF_S("core"));
	struct table_project *tool = table_project(t, &t->projects, PF_S("tool"));
	struct table_project *extra = table_project(t, &t->projects, PF_S("extra"));

	(void)state;
	for (unsigned v = 1500; v > 0; v--) {
		struct table_version *version = table_add(t, core, pf_format(&t->arena, "1.%u", v));

		table_require(t, version, v > 20 ? PF_S("net>=2") : PF_S("net<2"));
		version = table_add(t, tool, pf_format(&t->arena, "1.%u", v));
		table_require(t, version, pf_format(&t->arena, "core>=1.%u,<1.%u", v, v + 2));
		version = table_add(t, extra, pf_format(&t->arena, "2.%u", v));
		table_require(t, version, pf_format(&t->arena, "core==1.%u", v));
	}
	table_add(t, table_project(t, &t->projects, PF_S("net")), PF_S("1.26"));
	table_add(t, table_project(t, &t->projects, PF_S("net")), PF_S("2.2"));
	table_need(t, &s.needs, PF_S("tool"), PF_S("r.txt"), 1);
	table_need(t, &s.needs, PF_S("extra"), PF_S("r.txt"), 2);
	table_need(t, &s.needs, PF_S("net<2"), PF_S("r.txt"), 3);
	if (search(&s) < 0)
		fail_msg("%s", s.err.msg);
	assert_string_equal(table_plan(&t->arena, &s.r).p, "core==1.20 extra==2.20 net==1.26 tool==1.20");
	search_free(&s);
}

/* Ten thousand versions that need themselves, and each another one of what has but the oldest's. */
static void test_long(void **state)
{
	struct search s = { 0 };
	struct table *t = &s.t;
	struct table_project *project = table_project(t, &t->projects, PF_S("long"));

	(void)state;
	for (unsigned v = 10000; v > 0; v--) {
		struct table_version *version = table_add(t, project, pf_format(&t->arena, "1.%u", v));

		table_require(t, version, pf_format(&t->arena, "long==1.%u", v));
		table_require(t, version, pf_format(&t->arena, "other==1.%u", v));
	}
	table_add(t, table_project(t, &t->projects, PF_S("other")), PF_S("1.1"));
	table_need(t, &s.needs, PF_S("long"), PF_S("r.txt"), 1);
	if (search(&s) < 0)
		fail_msg("%s", s.err.msg);
	assert_string_equal(table_plan(&t->arena, &s.r).p, "long==1.1 other==1.1");
	assert_in_range(s.r.steps, 1, 20000);
	search_free(&s);
}

static void test_bounds(void **state)
{
	struct search s = { .max_steps = 60 };

	(void)state;
	make_large(&s);
	assert_int_equal(search(&s), -1);
	assert_int_equal(s.err.code, PF_ELIMIT);
	assert_string_equal(s.err.msg, "no versions that fit together were found in 60 steps");
	assert_true(pf_str_starts(pf_s(s.err.hint), "bounds or exact versions for "));
	search_free(&s);
}

/* The last test: the signal stays. */
static void test_cancelled(void **state)
{
	struct search s = { 0 };

	(void)state;
	make_large(&s);
	pf_signals_catch();
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(search(&s), -1);
	assert_int_equal(s.err.code, PF_ESIGNAL + SIGTERM);
	search_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_universes),
		cmocka_unit_test(test_effort),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
