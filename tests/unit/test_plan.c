/* test_plan.c - what drivers answer, what they say when they fail, and a plan's key */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "solve/driver.h"
#include "solve/reqlines.h"
#include "solve/twins.h"

static void reads_what_uv_compiles(void **state)
{
	static const char text[] = "# a comment\n"
				   "numpy==2.4.6 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n"
				   "Sci_Py==1.0 ; python_version < '4'\n"
				   "mine @ file:///m/mine-1.2-py3-none-any.whl \\\n    --hash=sha256:cc\n"
				   "far @ git+https://h/far@abc\n";
	PF_AUTO(plan) p = { 0 };
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_uv_read(&p, pf_s(text), &err), 0);
	assert_int_equal(p.packages.n, 4);
	assert_string_equal(p.packages.v[0].name.p, "numpy");
	assert_string_equal(p.packages.v[0].version.p, "2.4.6");
	assert_int_equal(p.packages.v[0].hashes.n, 2);
	assert_string_equal(p.packages.v[0].hashes.v[0].p, "sha256:bb");
	assert_string_equal(p.packages.v[1].name.p, "sci-py");
	assert_string_equal(p.packages.v[1].version.p, "1.0");
	assert_string_equal(p.packages.v[2].url.p, "file:///m/mine-1.2-py3-none-any.whl");
	assert_string_equal(p.packages.v[2].version.p, "1.2");
	assert_int_equal(p.packages.v[3].version.n, 0);
	assert_int_equal(p.packages.v[3].hashes.n, 0);
	assert_int_equal(pf_uv_read(&p, PF_S("what is this\n"), &err), -1);
	assert_int_equal(err.code, PF_EBUG);
}

static void reads_what_pip_reports(void **state)
{
	static const char text[] =
		"{\"version\":\"1\",\"install\":[{\"metadata\":{\"name\":\"Foo.Bar\",\"version\":\"1.0\"},"
		"\"download_info\":{\"url\":\"https://h/x.whl\",\"archive_info\":{\"hash\":\"sha256=aa\"}},"
		"\"is_direct\":false},{\"metadata\":{\"name\":\"b\",\"version\":\"2\"},\"download_info\":"
		"{\"url\":\"https://h/b.whl\",\"archive_info\":{\"hashes\":{\"sha256\":\"bb\"}}},"
		"\"is_direct\":true},{\"metadata\":{\"name\":\"c\",\"version\":\"3\"},\"download_info\":"
		"{\"url\":\"https://h/c.git\",\"subdirectory\":\"d/e\",\"vcs_info\":{\"vcs\":\"git\","
		"\"requested_revision\":\"v1\",\"commit_id\":\"0a1b\"}},\"is_direct\":true}]}";
	PF_AUTO(plan) p = { 0 };
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_pip_read(&p, pf_s(text), &err), 0);
	assert_int_equal(p.packages.n, 3);
	assert_string_equal(p.packages.v[0].name.p, "foo-bar");
	assert_int_equal(p.packages.v[0].url.n, 0);
	assert_string_equal(p.packages.v[0].hashes.v[0].p, "sha256:aa");
	assert_string_equal(p.packages.v[1].url.p, "https://h/b.whl");
	assert_string_equal(p.packages.v[2].url.p, "git+https://h/c.git@0a1b#subdirectory=d/e");
	assert_string_equal(p.packages.v[1].hashes.v[0].p, "sha256:bb");
	assert_int_equal(pf_pip_read(&p, PF_S("{}"), &err), -1);
}

