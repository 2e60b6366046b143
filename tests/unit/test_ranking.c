/* test_ranking.c - a project's candidates: their order, what specifiers admit, which would be first */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "solve/ranking.h"

static const char *const odd_versions[] = {
	"1!0.1", "2.0", "2.0rc1", "2.0.dev3", "1.10", "1.9.post1", "1.9+local", "1.9", "1.9b2",
	"1.2.3.post1+x", "1.2.3.post1", "1.2.3.post1.dev0", "1.2.3+foo", "1.2.3", "1.2.3rc1", "1.2.3a1",
	"1.2", "1.0", "0.9.1.dev1", "0.9", "0.dev0",
};
static const char *const odd_specs[] = {
	">=1.2.3", ">1.2.3", "<1.2.3", "<=1.2.3", ">1.2.3.post1", "<1.2.3.post1", "<1.2.3rc1", ">1.2.3a1",
	"==1.2.3", "==1.2.*", "!=1.2.*", "!=1.2.3", "~=1.2", "~=1.2.3", "===1.9", ">=1!0", "<0.dev0",
	">=1.2,<1.9", ">1.2.3,!=1.9,<=2.0", ">=3", "<2.0", ">=2.0.dev0,<2.0", "",
};

/* The halving search for edges finds what asking every version finds, whatever the order. */
static void test_admitted(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_candidate list[PF_COUNT(odd_versions)] = { 0 };
	struct pf_candidates of = { list, PF_COUNT(list) };
	struct pf_resolve_opts o = { 0 };
	struct pf_ranking r;
	struct pf_specset set;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < of.n; i++)
		assert_true(pf_version_read(&list[(i * 8) % of.n].version, &a, pf_s(odd_versions[i])));
	pf_ranking_make(&r, &a, &of, PF_S("a"), &o);
	assert_int_equal(r.n, of.n);
	for (size_t i = 0; i < r.n; i++)
		assert_string_equal(r.v[r.newest[i]]->version.text.p, odd_versions[i]);
	for (size_t k = 0; k < PF_COUNT(odd_specs); k++) {
		uint64_t *got = pf_bits_new(&a, r.n + 1);

		assert_int_equal(pf_specset_parse(&set, &a, pf_s(odd_specs[k]), &err), 0);
		pf_ranking_admit(got, &r, &set);
		for (size_t i = 0; i < r.n; i++)
			if (pf_bits_has(got, i) !=
			    pf_specset_admits(&set, &r.v[i]->version, PF_PRE_ALLOW))
				fail_msg("%s: %s", odd_specs[k], r.v[i]->version.text.p);
	}
	pf_arena_free(&a);
}

static struct pf_str first(struct table *t, const char *requirement, const struct pf_resolve_opts *o)
{
	struct pf_candidates list = { 0 };
	struct pf_requirement r = { 0 };
	const struct pf_candidate *c;
	struct pf_err err;

	assert_int_equal(pf_requirement_parse(&r, &t->arena, pf_s(requirement), &err), 0);
	assert_int_equal(table_candidates(t, &list, r.key, &err), 0);
	c = pf_resolve_first(&list, &r, o);
	return c ? c->version.text : PF_S("none");
}

/* What a source may expect to be asked for next. */
static void test_first(void **state)
{
	struct table t = { 0 };
	struct table_project *p = table_project(&t, &t.projects, PF_S("a"));
	struct pf_marker_env env = table_env(&t.arena, PF_S("3.11.7"));
	struct pf_resolve_opts o = { .env = &env };

	(void)state;
	table_add(&t, p, PF_S("4.0b1"));
	table_add(&t, p, PF_S("3.0"))->candidate.requires_python = PF_S(">=3.12");
	table_add(&t, p, PF_S("2.0"))->candidate.yanked = true;
	table_add(&t, p, PF_S("1.5"))->candidate.wheel = false;
	table_add(&t, p, PF_S("1.0"));
	assert_true(pf_str_is(first(&t, "a", &o), "1.0"));
	assert_true(pf_str_is(first(&t, "a>1", &o), "1.5"));
	assert_true(pf_str_is(first(&t, "a==2.0 ; python_version < '3'", &o), "2.0"));
	assert_true(pf_str_is(first(&t, "a>=2", &o), "4.0b1"));
	assert_true(pf_str_is(first(&t, "a==3.0", &o), "none"));
	assert_true(pf_str_is(first(&t, "b", &o), "none"));
	table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_admitted),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
