/* test_report.c - comparisons as text, JSON, Markdown, HTML, and MLflow's own words, recorded */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/diff.h"
#include "folder.h"
#include "compared.h"

static struct pf_diff sample(void)
{
	struct pf_diff d = { .python_required = PF_S("3.11.7"), .python_current = PF_S("3.11.2") };

	*PF_PUSH(&d.arena, &d.packages) = (struct pf_difference){
		.name = PF_S("scikit-learn"), .required = PF_S("scikit-learn==1.8.0"), .current = PF_S("1.9.1"),
		.severity = PF_SEV_LIKELY, .why = PF_S("model.pkl names sklearn.linear_model._logistic"),
	};
	*PF_PUSH(&d.arena, &d.packages) = (struct pf_difference){
		.name = PF_S("non<b>\x1b[1m|"), .required = PF_S("\"1\""), .severity = PF_SEV_NOISE,
		.why = PF_S("nothing in the model names it"), .conda = true,
	};
	*PF_PUSH(&d.arena, &d.notes) = PF_S("not read: a&b");
	d.verdict = PF_SEV_LIKELY;
	return d;
}

static void text(void **state)
{
	struct pf_diff d = sample();
	PF_AUTO(buf) out = PF_BUF(65536);

	(void)state;
	pf_report_text(&out, &d, "models/iris");
	assert_string_equal(
		out.p,
		"models/iris: Python 3.11.7 asked for, 3.11.2 here\n"
		"severity  package         required             current        why\n"
		"likely    scikit-learn    scikit-learn==1.8.0  1.9.1          model.pkl names sklearn.linear_model._logistic\n"
		"noise     non<b>\\x1b[1m|  \"1\"                  not installed  nothing in the model names it\n"
		"note: not read: a&b\n"
		"verdict: likely: 2 differences\n");
	pf_diff_free(&d);
}

static void nothing(void **state)
{
	struct pf_diff d = { .python_current = PF_S("3.11.2") };
	PF_AUTO(buf) out = PF_BUF(65536);
	PF_AUTO(buf) mlflow = PF_BUF(65536);

	(void)state;
	pf_report_text(&out, &d, "m");
	assert_string_equal(out.p, "m: Python of any version asked for, 3.11.2 here\nverdict: none: nothing differs\n");
	pf_report_mlflow(&mlflow, &d);
	assert_int_equal(mlflow.n, 0);
}

static void json(void **state)
{
	struct pf_diff d = sample();
	PF_AUTO(buf) out = PF_BUF(65536);

	(void)state;
	pf_report_json(&out, &d, "m");
	assert_string_equal(
		out.p,
		"{\"schema\":\"pyfunc-env/1\",\"kind\":\"diff\",\"model\":\"m\",\"python\":{\"required\":\"3.11.7\","
		"\"current\":\"3.11.2\",\"severity\":\"none\"},\"packages\":[{\"name\":\"scikit-learn\","
		"\"required\":\"scikit-learn==1.8.0\",\"current\":\"1.9.1\",\"severity\":\"likely\","
		"\"why\":\"model.pkl names sklearn.linear_model._logistic\"},{\"name\":\"non<b>\\u001b[1m|\","
		"\"required\":\"\\\"1\\\"\",\"current\":null,\"severity\":\"noise\",\"why\":\"nothing in the model names "
		"it\",\"kind\":\"conda\"}],\"verdict\":\"likely\",\"notes\":[\"not read: a&b\"]}\n");
	pf_diff_free(&d);
}

static void pages(void **state)
{
	struct pf_diff d = sample();
	PF_AUTO(buf) md = PF_BUF(65536);
	PF_AUTO(buf) html = PF_BUF(65536);

	(void)state;
	pf_report_markdown(&md, &d, "m_1");
	assert_string_equal(
		md.p,
		"# m&#95;1\n\n**likely: 2 differences**\n\n"
		"| severity | package | required | current | why |\n|---|---|---|---|---|\n"
		"| none | python | 3.11.7 | 3.11.2 |  |\n"
		"| likely | scikit-learn | scikit-learn==1.8.0 | 1.9.1 | model.pkl names sklearn.linear&#95;model.&#95;logistic |\n"
		"| noise | non&#60;b&#62;&#65533;&#91;1m&#124; | \"1\" | not installed | nothing in the model names it |\n"
		"\n- not read: a&#38;b\n");
	pf_report_html(&html, &d, "<m>");
	assert_non_null(strstr(html.p, "<title>&#60;m&#62;</title>"));
	assert_non_null(strstr(html.p, "<tr class=\"noise\"><td>noise</td><td>non&#60;b&#62;&#65533;[1m|</td>"
				       "<td>&#34;1&#34;</td><td>not installed</td>"));
	assert_null(strstr(html.p, "<b>"));
	assert_null(strstr(html.p, "src="));
	pf_diff_free(&d);
}

/* ---- MLflow's own ---- */

static void put_or_remove(const char *name, struct pf_str content)
{
	if (content.p)
		folder_put(folder_path, name, content);
	else
		unlinkat(folder_fd, name, 0);
}

static struct pf_str wanted_warning(struct pf_arena *a, struct pf_str reported)
{
	PF_AUTO(buf) out = PF_BUF(65536);
	struct pf_str line;

	if (!reported.n)
		return PF_S("");
	pf_buf_cstr(&out, "Detected one or more mismatches between the model's dependencies and the current "
			  "Python environment:\n");
	while (reported.n && pf_str_next_line(&reported, &line))
		pf_buf_printf(&out, " - " PF_FMT "\n", PF_ARG(line));
	pf_buf_cstr(&out, "To fix the mismatches, call `mlflow.pyfunc.get_model_dependencies(model_uri)` to fetch "
			  "the model's environment and install dependencies using the resulting environment file.\n");
	return pf_dup(a, pf_buf_view(&out));
}

static void one_row(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(dists) dists = { 0 };
	PF_AUTO(diff) d = { 0 };
	PF_AUTO(buf) out = PF_BUF(65536);
	struct pf_model m = { .root = folder_fd };
	struct pf_compare c = { .d = &d, .m = &m, .dists = &dists };
	struct pf_str rest = r->v[2], one, want = wanted_warning(&a, r->v[3]);
	struct pf_python python;

	(void)ctx;
	put_or_remove("requirements.txt", r->v[0]);
	put_or_remove("constraints.txt", r->v[1]);
	while (pf_str_next(&rest, ' ', &one))
		unit_dists(&dists, one, PF_DIST_INFO);
	unit_python(&python, "3.11.7", 11);
	pf_python_markers(&c.weights.env, &a, &python);
	pf_diff_as_mlflow(&c);
	pf_report_mlflow(&out, &d);
	if (!pf_str_eq(pf_buf_view(&out), want))
		fail_msg("line %u: '" PF_FMT "'\nreported:\n" PF_FMT "wanted:\n" PF_FMT, r->line,
			 PF_ARG(r->v[0]), PF_ARG(pf_buf_view(&out)), PF_ARG(want));
}

static void as_mlflow(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "mismatch.tsv"), one_row, NULL) >= 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),	 cmocka_unit_test(nothing),   cmocka_unit_test(json),
		cmocka_unit_test(pages), cmocka_unit_test(as_mlflow),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
