/* test_conda_solve.c - match specs and packages that satisfy them: rules, conflicts, and all there is */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conda.h"

#include <stdlib.h>

/* ---- rules: packages as conda_read has them ---- */

static const struct {
	const char *rule;
	const char *packages;
	const char *asked;	/* ";" between specs */
	const char *answer;	/* or the error */
	const char *hint;
} cases[] = {
	{ "the highest version, and what it needs first",
	  "a 1 0\na 2 0; needs b >=1\nb 1 0\nb 10 0\nb 9 0\n", "a", "a=2=0 b=10=0", "" },
	{ "a need that nothing satisfies", "a 1 0\na 2 0; needs b >=2\nb 1 0\n", "a", "a=1=0", "" },
	{ "the highest build number", "a 1 x; number 1\na 1 y; number 2\na 1 z\n", "a", "a=1=y", "" },
	{ "features come last", "a 2 x; features f\na 1 y\n", "a", "a=1=y", "" },
	{ "the latest build of equals", "a 1 x; time 5\na 1 y; time 7\na 1 z; time 6\n", "a", "a=1=y", "" },
	{ "of equals the one that allows the newest needs, whenever it was built",
	  "a 1 x; time 9; needs b <2\na 1 y; time 1; needs b <3\nb 1 0\nb 2 0\nb 3 0\n", "a",
	  "a=1=y b=2=0", "" },
	{ "by name of what all need",
	  "a 1 x; time 9; needs b <2; needs c 2\na 1 y; time 1; needs b <3; needs c 1\nb 1 0\nb 2 0\nc 1 0\nc 2 0\n",
	  "a", "a=1=y b=2=0 c=1=0", "" },
	{ "constrains rules out what somebody else needs", "a 1 0; only b <2\nb 1 0\nb 2 0\n", "a;b",
	  "a=1=0 b=1=0", "" },
	{ "constrains alone brings nothing", "a 1 0; only b <2\nb 1 0\n", "a", "a=1=0", "" },
	{ "builds", "a 1 py310_0\na 1 py311_0\na 2 py310_0\n", "a * py311_*", "a=1=py311_0", "" },
	{ "one python for all",
	  "python 3.10 0\npython 3.11 0\nx 2 p10; needs python 3.10.*\nx 1 p11; needs python 3.11.*\n",
	  "python 3.11.*;x", "python=3.11=0 x=1=p11", "" },
	{ "where nobody says which python, the newest that works",
	  "m 1 0; needs x; needs python\nx 2 0; needs python 3.10.*\nx 1 0; needs python\npython 3.10 0\npython 3.11 0\n",
	  "m", "m=1=0 python=3.11=0 x=1=0", "" },
	{ "no newer python for an older one of what is asked for",
	  "m 2 0; needs python 3.10.*\nm 1 0; needs python\npython 3.10 0\npython 3.11 0\n",
	  "m", "m=2=0 python=3.10=0", "" },
	{ "one that is no worse for a newer python",
	  "m 2 a; time 9; needs x 2; needs python 3.10.*\nm 2 b; needs x 1; needs python 3.11.*\n"
	  "m 1 0; needs python\nx 1 0\nx 2 0\npython 3.10 0\npython 3.11 0\npython 3.12 0\n",
	  "m", "m=2=b python=3.11=0 x=1=0", "" },
	{ "no later build of python for an older need",
	  "m 1 0; needs x; needs python\nx 2 0; needs python * a\nx 1 0; needs python\n"
	  "python 3.11 a\npython 3.11 b; number 1\n",
	  "m", "m=1=0 python=3.11=a x=2=0", "" },
	{ "circles", "a 1 0; needs b\nb 1 0; needs a\n", "a", "a=1=0 b=1=0", "" },
	{ "names of any case", "a 1 0\n", "A", "a=1=0", "" },
	{ "the machine has it", "a 2 0; needs __glibc >=2.17\n", "a", "a=2=0", "" },
	{ "the machine has another one", "a 2 0; needs __glibc >=3\na 1 0\n", "a", "a=1=0", "" },
	{ "the machine does not have it", "a 2 0; needs __cuda\na 1 0\n", "a", "a=1=0", "" },
	{ "what the machine has may be ruled out", "a 2 0; only __glibc <2\na 1 0\n", "a", "a=1=0", "" },
	{ "a spec that cannot be read is its record's fault alone", "a 2 0; needs b >=\na 1 0\n", "a",
	  "a=1=0", "" },
	{ "a channel that has it hides those behind", "a 1 0; channel one\na 2 0; channel two\n", "a",
	  "a=1=0", "" },
	{ "but for a spec that names one of those", "a 1 0; channel one\na 2 0; channel two\n", "two::a",
	  "a=2=0", "" },
	{ "the day that counts", "a 1 0; time 10\na 2 0; time 2000\na 3 0; time 900\n", "a", "a=3=0", "" },

	{ "no such package", "a 1 0\n", "b", "there is no solution: b is asked for, which no channel has", "" },
	{ "no such version", "a 1 0\na 1.5 0\na 3 0\n", "a 2.*",
	  "there is no solution: a 2.* is asked for, and there is none among the 3 versions from 1 to 3", "" },
	{ "one version", "a 1 0\n", "a 2.*",
	  "there is no solution: a 2.* is asked for, and there is only 1", "" },
	{ "no such channel", "a 1 0; channel one\na 2 0; channel one\n", "two::a",
	  "there is no solution: two::a is asked for, and only other channels have it", "" },
	{ "a channel that lacks a need", "a 1 0; needs two::b\nb 1 0; channel one\n", "a",
	  "there is no solution: a is asked for; a 1 needs two::b, and only other channels have it", "" },
	{ "no such version in a channel", "a 1 0; channel one\n", "one::a 2",
	  "there is no solution: one::a 2 is asked for, and there is only 1", "" },
	{ "several that are not there", "a 1 0\nc 1 0\n", "a;b;c 2;d",
	  "there is no solution: b is asked for, which no channel has; c 2 is asked for, and there is only 1; "
	  "d is asked for, which no channel has", "" },
	{ "one that is not there, and one that nothing will do for",
	  "a 1 0; needs python 3.10.*\npython 3.10 0\npython 3.11 0\n", "b;python 3.11.*;a",
	  "there is no solution: b is asked for, which no channel has; a is asked for; "
	  "a 1 needs python 3.10.*; python 3.11.* is asked for", "" },
	{ "not what follows from that", "a 1 0; needs b\nb 2 0\nc 1 0; needs a\n", "c;a;b 1",
	  "there is no solution: b 1 is asked for, and there is only 2", "" },
	{ "two that go down together", "a 1 0; needs b; needs x\nb 1 0; needs a; needs x\n", "a;b",
	  "there is no solution: a is asked for; a 1 needs x, which no channel has", "" },
	{ "in a circle", "a 1 0; needs b >=2\nb 1 0; needs a >=2\n", "a;b",
	  "there is no solution: a is asked for; b is asked for; a 1 needs b >=2, and there is only 1; "
	  "b 1 needs a >=2, and there is only 1", "" },
	{ "more than a sentence holds", "a 1 0\n", "b;c;d;e;f;g;h;i;j;k;l;m",
	  "there is no solution: b is asked for, which no channel has; c is asked for, which no channel has; "
	  "d is asked for, which no channel has; e is asked for, which no channel has; "
	  "f is asked for, which no channel has; g is asked for, which no channel has; "
	  "h is asked for, which no channel has; i is asked for, which no channel has; "
	  "j is asked for, which no channel has; k is asked for, which no channel has; "
	  "2 more of what is asked for cannot be had", "" },
	{ "no name", "a 1 0\n", "*", "no package is named by *", "" },
	{ "the door's own error", "a 1 0; needs unreachable\n", "a", "the channel does not answer", "" },
	{ "asked for twice", "a 1 0\na 2 0\n", "a 1;a 2",
	  "there is no solution: a 1 is asked for; a 2 is asked for", "" },
	{ "python is another one", "python 3.10 0\npython 3.11 0\nx 1 0; needs python 3.10.*\nx 2 0; needs python <3.11\n",
	  "python 3.11.*;x",
	  "there is no solution: x is asked for; every version of x needs python <3.11 or python 3.10.*; "
	  "python 3.11.* is asked for", "" },
	{ "a need of a need",
	  "a 1 0; needs b\nb 1 0; needs c >=2\nb 2 0; needs c >=2\nb 3 0; needs d\nc 1 0\n", "a",
	  "there is no solution: a is asked for; a 1 needs b; b 3 needs d, which no channel has; "
	  "b 1, 2 need c >=2, and there is only 1", "" },
	{ "two that do not go together",
	  "a 1 0; needs c <2\na 2 0; needs c <2\nb 1 0; needs c >=2\nc 1 0\nc 2 0\nc 3 0\n", "a;b",
	  "there is no solution: a is asked for; b is asked for; every version of a needs c <2; b 1 needs c >=2",
	  "" },
	{ "ruled out", "a 1 0; only b <2\nb 2 0\n", "a;b",
	  "there is no solution: a is asked for; b is asked for; a 1 goes only with b <2, and there is only 2",
	  "" },
	{ "a machine's", "a 1 0; needs __cuda >=12\n", "a",
	  "there is no solution: a is asked for; a 1 needs __cuda >=12, which this machine does not have", "" },
	{ "another machine's", "a 1 0; needs __glibc >=3\n", "a",
	  "there is no solution: a is asked for; a 1 needs __glibc >=3, and this machine has 2.35", "" },
	{ "asked of another machine", "a 1 0\n", "a;__glibc >=3",
	  "there is no solution: __glibc >=3 is asked for, and this machine has 2.35", "" },
	{ "asked of the machine, and not enough for a package", "a 1 0; needs __glibc >=3\n", "__glibc >=2;a",
	  "there is no solution: a is asked for; a 1 needs __glibc >=3, and this machine has 2.35", "" },
	{ "ruled out by the machine", "a 1 0; only __glibc >=3\n", "a",
	  "there is no solution: a is asked for; a 1 goes only with __glibc >=3, and this machine has 2.35", "" },
	{ "runs of versions",
	  "a 1 0; needs x\na 2 0; needs x\na 3 0; needs x\na 4 0; needs y\na 5 0; needs x\na 6 0; needs x\n"
	  "a 7 0; needs y\na 8 0; needs x\na 9 0; needs y\na 10 0; needs x\na 11 0; needs y\na 12 0; needs x\n",
	  "a <12",
	  "there is no solution: a <12 is asked for; a 4, 7, 9, 11 need y, which no channel has; "
	  "a 1 to 3, 5, 6, 8, 10 need x, which no channel has", "" },
	{ "no spec", "a 1 0; needs b >=\n", "a",
	  "there is no solution: a is asked for; a 1 cannot be used: no match spec is \"b >=\"", "" },
	{ "all too late", "a 1 0; time 2000\n", "a", "there is no solution: a is asked for",
	  "1 packages are later than the day that counts (--as-of)" },
	{ "a channel behind", "a 1 0; channel one\na 2 0; channel two\n", "a 2",
	  "there is no solution: a 2 is asked for",
	  "1 packages are of channels that come after others which have the name" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++) {
		struct conda_table t = { 0 };
		PF_AUTO(conda_solution) s = { 0 };
		struct pf_conda_ask ask;
		struct pf_err err = { 0 };
		const char *got;

		conda_set_up(&t, cases[i].packages, cases[i].asked);
		ask = conda_question(&t);
		ask.as_of = 1000;
		got = pf_conda_solve(&s, &ask, &err) < 0 ? err.msg : conda_shown(&t.arena, &s).p;
		if (strcmp(got, cases[i].answer) || strcmp(err.hint, cases[i].hint))
			fail_msg("%s:\n got %s\n not %s\n hint %s", cases[i].rule, got, cases[i].answer,
				 err.hint);
		conda_free(&t);
	}
}

