/* test_yaml_write.c - trees to YAML, as PyYAML writes them; what was read, written again */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>

#include "replay.h"
#include "tree.h"

#include "base/json.h"
#include "base/limits.h"
#include "formats/yaml.h"
#include "formats/yaml_write.h"

static void write_row(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_node *tree, *back;
	struct pf_err err = { 0 };

	if (pf_json_parse(&tree, &a, row->v[0], &err) < 0)
		fail_msg("line %u: %s", row->line, err.msg);
	pf_yaml_of_json(&a, tree);
	if (pf_yaml_write(&out, tree, true, &err) < 0)
		fail_msg("line %u: %s", row->line, err.msg);
	replay_field(r, row, "yaml", pf_buf_view(&out), row->v[1]);
	if (pf_yaml_parse(&back, &a, pf_buf_view(&out), &err) < 0)
		fail_msg("line %u: not read again: %s", row->line, err.msg);
}

static void writes_as_pyyaml(void **state)
{
	(void)state;
	replay_tables("yaml_dump.tsv", NULL, write_row, NULL);
}

static void keeps_what_was_read(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a: 3.10\nb: 0x1F\nc: 1_0\nd: 1:30\n", "a: 3.10\nb: 0x1F\nc: 1_0\nd: 1:30\n" },
		{ "d: 2001-12-14\ns: '2001-12-14'\n", "d: 2001-12-14\ns: '2001-12-14'\n" },
		{ "t: 2001-12-14 21:59:43 Z\n", "t: 2001-12-14 21:59:43 Z\n" },
		{ "b: yes\nn:\nt: ~\ns: 'yes'\n", "b: true\nn: null\ns: 'yes'\nt: null\n" },
		{ "2: b\n1: a\n'3': c\ntrue: d\n", "2: b\n1: a\n'3': c\ntrue: d\n" },
		{ "~: a\n", "~: a\n" },
		{ "? ''\n: a\n", "? ''\n: a\n" },
		{ "x: &x [1]\ny: *x\n", "x:\n- 1\ny:\n- 1\n" },
		{ "# gone\na: {b: [c, {d: e}]} # too\n", "a:\n  b:\n  - c\n  - d: e\n" },
		{ "", "null\n...\n" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
		struct pf_err err = { 0 };
		struct pf_node *n;

		if (pf_yaml_parse(&n, &a, pf_s(rows[i].in), &err) < 0 ||
		    pf_yaml_write(&out, n, true, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		assert_string_equal(out.p, rows[i].out);
	}
}

/* Files of models, which PyYAML wrote: read and written, they are the same. */
static void writes_what_mlflow_wrote(void **state)
{
	static const char *const names[] = { "MLmodel", "conda.yaml", "python_env.yaml" };
	PF_AUTO(arena) a = { 0 };
	const char *base = unit_acceptance(&a, "models");
	DIR *d = base ? opendir(base) : NULL;
	size_t count = 0;

	(void)state;
	if (!d) {
		fprintf(stderr, "skipped: models (PYFUNC_ENV_ACCEPTANCE names no folder)\n");
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		bool made_by_hand = pf_str_starts(pf_s(e->d_name), "old");

		for (size_t i = 0; !made_by_hand && i < PF_COUNT(names); i++) {
			const char *path = pf_formatz(&a, "%s/%s/model/%s", base, e->d_name, names[i]);
			PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
			PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
			struct pf_err err = { 0 };
			struct pf_node *n;

			if (pf_read_file(&text, AT_FDCWD, path, &err) < 0)
				continue;
			if (pf_yaml_parse(&n, &a, pf_buf_view(&text), &err) < 0 ||
			    pf_yaml_write(&out, n, i < 2, &err) < 0)
				fail_msg("%s: %s", path, err.msg);
			if (!pf_str_eq(pf_buf_view(&out), pf_buf_view(&text)))
				fail_msg("%s: it is now\n%s", path, out.p);
			count++;
		}
	}
	closedir(d);
	assert_true(count > 20);
}

static void makes_trees(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
	struct pf_err err = { 0 };
	struct pf_node *read, map, list = pf_node_list();

	(void)state;
	assert_int_equal(pf_yaml_parse(&read, &a, PF_S("b: 1\na: 2\n"), &err), 0);
	map = *read;
	pf_node_set(&a, &map, PF_S("a"), pf_node_string(PF_S("3")));
	pf_node_set(&a, &map, PF_S("c"), pf_node_bool(true));
	pf_node_push(&a, &list, pf_node_number(PF_S("7")));
	pf_node_push(&a, &list, (struct pf_node){ 0 });
	pf_node_set(&a, &map, PF_S("l"), list);
	tree_show(&out, &map, false);
	assert_string_equal(out.p, "{b: #1, a: \"3\", c: true, l: [#7, ~]}");
	out.n = 0;
	tree_show(&out, read, false);
	assert_string_equal(out.p, "{b: #1, a: #2}");
	out.n = 0;
	pf_node_set(&a, &map, PF_S("A"), pf_node_map());
	assert_int_equal(pf_yaml_write(&out, &map, false, &err), 0);
	assert_string_equal(out.p, "b: 1\na: '3'\nc: true\nl:\n- 7\n- null\nA: {}\n");
}

static void stops_where_it_could_not_read(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_err err = { 0 };
	struct pf_node n = pf_node_bool(true), *back;

	(void)state;
	for (int i = 0; i < PF_MAX_YAML_DEPTH; i++) {
		struct pf_node list = pf_node_list();

		pf_node_push(&a, &list, n);
		n = list;
	}
	assert_int_equal(pf_yaml_write(&out, &n, true, &err), 0);
	assert_int_equal(pf_yaml_parse(&back, &a, pf_buf_view(&out), &err), 0);
	n = (struct pf_node){ .kind = PF_NODE_LIST, .v = (struct pf_node[]){ n }, .n = 1 };
	assert_int_equal(pf_yaml_write(&out, &n, true, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_pyyaml),
		cmocka_unit_test(keeps_what_was_read),
		cmocka_unit_test(writes_what_mlflow_wrote),
		cmocka_unit_test(makes_trees),
		cmocka_unit_test(stops_where_it_could_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
