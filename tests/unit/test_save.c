/* test_save.c - requirements as MLflow puts them together, JSON as Python writes it, staged folders */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/json.h"
#include "base/staged.h"
#include "save/inside.h"

static struct pf_str joined(struct pf_arena *a, const struct pf_strs *list)
{
	struct pf_str out = PF_S("");

	for (size_t i = 0; i < list->n; i++)
		out = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(out), i ? "|" : "",
				PF_ARG(list->v[i]));
	return out;
}

static struct pf_strs cut(struct pf_arena *a, const char *text)
{
	struct pf_str rest = pf_s(text), one;
	struct pf_strs out = { 0 };

	while (rest.n && pf_str_next(&rest, '|', &one))
		*PF_PUSH(a, &out) = one;
	return out;
}

/* Recorded with mlflow 3.17.2: _parse_pip_requirements, then mlflow==3.17.2 in front, then
 * _deduplicate_requirements and _remove_incompatible_requirements; but that there two versions
 * which differ in a local label alone are put together, against its own comment. */
static void puts_requirements_together(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "mlflow==3.17.2" },
		{ " six  # why| | # all|#x", "mlflow==3.17.2|six" },
		{ "six#x", "mlflow==3.17.2|six#x" },
		{ "numpy \\| >=1.0", "mlflow==3.17.2|numpy>=1.0" },
		{ "numpy\\", "mlflow==3.17.2|numpy" },
		{ "packageA|packageA==1.0", "mlflow==3.17.2|packageA==1.0" },
		{ "packageX>1.0|packageX[extras]|packageX<2.0",
		  "mlflow==3.17.2|packageX[extras]<2.0,>1.0" },
		{ "markdown[extra1]>=3.5.1|markdown[extra2]<4|markdown",
		  "mlflow==3.17.2|markdown[extra1,extra2]<4,>=3.5.1" },
		{ "a==1.0|b|a==1.0", "mlflow==3.17.2|a==1.0|b" },
		{ "A|a", "mlflow==3.17.2|A|a" },
		{ "a; python_version<'3'|a", "mlflow==3.17.2|a; python_version < \"3\"|a" },
		{ "torch==2.7.1+cu128|torch==2.7.1", "mlflow==3.17.2|torch==2.7.1" },
		{ "torch==2.7.1|torch==2.7.1+cu128", "mlflow==3.17.2|torch==2.7.1" },
		{ "MLflow>=2", "MLflow>=2" },
		{ "mlflow-skinny|x", "mlflow-skinny|x" },
		{ "mlflow_skinny", "mlflow==3.17.2|mlflow_skinny" },
		{ "mlflow==2.0 --hash=sha256:00", "mlflow==2.0 --hash=sha256:00" },
		{ "git+https://h/mlflow/MLflow@b", "git+https://h/mlflow/MLflow@b" },
		{ "mlflow @ git+https://h/r", "mlflow @ git+https://h/r" },
		{ "--extra-index-url https://h/|x", "mlflow==3.17.2|--extra-index-url https://h/|x" },
		{ "./a.whl|./a.whl", "mlflow==3.17.2|./a.whl" },
		{ "databricks-connect|pyspark==3|pyspark-connect",
		  "mlflow==3.17.2|databricks-connect" },
		{ "six==1.0|six>2", "!The specified requirements versions are incompatible. Detected "
				    "conflicts: six==1.0 and six>2" },
		{ "six>2|six==1.0", "!The specified requirements versions are incompatible. Detected "
				    "conflicts: six>2 and six==1.0" },
		{ "six==1|six==2", "!The specified requirements versions are incompatible. Detected "
				   "conflicts: six==1 and six==2" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_save_reqs reqs = { 0 };
		struct pf_strs lines = cut(&a, rows[i].in);
		struct pf_err err = { 0 };

		assert_int_equal(pf_save_reqs_read(&reqs, &a, &lines, &err), 0);
		pf_save_reqs_mlflow(&reqs.requirements, &a, PF_S("3.17.2"));
		if (pf_save_reqs_merge(&reqs.requirements, &a, &err) < 0) {
			assert_string_equal(err.msg, rows[i].out + 1);
			continue;
		}
		if (!pf_str_is(joined(&a, &reqs.requirements), rows[i].out))
			fail_msg("%s: " PF_FMT, rows[i].in,
				 PF_ARG(joined(&a, &reqs.requirements)));
	}
}

static void writes_json_as_python(void **state)
{
	static const struct {
		const char *in, *flat, *deep;
	} rows[] = {
		{ "[]", "[]", "[]" },
		{ "{}", "{}", "{}" },
		{ "[1,2.50,1e2,-0,-0.0,1E400]", "[1, 2.5, 100.0, 0, -0.0, Infinity]", NULL },
		{ "[NaN,Infinity,-Infinity,-1e999]", "[NaN, Infinity, -Infinity, -Infinity]",
		  NULL },
		{ "[123456789012345678901234567890,1e16,1e-5]",
		  "[123456789012345678901234567890, 1e+16, 1e-05]", NULL },
		{ "{\"a\":[null,true,false],\"b\":{}}", "{\"a\": [null, true, false], \"b\": {}}",
		  "{\n  \"a\": [\n    null,\n    true,\n    false\n  ],\n  \"b\": {}\n}" },
		{ "\"\xc3\xa9\xf0\x9f\x90\x8d\\u0000\\n\\\"\\\\/\x7f\"",
		  "\"\\u00e9\\ud83d\\udc0d\\u0000\\n\\\"\\\\/\\u007f\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(4096);
		struct pf_err err = { 0 };
		struct pf_node *n;

		if (pf_json_parse(&n, &a, pf_s(rows[i].in), &err) < 0)
			fail_msg("%s: %s", rows[i].in, err.msg);
		pf_json_as_python(&out, n, 0);
		assert_string_equal(out.p, rows[i].flat);
		out.n = 0;
		pf_json_as_python(&out, n, 2);
		if (rows[i].deep)
			assert_string_equal(out.p, rows[i].deep);
	}
}

static void puts_folders_into_place(void **state)
{
	PF_AUTO(arena) a = { 0 };
	char dir[FOLDER_SIZE];
	struct pf_staged s = { 0 }, other = { 0 };
	struct pf_err err = { 0 };
	const char *path;
	struct stat st;

	(void)state;
	folder_new(dir);
	path = pf_formatz(&a, "%s/above/it/", dir);
	assert_int_equal(pf_staged_open(&s, path, &err), -1);
	assert_int_equal(pf_staged_open_new(&s, path, &err), 0);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(pf_staged_open_new(&other, path, &err), 0);
	assert_int_equal(mkdirat(s.dir, "x", 0700), 0);
	assert_int_equal(mkdirat(other.dir, "y", 0700), 0);
	assert_int_equal(pf_staged_commit(&s, &err), 0);
	assert_int_equal(pf_staged_commit(&other, &err), -1); /* the first one stays */
	pf_staged_free(&other);
	pf_staged_free(&s);
	assert_int_equal(stat(pf_formatz(&a, "%s/x", path), &st), 0);
	assert_int_equal(stat(pf_formatz(&a, "%s/y", path), &st), -1);
	assert_int_equal(pf_staged_open(&s, path, &err), -1);
	assert_int_equal(err.code, PF_EUSAGE);
	assert_int_equal(pf_remove_tree(AT_FDCWD, path, &err), 0);
	assert_int_equal(pf_remove_tree(AT_FDCWD, pf_formatz(&a, "%s/above", dir), &err), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing is left beside it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_requirements_together),
		cmocka_unit_test(writes_json_as_python),
		cmocka_unit_test(puts_folders_into_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
