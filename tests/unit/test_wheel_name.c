/* test_wheel_name.c - file names of wheels and source distributions: recorded tables */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "req/wheel_name.h"

/* filename verdict name version build tags */
static void check_wheel(const struct unit_row *row, void *ctx)
{
	struct pf_arena a = { 0 };
	struct pf_buf tags = PF_BUF((size_t)1 << 20);
	struct pf_wheel_name w = { 0 };
	struct pf_err err;
	bool valid = pf_wheel_name_parse(&w, &a, row->v[0], &err) == 0;

	replay_field(ctx, row, "verdict", valid ? PF_S("valid") : PF_S("invalid"), row->v[1]);
	if (valid) {
		for (size_t i = 0; i < w.tags.n; i++)
			pf_buf_printf(&tags, "%s" PF_FMT, i ? " " : "", PF_ARG(w.tags.v[i]));
		replay_field(ctx, row, "name", w.name, row->v[2]);
		replay_field(ctx, row, "version", pf_version_print(&a, &w.version), row->v[3]);
		replay_field(ctx, row, "build", w.build, row->v[4]);
		replay_field(ctx, row, "tags", pf_buf_view(&tags), row->v[5]);
	}
	pf_buf_free(&tags);
	pf_arena_free(&a);
}

static void test_wheels(void **state)
{
	(void)state;
	replay_tables("wheel_name.tsv", "conformance/python/wheel_filename.tsv", check_wheel, NULL);
}

/* filename verdict name version */
static void check_sdist(const struct unit_row *row, void *ctx)
{
	struct pf_arena a = { 0 };
	struct pf_sdist_name s = { 0 };
	struct pf_err err;
	bool valid = pf_sdist_name_parse(&s, &a, row->v[0], &err) == 0;

	replay_field(ctx, row, "verdict", valid ? PF_S("valid") : PF_S("invalid"), row->v[1]);
	if (valid) {
		replay_field(ctx, row, "name", s.name, row->v[2]);
		replay_field(ctx, row, "version", pf_version_print(&a, &s.version), row->v[3]);
	}
	pf_arena_free(&a);
}

static void test_sdists(void **state)
{
	(void)state;
	replay_tables("sdist_name.tsv", "conformance/python/sdist_filename.tsv", check_sdist, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wheels),
		cmocka_unit_test(test_sdists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
