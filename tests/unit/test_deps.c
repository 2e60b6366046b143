/* test_deps.c - deps against the recorded answers of mlflow's get_model_dependencies, and as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/limits.h"
#include "model/model.h"

enum { MLMODEL, REQUIREMENTS, CONDA_NAME, CONDA, FORMAT, OUTCOME, TEXT, WARNING };

static void put_row(const char *dir, const struct unit_row *r)
{
	struct pf_arena a = { 0 };

	folder_put(dir, "MLmodel", r->v[MLMODEL]);
	folder_put(dir, pf_dupz(&a, r->v[CONDA_NAME]), r->v[CONDA]);
	if (r->v[REQUIREMENTS].p)
		folder_put(dir, "requirements.txt", r->v[REQUIREMENTS]);
	pf_arena_free(&a);
}

static void expect_warning(const struct pf_model *m, const struct unit_row *r)
{
	struct pf_str found = { 0 };

	for (size_t i = 0; i < m->notes.n; i++)
		if (pf_str_starts(m->notes.v[i], "The following conda dependencies"))
			found = m->notes.v[i];
	if (!pf_str_eq(found, r->v[WARNING]))
		fail_msg("line %u: " PF_FMT, r->line, PF_ARG(found));
}

/* Where MLmodel names no conda file, MLflow has a KeyError and we give the file that is there. */
static void recorded_row(const struct unit_row *r, void *ctx)
{
	bool conda = pf_str_is(r->v[FORMAT], "conda");
	bool beyond = pf_str_is(r->v[TEXT], "KeyError");
	struct pf_str want = beyond ? r->v[CONDA] : r->v[TEXT];
	struct pf_buf out = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_model m = { .root = -1 };
	struct pf_err err = { 0 };
	char dir[FOLDER_SIZE];
	int rc;

	(void)ctx;
	folder_new(dir);
	put_row(dir, r);
	if (pf_model_load(&m, dir, &err) < 0)
		fail_msg("line %u: %s", r->line, err.msg);
	rc = conda ? pf_model_deps_conda(&out, &m, &err) : pf_model_deps_pip(&out, &m, &err);
	assert_int_equal(rc, pf_str_is(r->v[OUTCOME], "ok") || beyond ? 0 : -1);
	if (!pf_str_eq(rc < 0 ? pf_s(err.msg) : pf_buf_view(&out), want))
		fail_msg("line %u: " PF_FMT "%s", r->line, PF_ARG(pf_buf_view(&out)), err.msg);
	expect_warning(&m, r);
	pf_buf_free(&out);
	pf_model_free(&m);
	folder_remove(dir);
}

static void answers_as_mlflow_does(void **state)
{
	struct pf_arena a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "deps.tsv"), recorded_row, NULL) >= 40);
	pf_arena_free(&a);
}

static void json_has_everything(void **state)
{
	static const char *const files[][2] = {
		{ "MLmodel", "flavors:\n  python_function:\n    loader_module: m\n    env:\n"
			     "      conda: conda.yaml\n      virtualenv: python_env.yaml\n" },
		{ "python_env.yaml", "python: 3.10\nbuild_dependencies:\n- pip==23.2.1\n- wheel\n"
				     "dependencies:\n- -r requirements.txt\n" },
		{ "conda.yaml", "channels:\n- conda-forge\ndependencies:\n- python=3.10\n- libx=1\n"
				"- pip:\n  - a==1\n  - b\n" },
		{ "requirements.txt", "--index-url https://h/simple\na==1\nb\n-c constraints.txt" },
		{ "constraints.txt", "b<2\n" },
	};
	static const char want[] =
		"{\"schema\":\"pyfunc-env/1\",\"kind\":\"deps\",\"python\":\"3.10\","
		"\"python_file\":\"python_env.yaml\",\"pip\":[\"a==1\",\"b\"],\"constraints\":[\"b<2\"],"
		"\"conda\":[\"libx=1\"],\"channels\":[\"conda-forge\"],"
		"\"build_dependencies\":[\"pip==23.2.1\",\"wheel\"],\"notes\":[\"requirements.txt, "
		"line 1 asks for more than packages: --index-url https://h/simple\"]}\n";
	struct pf_buf out = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_model m = { .root = -1 };
	struct pf_err err = { 0 };
	char dir[FOLDER_SIZE];

	(void)state;
	folder_new(dir);
	for (size_t i = 0; i < PF_COUNT(files); i++)
		folder_put(dir, files[i][0], pf_s(files[i][1]));
	assert_int_equal(pf_model_load(&m, dir, &err), 0);
	assert_int_equal(pf_model_deps_json(&out, &m, &err), 0);
	assert_string_equal(out.p, want);
	pf_buf_free(&out);
	pf_model_free(&m);
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_as_mlflow_does),
		cmocka_unit_test(json_has_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