static void explains_failures(void **state)
{
	static const struct {
		const char *log;
		int code;
		const char *msg;
	} rows[] = {
		{ "-- uv pip compile\nerror: No solution found when resolving dependencies\n"
		  "  cause: Because you require a==1 and a==2, it cannot be.\n\nhint: try less\n-- exit status 1\n",
		  PF_ESOLVE, "cannot resolve: no solution: Because you require a==1 and a==2, it cannot be." },
		{ "  \xc3\x97 No solution found when resolving dependencies:\n"
		  "  \xe2\x95\xb0\xe2\x94\x80\xe2\x96\xb6 Because a is not there\n      and b is, no.\n",
		  PF_ESOLVE, "cannot resolve: no solution: Because a is not there and b is, no." },
		{ "error: Request failed after 3 retries\n  cause: error sending request for url (http://h/)\n",
		  PF_ETRANSFER, "cannot resolve: an index cannot be reached: Request failed after 3 retries; "
				"error sending request for url (http://h/)" },
		{ "Looking in links: x\nERROR: Could not find a version that satisfies a==9 (from versions: 1, 2)\n"
		  "ERROR: No matching distribution found for a==9\n",
		  PF_ESOLVE, "cannot resolve: no solution: No matching distribution found for a==9" },
		{ "ERROR: Cannot install a==1 and a==2.\n\nThe conflict is caused by:\n"
		  "    The user requested a==1\n    The user requested a==2\n\nTo fix this you could try to:\n"
		  "1. loosen\nERROR: ResolutionImpossible: for help\n",
		  PF_ESOLVE, "cannot resolve: no solution: Cannot install a==1 and a==2.; "
			     "The user requested a==1; The user requested a==2" },
		{ "WARNING: NewConnectionError\nERROR: No matching distribution found for a\n", PF_ETRANSFER,
		  "cannot resolve: an index cannot be reached: No matching distribution found for a" },
		{ "error: failed to write: No space left on device (os error 28)\n", PF_EIO,
		  "cannot resolve: the disk is full: failed to write: No space left on device (os error 28)" },
		{ "error: failed to open file `/c/x`: Permission denied (os error 13)\n", PF_EIO,
		  "cannot resolve: permission denied: failed to open file `/c/x`: Permission denied (os error 13)" },
		{ "error    libmamba Could not solve for environment specs\n    The following package could not be installed\n"
		  "    \xe2\x94\x94\xe2\x94\x80 nonesuch does not exist.\n",
		  PF_ESOLVE, "cannot resolve: no solution: error    libmamba Could not solve for environment specs "
			     "The following package could not be installed nonesuch does not exist." },
		{ "Solving environment: failed\n\nPackagesNotFoundError: The following packages are not available "
		  "from current channels:\n\n  - nonesuch\n",
		  PF_ESOLVE, "cannot resolve: no channel has it: PackagesNotFoundError: The following packages are not "
			     "available from current channels: - nonesuch" },
		{ "  \xe2\x94\x94\xe2\x94\x80 python 3.9.77** does not exist (perhaps a typo or a missing channel).\n",
		  PF_ESOLVE, "cannot resolve: no channel has it" },
		{ "ResolvePackageNotFound: \n  - python=3.9.77\n", PF_ESOLVE,
		  "cannot resolve: no channel has it: ResolvePackageNotFound: - python=3.9.77" },
		{ "Encountered problems while solving:\n  - nothing provides requested python 3.9.77**\n",
		  PF_ESOLVE, "cannot resolve: no channel has it: Encountered problems while solving: - nothing provides "
			     "requested python 3.9.77**" },
		{ "critical libmamba Download error (6) Could not resolve host: h [http://h/x]\n", PF_ETRANSFER,
		  "cannot resolve: a channel cannot be reached: critical libmamba Download error (6) Could not resolve host: "
		  "h [http://h/x]" },
		{ "", PF_EIO, "cannot resolve: see the log" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_err err;

		assert_int_equal(pf_driver_explain(pf_s(rows[i].log), "resolve", &err), -1);
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.code, rows[i].code);
	}
}

static void writes_single_lines_for_drivers(void **state)
{
	static const char *const bad[] = { "a==1\n--index-url=https://h.example/", "a\r", "a\x7f",
					   "a\x1b[2J" };
	PF_AUTO(buf) out = PF_BUF(1000);
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(bad); i++) {
		assert_int_equal(pf_driver_line(&out, pf_s(bad[i]), &err), -1);
		assert_int_equal(err.code, PF_EMODEL);
	}
	assert_int_equal(out.n, 0);
	assert_int_equal(pf_driver_line(&out, PF_S("a == 1\t; x"), &err), 0);
	assert_true(pf_str_is(pf_buf_view(&out), "a == 1\t; x\n"));
}

