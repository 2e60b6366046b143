/* test_requirement.c - requirements and names: recorded tables, messages */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "base/limits.h"
#include "req/requirement.h"

static struct pf_str joined(struct pf_arena *a, const struct pf_strs *list)
{
	struct pf_buf b = PF_BUF(PF_MIB(1));
	struct pf_str out;

	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(&b, "%s" PF_FMT, i ? "," : "", PF_ARG(list->v[i]));
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

/* input verdict name canonical_name extras specifier url marker normalized */
static void check_requirement(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_requirement q = { 0 }, again;
	struct pf_err err;
	bool valid = pf_requirement_parse(&q, &a, row->v[0], &err) == 0;
	struct pf_str none = { 0 }, text;

	replay_field(r, row, "verdict", valid ? PF_S("valid") : PF_S("invalid"), row->v[1]);
	if (valid) {
		text = pf_requirement_print(&a, &q);
		replay_field(r, row, "name", q.name, row->v[2]);
		replay_field(r, row, "canonical_name", q.key, row->v[3]);
		replay_field(r, row, "extras", joined(&a, &q.extras), row->v[4]);
		replay_field(r, row, "specifier", pf_specset_print(&a, &q.specs), row->v[5]);
		replay_field(r, row, "url", q.url.n ? q.url : none, row->v[6]);
		replay_field(r, row, "marker", q.marker ? pf_marker_print(&a, q.marker) : none,
			     row->v[7]);
		replay_field(r, row, "normalized", text, row->v[8]);
		if (pf_requirement_parse(&again, &a, text, &err) == 0)
			replay_field(r, row, "printed twice", pf_requirement_print(&a, &again), text);
		else
			replay_field(r, row, pf_formatz(&a, "parsed twice: %s", err.msg), PF_S(""), text);
	}
	pf_arena_free(&a);
}

static void test_requirements(void **state)
{
	(void)state;
	replay_tables("requirement_parse.tsv", "conformance/python/requirements_parse.tsv",
		      check_requirement, NULL);
}

/* input canonical is_normalized */
static void check_name(const struct unit_row *row, void *ctx)
{
	struct pf_arena a = { 0 };

	replay_field(ctx, row, "canonical", pf_name_canonical(&a, row->v[0]), row->v[1]);
	replay_bool(ctx, row, "is_normalized", pf_name_is_canonical(row->v[0]), row->v[2]);
	assert_true(pf_name_eq(row->v[0], row->v[1]));
	assert_true(pf_name_eq(row->v[1], row->v[0]));
	pf_arena_free(&a);
}

static void test_names(void **state)
{
	(void)state;
	replay_tables("name.tsv", "conformance/python/names.tsv", check_name, NULL);
	assert_false(pf_name_eq(PF_S("a-b"), PF_S("a-bc")));
	assert_false(pf_name_eq(PF_S("a"), PF_S("")));
	assert_true(pf_name_is_valid(PF_S("Zope.Interface_2")));
	assert_false(pf_name_is_valid(PF_S("-a")));
	assert_false(pf_name_is_valid(PF_S("a.")));
}

static void test_messages(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "expected the name of a package at column 1 of ''" },
		{ "numpy=1",
		  "expected a version specifier, \";\" or the end at column 6 of 'numpy=1'" },
		{ "numpy; rm -rf", "expected a marker variable or a quoted text at column 8 of "
				   "'numpy; rm -rf'" },
		{ "a[b", "expected \",\" or \"]\" after an extra at column 4 of 'a[b'" },
		{ "a @ ", "expected a URL after \"@\" at column 5 of 'a @ '" },
		{ "a; (os_name == 'x'",
		  "expected \")\" at column 19 for \"(\" at column 4 of 'a; (os_name == 'x''" },
	};
	struct pf_arena a = { 0 };
	struct pf_requirement q;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_int_equal(pf_requirement_parse(&q, &a, pf_s(rows[i].text), &err), -1);
		assert_int_equal(err.code, PF_EMODEL);
		assert_string_equal(err.msg, rows[i].message);
	}
	pf_arena_free(&a);
}

static void mends_what_was_published(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{ "a>=1", "a>=1" },
		{ "scikit-learn (>=1.0.*) ; extra == 'pipelines'", "scikit-learn>=1.0; extra == \"pipelines\"" },
		{ "a>=1.0.*,<2.*", "a<2,>=1.0" },
		{ "a>=1.0.*,!=1.5.*", "a!=1.5.*,>=1.0" },
		{ "a[x]==1.*<2.*", "a[x]<2,==1.*" },
		{ "a>=1.0<2.0!=1.5", "a!=1.5,<2.0,>=1.0" },
		{ "a (>=1.0,)", "a>=1.0" },
		{ "a>=1.0, ;python_version>'3'", "a>=1.0; python_version > \"3\"" },
		{ "a>='1.0'", "a>=1.0" },
		{ "a==1.0 nonsense", NULL },
		{ "a>=", NULL },
		{ ">=1.*", NULL },
		{ "a @ https://h/x>=1.* b", NULL },
		{ "a>=1.*; nonsense", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_requirement q = { 0 };
		struct pf_err err = { 0 };
		int rc = pf_requirement_parse_published(&q, &a, pf_s(rows[i].in), &err);

		if (rc < 0 ? rows[i].out || !err.msg[0] :
			     !rows[i].out || !pf_str_is(pf_requirement_print(&a, &q), rows[i].out))
			fail_msg("%s: " PF_FMT, rows[i].in,
				 PF_ARG(rc < 0 ? pf_s(err.msg) : pf_requirement_print(&a, &q)));
	}
}

static void test_limits(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_requirement q;
	struct pf_err err = { 0 };
	struct pf_str long_line = { pf_alloc(&a, PF_MAX_REQ_LINE + 1), PF_MAX_REQ_LINE + 1 };
	struct pf_buf deep = PF_BUF(PF_MIB(1));

	(void)state;
	memset((char *)long_line.p, 'a', long_line.n);
	assert_int_equal(pf_requirement_parse(&q, &a, long_line, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	pf_buf_cstr(&deep, "a;");
	for (int i = 0; i < 20000; i++)
		pf_buf_char(&deep, '(');
	assert_int_equal(pf_requirement_parse(&q, &a, pf_buf_view(&deep), &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_string_equal(err.msg, "marker with more than 64 nested parentheses");
	pf_buf_free(&deep);
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requirements),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(mends_what_was_published),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
