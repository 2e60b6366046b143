/* test_specifier.c - specifiers and sets of them: recorded tables, pins, limits */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "base/limits.h"
#include "req/specifier.h"

/* input verdict normalized */
static void check_parse(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_specset set;
	struct pf_err err;
	bool valid = pf_specset_parse(&set, &a, row->v[0], &err) == 0;

	replay_field(r, row, "verdict", valid ? PF_S("valid") : PF_S("invalid"), row->v[1]);
	if (valid)
		replay_field(r, row, "normalized", pf_specset_print(&a, &set), row->v[2]);
	pf_arena_free(&a);
}

static void test_parse(void **state)
{
	(void)state;
	replay_tables("specifier_parse.tsv", "conformance/python/specifiers_parse.tsv", check_parse,
		      NULL);
}

static enum pf_pre pre_of(struct pf_str word)
{
	return pf_str_is(word, "none") ? PF_PRE_DEFAULT :
	       pf_str_is(word, "true") ? PF_PRE_ALLOW :
					 PF_PRE_DENY;
}

static struct pf_version version_of(struct pf_arena *a, struct pf_str text)
{
	struct pf_version v = { .text = text };

	(void)pf_version_read(&v, a, text);
	return v;
}

/* specifier version prereleases contains */
static void check_contains(const struct unit_row *row, void *ctx)
{
	struct pf_arena a = { 0 };
	struct pf_specset set;
	struct pf_err err;
	struct pf_version v = version_of(&a, row->v[1]);

	assert_int_equal(pf_specset_parse(&set, &a, row->v[0], &err), 0);
	replay_bool(ctx, row, "contains", pf_specset_admits(&set, &v, pre_of(row->v[2])), row->v[3]);
	pf_arena_free(&a);
}

static void test_contains(void **state)
{
	(void)state;
	replay_tables("specifier_contains.tsv", "conformance/python/specifier_contains.tsv",
		      check_contains, NULL);
}

static void test_pin(void **state)
{
	static const struct {
		const char *text, *pin;
	} rows[] = {
		{ "==1.0", "1.0" }, { "===1.0", "1.0" }, { "==1.*", NULL },
		{ ">=1.0", NULL },  { "==1,==1", NULL }, { "", NULL },
	};
	struct pf_arena a = { 0 };
	struct pf_specset set;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		const struct pf_spec *pin;

		assert_int_equal(pf_specset_parse(&set, &a, pf_s(rows[i].text), &err), 0);
		pin = pf_specset_pin(&set);
		assert_int_equal(pin != NULL, rows[i].pin != NULL);
		if (pin)
			assert_true(pf_str_is(pin->text, rows[i].pin));
	}
	assert_int_equal(pf_specset_parse(&set, &a, PF_S("=1"), &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
	assert_string_equal(err.msg, "'=1' is not a version specifier");
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_pin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
