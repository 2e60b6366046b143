/* test_publish.c - MLmodel with other values at its top, the files that go, what is refused at once */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "formats/yaml.h"
#include "publish/inside.h"
#include "publish/mlmodel.h"
#include "publish/upload.h"

#define LINES "artifact_path: 'm'\nrun_id: 'r'\n"

static void sets_lines(void **state)
{
	static const struct {
		const char *text, *want; /* want NULL: refused */
	} rows[] = {
		{ "flavors: {}\n", "flavors: {}\n" LINES },
		{ "flavors: {}", "flavors: {}\n" LINES },
		{ "run_id: old\nflavors: {}\nartifact_path: x/y\n",
		  "run_id: 'r'\nflavors: {}\nartifact_path: 'm'\n" },
		{ "artifact_path: x\nmodel_id: m-1\nrun_id: y\n", LINES },
		{ "artifact_path: >-\n  long\n  er\nrun_id: null\n# kept\nz: 1\n",
		  LINES "# kept\nz: 1\n" },
		{ "a:\n  run_id: inner\n  artifact_path: inner\n",
		  "a:\n  run_id: inner\n  artifact_path: inner\n" LINES },
		{ "'run_id': x\n\"artifact_path\": y\n", "run_id: 'r'\nartifact_path: 'm'\n" },
		{ "a: 1\r\nrun_id: x\r\nb: 'it''s'\r\n",
		  "a: 1\r\nrun_id: 'r'\nb: 'it''s'\r\nartifact_path: 'm'\n" },
		{ "s: 'one\n  run_id: two\n  three'\n",
		  "s: 'one\n  run_id: two\n  three'\n" LINES },
		{ "text: |\n  artifact_path: x\n", "text: |\n  artifact_path: x\n" LINES },
		{ "# none\n---\na: 1\n", "# none\n---\na: 1\n" LINES },
		{ "{a: 1}\n", NULL },
		{ "{\"run_id\": \"x\",\n\"artifact_path\": \"y\", \"b\": 1}\n", NULL },
		{ "- a\n", NULL },
		{ "a: 1\n...\n", NULL },
		{ "run_id: x\n y\nrun_id: z\n", NULL },
		{ "? run_id\n: x\n", NULL },
		{ "a: &x 1\nrun_id: *x\n", "a: &x 1\nrun_id: 'r'\nartifact_path: 'm'\n" },
		{ "run_id: &x 1\na: *x\n", NULL },
	};
	const struct pf_mlmodel_line lines[] = {
		{ "artifact_path", PF_S("m") },
		{ "run_id", PF_S("r") },
		{ "model_id", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_KIB(4));
		struct pf_err err = { 0 };
		int rc = pf_mlmodel_set(&out, pf_s(rows[i].text), lines, PF_COUNT(lines), &err);

		if ((rc < 0) != !rows[i].want ||
		    (rc == 0 && !pf_str_is(pf_buf_view(&out), rows[i].want)))
			fail_msg("%s: %s " PF_FMT, rows[i].text, err.msg,
				 PF_ARG(pf_buf_view(&out)));
	}
}

static void quotes_values(void **state)
{
	static const char *const values[] = { "it's", "a: b # c", "",	     "no",
					      "1e5",  "  x ",	  "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(values); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_KIB(4));
		const struct pf_mlmodel_line line = { "run_id", pf_s(values[i]) };
		struct pf_node *root;
		struct pf_err err;

		assert_int_equal(pf_mlmodel_set(&out, PF_S("a: 1\n"), &line, 1, &err), 0);
		assert_int_equal(pf_yaml_parse(&root, &a, pf_buf_view(&out), &err), 0);
		assert_string_equal(pf_node_text(root, "run_id").p, values[i]);
	}
	{
		PF_AUTO(buf) out = PF_BUF(PF_KIB(4));
		const struct pf_mlmodel_line line = { "run_id", PF_S("a\nb: c") };
		struct pf_err err;

		assert_int_equal(pf_mlmodel_set(&out, PF_S("a: 1\n"), &line, 1, &err), -1);
	}
}

static void writes_json(void **state)
{
	static const char text[] =
		"sklearn: 1.10\nversion: '1.10'\noctal: 017\ninf: .inf\nbig: 1_000\n"
		"yes: true\nnone: null\nconfig: 1\nlist: [1, {config: 2}]\n";
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_KIB(4));
	struct pf_json_out w = { .buf = &out };
	struct pf_node *root;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_yaml_parse(&root, &a, pf_s(text), &err), 0);
	pf_mlmodel_json(&w, root, "config");
	assert_string_equal(
		out.p, "{\"sklearn\":1.10,\"version\":\"1.10\",\"octal\":\"017\",\"inf\":\".inf\","
		       "\"big\":\"1_000\",\"yes\":true,\"none\":null,\"list\":[1,{\"config\":2}]}");
}

static void knows_types(void **state)
{
	static const struct {
		const char *path, *type;
	} rows[] = {
		{ "MLmodel", "text/plain" },
		{ "a/conda.yaml", "text/plain" },
		{ "a.b/c", "application/octet-stream" },
		{ "model.pkl", "application/octet-stream" },
		{ "x.json", "text/plain" },
		{ "yaml", "text/plain" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_string_equal(pf_upload_type(pf_s(rows[i].path)), rows[i].type);
}

/* Nobody is asked, so that no server is set. */
static void refuses_at_once(void **state)
{
	static const struct {
		struct pf_publish_opts o;
		const char *alias, *tag, *why; /* why NULL: it is fine */
	} rows[] = {
		{ { 0 }, NULL, NULL, NULL },
		{ { .name = "a/b", .registered = "x y" }, "champion-1_b", "k=v=w", NULL },
		{ { .run = "r", .experiment = "e" }, NULL, NULL, "Specify only one of" },
		{ { .run = "../x" }, NULL, NULL, "Invalid run ID" },
		{ { .name = "" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "/a" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "a//b" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "a/../b" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "a#b" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "a%2fb" }, NULL, NULL, "Invalid artifact path" },
		{ { .name = "a\nb" }, NULL, NULL, "Invalid artifact path" },
		{ { .registered = "a:b" }, NULL, NULL, "Invalid model name" },
		{ { .registered = "" }, NULL, NULL, "Invalid model name" },
		{ { 0 }, "a", NULL, "an alias is of a registered model" },
		{ { .registered = "m" }, "", NULL, "cannot be empty" },
		{ { .registered = "m" }, "LATEST", NULL, "is reserved" },
		{ { .registered = "m" }, "V12", NULL, "is reserved" },
		{ { 0 }, NULL, "k", "a tag is KEY=VALUE" },
		{ { 0 }, NULL, "=v", "a tag is KEY=VALUE" },
	};

	(void)state;
	unsetenv("MLFLOW_RUN_ID");
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_publish_opts o = rows[i].o;
		struct pf_err err = { 0 };
		int rc;

		if (rows[i].alias)
			*PF_PUSH(&a, &o.aliases) = pf_s(rows[i].alias);
		if (rows[i].tag)
			*PF_PUSH(&a, &o.tags) = pf_s(rows[i].tag);
		rc = pf_publish_check(&o, &err);
		if ((rc < 0) != (rows[i].why != NULL) || (rc < 0 && !strstr(err.msg, rows[i].why)))
			fail_msg("row %zu: %d %s", i, rc, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_lines),	   cmocka_unit_test(quotes_values),
		cmocka_unit_test(writes_json),	   cmocka_unit_test(knows_types),
		cmocka_unit_test(refuses_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