static void reads_conda_build_packages(void **state)
{
	static const char *const rows[][3] = {
		{ "pip", "pip", "pip" },
		{ "pip=23.0", "pip", "pip==23.0.*" },
		{ "conda-forge::pip>=20", "pip", "pip>=20" },
		{ "pip 23.0.*", "pip", "pip==23.0.*" },
		{ "setuptools==65.5.0", "setuptools", "setuptools==65.5.0" },
		{ "pip=23.0.1=pyhd8ed1ab_0", "pip", "pip==23.0.1" },
		{ "pip==23.0.1=pyhd8ed1ab_0", "pip", "pip==23.0.1" },
		{ "pip=23.0.post1", "pip", "pip==23.0.post1" },
		{ "pip<=22.3.1", "pip", "pip<=22.3.1" },
		{ "wheel *", "wheel", "wheel" },
		{ "pip[version='>=3']", "pip", "pip>=3" },
		{ "pip 23.0", "pip", "pip==23.0" },
		{ "pip >=20,<24 *_0", "pip", "pip>=20,<24" },
		{ "pip 22|23", "pip", "pip" },
		{ "pip =>2=<", "", "" },
	};
	struct pf_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_str name;
		struct pf_str text = pf_twin_spell(&a, &name, pf_s(rows[i][0]));

		assert_true(pf_str_is(name, rows[i][1]));
		assert_string_equal(text.p, rows[i][2]);
	}
	pf_arena_free(&a);
}

static void knows_conda_packages_that_the_index_has(void **state)
{
	static const char *const rows[][2] = {
		{ "scikit-learn=0.20.3", "scikit-learn==0.20.3.*" },
		{ "defaults::scikit-learn=0.22.2.post1", "scikit-learn==0.22.2.post1" },
		{ "pandas>=1.1,<1.2", "pandas>=1.1,<1.2" },
		{ "numpy~=1.21.6", "numpy~=1.21.6" },
		{ "pandas", "pandas" },
		{ "py-xgboost=1.3.3", "xgboost==1.3.3.*" },
		{ "pytorch=2.2.2=py3.9_cuda12.1_cudnn8.9.2_0", "torch==2.2.2" },
		{ "numpy>=1.18,!=1.18.3,<2|3", NULL },
		{ "numpy[version='>=1.18,!=1.19.*']", "numpy>=1.18,!=1.19.*" },
		{ "numpy 1.*.3", NULL },
		{ "numpy 1.18|1.19", NULL },
		{ "libblas=3.9.0", NULL },
		{ "someones-own=1.0", NULL },
	};
	struct pf_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_str name, line;
		bool found = pf_twin_find(&name, &line, &a, pf_s(rows[i][0]));

		assert_int_equal(found, rows[i][1] != NULL);
		if (found)
			assert_string_equal(line.p, rows[i][1]);
	}
	pf_arena_free(&a);
}

static void refuses_lines_a_driver_would_misread(void **state)
{
	static const char *const rows[][2] = {
		{ "--index-url=x", "f, line 3: '--index-url=x' is an option" },
		{ "a \\", "f, line 3: 'a \\' ends in a backslash" },
		{ "a==${V}", "f, line 3: 'a==${V}' names a variable" },
		{ "a\n--no-index", "f, line 3: 'a\n--no-index' holds a control character" },
		{ " ", "f, line 3: '' is empty" },
		{ "file:///etc/x.whl", "f, line 3: file: URLs are refused" },
	};

	struct pf_python python = { .major = 3, .minor = 12 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(reqlines) lines = { 0 };
		struct pf_need need = { .text = pf_s(rows[i][0]), .file = PF_S("f"), .line = 3 };
		struct pf_needs needs = { 0 };
		struct pf_err err;

		needs.pip.v = &need;
		needs.pip.n = 1;
		assert_int_equal(pf_reqlines_read(&lines, &needs, "/", &python, &err), -1);
		assert_int_equal(err.code, PF_EMODEL);
		assert_string_equal(err.msg, rows[i][1]);
	}
}

