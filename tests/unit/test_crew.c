/* test_crew.c - jobs done by threads: each once, the lowest first, none after a failure */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>

#include "unit.h"

#include "env/crew.h"

#define JOBS 200

struct tally {
	_Atomic unsigned done[JOBS];
	_Atomic size_t bad; /* the job that fails; JOBS: none */
};

static int work(void *ctx, size_t job, struct pf_err *err)
{
	struct tally *t = ctx;

	t->done[job]++;
	return job == t->bad ? pf_fail(err, PF_EIO, "job %zu", job) : 0;
}

static void does_each_once(void **state)
{
	struct tally t = { .bad = JOBS };
	size_t room[JOBS];
	struct pf_crew c;
	struct pf_err err;

	(void)state;
	pf_crew_start(&c, work, &t, room, JOBS);
	for (size_t i = 0; i < JOBS; i++)
		pf_crew_add(&c, i * 7 % JOBS);
	assert_int_equal(pf_crew_end(&c, &err), 0);
	for (size_t i = 0; i < JOBS; i++)
		assert_int_equal(t.done[i], 1);
}

static void does_none_after_a_failure(void **state)
{
	struct tally t = { .bad = 3 };
	size_t room[JOBS];
	struct pf_crew c;
	struct pf_err err;

	(void)state;
	pf_crew_start(&c, work, &t, room, JOBS);
	pf_crew_add(&c, 3);
	while (!pf_crew_has_failed(&c))
		sched_yield();
	for (size_t i = 4; i < JOBS; i++)
		pf_crew_add(&c, i);
	assert_int_equal(pf_crew_end(&c, &err), -1);
	assert_string_equal(err.msg, "job 3");
	for (size_t i = 4; i < JOBS; i++)
		assert_int_equal(t.done[i], 0);
}

static void stops_when_told(void **state)
{
	struct tally t = { .bad = JOBS };
	struct pf_err why = { 0 }, err;
	size_t room[JOBS];
	struct pf_crew c;

	(void)state;
	pf_crew_start(&c, work, &t, room, JOBS);
	(void)pf_fail(&why, PF_ETRANSFER, "cut off");
	pf_crew_stop(&c, &why);
	pf_crew_add(&c, 0);
	assert_int_equal(pf_crew_end(&c, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
	assert_int_equal(t.done[0], 0);
}

struct order {
	size_t seen[8], n;
};

static int note(void *ctx, size_t job, struct pf_err *err)
{
	struct order *o = ctx;

	(void)err;
	o->seen[o->n++] = job;
	return 0;
}

/* No threads: all of it is done at the end. */
static void takes_the_lowest_first(void **state)
{
	static const size_t jobs[] = { 5, 2, 7, 0 }, wanted[] = { 0, 2, 5, 7 };
	struct order o = { 0 };
	size_t room[8];
	struct pf_crew c;
	struct pf_err err;

	(void)state;
	pf_crew_start(&c, note, &o, room, 0);
	for (size_t i = 0; i < PF_COUNT(jobs); i++)
		pf_crew_add(&c, jobs[i]);
	assert_int_equal(pf_crew_end(&c, &err), 0);
	assert_int_equal(o.n, PF_COUNT(wanted));
	assert_memory_equal(o.seen, wanted, sizeof(wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_each_once),
		cmocka_unit_test(does_none_after_a_failure),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(takes_the_lowest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
