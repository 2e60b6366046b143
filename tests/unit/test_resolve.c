/* test_resolve.c - the resolver: the cases of tests/cases/solve, recorded scenarios where there are any */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <dirent.h>

#include "base/day.h"
#include "base/json.h"
#include "base/limits.h"
#include "python/tags.h"
#include "req/wheel_name.h"

/* ---- cases: tests/cases/solve/NAME.case, README there ---- */

struct solve_case {
	struct table t;
	struct table_needs needs;
	struct pf_marker_env env;
	struct pf_resolve_opts o;
	PF_VEC(struct pf_fact) facts;
	struct table_version *version;	/* the one that indented lines are about */
	struct pf_str section, file;
	unsigned line;			/* of `file` */
	struct pf_str want[4];		/* plan, passed over, error, hint */
};

static const char *const answers[] = { "plan", "passed over", "error", "hint" };

static int read_day(struct pf_str text)
{
	int day = pf_day_read(text);

	assert_int_not_equal(day, 0);
	return day;
}

static struct pf_str word(struct pf_str *line)
{
	size_t end = pf_str_find(*line, ' ');
	struct pf_str out = pf_str_cut(*line, 0, end);

	*line = end == PF_NPOS ? (struct pf_str){ "", 0 } : pf_str_skip(*line, end + 1);
	return out;
}

static void read_fact(struct solve_case *c, struct pf_str line)
{
	struct pf_fact *fact = PF_PUSH(&c->t.arena, &c->facts);

	memset(fact, 0, sizeof(*fact));
	fact->name = word(&line);
	assert_true(pf_spec_read(&fact->is, &c->t.arena, pf_format(&c->t.arena, "==" PF_FMT, PF_ARG(line))));
}

static void read_option(struct solve_case *c, struct pf_str line)
{
	struct pf_str key = word(&line);

	if (pf_str_is(key, "python"))
		c->env = table_env(&c->t.arena, line);
	else if (pf_str_is(key, "pre"))
		c->o.pre = pf_str_is(line, "allow") ? PF_PRE_ALLOW : PF_PRE_DENY;
	else if (pf_str_is(key, "no-build"))
		c->o.no_build = true;
	else if (pf_str_is(key, "no-binary"))
		*PF_PUSH(&c->t.arena, &c->o.no_binary) = line;
	else if (pf_str_is(key, "only-binary"))
		*PF_PUSH(&c->t.arena, &c->o.only_binary) = line;
	else if (pf_str_is(key, "as-of"))
		c->o.as_of = read_day(line);
	else if (pf_str_is(key, "fact"))
		read_fact(c, line);
	else
		fail_msg("no option: " PF_FMT, PF_ARG(key));
}

static void read_property(struct solve_case *c, struct pf_str line)
{
	struct table_version *v = c->version;
	struct pf_str key = word(&line);

	assert_non_null(v);
	if (pf_str_is(key, "needs"))
		table_require(&c->t, v, line);
	else if (pf_str_is(key, "extra"))
		*PF_PUSH(&c->t.arena, &v->extras) = line;
	else if (pf_str_is(key, "python"))
		v->candidate.requires_python = line;
	else if (pf_str_is(key, "yanked"))
		v->candidate.yanked_why = line, v->candidate.yanked = true;
	else if (pf_str_is(key, "sdist"))
		v->candidate.wheel = false;
	else if (pf_str_is(key, "wheel"))
		v->candidate.sdist = false;
	else if (pf_str_is(key, "foreign"))
		v->candidate.wheel = v->candidate.sdist = false;
	else if (pf_str_is(key, "day"))
		v->candidate.day = read_day(line);
	else if (pf_str_is(key, "broken"))
		v->broken = line;
	else if (pf_str_is(key, "unusable"))
		v->candidate.unusable = line;
	else
		fail_msg("no property: " PF_FMT, PF_ARG(key));
}

static void read_need(struct solve_case *c, struct pf_str line)
{
	bool path = pf_str_starts(line, "./");
	struct pf_str name = path ? pf_str_cut(line, 2, pf_str_find(line, '-')) : line;
	struct pf_need *need = table_need(&c->t, &c->needs, name, c->file, ++c->line);

	need->constraint = pf_str_is(c->section, "constraints");
	if (path) {
		need->text = line;
		need->path = pf_str_skip(line, 2);
	}
}

static void read_answer(struct solve_case *c, struct pf_str line)
{
	for (size_t i = 0; i < PF_COUNT(answers); i++) {
		struct pf_str *want = &c->want[i];

		if (pf_str_is(c->section, answers[i])) {
			*want = pf_format(&c->t.arena, PF_FMT "%s" PF_FMT, PF_ARG(*want),
					  want->n ? "\n" : "", PF_ARG(line));
			return;
		}
	}
	fail_msg("no section: " PF_FMT, PF_ARG(c->section));
}

static void read_line(struct solve_case *c, struct pf_str line)
{
	struct pf_str rest = line, name;
	struct pf_map *map = &c->t.projects;

	if (*line.p != '\t' && pf_str_ends(line, ":") && !pf_str_ends(line, ":all:")) {
		rest = pf_str_cut(line, 0, line.n - 1);
		c->section = pf_str_is(rest, "passed over") ? rest : word(&rest);
		c->file = rest;
		c->line = 0;
	} else if (*line.p == '\t') {
		read_property(c, pf_str_skip(line, 1));
	} else if (pf_str_is(c->section, "options")) {
		read_option(c, line);
	} else if (pf_str_is(c->section, "wanted") || pf_str_is(c->section, "constraints")) {
		read_need(c, line);
	} else if (pf_str_is(c->section, "index") || pf_str_is(c->section, "places")) {
		name = word(&rest);
		if (pf_str_is(c->section, "places"))
			map = &c->t.places;
		c->version = table_add(&c->t, table_project(&c->t, map, name), rest);
	} else {
		read_answer(c, line);
	}
}