static void adds_setuptools_where_nothing_names_it(void **state)
{
	static const struct {
		int minor;
		const char *pip, *build, *conda;
		bool constraint, added;
	} rows[] = {
		{ 8, "xgboost==1.4.2", NULL, "pip=22", false, true },
		{ 11, "xgboost==1.4.2", "wheel", NULL, false, true },
		{ 12, "xgboost==1.4.2", NULL, NULL, false, false },
		{ 11, NULL, NULL, NULL, false, true },
		{ 11, "Set_Up.Tools>60", NULL, NULL, false, true },
		{ 11, "SetupTools>60", NULL, NULL, false, false },
		{ 11, "setuptools; python_version < '3'", NULL, NULL, false, false },
		{ 11, "setuptools<60", NULL, NULL, true, true },
		{ 11, "six", "Setuptools==65.5.0", NULL, false, false },
		{ 11, "six", "setuptools", NULL, false, false },
		{ 11, "six", "setuptools-scm", NULL, false, true },
		{ 11, "six", NULL, "conda-forge::setuptools=65", false, false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(reqlines) lines = { 0 };
		PF_AUTO(arena) parsed = { 0 };
		struct pf_python python = { .major = 3, .minor = rows[i].minor };
		struct pf_need need = { .text = pf_s(rows[i].pip), .constraint = rows[i].constraint };
		struct pf_str build = pf_s(rows[i].build), conda = pf_s(rows[i].conda);
		struct pf_needs needs = { .build = { &build, build.n > 0, 1 },
					  .conda = { &conda, conda.n > 0, 1 } };
		struct pf_err err;

		if (need.text.n) {
			need.parsed = pf_requirement_parse(&need.req, &parsed, need.text, &err) == 0;
			needs.pip.v = &need;
			needs.pip.n = 1;
		}
		assert_int_equal(pf_reqlines_read(&lines, &needs, "/", &python, &err), 0);
		assert_int_equal(lines.usual.n, rows[i].added);
		if (lines.usual.n)
			assert_string_equal(lines.usual.v[0].p, "setuptools<81");
	}
}

static void make_plan(struct pf_plan *p, const char *first, const char *second, const char *hash)
{
	const char *names[] = { first, second };

	for (size_t i = 0; i < 2; i++) {
		struct pf_planned one = { .name = pf_s(names[i]), .version = PF_S("1") };

		*PF_PUSH(&p->arena, &one.hashes) = pf_s(hash);
		*PF_PUSH(&p->arena, &one.hashes) = PF_S("sha256:aa");
		*PF_PUSH(&p->arena, &p->packages) = one;
	}
}

static void names_a_plan_by_its_content(void **state)
{
	static const struct {
		const char *first, *second, *hash, *exe;
		bool no_bytecode, same;
	} rows[] = {
		{ "a", "b", "sha256:bb", "/x/python", false, true },
		{ "b", "a", "sha256:bb", "/x/python", false, true },
		{ "a", "b", "sha256:cc", "/x/python", false, false },
		{ "a", "c", "sha256:bb", "/x/python", false, false },
		{ "a", "b", "sha256:bb", "/y/python", false, false },
		{ "a", "b", "sha256:bb", "/x/python", true, false },
	};
	char first[33] = "";

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(plan) p = { 0 };
		struct pf_python python = { .version = PF_S("3.11.7"), .base_exe = pf_s(rows[i].exe) };
		struct pf_opts o = { .no_bytecode = rows[i].no_bytecode };
		struct pf_err err;

		make_plan(&p, rows[i].first, rows[i].second, rows[i].hash);
		assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
		assert_int_equal(strlen(p.key), 32);
		if (i == 0)
			memcpy(first, p.key, sizeof(first));
		assert_int_equal(strcmp(first, p.key) == 0, rows[i].same);
	}
}

