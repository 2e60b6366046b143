/* test_yaml.c - YAML to trees: what scalars stand for, what is refused and where, the ceilings */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "base/limits.h"
#include "formats/yaml.h"
#include "formats/yaml_scalar.h"

static void reads_documents(void **state)
{
	static const struct {
		struct pf_str in;
		const char *out;
	} rows[] = {
		{ PF_S(""), "~" },
		{ PF_S("# nothing\n"), "~" },
		{ PF_S("hello"), "\"hello\"" },
		{ PF_S("---\na: 1\n...\n"), "{a: #1}" },
		{ PF_S("python: 3.10"), "{python: #3.10}" },
		{ PF_S("python: '3.10'\n"), "{python: \"3.10\"}" },
		{ PF_S("a: yes\nb: No\nc: on\nd: y\n"), "{a: true, b: false, c: true, d: \"y\"}" },
		{ PF_S("a:\nb: ~\nc: null\nd: ''\n"), "{a: ~, b: ~, c: ~, d: \"\"}" },
		{ PF_S("a: 1\r\nb:\r\n- x\r\n- y"), "{a: #1, b: [\"x\", \"y\"]}" },
		{ PF_S("\xef\xbb\xbf" "a: 1\n"), "{a: #1}" },
		{ PF_S("a: [1, {b: c}, []]\n"), "{a: [#1, {b: \"c\"}, []]}" },
		{ PF_S("- -r requirements.txt\n"), "[\"-r requirements.txt\"]" },
		{ PF_S("a: &x {k: 1}\nb: *x\nc: [*x]\n"), "{a: {k: #1}, b: {k: #1}, c: [{k: #1}]}" },
		{ PF_S("a: &x one\na2: &x two\nb: *x\n"), "{a: \"one\", a2: \"two\", b: \"two\"}" },
		{ PF_S("a: &k b\n*k : 1\n"), "{a: \"b\", b: #1}" },
		{ PF_S("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x, c: 4}\n"),
		  "{x: {a: #1, b: #2}, y: {b: #3, c: #4, a: #1}}" },
		{ PF_S("x: &x {a: 1}\ny: &y {a: 2, b: 3}\nz: {<<: [*x, *y]}\n"),
		  "{x: {a: #1}, y: {a: #2, b: #3}, z: {a: #1, b: #3}}" },
		{ PF_S("'<<': 1\n"), "{<<: #1}" },
		{ PF_S("a: !!str 3.10\nb: ! 7\nc: !!int 8\n"), "{a: \"3.10\", b: \"7\", c: #8}" },
		{ PF_S("1: a\nnull: b\n"), "{1: \"a\", null: \"b\"}" },
		{ PF_S("a: |\n  x\n  y\nb: >-\n  x\n  y\n"), "{a: \"x\ny\n\", b: \"x y\"}" },
		{ PF_S("n\xc3\xa4me: caf\xc3\xa9 \xf0\x9f\x90\x8d\n"), "{n\xc3\xa4me: \"caf\xc3\xa9 \xf0\x9f\x90\x8d\"}" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_buf out = PF_BUF(4096);
		struct pf_err err = { 0 };
		struct pf_node *n;

		if (pf_yaml_parse(&n, &a, rows[i].in, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		tree_show(&out, n, false);
		assert_string_equal(out.p, rows[i].out);
		pf_buf_free(&out);
		pf_arena_free(&a);
	}
}

static void refuses_with_the_place(void **state)
{
	static const struct tree_refused rows[] = {
		{ PF_S("a: 1\nb: 2\na: 3\n"),
		  "line 3, column 1: the key \"a\" is here a second time, first on line 1" },
		{ PF_S("x: {b: 1,\n c: 2, b: 3}\n"),
		  "line 2, column 8: the key \"b\" is here a second time, first on line 1" },
		{ PF_S("a: *nope\n"), "line 1, column 4: the alias *nope has no anchor" },
		{ PF_S("a: &x [*x]\n"), "line 1, column 8: the alias *x stands inside its own anchor" },
		{ PF_S("? [a, b]\n: 1\n"), "line 1, column 3: a key that is a list or a map" },
		{ PF_S("a: 1\n---\nb: 2\n"), "line 2, column 1: a second document" },
		{ PF_S("x: !!python/object/apply:os.system ['id']\n"),
		  "line 1, column 4: the tag !!python/object/apply:os.system is not read here" },
		{ PF_S("x: !own 1\n"), "line 1, column 4: the tag !own is not read here" },
		{ PF_S("x: !!binary aGk=\n"), "line 1, column 4: the tag !!binary is not read here" },
		{ PF_S("x: !!int one\n"), "line 1, column 4: the tag !!int is not read here" },
		{ PF_S("x: &x 1\ny: {<<: *x}\n"),
		  "line 2, column 5: \"<<\" wants a map or a list of maps" },
		{ PF_S("a: b\n  c\0d: 1\n"), "line 2, column 4: a NUL byte" },
		{ PF_S("a: 1\nb\xc3\xa4: \xff\n"), "line 2, column 5: invalid leading UTF-8 octet" },
		{ PF_S("a: \xed\xa0\x80\n"), "line 1, column 4: invalid Unicode character" },
		{ PF_S("a: \x1b[2K\n"), "line 1, column 4: control characters are not allowed" },
		{ PF_S("\xff\xfe" "a\0:\0"), "line 1, column 1: UTF-16 text, where UTF-8 is read" },
		{ PF_S("a:\n\tb: 1\n"), "line 2, column 1: found character that cannot start any token" },
		{ PF_S("a: 'x\n"), "line 2, column 1: found unexpected end of stream" },
		{ PF_S("a: [1\n"), "line 2, column 1: did not find expected ',' or ']'" },
	};

	(void)state;
	tree_refuses(pf_yaml_parse, rows, PF_COUNT(rows));
}

static void repeat(struct pf_buf *out, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		pf_buf_cstr(out, text);
}

/* Each line stands for twice what the line before it does. */
static void doubling(struct pf_buf *out, const char *first, const char *open, const char *close)
{
	pf_buf_cstr(out, first);
	for (int i = 1; i < 26; i++)
		pf_buf_printf(out, "%c: &%c %s*%c, *%c%s\n", 'a' + i, 'a' + i, open, 'a' + i - 1,
			      'a' + i - 1, close);
}

static void expect_limit(struct pf_buf *text, const char *msg)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *n;

	assert_int_equal(pf_yaml_parse(&n, &a, pf_buf_view(text), &err), -1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.code, PF_ELIMIT);
	pf_arena_free(&a);
	pf_buf_free(text);
}

static void holds_the_ceilings(void **state)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);

	(void)state;
	repeat(&text, "[", 100000);
	expect_limit(&text, "line 1, column 65: nested deeper than 64 levels");

	for (int i = 0; i < 100; i++)
		pf_buf_printf(&text, "%*sk:\n", i, "");
	expect_limit(&text, "line 65, column 65: nested deeper than 64 levels");

	pf_buf_cstr(&text, "- &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
	pf_buf_cstr(&text, "- [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
	pf_buf_cstr(&text, "- [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
	expect_limit(&text, "line 3, column 35: nested deeper than 64 levels");

	doubling(&text, "a: &a [x]\n", "[", "]");
	expect_limit(&text, "line 17, column 8: more than 200000 nodes");

	doubling(&text, "a: &a {k: 1}\n", "{<<: [", "]}");
	expect_limit(&text, "line 15, column 17: more than 200000 nodes");

	for (int i = 0; i < 300000; i++)
		pf_buf_printf(&text, "k%d: 0\n", i);
	expect_limit(&text, "line 100000, column 9: more than 200000 nodes");
}

static int deep_enough(const struct pf_node *n)
{
	int depth = 0;

	for (; n->n; n = &n->v[0])
		depth++;
	return depth;
}

static void allows_what_is_just_within(void **state)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *n;

	(void)state;
	repeat(&text, "[", 64);
	pf_buf_cstr(&text, "x");
	repeat(&text, "]", 64);
	assert_int_equal(pf_yaml_parse(&n, &a, pf_buf_view(&text), &err), 0);
	assert_int_equal(deep_enough(n), 64);
	pf_buf_free(&text);

	for (int i = 0; i < 99999; i++)
		pf_buf_printf(&text, "k%d: 0\n", i);
	assert_int_equal(pf_yaml_parse(&n, &a, pf_buf_view(&text), &err), 0);
	assert_int_equal(n->n, 99999);
	pf_buf_free(&text);
	pf_arena_free(&a);
}

static void scalar_row(const struct unit_row *r, void *ctx)
{
	static const char *const kinds[] = { "null", "bool", "number", "string" };
	bool truth;
	enum pf_node_kind kind = pf_yaml_scalar_kind(r->v[0], &truth);

	(void)ctx;
	if (!pf_str_is(r->v[1], kinds[kind]))
		fail_msg("line %u: " PF_FMT " is " PF_FMT ", not %s", r->line, PF_ARG(r->v[0]),
			 PF_ARG(r->v[1]), kinds[kind]);
	if (kind == PF_NODE_BOOL)
		assert_true(pf_str_is(r->v[2], truth ? "true" : "false"));
}

static void scalars_are_what_pyyaml_says(void **state)
{
	struct pf_arena a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "yaml_scalars.tsv"), scalar_row, NULL) > 200);
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_documents),
		cmocka_unit_test(refuses_with_the_place),
		cmocka_unit_test(holds_the_ceilings),
		cmocka_unit_test(allows_what_is_just_within),
		cmocka_unit_test(scalars_are_what_pyyaml_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
