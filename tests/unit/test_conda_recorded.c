/* test_conda_recorded.c - ten thousand real packages: what py-rattler found for sets of specs, and we do */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conda.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/repodata.h"

#define WANTED 25 /* of the recorded sets are answered alike */

static const char *const machine[][3] = {
	{ "__unix", "0", "0" }, { "__linux", "5.15", "0" }, { "__glibc", "2.35", "0" },
	{ "__archspec", "1", "x86_64" },
};

struct recorded {
	struct conda_table t;
	struct pf_channels channels;
	struct pf_repodata repodata;
	size_t same, rows;
};

static void open_channel(struct recorded *r, const char *folder)
{
	static const struct pf_repodata_settings settings;
	struct pf_arena *a = &r->channels.arena;
	struct pf_channel *c = PF_PUSH(a, &r->channels.v);
	struct pf_err err;
	char whole[PATH_MAX];

	assert_non_null(realpath(folder, whole));
	*c = (struct pf_channel){ .name = PF_S("recorded"), .url = pf_format(a, "file://%s", whole) };
	*PF_PUSH(a, &c->asked) = c->url;
	*PF_PUSH(a, &r->channels.subdirs) = PF_S("linux-64");
	*PF_PUSH(a, &r->channels.subdirs) = PF_S("noarch");
	for (size_t i = 0; i < PF_COUNT(machine); i++)
		*PF_PUSH(&r->t.arena, &r->t.machine) =
			conda_record(&r->t, machine[i][0], machine[i][1], machine[i][2]);
	if (pf_repodata_open(&r->repodata, &r->channels, &settings, &err) < 0)
		fail_msg("%s", err.msg);
}

static void close_channel(struct recorded *r)
{
	pf_repodata_free(&r->repodata);
	pf_arena_free(&r->channels.arena);
	conda_free(&r->t);
}

static int by_name(const void *l, const void *r)
{
	const struct pf_conda_record *a = l, *b = r;

	return pf_str_cmp(a->name, b->name);
}

static struct pf_str answer(struct pf_arena *a, struct recorded *r, struct pf_str specs)
{
	PF_AUTO(conda_solution) s = { 0 };
	struct pf_conda_ask ask;
	struct pf_err err;
	struct pf_str spec;

	r->t.specs.n = 0;
	while (pf_str_next(&specs, ';', &spec))
		conda_ask(&r->t, pf_dupz(a, spec));
	ask = conda_question(&r->t);
	pf_conda_ask_repodata(&ask, &r->repodata);
	if (pf_conda_solve(&s, &ask, &err) < 0)
		fail_msg("%s", err.msg);
	qsort(s.v.v, s.v.n, sizeof(*s.v.v), by_name);
	return conda_shown(a, &s);
}

static void compare_row(const struct unit_row *row, void *ctx)
{
	struct recorded *r = ctx;
	PF_AUTO(arena) a = { 0 };
	struct pf_str got = answer(&a, r, row->v[0]), wanted = row->v[2].p ? row->v[2] : row->v[1];

	r->rows++;
	r->same += !row->v[2].p;
	if (!pf_str_eq(got, wanted))
		fail_msg("line %u, " PF_FMT ":\n got " PF_FMT "\n not " PF_FMT, row->line,
			 PF_ARG(row->v[0]), PF_ARG(got), PF_ARG(wanted));
}

static void test_recorded(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct recorded r = { 0 };

	(void)state;
	open_channel(&r, unit_data(&a, "conda"));
	unit_table(unit_data(&a, "conda_answers.tsv"), compare_row, &r);
	assert_int_equal(r.rows, 28);
	assert_true(r.same >= WANTED);
	close_channel(&r);
}

/* The collection that they are from: every record can be used, and every set has an answer. */
static void answer_row(const struct unit_row *row, void *ctx)
{
	PF_AUTO(arena) a = { 0 };

	assert_true(answer(&a, ctx, row->v[0]).n > 0);
}

static void test_collection(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const char *folder = unit_acceptance(&a, "conda/repodata");
	static const char *const names[] = { "python", "numpy", "libblas", "pandas", "python_abi" };
	struct recorded r = { 0 };
	struct pf_err err;

	(void)state;
	if (!folder || access(folder, F_OK) < 0) {
		skip();
		return;
	}
	open_channel(&r, folder);
	for (size_t i = 0; i < PF_COUNT(names); i++) {
		const struct pf_conda_package *p;

		assert_int_equal(pf_repodata_package(&p, &r.repodata, pf_s(names[i]), &err), 0);
		assert_true(p->records.n > 2);
		assert_int_equal(p->unusable, 0);
	}
	unit_table(unit_data(&a, "conda_answers.tsv"), answer_row, &r);
	close_channel(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_collection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