static void a_key_is_no_path(void **state)
{
	static const struct {
		const char *key;
		bool good;
	} rows[] = {
		{ "0123456789abcdef0123456789abcdef", true },
		{ "0123456789ABCDEF0123456789abcdef", false },
		{ "../../../../../../../../../../x/", false },
		{ "0123456789abcdef0123456789abcde", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_int_equal(pf_plan_is_key(pf_s(rows[i].key)), rows[i].good);
}

static void refuses_two_of_one_name(void **state)
{
	PF_AUTO(plan) p = { 0 };
	struct pf_python python = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err;

	(void)state;
	make_plan(&p, "a", "a", "sha256:bb");
	assert_int_equal(pf_plan_seal(&p, &python, &o, &err), -1);
	assert_string_equal(err.msg, "two versions of a in one plan");
}

static void a_plan_survives_json(void **state)
{
	PF_AUTO(plan) p = { 0 };
	PF_AUTO(plan) back = { 0 };
	struct pf_buf text = PF_BUF(65536), again = PF_BUF(65536);
	struct pf_json_out w = { .buf = &text }, w2 = { .buf = &again };
	struct pf_arena a = { 0 };
	struct pf_python python = { 0 };
	struct pf_opts o = { 0 };
	struct pf_node *root = NULL;
	struct pf_err err;

	(void)state;
	make_plan(&p, "b", "a", "sha256:\"\\");
	p.resolver = PF_S("uv 1");
	p.packages.v[0].url = PF_S("https://h/\xc3\xa9");
	p.packages.v[1].index = PF_S("https://h/simple");
	p.packages.v[1].requires_python = PF_S(">=3.8");
	p.packages.v[1].size = 12345678901;
	p.packages.v[1].uploaded = 1700000000;
	*PF_PUSH(&p.arena, &p.packages.v[1].depends) = PF_S("c");
	*PF_PUSH(&p.arena, &p.packages.v[1].depends) = PF_S("b");
	*PF_PUSH(&p.arena, &p.left_out) = PF_S("libx=1");
	assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
	pf_plan_write(&w, &p);
	assert_int_equal(pf_json_parse(&root, &a, pf_buf_view(&text), &err), 0);
	assert_int_equal(pf_plan_read(&back, root, &err), 0);
	pf_plan_write(&w2, &back);
	assert_string_equal(text.p, again.p);
	assert_non_null(strstr(text.p, "\"index\":\"https://h/simple\",\"requires_python\":\">=3.8\","
				       "\"size\":12345678901,\"uploaded\":1700000000,\"depends\":[\"b\",\"c\"]"));
	pf_buf_free(&text);
	pf_buf_free(&again);
	pf_arena_free(&a);
}

/* What a URL's secrets are makes no other plan, and they are not written. */
static void keeps_no_secret(void **state)
{
	static const char *const urls[] = { "https://me:hunter2@h/a.whl", "https://me:other99@h/a.whl" };
	struct pf_python python = { 0 };
	struct pf_opts o = { 0 };
	char keys[2][33];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(urls); i++) {
		PF_AUTO(plan) p = { 0 };
		PF_AUTO(plan) back = { 0 };
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) text = PF_BUF(65536), again = PF_BUF(65536);
		struct pf_json_out w = { .buf = &text }, w2 = { .buf = &again };
		struct pf_node *root = NULL;
		struct pf_err err;

		make_plan(&p, "a", "b", "sha256:bb");
		p.resolver = PF_S("uv 1");
		p.packages.v[0].url = pf_s(urls[i]);
		*PF_PUSH(&p.arena, &p.left_out) = PF_S("https://h/t/tk-hunter2/c::libx");
		assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
		memcpy(keys[i], p.key, sizeof(p.key));
		assert_string_equal(p.packages.v[0].url.p, urls[i]);
		pf_plan_write(&w, &p);
		assert_null(strstr(text.p, "hunter2"));
		assert_non_null(strstr(text.p, "\"url\":\"https://me:****@h/a.whl\",\"redacted\":true"));
		assert_int_equal(pf_json_parse(&root, &a, pf_buf_view(&text), &err), 0);
		assert_int_equal(pf_plan_read(&back, root, &err), 0);
		assert_true(back.packages.v[0].redacted && !back.packages.v[1].redacted);
		pf_plan_write(&w2, &back);
		assert_string_equal(text.p, again.p);
	}
	assert_string_equal(keys[0], keys[1]);
}

/* Of what is behind an address the folder tells packages apart, and a digest does not. */
static void tells_folders_of_an_archive_apart(void **state)
{
	static const struct {
		const char *url;
		bool same;
	} rows[] = {
		{ "https://h/mono.tar.gz#subdirectory=a", true },
		{ "https://h/mono.tar.gz#sha256=aa&subdirectory=a", true },
		{ "https://h/mono.tar.gz#subdirectory=a&egg=x", true },
		{ "https://h/mono.tar.gz#subdirectory=b", false },
		{ "https://h/mono.tar.gz", false },
		{ "https://h/mono.tar.gz#sha256=aa", false },
	};
	struct pf_python python = { 0 };
	struct pf_opts o = { 0 };
	char first[33] = "";

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(plan) p = { 0 };
		struct pf_err err;

		make_plan(&p, "a", "b", "sha256:bb");
		p.packages.v[0].url = pf_s(rows[i].url);
		assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
		if (i == 0)
			memcpy(first, p.key, sizeof(first));
		assert_int_equal(strcmp(first, p.key) == 0, rows[i].same);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_uv_compiles),
		cmocka_unit_test(reads_what_pip_reports),
		cmocka_unit_test(explains_failures),
		cmocka_unit_test(writes_single_lines_for_drivers),
		cmocka_unit_test(reads_conda_build_packages),
		cmocka_unit_test(knows_conda_packages_that_the_index_has),
		cmocka_unit_test(refuses_lines_a_driver_would_misread),
		cmocka_unit_test(adds_setuptools_where_nothing_names_it),
		cmocka_unit_test(names_a_plan_by_its_content),
		cmocka_unit_test(a_key_is_no_path),
		cmocka_unit_test(refuses_two_of_one_name),
		cmocka_unit_test(a_plan_survives_json),
		cmocka_unit_test(keeps_no_secret),
		cmocka_unit_test(tells_folders_of_an_archive_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
