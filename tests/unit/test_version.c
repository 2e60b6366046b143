/* test_version.c - versions: recorded tables, limits, numbers of any size */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "base/limits.h"
#include "req/version.h"

static struct pf_str joined_release(struct pf_arena *a, const struct pf_version *v)
{
	struct pf_buf b = PF_BUF(PF_MIB(1));
	struct pf_str out;

	for (size_t i = 0; i < v->release_count; i++)
		pf_buf_printf(&b, "%s" PF_FMT, i ? "." : "", PF_ARG(v->release[i]));
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

/* input verdict normalized epoch release pre post dev local is_prerelease canonical_stripped */
static void check_parse(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_version v = { 0 };
	struct pf_err err;
	bool valid = pf_version_parse(&v, &a, row->v[0], &err) == 0;

	replay_field(r, row, "verdict", valid ? PF_S("valid") : PF_S("invalid"), row->v[1]);
	if (valid) {
		struct pf_str pre = v.pre;

		if (pre.p)
			pre = pf_format(&a, PF_FMT PF_FMT, PF_ARG(v.pre_kind), PF_ARG(v.pre));
		replay_field(r, row, "normalized", pf_version_print(&a, &v), row->v[2]);
		replay_field(r, row, "epoch", v.epoch, row->v[3]);
		replay_field(r, row, "release", joined_release(&a, &v), row->v[4]);
		replay_field(r, row, "pre", pre, row->v[5]);
		replay_field(r, row, "post", v.post, row->v[6]);
		replay_field(r, row, "dev", v.dev, row->v[7]);
		replay_field(r, row, "local", v.local, row->v[8]);
		replay_bool(r, row, "is_prerelease", pf_version_is_pre(&v), row->v[9]);
		replay_field(r, row, "canonical", pf_version_canonical(&a, &v), row->v[10]);
	}
	pf_arena_free(&a);
}

static void test_parse(void **state)
{
	(void)state;
	replay_tables("version_parse.tsv", "conformance/python/versions_parse.tsv", check_parse, NULL);
}

static int sign(int cmp)
{
	return (cmp > 0) - (cmp < 0);
}

/* left right cmp */
static void check_order(const struct unit_row *row, void *ctx)
{
	static const char *const names[] = { "-1", "0", "1" };
	struct pf_arena a = { 0 };
	struct pf_version l, r;

	assert_true(pf_version_read(&l, &a, row->v[0]));
	assert_true(pf_version_read(&r, &a, row->v[1]));
	replay_field(ctx, row, "order", pf_s(names[1 + sign(pf_version_cmp(&l, &r))]), row->v[2]);
	assert_int_equal(sign(pf_version_cmp(&r, &l)), -sign(pf_version_cmp(&l, &r)));
	pf_arena_free(&a);
}

static void test_order(void **state)
{
	(void)state;
	replay_tables("version_order.tsv", "conformance/python/versions_order.tsv", check_order, NULL);
}

static struct pf_str digits(struct pf_arena *a, size_t n, char last)
{
	char *p = pf_alloc(a, n);

	memset(p, '9', n);
	p[n - 1] = last;
	return (struct pf_str){ p, n };
}

static void test_limits(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_version l, r;
	struct pf_err err = { 0 };

	(void)state;
	assert_int_equal(pf_version_parse(&l, &a, digits(&a, PF_MAX_VERSION, '1'), &err), 0);
	assert_int_equal(pf_version_parse(&r, &a, digits(&a, PF_MAX_VERSION, '2'), &err), 0);
	assert_true(pf_version_cmp(&l, &r) < 0);
	assert_int_equal(pf_version_parse(&l, &a, digits(&a, PF_MAX_VERSION + 1, '1'), &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_version_parse(&l, &a, PF_S("one"), &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
	assert_string_equal(err.msg, "'one' is not a version");
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
