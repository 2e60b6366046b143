/* test_diff.c - needs against interpreters: what differs, how much that matters, and why */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"
#include "compared.h"

#define REGRESSION "\x80\x04" "csklearn.linear_model._logistic\nLogisticRegression\n."
#define BY_VALUE "\x80\x04" "ccloudpickle.cloudpickle\n_make_function\n."
#define COMMIT1 "123456789abcdef0123456789abcdef01234567"
#define COMMIT "0" COMMIT1
#define NAMES(module) "\x80\x04" "c" module "\nThing\n."

static const struct {
	const char *about;
	struct pf_str pickle;
	const char *loader, *python, *needs, *conda, *dists, *conda_dists, *wanted;
} CASES[] = {
	{ "the interface's example", PF_S(REGRESSION), "mlflow.sklearn", "3.11.7",
	  "mlflow==3.1\nscikit-learn==1.8.0\nnonexist==1\n", "",
	  "mlflow=3.1 modules=mlflow & scikit-learn=1.9.1 modules=sklearn", "",
	  "likely scikit-learn|scikit-learn==1.8.0|1.9.1|model.pkl names sklearn.linear_model._logistic\n"
	  "noise nonexist|nonexist==1|-|nothing in the model names it\n"
	  "= likely\n" },
	{ "nothing differs", PF_S(REGRESSION), "", "3.11", "scikit-learn>=1.8", "",
	  "scikit-learn=1.9.1 modules=sklearn", "", "= none\n" },
	{ "a named package is missing", PF_S(REGRESSION), "", "3.11.7", "scikit-learn==1.8.0\nnumpy", "", "", "",
	  "fatal scikit-learn|scikit-learn==1.8.0|-|model.pkl names sklearn.linear_model._logistic, which nothing "
	  "installed provides\n"
	  "unknown numpy|numpy|-|what sklearn needs is not known, as nothing installed provides it\n= fatal\n" },
	{ "two named packages, one asked for", PF_S(REGRESSION NAMES("numpy.core.multiarray")), "", "3.11.7",
	  "scikit-learn\npip", "", "pip=24", "",
	  "fatal scikit-learn|scikit-learn|-|model.pkl names sklearn.linear_model._logistic, which nothing installed "
	  "provides\n"
	  "fatal numpy.core.multiarray|-|-|model.pkl names numpy.core.multiarray, which nothing installed provides and "
	  "no requirement asks for (one that is missing may bring it)\n= fatal\n" },
	{ "a named module that no requirement asks for", PF_S(NAMES("strange.module")), "", "3.11.7", "", "", "", "",
	  "fatal strange.module|-|-|model.pkl names strange.module, which nothing installed provides and no "
	  "requirement asks for\n# create --repair adds what the model's files name and no requirement asks for\n"
	  "= fatal\n" },
	{ "in the standard library, or the model's own", PF_S(NAMES("collections.abc") NAMES("own.part")), "",
	  "3.11.7", "", "", "", "", "= none\n" },
	{ "taken out of the standard library", PF_S(NAMES("imp")), "", "", "", "", "", "", "= none\n" },
	{ "dependencies of what is named", PF_S(REGRESSION), "", "3.11.7", "numpy==1\nscipy==1\nthird==1\nother==1", "",
	  "scikit-learn=1 modules=sklearn needs=numpy>=1|scipy;python_version>'4' & numpy=2 needs=third & third=2 & "
	  "scipy=2 & other=2",
	  "",
	  "possible numpy|numpy==1|2|scikit-learn needs it\n"
	  "noise scipy|scipy==1|2|nothing in the model names it\n"
	  "possible third|third==1|2|numpy needs it\n"
	  "noise other|other==1|2|nothing in the model names it\n= possible\n" },
	{ "an artifact that cannot be read", PF_S("\x80\x04\xff."), "", "3.11.7", "numpy==1", "", "numpy=2", "",
	  "unknown numpy|numpy==1|2|model.pkl was not read\n"
	  "# not read: model.pkl: damaged pickle at byte 2: an unknown opcode\n= unknown\n" },
	{ "code by value and another minor", PF_S(BY_VALUE), "mlflow.pyfunc.model", "3.10.2",
	  "cloudpickle==2\nnumpy==1\nmlflow==1", "",
	  "cloudpickle=3 modules=cloudpickle & numpy=2 & mlflow=2 modules=mlflow", "",
	  "python fatal model.pkl holds code by value, which only the Python minor that saved it runs\n"
	  "likely cloudpickle|cloudpickle==2|3|model.pkl names cloudpickle.cloudpickle\n"
	  "unknown numpy|numpy==1|2|model.pkl holds code by value, which may import it\n"
	  "likely mlflow|mlflow==1|2|the model's loader is mlflow.pyfunc.model\n= fatal\n" },
	{ "another minor", PF_S(REGRESSION), "", "3.9", "", "", "scikit-learn=1 modules=sklearn", "",
	  "python possible another minor of Python: other standard library, other builds of packages\n= possible\n" },
	{ "a flavor's package", PF_S("N."), "mlflow.xgboost", "3.11.7", "xgboost==1\nmlflow==1", "",
	  "xgboost=2 modules=xgboost & mlflow=1.0 modules=mlflow", "",
	  "likely xgboost|xgboost==1|2|the model's loader, mlflow.xgboost, imports xgboost\n= likely\n" },
	{ "markers and extras", PF_S("N."), "", "3.11.7",
	  "a==1; python_version<'3'\npandas[excel,none]>=1\nsub[all]", "",
	  "pandas=2.0 needs=openpyxl>=3;extra=='excel'|xlrd;extra=='excel'|never;extra=='other' & openpyxl=2.9 & "
	  "sub=1 needs=sub[deep];extra=='all'|absent;extra=='deep'",
	  "",
	  "noise pandas|pandas[excel,none]>=1|2.0|its extra excel needs openpyxl, here is 2.9; nothing in the model "
	  "names it\n"
	  "noise pandas|pandas[excel,none]>=1|2.0|its extra excel needs xlrd, which is not installed; nothing in the "
	  "model names it\n"
	  "noise sub|sub[all]|1|its extra deep needs absent, which is not installed; nothing in the model names it\n"
	  "= noise\n" },
	{ "URLs", PF_S("N."), "", "3.11.7",
	  "a @ https://e.invalid/a.zip\nb @ https://e.invalid/b.zip\nc @ git+https://e.invalid/c.git@v1\n./local.whl", "",
	  "a=1 url=https://e.invalid/a.zip & b=1 & c=1 url=https://e.invalid/c.git", "",
	  "noise b|b @ https://e.invalid/b.zip|1|installed from a package index; nothing in the model names it\n"
	  "# requirements.txt:4: ./local.whl names no distribution and was not compared\n= noise\n" },
	{ "commits", PF_S("N."), "", "3.11.7",
	  "a @ git+https://e.invalid/a@v1\nb @ git+https://e.invalid/b@v2\nc @ git+https://e.invalid/c@" COMMIT "\n"
	  "d @ git+https://e.invalid/d@f" COMMIT1 "\ne @ git+https://e.invalid/e@0123456\nf @ git+https://e.invalid/f\n"
	  "g @ git+https://e.invalid/g@v1", "",
	  "a=1 url=https://e.invalid/a commit=" COMMIT " revision=v1 & b=1 url=https://e.invalid/b commit=" COMMIT " revision=v1 & "
	  "c=1 url=https://e.invalid/c commit=" COMMIT " & d=1 url=https://e.invalid/d commit=" COMMIT " & "
	  "e=1 url=https://e.invalid/e commit=" COMMIT " revision=v1 & f=1 url=https://e.invalid/f commit=" COMMIT " revision=v1 & "
	  "g=1 url=https://e.invalid/g commit=" COMMIT, "",
	  "noise b|b @ git+https://e.invalid/b@v2|1|installed from https://e.invalid/b@" COMMIT " (v1); nothing in the model "
	  "names it\n"
	  "noise d|d @ git+https://e.invalid/d@f" COMMIT1 "|1|installed from https://e.invalid/d@" COMMIT "; nothing in the "
	  "model names it\n= noise\n" },
	{ "URLs with secrets", PF_S("N."), "", "3.11.7",
	  "a @ https://me:hunter2@e.invalid/a.zip\nb @ https://me:hunter2@e.invalid/b.zip\n"
	  "c @ git+https://hunter2@e.invalid/c.git@v1\n-e https://me:hunter2@e.invalid/d", "",
	  "a=1 url=https://e.invalid/a.zip & b=1 url=https://x:hunter2@other.invalid/b.zip & "
	  "c=1 url=https://e.invalid/c.git", "",
	  "noise b|b @ https://me:****@e.invalid/b.zip|1|installed from https://x:****@other.invalid/b.zip; nothing "
	  "in the model names it\n"
	  "# requirements.txt:4: -e https://me:****@e.invalid/d names no distribution and was not compared\n"
	  "= noise\n" },
	{ "constraints", PF_S("N."), "", "3.11.7",
	  "pandas\nc:numpy<2\nc:absent==1\nc:unrelated==1\nc:pandas>=1", "",
	  "pandas=2 needs=numpy & numpy=2.1 & unrelated=2", "",
	  "noise numpy|numpy<2|2.1|constraints.txt constrains it; nothing in the model names it\n= noise\n" },
	{ "a name that is no distribution", PF_S(NAMES("sklearn")), "", "3.11.7", "sklearn==1", "",
	  "scikit-learn=1 modules=sklearn", "", "likely sklearn|sklearn==1|-|model.pkl names sklearn\n= likely\n" },
	{ "conda's packages in a virtual environment", PF_S("N."), "", "3.11.7", "",
	  "libopenblas=0.3.21\nnumpy=1.26\npip<=25\npytorch>=1,<2\npandas 2.*|>=3\nconda-forge::scipy=1.1=py_0\n"
	  "attrs[version='>=20']\nyaml 1.0\nmkl",
	  "numpy=1.26.4 & pip=25.1 & torch=2.0 & pandas=2.2 & scipy=1.10 & attrs=19.0 & yaml=1.0", "",
	  "unknown libopenblas|libopenblas=0.3.21|-|a conda package that no distribution here is called after; whether "
	  "the model uses it cannot be told\n"
	  "noise pip|pip<=25|25.1|nothing in the model names it\n"
	  "noise pytorch|pytorch>=1,<2|2.0|nothing in the model names it\n"
	  "noise scipy|conda-forge::scipy=1.1=py_0|1.10|nothing in the model names it\n"
	  "noise attrs|attrs[version='>=20']|19.0|nothing in the model names it\n"
	  "unknown mkl|mkl|-|a conda package that no distribution here is called after; whether the model uses it "
	  "cannot be told\n= unknown\n" },
	{ "conda's packages in a conda environment", PF_S("N."), "", "3.11.7", "", "libopenblas=0.3.21\nopenssl=1.1.1k\nmkl",
	  "", "libopenblas=0.3.25 & openssl=1.1.1l & mkl=2023.1",
	  "noise libopenblas|libopenblas=0.3.21|0.3.25|nothing in the model names it\n"
	  "noise openssl|openssl=1.1.1k|1.1.1l|nothing in the model names it\n= noise\n" },
	{ "what only the saving program had", PF_S(NAMES("__main__")), "", "3.11.7", "", "", "", "",
	  "# model.pkl names __main__.Thing, which only the program that saved it had\n= none\n" },
};