static struct pf_str plan_lines(struct pf_arena *a, const struct pf_resolution *r)
{
	struct pf_str out = { 0 };

	for (size_t i = 0; i < r->v.n; i++) {
		const struct pf_chosen *c = &r->v.v[i];
		struct pf_str list = { 0 };

		for (size_t k = 0; k < c->extras.n; k++)
			list = pf_format(a, PF_FMT "%s" PF_FMT "%s", PF_ARG(list), k ? "," : "[",
					 PF_ARG(c->extras.v[k]), k + 1 < c->extras.n ? "" : "]");
		out = pf_format(a, PF_FMT "%s" PF_FMT PF_FMT "==" PF_FMT "%s%s%s", PF_ARG(out),
				i ? "\n" : "", PF_ARG(c->name), PF_ARG(list),
				PF_ARG(c->candidate->version.text), c->sdist ? " sdist" : "",
				c->late ? " late" : "", c->need ? " asked" : "");
	}
	return out;
}

static size_t differs(const char *name, const char *what, struct pf_str got, struct pf_str want)
{
	if (pf_str_eq(got, want))
		return 0;
	print_error("%s: %s: got\n" PF_FMT "\nwant\n" PF_FMT "\n", name, what, PF_ARG(got),
		    PF_ARG(want));
	return 1;
}

static size_t check_case(const char *name, struct pf_str text)
{
	struct solve_case c = { 0 };
	struct pf_supply source = table_source(&c.t);
	PF_AUTO(resolution) r = { 0 };
	struct pf_err err = { 0 };
	struct pf_str line, got[4] = { 0 };
	size_t failures = 0;

	c.env = table_env(&c.t.arena, PF_S("3.11.7"));
	c.o.env = &c.env;
	while (pf_str_next_line(&text, &line))
		if (line.n && *line.p != '#')
			read_line(&c, line);
	c.o.facts = c.facts.v;
	c.o.fact_count = c.facts.n;
	if (pf_resolve(&r, &source, c.needs.v.v, c.needs.v.n, &c.o, &err) == 0)
		got[0] = plan_lines(&c.t.arena, &r);
	for (size_t i = 0; i < r.no_such_extra.n; i++)
		got[1] = pf_format(&c.t.arena, PF_FMT "%s" PF_FMT, PF_ARG(got[1]), i ? "\n" : "",
				   PF_ARG(r.no_such_extra.v[i]));
	got[2] = err.code ? pf_format(&c.t.arena, "%s: %s", pf_code_class(err.code), err.msg) : got[2];
	got[3] = pf_s(err.hint);
	for (size_t i = 0; i < PF_COUNT(answers); i++)
		failures += differs(name, answers[i], got[i], c.want[i]);
	table_free(&c.t);
	return failures;
}

static void test_cases(void **state)
{
	struct pf_arena a = { 0 };
	const char *path = unit_data(&a, "../cases/solve");
	DIR *dir = opendir(path);
	size_t count = 0, failures = 0;

	(void)state;
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		struct pf_buf text = PF_BUF(PF_MIB(1));
		struct pf_err err;

		if (!pf_str_ends(pf_s(e->d_name), ".case"))
			continue;
		assert_int_equal(pf_read_file(&text, AT_FDCWD, pf_formatz(&a, "%s/%s", path, e->d_name),
					      &err), 0);
		failures += check_case(e->d_name, pf_buf_view(&text));
		pf_buf_free(&text);
		count++;
	}
	closedir(dir);
	pf_arena_free(&a);
	assert_int_equal(failures, 0);
	assert_in_range(count, 40, 1000);
}

/* ---- recorded scenarios ---- */

struct scenarios {
	struct pf_map results;		/* name to row */
	struct pf_arena arena;
	size_t declared, agreed;	/* with an outcome that the scenario itself declares */
	size_t undeclared, alike;	/* without: uv's is what is compared with */
	size_t universal;
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
	struct pf_supply source = table_source(&t);
	struct pf_err err = { 0 };
	struct pf_str name = pf_node_text(n, "name"), got;
	const struct unit_row *row = pf_map_get(&all->results, name);
	bool declared, agrees;

	assert_non_null(row);
	read_scenario(&t, &needs, &o, &env, n);
	if (pf_resolve(&r, &source, needs.v.v, needs.v.n, &o, &err) == 0)
		got = table_plan(&t.arena, &r);
	else
		got = err.code == PF_ESOLVE ? PF_S("UNSAT") : pf_s(err.msg);
	if (getenv("UNIT_SHOW"))
		print_message(PF_FMT ": " PF_FMT " %s | %s\n", PF_ARG(name), PF_ARG(got), err.msg,
			      err.hint);
	declared = pf_str_is(row->v[7], "yes");
	agrees = pf_str_eq(got, row->v[6]);
	if (!agrees)
		print_error(PF_FMT ": got " PF_FMT " (%s), want " PF_FMT "\n", PF_ARG(name),
			    PF_ARG(got), err.msg, PF_ARG(row->v[6]));
	*(declared ? &all->declared : &all->undeclared) += 1;
	*(declared ? &all->agreed : &all->alike) += agrees;
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
	print_message("%zu of %zu declared outcomes for one interpreter agree, %zu of %zu others are "
		      "uv's, %zu universal ones are left out\n", all.agreed, all.declared, all.alike,
		      all.undeclared, all.universal);
	pf_buf_free(&text);
	pf_arena_free(&all.arena);
	assert_int_equal(all.declared, 125);
	assert_int_equal(all.agreed, all.declared);
	assert_int_equal(all.alike, all.undeclared);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
