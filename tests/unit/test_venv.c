/* test_venv.c - a virtual environment made by hand; scripts and RECORD rewritten; manifests */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "env/manifest.h"
#include "env/seal.h"
#include "env/venv.h"

static struct pf_python python(void)
{
	return (struct pf_python){
		.version = PF_S("3.11.7"), .major = 3, .minor = 11, .implementation = PF_S("cpython"),
		.base_exe = PF_S("/opt/py/bin/python3.11"),
	};
}

static void put(int dir, const char *name, struct pf_str text, mode_t mode)
{
	struct pf_err err;

	assert_int_equal(pf_write_atomic(dir, name, text, mode, &err), 0);
}

static void get(struct pf_buf *out, int dir, const char *name)
{
	struct pf_err err;

	out->n = 0;
	assert_int_equal(pf_read_file(out, dir, name, &err), 0);
}

static void makes_a_venv(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_buf text = PF_BUF(65536);
	struct pf_python p = python();
	char link[64] = "";
	struct pf_err err;
	PF_FD(dir) = -1;

	(void)state;
	assert_int_equal(pf_venv_make(pf_formatz(&a, "%s/v", folder_path), &p, &err), 0);
	dir = open(pf_formatz(&a, "%s/v", folder_path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	get(&text, dir, "pyvenv.cfg");
	assert_string_equal(text.p, "home = /opt/py/bin\nimplementation = CPython\n"
				    "version_info = 3.11.7\nversion = 3.11.7\n"
				    "include-system-site-packages = false\n"
				    "executable = /opt/py/bin/python3.11\n");
	assert_true(readlinkat(dir, "bin/python", link, sizeof(link) - 1) > 0);
	assert_string_equal(link, "/opt/py/bin/python3.11");
	assert_int_equal(faccessat(dir, "lib/python3.11/site-packages", F_OK, 0), 0);
	pf_buf_free(&text);
	pf_arena_free(&a);
}

static void rewrites_scripts_and_records(void **state)
{
	static const char record[] = "../../../bin/x,sha256=old,1\nx.py,sha256=same,2\n"
				     "x-1.dist-info/RECORD,,\n\"a,b\",sha256=q,1\n";
	struct pf_arena a = { 0 };
	struct pf_buf text = PF_BUF(65536);
	struct pf_err err;
	struct stat st;
	PF_FD(dir) = -1;
	char *path = pf_formatz(&a, "%s/s", folder_path);

	(void)state;
	assert_int_equal(pf_mkdir_p(pf_formatz(&a, "%s/lib/p/site-packages/x-1.dist-info", path), 0755, &err), 0);
	assert_int_equal(pf_mkdir_p(pf_formatz(&a, "%s/bin", path), 0755, &err), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "bin/x", PF_S("#!/s/tmp/K.1/env/bin/python\nprint('tmp/K.1/env')\n"), 0755);
	put(dir, "bin/y", PF_S("#!/bin/sh\n'''exec' \"/s\"t/tmp/K.1/env/bin/python\" \"$0\" \"$@\"\n' '''\n1\n"), 0755);
	put(dir, "binary", PF_S("\0tmp/K.1/env"), 0644);
	put(dir, "lib/p/site-packages/x-1.dist-info/RECORD", pf_s(record), 0644);
	assert_int_equal(pf_seal(dir, "tmp/K.1/env", "envs/K", "/s\"'t/envs/K/bin/python", &err), 0);
	get(&text, dir, "bin/x");
	assert_string_equal(text.p, "#!/s/envs/K/bin/python\nprint('envs/K')\n");
	get(&text, dir, "bin/y");
	assert_string_equal(text.p, "#!/bin/sh\n'''exec' '/s\"'\\''t/envs/K/bin/python' \"$0\" \"$@\"\n' '''\n1\n");
	get(&text, dir, "lib/p/site-packages/x-1.dist-info/RECORD");
	assert_string_equal(text.p, "../../../bin/x,sha256=Wx4v1WQSKO4HySh7dA8CPv8sHVrPXzpXITp_VXpvjWc,39\n"
				    "x.py,sha256=same,2\nx-1.dist-info/RECORD,,\n\"a,b\",sha256=q,1\n");
	assert_int_equal(fstatat(dir, "bin/x", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	get(&text, dir, "binary");
	assert_int_equal(text.n, 12);
	pf_buf_free(&text);
	pf_arena_free(&a);
}

static struct pf_str check(struct pf_arena *a, int dir, bool deep)
{
	struct pf_strs problems = { 0 };
	struct pf_err err;

	assert_int_equal(pf_manifest_check(&problems, a, dir, deep, &err), 0);
	assert_true(problems.n <= 1);
	return problems.n ? problems.v[0] : PF_S("");
}

static void compares_with_the_manifest(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_plan plan = { .key = "0123456789abcdef0123456789abcdef" };
	struct pf_python p = python();
	struct pf_node *head = NULL;
	PF_AUTO(found_list) list = { 0 };
	struct pf_err err;
	PF_FD(dir) = -1;
	char *path = pf_formatz(&a, "%s/m", folder_path);

	(void)state;
	assert_int_equal(pf_mkdir_p(pf_formatz(&a, "%s/d/__pycache__", path), 0755, &err), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "d/a.py", PF_S("x = 1\n"), 0644);
	put(dir, "d/\xc3\xa9 \"q\"", PF_S(""), 0755);
	assert_int_equal(symlinkat("a.py", dir, "d/link"), 0);
	assert_int_equal(pf_walk(&list, dir, &err), 0);
	assert_int_equal(pf_manifest_make(dir, &list, &plan, &p, &err), 0);
	assert_int_equal(pf_manifest_head(&head, &a, dir, &err), 0);
	assert_true(pf_str_is(pf_node_text(head, "python"), "3.11.7"));
	assert_true(pf_str_is(check(&a, dir, true), ""));
	put(dir, "d/__pycache__/a.cpython-311.pyc", PF_S("z"), 0644);
	assert_true(pf_str_is(check(&a, dir, true), ""));
	put(dir, "d/a.py", PF_S("x = 2\n"), 0644);
	assert_true(pf_str_is(check(&a, dir, false), ""));
	assert_true(pf_str_is(check(&a, dir, true), "d/a.py was changed"));
	put(dir, "d/a.py", PF_S("x"), 0644);
	assert_true(pf_str_is(check(&a, dir, false), "d/a.py has 1 bytes instead of 6"));
	assert_int_equal(unlinkat(dir, "d/a.py", 0), 0);
	assert_true(pf_str_is(check(&a, dir, false), "d/a.py is missing"));
	assert_int_equal(symlinkat("b", dir, "d/a.py"), 0);
	assert_true(pf_str_is(check(&a, dir, false), "d/a.py is something else now"));
	assert_int_equal(unlinkat(dir, "d/a.py", 0), 0);
	put(dir, "d/a.py", PF_S("x = 1\n"), 0644);
	put(dir, "d/b.py", PF_S("1"), 0644);
	assert_true(pf_str_is(check(&a, dir, true), "d/b.py was added"));
	put(dir, "manifest.json", PF_S("{\"files\":[\n"), 0644);
	assert_int_equal(pf_manifest_head(&head, &a, dir, &err), -1);
	assert_string_equal(err.msg, "manifest.json is damaged");
	pf_arena_free(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_venv),
		cmocka_unit_test(rewrites_scripts_and_records),
		cmocka_unit_test(compares_with_the_manifest),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