static struct pf_str described(struct pf_arena *a, const struct pf_diff *d)
{
	PF_AUTO(buf) out = PF_BUF(65536);

	if (d->python_severity)
		pf_buf_printf(&out, "python %s " PF_FMT "\n", pf_severity_name(d->python_severity),
			      PF_ARG(d->python_why));
	for (size_t i = 0; i < d->packages.n; i++) {
		const struct pf_difference *p = &d->packages.v[i];

		pf_buf_printf(&out, "%s " PF_FMT "|" PF_FMT "|" PF_FMT "|" PF_FMT "\n",
			      pf_severity_name(p->severity), PF_ARG(p->name),
			      PF_ARG(p->required.p ? p->required : PF_S("-")),
			      PF_ARG(p->current.p ? p->current : PF_S("-")), PF_ARG(p->why));
	}
	for (size_t i = 0; i < d->notes.n; i++)
		pf_buf_printf(&out, "# " PF_FMT "\n", PF_ARG(d->notes.v[i]));
	pf_buf_printf(&out, "= %s\n", pf_severity_name(d->verdict));
	return pf_dup(a, pf_buf_view(&out));
}

static void one_case(size_t i)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(dists) dists = { 0 };
	PF_AUTO(diff) d = { 0 };
	struct pf_model m = { .root = folder_fd, .model_path = PF_S("model.pkl"),
			      .code = PF_S("code") };
	struct pf_python python;
	struct pf_str got, conda = pf_s(CASES[i].conda), spec;
	struct pf_err err;

	folder_put(folder_path, "model.pkl", CASES[i].pickle);
	m.loader_module = pf_s(CASES[i].loader);
	m.needs.python = pf_s(CASES[i].python);
	unit_needs(&m.needs, &a, pf_s(CASES[i].needs));
	while (conda.n && pf_str_next_line(&conda, &spec))
		assert_int_equal(pf_match_spec_parse(PF_PUSH(&a, &m.needs.conda_specs), &a, spec, &err),
				 0);
	if (!strcmp(CASES[i].about, "in the standard library, or the model's own"))
		folder_put(folder_path, "code/own.py", PF_S(""));
	else
		m.code = PF_S("");
	unit_dists(&dists, pf_s(CASES[i].dists), PF_DIST_INFO);
	unit_dists(&dists, pf_s(CASES[i].conda_dists), PF_DIST_CONDA);
	unit_python(&python, "3.11.7", 11);
	pf_diff_make(&d, &m, &python, &dists);
	got = described(&a, &d);
	if (!pf_str_is(got, CASES[i].wanted))
		fail_msg("%s:\n" PF_FMT, CASES[i].about, PF_ARG(got));
}