/* Less strict priorities: of all channels by version, or the first channel's versions first. */
static void test_priorities(void **state)
{
	static const struct {
		enum pf_channel_priority priority;
		const char *a, *b;
	} rows[] = {
		{ PF_CHANNEL_STRICT, "a=1=0", "there is no solution: a 2 is asked for" },
		{ PF_CHANNEL_FLEXIBLE, "a=1=0", "a=2=0" },
		{ PF_CHANNEL_DISABLED, "a=2=0", "a=2=0" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * PF_COUNT(rows); i++) {
		struct conda_table t = { 0 };
		PF_AUTO(conda_solution) s = { 0 };
		struct pf_conda_ask ask;
		struct pf_err err = { 0 };
		int rc;

		conda_read(&t, "a 1 0; channel one\na 2 0; channel two\n");
		conda_ask(&t, i % 2 ? "a 2" : "a");
		ask = conda_question(&t);
		ask.priority = rows[i / 2].priority;
		rc = pf_conda_solve(&s, &ask, &err);
		assert_string_equal(rc < 0 ? err.msg : conda_shown(&t.arena, &s).p,
				    i % 2 ? rows[i / 2].b : rows[i / 2].a);
		conda_free(&t);
	}
}

/* ---- limits ---- */

/* For the sanitizers: when libsolv is left in the middle, a queue of its is lost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libsolv.so";
}

/* As many holes as there are pigeons but one: no search of this kind finds out in time. */
static void test_time(void **state)
{
	enum { HOLES = 14 };
	struct conda_table t = { 0 };
	PF_AUTO(conda_solution) s = { 0 };
	struct pf_conda_ask ask;
	struct pf_err err = { 0 };

	(void)state;
	for (int pigeon = 0; pigeon <= HOLES; pigeon++) {
		for (int hole = 0; hole < HOLES; hole++) {
			struct pf_arena *a = &t.arena;
			struct pf_conda_record r = conda_record(&t, pf_formatz(a, "pigeon%d", pigeon), "1",
								pf_formatz(a, "in%d", hole));

			*PF_PUSH(a, &r.depends) = pf_format(a, "hole%d %d", hole, pigeon);
			conda_add(&t, &r);
			r = conda_record(&t, pf_formatz(a, "hole%d", hole), pf_formatz(a, "%d", pigeon), "0");
			conda_add(&t, &r);
		}
		conda_ask(&t, pf_formatz(&t.arena, "pigeon%d", pigeon));
	}
	ask = conda_question(&t);
	ask.max_seconds = 1;
	assert_int_equal(pf_conda_solve(&s, &ask, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_string_equal(err.msg, "no solution was found in 1 seconds");
	conda_free(&t);
}

static void test_pairs(void **state)
{
	struct conda_table t = { 0 };
	PF_AUTO(conda_solution) s = { 0 };
	struct pf_conda_ask ask;
	struct pf_err err = { 0 };

	(void)state;
	for (int i = 0; i < 9000; i++) {
		struct pf_arena *a = &t.arena;
		struct pf_conda_record r = conda_record(&t, "many", pf_formatz(a, "%d", i), "0");

		*PF_PUSH(a, &r.depends) = pf_format(a, "other >=%d", i);
		conda_add(&t, &r);
	}
	{
		struct pf_conda_record r = conda_record(&t, "other", "9000", "0");

		conda_add(&t, &r);
	}
	conda_ask(&t, "many");
	ask = conda_question(&t);
	ask.max_seconds = 600;
	assert_int_equal(pf_conda_solve(&s, &ask, &err), -1);
	assert_string_equal(err.msg, "too many packages to choose from: 9000 of many alone");
	assert_string_equal(err.hint, "ask for a version of it");
	conda_free(&t);
}

/* ---- small worlds, compared with trying everything ---- */

#define NAMES 5
#define VERSIONS 3

static uint32_t random_state = 20240229;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static char *random_spec(struct pf_arena *a)
{
	static const char *const forms[] = { "%c", "%c >=%u", "%c <%u", "%c %u.*", "%c !=%u", "%c <=%u",
					     "%c %u b" };
	const char *form = forms[random_below(PF_COUNT(forms))];
	char name = (char)('a' + random_below(NAMES)), number = (char)('1' + random_below(VERSIONS));
	char text[16];
	size_t n = 0;

	for (const char *p = form; *p; p++)
		if (*p == '%')
			text[n++] = *++p == 'c' ? name : number;
		else
			text[n++] = *p;
	return pf_dupz(a, (struct pf_str){ text, n });
}

static void make_world(struct conda_table *t)
{
	for (char name = 'a'; name < 'a' + NAMES; name++)
		for (uint32_t i = 0, n = random_below(VERSIONS + 1); i < n; i++) {
			char text[2] = { name, '\0' }, version[2] = { (char)('1' + i), '\0' };
			struct pf_conda_record r =
				conda_record(t, text, version, random_below(2) ? "b" : "c");

			r.build_number = random_below(2);
			for (uint32_t k = random_below(3); k; k--)
				*PF_PUSH(&t->arena, &r.depends) = pf_s(random_spec(&t->arena));
			for (uint32_t k = random_below(2); k; k--)
				*PF_PUSH(&t->arena, &r.constrains) = pf_s(random_spec(&t->arena));
			conda_add(t, &r);
		}
	for (uint32_t k = 1 + random_below(2); k; k--)
		conda_ask(t, random_spec(&t->arena));
}

/* chosen[i]: the record of the i-th name, or NULL. */
static bool holds(struct pf_arena *a, const struct pf_conda_record *const *chosen, struct pf_str text,
		  bool unless_absent)
{
	const struct pf_conda_record *r;
	struct pf_match_spec m;
	struct pf_err err;

	assert_int_equal(pf_match_spec_parse(&m, a, text, &err), 0);
	r = chosen[m.name.p[0] - 'a'];
	return r ? pf_match_spec_matches(&m, r) : unless_absent;
}

static bool is_valid(const struct conda_table *t, const struct pf_conda_record *const *chosen)
{
	PF_AUTO(arena) a = { 0 };

	for (size_t i = 0; i < t->specs.n; i++)
		if (!holds(&a, chosen, t->specs.v[i].text, false))
			return false;
	for (size_t i = 0; i < NAMES; i++) {
		for (size_t k = 0; chosen[i] && k < chosen[i]->depends.n; k++)
			if (!holds(&a, chosen, chosen[i]->depends.v[k], false))
				return false;
		for (size_t k = 0; chosen[i] && k < chosen[i]->constrains.n; k++)
			if (!holds(&a, chosen, chosen[i]->constrains.v[k], true))
				return false;
	}
	return true;
}

static bool try_all(const struct conda_table *t, const struct pf_conda_record **chosen, size_t name)
{
	char text = (char)('a' + name);
	const struct pf_conda_package *p;

	if (name == NAMES)
		return is_valid(t, chosen);
	p = pf_map_get(&t->packages, (struct pf_str){ &text, 1 });
	for (size_t i = 0; p && i < p->records.n; i++) {
		chosen[name] = &p->records.v[i];
		if (try_all(t, chosen, name + 1))
			return true;
	}
	chosen[name] = NULL;
	return try_all(t, chosen, name + 1);
}

static void test_random(void **state)
{
	size_t solved = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		const struct pf_conda_record *chosen[NAMES] = { 0 };
		struct conda_table t = { 0 };
		PF_AUTO(conda_solution) s = { 0 };
		struct pf_conda_ask ask;
		struct pf_err err = { 0 };
		int rc;

		make_world(&t);
		ask = conda_question(&t);
		rc = pf_conda_solve(&s, &ask, &err);
		if (rc == 0) {
			for (size_t k = 0; k < s.v.n; k++) {
				assert_null(chosen[s.v.v[k].name.p[0] - 'a']);
				chosen[s.v.v[k].name.p[0] - 'a'] = &s.v.v[k];
			}
			assert_true(is_valid(&t, chosen));
			solved++;
		} else {
			assert_int_equal(err.code, PF_ESOLVE);
			if (try_all(&t, chosen, 0))
				fail_msg("world %d has a solution: %s", i, err.msg);
			refused++;
		}
		conda_free(&t);
	}
	assert_true(solved > 200 && refused > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_priorities),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
