/* test_verdict.c - which answers are the same, and what is told of those that are not */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/json.h"
#include "base/str.h"
#include "proof.h"

static const struct {
	const char *recorded, *now;
	double tolerance;
	size_t values, different;
	double largest;
	const char *at;
} cases[] = {
	{ "[1, 2.5, \"a\", null, true]", "[1, 2.5, \"a\", null, true]", 0, 5, 0, 0, "" },
	{ "{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", 0, 2, 0, 0, "" },
	{ "1", "1.0", 0, 1, 0, 0, "" },
	{ "[1.5, 2]", "[1.5, 3]", 0, 2, 1, 1, "[1]" },
	{ "{\"p\": [{\"x\": 1}, {\"x\": 2}]}", "{\"p\": [{\"x\": 1}, {\"x\": 3}]}", 0, 2, 1, 1, "p[1].x" },
	{ "0.1", "0.10000000000000002", 0, 1, 1, 1.3877787807814457e-17, "" },
	{ "0.1", "0.10000000000000002", 1e-12, 1, 0, 1.3877787807814457e-17, "" },
	{ "1000", "1001", 0.001, 1, 0, 1, "" },	/* relative beyond 1 */
	{ "1000", "1001.5", 0.001, 1, 1, 1.5, "" },
	{ "0.0001", "0.0009", 0.001, 1, 0, 0.0008, "" },	/* absolute below it */
	{ "9007199254740993", "9007199254740992", 0, 1, 1, 0, "" },
	{ "[1, 2]", "[1]", 9, 1, 1, 0, "" },
	{ "[1]", "{\"0\": 1}", 9, 1, 1, 0, "" },
	{ "{\"a\": 1}", "{\"b\": 1}", 9, 1, 1, 0, "a" },
	{ "1", "\"1\"", 9, 1, 1, 0, "" },
	{ "null", "1", 9, 1, 1, 0, "" },
	{ "true", "false", 9, 1, 1, 0, "" },
	{ "NaN", "NaN", 0, 1, 0, 0, "" },
	{ "NaN", "1", 9, 1, 1, 0, "" },
	{ "[]", "[]", 0, 0, 0, 0, "" },
	{ "[1, 2, 3]", "[4, 5, 3]", 0, 3, 2, 3, "[0]" },
	{ "{\"a\\u0000b\": 1, \"a\": 2}", "{\"a\": 2, \"a\\u0000b\": 1}", 0, 2, 0, 0, "" },
};

static struct pf_node *parsed(struct pf_arena *a, const char *text)
{
	struct pf_node *n;
	struct pf_err err;

	assert_int_equal(pf_json_parse(&n, a, pf_s(text), &err), 0);
	return n;
}

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++) {
		PF_AUTO(verdict) v = { .tolerance = cases[i].tolerance, .same = true };
		PF_AUTO(arena) a = { 0 };

		pf_verdict_compare(&v, parsed(&a, cases[i].recorded), parsed(&a, cases[i].now));
		if (v.values != cases[i].values || v.different != cases[i].different)
			fail_msg("%s, %s: %zu of %zu differ", cases[i].recorded, cases[i].now,
				 v.different, v.values);
		assert_int_equal(v.same, cases[i].different == 0);
		assert_true(v.largest - cases[i].largest < 1e-15 &&
			    cases[i].largest - v.largest < 1e-15);
		if (!pf_str_is(v.at, cases[i].at))
			fail_msg("%s, %s: at " PF_FMT, cases[i].recorded, cases[i].now,
				 PF_ARG(v.at));
	}
}

/* A model's name and values are strangers'. */
static void test_page(void **state)
{
	PF_AUTO(verdict) v = { .same = true };
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) page = PF_BUF(1 << 20);

	(void)state;
	pf_verdict_compare(&v, parsed(&a, "\"<b>\""), parsed(&a, "\"<i>\""));
	pf_verdict_page(&page, &v, "<script>\"'&");
	assert_true(pf_str_find_str(pf_buf_view(&page), "<script>") == PF_NPOS);
	assert_true(pf_str_find_str(pf_buf_view(&page), "<b>") == PF_NPOS);
	assert_true(pf_str_find_str(pf_buf_view(&page), "&#60;script&#62;&#34;&#39;&#38;") != PF_NPOS);
}

/* So are the names and versions of a record: none moves a cursor, or begins a line. */
static void test_text(void **state)
{
	struct pf_str odd = PF_S("1\n\x1b[2J\x7f\xc2\x9b");
	struct pf_verdict_package packages[] = { { odd, odd, odd } };
	PF_AUTO(verdict) v = { .same = true, .python = { odd, PF_S("3.11.2") },
			       .packages = { packages, 1, 1 } };
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(1 << 20);
	struct pf_str shown;
	size_t lines = 0;

	(void)state;
	pf_verdict_compare(&v, parsed(&a, "{\"\\u001b[1m\\n\": \"\\u009b\"}"), parsed(&a, "{\"\\u001b[1m\\n\": 1}"));
	pf_verdict_text(&text, &v, "model");
	shown = pf_buf_view(&text);
	for (size_t i = 0; i < shown.n; i++) {
		lines += shown.p[i] == '\n';
		assert_true(shown.p[i] == '\n' || (shown.p[i] >= ' ' && shown.p[i] < 127));
	}
	assert_int_equal(lines, 3);
	assert_true(pf_str_find_str(shown, "at \\x1b[1m\\x0a: 1, recorded \"\\u009b\"") != PF_NPOS);
	assert_true(pf_str_find_str(shown, "python 3.11.2, recorded with 1\\x0a\\x1b[2J\\x7f\\u009b; ") != PF_NPOS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
