/* test_conda_rules.c - what the user's settings say of packages, and what is solved by it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conda.h"

/* Rules have ";" between them: pins, and behind "!" what is disallowed. */
static const struct {
	const char *rule, *packages, *asked, *rules, *answer;
} rows[] = {
	{ "a pin constrains", "a 1 0\na 2 0\n", "a", "a 1.*", "a=1=0" },
	{ "and brings nothing", "a 1 0\nb 1 0\n", "a", "b 1.*", "a=1=0" },
	{ "not even where there is none", "a 1 0\n", "a", "nonesuch 1.*", "a=1=0" },
	{ "it holds for needs", "a 1 0; needs b\nb 1 0\nb 2 0\n", "a", "b =1", "a=1=0 b=1=0" },
	{ "and decides who needs them", "a 1 0; needs b 1\na 2 0; needs b 2\nb 1 0\nb 2 0\n", "a",
	  "b =1", "a=1=0 b=1=0" },
	{ "of two, both", "a 1 0\na 2 0\na 3 0\n", "a", "a <3;a >1", "a=2=0" },
	{ "of a build", "a 1 x; number 0\na 1 y; number 5\n", "a", "a * x", "a=1=x" },
	{ "of a channel: the one that counts", "a 1 0; channel one\na 2 0; channel two\n", "a", "two::a",
	  "a=2=0" },
	{ "of names in any case", "a 1 0\na 2 0\n", "a", "A =1", "a=1=0" },
	{ "not of the machine's own", "a 1 0; needs __glibc\n", "a", "__glibc =1", "a=1=0" },
	{ "disallowed", "a 1 0\na 2 0\n", "a", "!a >1", "a=1=0" },
	{ "by a pattern", "a 1 0; needs bad-b\na 2 0; needs bad-c\na 0 0\nbad-b 1 0\nbad-c 1 0\n", "a",
	  "!bad-*", "a=0=0" },
	{ "and pinned", "a 1 0\na 2 0\na 3 0\n", "a", "!a 2;a >1", "a=3=0" },
	{ "what is asked for is another one", "a 1 0\na 2 0\n", "a >=2", "a =1",
	  "there is no solution: a >=2 is asked for; a =1 is pinned by place 0" },
	{ "what is needed is another one", "a 1 0; needs b >=2\nb 1 0\nb 2 0\n", "a", "b =1",
	  "there is no solution: a is asked for; a 1 needs b >=2; b =1 is pinned by place 0" },
	{ "a pin of what is not there", "a 1 0\n", "a", "a =7",
	  "there is no solution: a is asked for; a =7 is pinned by place 0, and there is only 1" },
	{ "two that contradict", "a 1 0\na 2 0\n", "a", "a =2;a =1",
	  "there is no solution: a is asked for; a =1 is pinned by place 1; a =2 is pinned by place 0" },
	{ "none is allowed", "a 1 0\na 2 0\n", "a", "!*",
	  "there is no solution: a is asked for; * is disallowed by place 0" },
	{ "beside what is not there", "a 1 0\na 2 0\n", "a 2;b", "a =1",
	  "there is no solution: a 2 is asked for; a =1 is pinned by place 0; "
	  "b is asked for, which no channel has" },
	{ "two that do not go together for a pin",
	  "a 1 0; needs c 1|2\na 2 0; needs c 1|2\nb 1 0; needs c 2|3\nc 1 0\nc 2 0\nc 3 0\n", "a;b",
	  "c !=2",
	  "there is no solution: a is asked for; b is asked for; every version of a needs c 1|2; "
	  "c !=2 is pinned by place 0; b 1 needs c 2|3" },
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct conda_table t = { 0 };
		PF_AUTO(conda_solution) s = { 0 };
		struct pf_conda_rule rules[4] = { 0 };
		struct pf_str rest = pf_s(rows[i].rules), spec;
		struct pf_conda_ask ask;
		struct pf_err err = { 0 };
		const char *got;
		size_t n = 0;

		conda_set_up(&t, rows[i].packages, rows[i].asked);
		ask = conda_question(&t);
		for (; pf_str_next(&rest, ';', &spec); n++) {
			rules[n].forbids = pf_str_starts(spec, "!");
			rules[n].place = pf_format(&t.arena, "place %zu", n);
			spec = pf_str_skip(spec, rules[n].forbids);
			assert_int_equal(pf_match_spec_parse(&rules[n].spec, &t.arena, spec, &err), 0);
		}
		ask.rules = rules;
		ask.rule_count = n;
		got = pf_conda_solve(&s, &ask, &err) < 0 ? err.msg : conda_shown(&t.arena, &s).p;
		if (strcmp(got, rows[i].answer))
			fail_msg("%s:\n got %s\n not %s", rows[i].rule, got, rows[i].answer);
		conda_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
