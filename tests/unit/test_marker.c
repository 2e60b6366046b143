/* test_marker.c - markers: recorded truths in several environments */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "base/limits.h"
#include "req/marker.h"

struct named_env {
	struct pf_str name, extra;
	struct pf_marker_env env;
};

struct envs {
	struct pf_arena arena;
	PF_VEC(struct named_env) v;
};

/* name variable value */
static void read_env(const struct unit_row *row, void *ctx)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
#define X(name) { #name, offsetof(struct named_env, env.name) }
		X(implementation_name), X(implementation_version), X(os_name), X(platform_machine),
		X(platform_python_implementation), X(platform_release), X(platform_system),
		X(platform_version), X(python_full_version), X(python_version), X(sys_platform),
#undef X
		{ "extra", offsetof(struct named_env, extra) },
	};
	struct replay *r = ctx;
	struct envs *envs = r->user;
	struct named_env *last = envs->v.n ? &envs->v.v[envs->v.n - 1] : NULL;

	if (!last || !pf_str_eq(last->name, row->v[0])) {
		last = PF_PUSH(&envs->arena, &envs->v);
		*last = (struct named_env){ .name = pf_dup(&envs->arena, row->v[0]) };
	}
	for (size_t i = 0; i < PF_COUNT(fields); i++)
		if (pf_str_is(row->v[1], fields[i].name))
			*(struct pf_str *)((char *)last + fields[i].offset) =
				pf_dup(&envs->arena, row->v[2]);
}

/* The acceptance environments: JSON with one member a line, names and values without escapes. */
static void read_env_json(struct envs *envs, const char *path)
{
	struct pf_buf text = PF_BUF(PF_MIB(1));
	struct replay r = { .user = envs };
	struct pf_str rest, line, piece[5], name = { 0 };
	struct pf_err err;

	assert_int_equal(pf_read_file(&text, AT_FDCWD, path, &err), 0);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line)) {
		size_t n = 0;

		while (n < PF_COUNT(piece) && pf_str_next(&line, '"', &piece[n]))
			n++;
		if (n == 3)
			name = pf_dup(&envs->arena, piece[1]);
		if (n == 5)
			read_env(&(struct unit_row){ .v = { name, piece[1], piece[3] }, .n = 3 }, &r);
	}
	pf_buf_free(&text);
}

static const struct named_env *find_env(const struct envs *envs, struct pf_str name)
{
	for (size_t i = 0; i < envs->v.n; i++)
		if (pf_str_eq(envs->v.v[i].name, name))
			return &envs->v.v[i];
	return NULL;
}

/* marker env result normalized */
static void check_marker(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	const struct named_env *e = find_env(r->user, row->v[1]);
	struct pf_arena a = { 0 };
	struct pf_marker *m;
	struct pf_err err = { 0 };
	struct pf_str got = PF_S("invalid");

	if (pf_marker_parse(&m, &a, row->v[0], &err) == 0 && e) {
		int truth = pf_marker_try(m, &e->env, e->extra, &err);

		got = truth > 0	 ? PF_S("true") :
		      truth == 0 ? PF_S("false") :
		      strstr(err.msg, "has no value") ? PF_S("undefined_name") :
						      PF_S("undefined_comparison");
		replay_field(r, row, "normalized", pf_marker_print(&a, m), row->v[3]);
		assert_int_equal(pf_marker_eval(m, &e->env, e->extra), truth == 1);
	}
	replay_field(r, row, "result", got, row->v[2]);
	pf_arena_free(&a);
}

static void test_markers(void **state)
{
	struct envs envs = { 0 };
	const char *theirs = unit_acceptance(&envs.arena, "conformance/python/marker_environments.json");

	(void)state;
	if (theirs)
		read_env_json(&envs, theirs);
	replay_tables("marker_env.tsv", NULL, read_env, &envs);
	replay_tables("marker.tsv", "conformance/python/markers.tsv", check_marker, &envs);
	pf_arena_free(&envs.arena);
}

static void test_extra(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_marker *m;
	struct pf_err err;
	struct pf_marker_env env = { .os_name = PF_S("posix") };

	(void)state;
	assert_int_equal(pf_marker_parse(&m, &a, PF_S("extra == 'Foo_Bar' and os_name=='posix'"), &err), 0);
	assert_true(pf_marker_has_extra(m));
	assert_true(pf_marker_eval(m, &env, PF_S("foo.bar")));
	assert_false(pf_marker_eval(m, &env, PF_S("")));
	assert_int_equal(pf_marker_parse(&m, &a, PF_S("os_name == \"posix\""), &err), 0);
	assert_false(pf_marker_has_extra(m));
	assert_true(pf_marker_eval(NULL, &env, PF_S("")));
	assert_int_equal(pf_marker_parse(&m, &a, PF_S("os_name = 'x'"), &err), -1);
	assert_string_equal(err.msg, "expected one of <=, <, !=, ==, >=, >, ~=, ===, in, not in at "
				     "column 9 of 'os_name = 'x''");
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
