/* test_toml.c - TOML to trees: what tomllib says, what is refused and where, the ceilings */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"
#include "tree.h"

#include "base/limits.h"
#include "formats/toml.h"

static void recorded_row(const struct unit_row *row, void *user)
{
	struct pf_arena a = { 0 };
	struct pf_buf out = PF_BUF(PF_KIB(64));
	struct pf_err err;
	struct pf_node *n = NULL;

	if (pf_toml_parse(&n, &a, row->v[0], &err) == 0) {
		tree_show(&out, n, true);
		replay_field(user, row, "tree", pf_buf_view(&out), row->v[1]);
	} else {
		replay_field(user, row, "tree", (struct pf_str){ 0 }, row->v[1]);
	}
	pf_buf_free(&out);
	pf_arena_free(&a);
}

static void reads_what_tomllib_reads(void **state)
{
	(void)state;
	replay_tables("toml.tsv", NULL, recorded_row, NULL);
}

static void refuses_with_the_place(void **state)
{
	static const struct tree_refused rows[] = {
		{ PF_S("a = 1\nb = 2\n\"a\" = 3\n"), "line 3, column 1: \"a\" is there already" },
		{ PF_S("a = 1\n[t]\nx = {b = 1, c = 2, b = 3}\n"),
		  "line 3, column 20: \"b\" is there already" },
		{ PF_S("[a.b]\n\n[a . b]\n"), "line 3, column 6: \"b\" is there already" },
		{ PF_S("x = 1 2\n"), "line 1, column 7: the end of the line was expected" },
		{ PF_S("x = \n"), "line 1, column 5: a value was expected" },
		{ PF_S("x = 9223372036854775808"), "line 1, column 5: no value that TOML knows" },
		{ PF_S("x = 0x8000000000000000"), "line 1, column 5: no value that TOML knows" },
		{ PF_S("x = -9223372036854775809"), "line 1, column 5: no value that TOML knows" },
		{ PF_S("x = \"\xc3\xa9\" y"), "line 1, column 9: the end of the line was expected" },
		{ PF_S("x = \"a\ny\""), "line 1, column 7: a control character" },
		{ PF_S("x = 'a"), "line 1, column 5: a string without an end" },
		{ PF_S("x = \"\"\"\na\n"), "line 1, column 5: a string without an end" },
		{ PF_S("x = \"a\\q\""), "line 1, column 7: an unknown escape" },
		{ PF_S("x = \"\\ud800\""), "line 1, column 6: an escape that is no character" },
		{ PF_S("x = \"\\u00\""), "line 1, column 6: an escape without its digits" },
		{ PF_S("# a\0b\n"), "line 1, column 4: a control character" },
		{ PF_S("x = 1\ny = \"\xff\"\n"), "line 2, column 6: text that is no UTF-8" },
		{ PF_S("x = [1, 2\n\n"), "line 3, column 1: , or ] was expected" },
		{ PF_S("x = {a = 1"), "line 1, column 11: , or } was expected" },
		{ PF_S("x\n"), "line 1, column 2: = was expected" },
		{ PF_S("[a\n"), "line 1, column 3: ] was expected" },
		{ PF_S("= 1\n"), "line 1, column 1: a key was expected" },
	};

	(void)state;
	tree_refuses(pf_toml_parse, rows, PF_COUNT(rows));
}

static void knows_places(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_err err;
	struct pf_node *n;

	(void)state;
	assert_int_equal(pf_toml_parse(&n, &a, PF_S("\xef\xbb\xbf" "a = [\n  1,\n  '\xc3\xa9', 2]\n[b.c]\nd=1\n"),
				       &err), 0);
	assert_int_equal(n->v[0].line, 1);
	assert_int_equal(n->v[0].v[2].line, 3);
	assert_int_equal(n->v[0].v[2].column, 8);
	assert_int_equal(pf_node_get(n, "b")->line, 4);
	assert_int_equal(pf_node_get(n, "b")->column, 2);
	assert_true(pf_str_is(pf_node_text(pf_node_get(pf_node_get(n, "b"), "c"), "d"), "1"));
	pf_arena_free(&a);
}

/* head, then `item` so many times, then tail */
static struct pf_str repeated(struct pf_arena *a, const char *head, const char *item, size_t times,
			      const char *tail)
{
	struct pf_buf b = PF_BUF(PF_MIB(16));
	struct pf_str out;

	pf_buf_cstr(&b, head);
	for (size_t i = 0; i < times; i++)
		pf_buf_cstr(&b, item);
	pf_buf_cstr(&b, tail);
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

static void holds_the_ceilings(void **state)
{
	static const struct {
		const char *head, *item;
		size_t times;
		const char *tail, *msg; /* NULL: it is within */
	} rows[] = {
		{ "a=", "[", PF_MAX_TOML_DEPTH, "x", "nested deeper than 64 levels" },
		{ "a=", "{b=", PF_MAX_TOML_DEPTH + 1, "1", "nested deeper than 64 levels" },
		{ "", "a.", PF_MAX_TOML_DEPTH - 1, "a=1", NULL },
		{ "", "a.", PF_MAX_TOML_DEPTH, "a=1", "nested deeper than 64 levels" },
		{ "[", "a.", 100000, "a]", "nested deeper than 64 levels" },
		{ "a=[", "1,", PF_MAX_TOML_NODES - 1, "]", NULL },
		{ "a=[", "1,", PF_MAX_TOML_NODES, "]", "more than 1000000 nodes" },
		{ "", "[[a]]\n", PF_MAX_TOML_NODES, "", "more than 1000000 nodes" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_err err = { 0 };
		struct pf_node *n = NULL;
		struct pf_str text = repeated(&a, rows[i].head, rows[i].item, rows[i].times, rows[i].tail);
		int rc = pf_toml_parse(&n, &a, text, &err);

		assert_int_equal(rc, rows[i].msg ? -1 : 0);
		if (rows[i].msg) {
			assert_non_null(strstr(err.msg, rows[i].msg));
			assert_int_equal(err.code, PF_ELIMIT);
		}
		pf_arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_tomllib_reads),
		cmocka_unit_test(refuses_with_the_place),
		cmocka_unit_test(knows_places),
		cmocka_unit_test(holds_the_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
