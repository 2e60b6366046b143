/* test_resolve.c - the resolver against recorded scenarios, where there is a folder of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "base/json.h"
#include "base/limits.h"
#include "python/tags.h"
#include "req/wheel_name.h"

struct scenarios {
	struct pf_map results;		/* name to row */
	struct pf_arena arena;
	size_t compared, universal, failures;
};

/* scenario category universal python roots expected uv_result uv_agrees pip_result pip_agrees */
static void note_result(const struct unit_row *row, void *ctx)
{
	struct scenarios *all = ctx;
	struct unit_row *copy = pf_alloc(&all->arena, sizeof(*copy));

	copy->n = row->n;
	for (size_t i = 0; i < row->n; i++)
		copy->v[i] = pf_dup(&all->arena, row->v[i]);
	*pf_map_put(&all->arena, &all->results, row->v[0]) = copy;
}

static bool node_is(const struct pf_node *map, const char *key, bool otherwise)
{
	const struct pf_node *n = pf_node_get(map, key);

	return n ? n->truth : otherwise;
}

static void add_requires(struct table *t, struct table_version *v, const struct pf_node *list,
			 struct pf_str extra)
{
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_str text = list->v[i].text;

		if (extra.n)
			text = pf_format(&t->arena, PF_FMT "%s extra == '" PF_FMT "'", PF_ARG(text),
					 pf_str_find(text, ';') == PF_NPOS ? " ;" : " and", PF_ARG(extra));
		table_require(t, v, text);
	}
}

static bool accepted(struct pf_arena *a, const struct pf_tags *tags, struct pf_str tag)
{
	struct pf_wheel_name w = { 0 };
	struct pf_err err;
	bool any = false;

	if (pf_wheel_name_parse(&w, a, pf_format(a, "x-1-" PF_FMT ".whl", PF_ARG(tag)), &err) < 0)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < w.tags.n; i++)
		any = any || pf_tags_rank(tags, w.tags.v[i]) != PF_TAG_NONE;
	return any;
}

static void add_version(struct table *t, struct table_project *p, const struct pf_node *n,
			const struct pf_tags *tags)
{
	struct table_version *v = table_add(t, p, n->key);
	const struct pf_node *wheels = pf_node_get(n, "wheel_tags"), *extras = pf_node_get(n, "extras");

	v->candidate.requires_python = pf_node_text(n, "requires_python");
	v->candidate.sdist = node_is(n, "sdist", true);
	v->candidate.yanked = node_is(n, "yanked", false);
	v->candidate.wheel = node_is(n, "wheel", true) && !wheels;
	for (size_t i = 0; wheels && i < wheels->n; i++)
		v->candidate.wheel = v->candidate.wheel ||
				     accepted(&t->arena, tags, wheels->v[i].text);
	add_requires(t, v, pf_node_get(n, "requires"), (struct pf_str){ 0 });
	for (size_t i = 0; extras && i < extras->n; i++) {
		*PF_PUSH(&t->arena, &v->extras) = pf_name_canonical(&t->arena, extras->v[i].key);
		add_requires(t, v, &extras->v[i], extras->v[i].key);
	}
}

static void read_names(struct pf_strs *out, struct pf_arena *a, const struct pf_node *list)
{
	for (size_t i = 0; list && i < list->n; i++)
		*PF_PUSH(a, out) = list->v[i].text;
}

static void read_scenario(struct table *t, struct table_needs *needs, struct pf_resolve_opts *o,
			  struct pf_marker_env *env, const struct pf_node *n)
{
	const struct pf_node *options = pf_node_get(n, "resolver_options");
	const struct pf_node *packages = pf_node_get(n, "packages");
	const struct pf_node *roots = pf_node_get(pf_node_get(n, "root"), "requires");
	struct pf_str python = pf_node_text(options, "python");
	struct pf_tag_target target = { .platform = PF_S("linux-x86_64"), .libc = PF_S("glibc 2.17"),
					.major = 3 };
	struct pf_tags tags = { 0 };
	uint64_t minor;