static void cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(CASES); i++)
		one_case(i);
}

/* What is in code/main.py, beside code/own.py. */
static void code_of_its_own(void **state)
{
	static const struct {
		const char *pickle, *code, *needs, *dists, *wanted;
	} rows[] = {
		{ "N.", "from numpy.linalg import norm\n", "numpy==1\nother==1", "numpy=2 modules=numpy & other=2",
		  "likely numpy|numpy==1|2|code/main.py, line 1, imports numpy.linalg\n"
		  "noise other|other==1|2|nothing in the model names it\n= likely\n" },
		{ "N.", "import os, own.part\nfrom . import numpy\nfrom .a import b\n", "", "", "= none\n" },
		{ "N.", "\nimport xgboost\n", "xgboost==1", "",
		  "fatal xgboost|xgboost==1|-|code/main.py, line 2, imports xgboost, which nothing installed provides\n"
		  "= fatal\n" },
		{ "N.", "try:\n  import xgboost\nexcept ImportError: pass\n", "xgboost==1", "",
		  "likely xgboost|xgboost==1|-|code/main.py, line 2, imports xgboost, which nothing installed "
		  "provides\n= likely\n" },
		{ "N.", "def f():\n  import xgboost\n", "", "",
		  "likely xgboost|-|-|code/main.py, line 2, imports xgboost, which nothing installed provides and no "
		  "requirement asks for\n= likely\n" },
		{ "N.", "def f():\n  import xgboost\nimport xgboost.core\n", "xgboost==1", "",
		  "fatal xgboost|xgboost==1|-|code/main.py, line 3, imports xgboost.core, which nothing installed "
		  "provides\n= fatal\n" },
		{ NAMES("xgboost.sklearn"), "if x: import xgboost\n", "xgboost==1", "",
		  "fatal xgboost|xgboost==1|-|model.pkl names xgboost.sklearn, which nothing installed provides\n"
		  "= fatal\n" },
		{ "N.", "import importlib\n", "other==1", "other=2",
		  "unknown other|other==1|2|code/main.py may import it\n= unknown\n" },
		{ "N.", "import numpy\n'", "other==1", "other=2 & numpy=1 modules=numpy",
		  "unknown other|other==1|2|code/main.py was not read\n"
		  "# not read: code/main.py: line 2: a string that does not end\n= unknown\n" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(dists) dists = { 0 };
		PF_AUTO(diff) d = { 0 };
		struct pf_model m = { .root = folder_fd, .model_path = PF_S("model.pkl"), .code = PF_S("code") };
		struct pf_python python;
		struct pf_str got;

		folder_put(folder_path, "model.pkl", pf_s(rows[i].pickle));
		folder_put(folder_path, "code/main.py", pf_s(rows[i].code));
		unit_needs(&m.needs, &a, pf_s(rows[i].needs));
		unit_dists(&dists, pf_s(rows[i].dists), PF_DIST_INFO);
		unit_python(&python, "3.11.7", 11);
		pf_diff_make(&d, &m, &python, &dists);
		got = described(&a, &d);
		if (!pf_str_is(got, rows[i].wanted))
			fail_msg("%s:\n" PF_FMT, rows[i].code, PF_ARG(got));
	}
}

/* A package that is there without the module: as after a rename between two releases. */
static void absent_modules(void **state)
{
	static const struct {
		const char *pickle, *code, *needs, *wanted;
	} rows[] = {
		{ "N.", "try:\n  import stale.ensemble.forest\nexcept ImportError: pass\n", "stale==2", "= none\n" },
		{ "N.", "from stale.ensemble.forest import a\n", "stale==2",
		  "fatal stale|-|2|code/main.py, line 1, imports stale.ensemble.forest, which stale 2 does not have\n"
		  "= fatal\n" },
		{ NAMES("stale.ensemble.forest"), "", "stale==1",
		  "fatal stale|stale==1|2|model.pkl names stale.ensemble.forest, which stale 2 does not have\n= fatal\n" },
		{ NAMES("stale.ensemble.forest"), "", "",
		  "fatal stale|-|2|model.pkl names stale.ensemble.forest, which stale 2 does not have\n= fatal\n" },
		{ NAMES("stale.ensemble._here"), "", "stale==1",
		  "likely stale|stale==1|2|model.pkl names stale.ensemble._here\n= likely\n" },
		{ NAMES("stale.ensemble._built"), "", "stale==2", "= none\n" },
		{ NAMES("stale.space.any"), "", "stale==2", "= none\n" },
		{ NAMES("stale.ensemble._here.deeper"), "", "stale==2", "= none\n" },
	};

	(void)state;
	folder_put(folder_path, "site/stale/__init__.py", PF_S(""));
	folder_put(folder_path, "site/stale/ensemble/__init__.py", PF_S(""));
	folder_put(folder_path, "site/stale/ensemble/_here.py", PF_S(""));
	folder_put(folder_path, "site/stale/ensemble/_built.cpython-311-x86_64-linux-gnu.so",
		   PF_S(""));
	folder_put(folder_path, "site/stale/space/other.py", PF_S(""));
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(dists) dists = { 0 };
		PF_AUTO(diff) d = { 0 };
		struct pf_model m = { .root = folder_fd, .model_path = PF_S("model.pkl") };
		struct pf_python python;
		struct pf_str got;

		m.code = *rows[i].code ? PF_S("code") : m.code;
		folder_put(folder_path, "code/main.py", pf_s(rows[i].code));
		folder_put(folder_path, "model.pkl", pf_s(rows[i].pickle));
		unit_needs(&m.needs, &a, pf_s(rows[i].needs));
		unit_dists(&dists, PF_S("stale=2 modules=stale"), PF_DIST_INFO);
		dists.v.v[0].path = pf_format(&a, "%s/site/stale-2.dist-info", folder_path);
		unit_python(&python, "3.11.7", 11);
		pf_diff_make(&d, &m, &python, &dists);
		got = described(&a, &d);
		if (!pf_str_is(got, rows[i].wanted))
			fail_msg("%s:\n" PF_FMT, rows[i].wanted, PF_ARG(got));
	}
}

static void old_python(void **state)
{
	PF_AUTO(dists) dists = { 0 };
	PF_AUTO(diff) d = { 0 };
	struct pf_model m = { .root = folder_fd, .model_path = PF_S("model.pkl") };
	struct pf_python python;

	(void)state;
	folder_put(folder_path, "model.pkl", PF_S("\x80\x05N."));
	unit_python(&python, "3.7.16", 7);
	pf_diff_make(&d, &m, &python, &dists);
	assert_int_equal(d.verdict, PF_SEV_FATAL);
	assert_true(pf_str_is(d.python_why,
			      "model.pkl is a pickle of protocol 5, which Python 3.7.16 cannot read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),
		cmocka_unit_test(code_of_its_own),
		cmocka_unit_test(absent_modules), cmocka_unit_test(old_python),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