	if (!python.n)
		python = pf_node_text(pf_node_get(n, "environment"), "python");
	*env = table_env(&t->arena, python.n ? python : PF_S("3.12"));
	assert_true(pf_str_u64(pf_str_skip(env->python_version, 2), &minor));
	target.minor = (int)minor;
	pf_tags_make(&tags, &t->arena, &target);
	for (size_t i = 0; i < packages->n; i++) {
		struct pf_str name = pf_name_canonical(&t->arena, packages->v[i].key);
		struct table_project *p = table_project(t, &t->projects, name);
		const struct pf_node *versions = pf_node_get(&packages->v[i], "versions");

		for (size_t k = 0; k < versions->n; k++)
			add_version(t, p, &versions->v[k], &tags);
	}
	for (size_t i = 0; i < roots->n; i++)
		table_need(t, needs, roots->v[i].text, PF_S("requirements.in"), (unsigned)i + 1);
	o->env = env;
	o->pre = node_is(options, "prereleases", false) ? PF_PRE_ALLOW : PF_PRE_DEFAULT;
	read_names(&o->no_binary, &t->arena, pf_node_get(options, "no_binary"));
	read_names(&o->only_binary, &t->arena, pf_node_get(options, "no_build"));
}

static void check_scenario(struct scenarios *all, const struct pf_node *n)
{
	struct table t = { 0 };
	struct table_needs needs = { 0 };
	struct pf_marker_env env;
	struct pf_resolve_opts o = { 0 };
	PF_AUTO(resolution) r = { 0 };
	struct pf_source source = table_source(&t);
	struct pf_err err = { 0 };
	struct pf_str name = pf_node_text(n, "name"), got;
	const struct unit_row *row = pf_map_get(&all->results, name);

	assert_non_null(row);
	read_scenario(&t, &needs, &o, &env, n);
	if (pf_resolve(&r, &source, needs.v.v, needs.v.n, &o, &err) == 0)
		got = table_plan(&t.arena, &r, false);
	else
		got = err.code == PF_ESOLVE ? PF_S("UNSAT") : pf_s(err.msg);
	if (getenv("UNIT_SHOW"))
		print_message(PF_FMT ": " PF_FMT " %s | %s\n", PF_ARG(name), PF_ARG(got), err.msg,
			      err.hint);
	if (!pf_str_eq(got, row->v[6])) {
		all->failures++;
		print_error(PF_FMT ": got " PF_FMT " (%s), want " PF_FMT "\n", PF_ARG(name),
			    PF_ARG(got), err.msg, PF_ARG(row->v[6]));
	}
	all->compared += pf_str_is(row->v[7], "yes");
	table_free(&t);
}

static void test_scenarios(void **state)
{
	struct scenarios all = { 0 };
	const char *results = unit_acceptance(&all.arena,
					      "conformance/resolver/resolver_scenarios_results.tsv");
	struct pf_buf text = PF_BUF(PF_MIB(4));
	struct pf_str rest, line;
	struct pf_err err;

	(void)state;
	if (!results) {
		print_message("skipped: PYFUNC_ENV_ACCEPTANCE names no folder\n");
		return;
	}
	assert_true(unit_table(results, note_result, &all) > 0);
	assert_int_equal(pf_read_file(&text, AT_FDCWD, unit_acceptance(&all.arena,
				      "conformance/resolver/resolver_scenarios.jsonl"), &err), 0);
	for (rest = pf_buf_view(&text); pf_str_next_line(&rest, &line);) {
		struct pf_node *n;

		assert_int_equal(pf_json_parse(&n, &all.arena, line, &err), 0);
		if (node_is(pf_node_get(n, "resolver_options"), "universal", false))
			all.universal++;
		else
			check_scenario(&all, n);
	}
	print_message("%zu scenarios for one interpreter agree, %zu universal ones left out\n",
		      all.compared, all.universal);
	pf_buf_free(&text);
	pf_arena_free(&all.arena);
	assert_int_equal(all.failures, 0);
	assert_int_equal(all.compared, 125);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_scenarios) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
