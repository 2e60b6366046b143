/* test_python.c - interpreters: what they say, how they are remembered, which one is chosen */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "python/python.h"
#include "python/query.h"
#include "python/wanted.h"

static char top[PF_MAX_PATH];	/* of everything the tests make */
static struct pf_arena arena;

static char *below(const char *name)
{
	return pf_join(&arena, top, pf_s(name));
}

static void write_file(const char *path, mode_t mode, const char *text)
{
	struct pf_err err;
	char *dir = pf_dupz(&arena, pf_str_cut(pf_s(path), 0, pf_str_rfind(pf_s(path), '/')));

	assert_int_equal(pf_mkdir_p(dir, 0755, &err), 0);
	assert_int_equal(pf_write_atomic(AT_FDCWD, path, pf_s(text), mode, &err), 0);
}

/* A program that answers as an interpreter does, and leaves a mark each time it is asked. */
static char *fake(const char *name, const char *version, const char *implementation)
{
	char *path = below(name);
	struct pf_str rest = pf_s(version), part;
	char info[64] = "";

	for (int i = 0; i < 3 && pf_str_next(&rest, '.', &part); i++) {
		size_t digits = 0;

		while (digits < part.n && pf_is_digit(part.p[digits]))
			digits++;
		snprintf(info + strlen(info), sizeof(info) - strlen(info), " %.*s", (int)digits, part.p);
	}
	write_file(path, 0755,
		   pf_formatz(&arena,
			      "#!/bin/sh\necho x >> '%s/asked'\n/bin/cat <<'EOF'\npyfunc-env python 1\n"
			      "version %s\ninfo%s\nimplementation %s\nbase_prefix %s\nbase_exe %s\n"
			      "platform linux-x86_64\nlib lib/python%.*s\npath %s/site\nend\nEOF\n",
			      top, version, info, implementation, top, path,
			      (int)(strrchr(version, '.') - version), version, top));
	return path;
}

static size_t times_asked(void)
{
	struct stat st;

	return stat(below("asked"), &st) == 0 ? (size_t)st.st_size / 2 : 0;
}

/* An environment of our own: nothing of the machine's is found but what is in /usr. */
static int set_up(void **state)
{
	struct pf_err err;

	(void)state;
	snprintf(top, sizeof(top), "/tmp/pf-python-XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(pf_mkdir_p(below("site"), 0755, &err), 0);
	setenv("HOME", top, 1);
	setenv("PATH", below("bin"), 1);
	setenv("PYFUNC_ENV_STORE", below("store"), 1);
	unsetenv("VIRTUAL_ENV");
	unsetenv("CONDA_PREFIX");
	unsetenv("CONDA_EXE");
	unsetenv("MAMBA_ROOT_PREFIX");
	unsetenv("PYENV_ROOT");
	unsetenv("UV_PYTHON_INSTALL_DIR");
	unsetenv("XDG_DATA_HOME");
	return 0;
}

static int tear_down(void **state)
{
	struct pf_err err;

	(void)state;
	pf_arena_free(&arena);
	return pf_remove_tree(AT_FDCWD, top, &err);
}

static void reads_answers(void **state)
{
#define HEAD "pyfunc-env python 1\nversion 3.11.7\ninfo 3 11 7\nimplementation cpython\n"
#define REST "base_prefix /p\nbase_exe /p/bin/python3.11\nplatform linux-x86_64\nlib lib/python3.11\n"
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ HEAD REST "end\n", NULL },
		{ "noise\n" HEAD REST "path /p/s\nsoabi cpython-311-x86_64-linux-gnu\nend\n", NULL },
		{ HEAD REST, "no Python's answer: \"it ends too early\"" },
		{ "hello\n", "no Python's answer: \"nothing\"" },
		{ HEAD "end\n", "no Python's answer: \"something is missing\"" },
		{ HEAD REST "rm -rf\nend\n", "no Python's answer: \"rm -rf\"" },
		{ HEAD REST "path relative\nend\n", "no Python's answer: \"path relative\"" },
		{ HEAD REST "libc $(x)\nend\n", "no Python's answer: \"libc $(x)\"" },
		{ HEAD REST "info 3 11\nend\n", "no Python's answer: \"info 3 11\"" },
		{ HEAD REST "info 3 12 7\nend\n", "no Python's answer: \"something is missing\"" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(python) p = { 0 };
		struct pf_err err = { 0 };

		assert_int_equal(pf_query_parse(&p, pf_s(rows[i].text), &err),
				 rows[i].expected ? -1 : 0);
		assert_string_equal(err.msg, rows[i].expected ? rows[i].expected : "");
	}
}

static void reads_what_is_wanted(void **state)
{
	static const struct {
		const char *text;
		int major, minor;
		bool exact, fails;
	} rows[] = {
		{ "", -1, -1, false, false },	     { "3", 3, -1, false, false },
		{ "3.10", 3, 10, false, false },     { " 3.10.* ", 3, 10, false, false },
		{ "3.8.20", 3, 8, true, false },     { "3.13.0rc1", 3, 13, true, false },
		{ "3.8.20+", 3, 8, true, false },    { ">=3.8", 0, 0, false, true },
		{ "3.8; rm", 0, 0, false, true },    { "3.8.", 0, 0, false, true },
		{ "3.8.1.*", 0, 0, false, true },    { "3.8.1.2", 0, 0, false, true },
		{ "3.8.1rcx", 0, 0, false, true },   { "99999.1", 0, 0, false, true },
		{ "[3.8]", 0, 0, false, true },	     { "3,8", 0, 0, false, true },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_wanted w = { 0 };
		struct pf_err err;
		int rc = pf_wanted_read(&w, pf_s(rows[i].text), &err);

		assert_int_equal(rc, rows[i].fails ? -1 : 0);
		if (rc < 0) {
			assert_int_equal(err.code, PF_EMODEL);
			continue;
		}
		assert_int_equal(w.major, rows[i].major);
		assert_int_equal(w.minor, rows[i].minor);
		assert_int_equal(w.exact, rows[i].exact);
	}
}

static void orders_versions(void **state)
{
	static const char *const rising[] = { "3.9.18", "3.13.0a7", "3.13.0b1", "3.13.0rc1", "3.13.0rc2",
					      "3.13.0", "3.13.1" };
	uint64_t before = 0;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rising); i++) {
		struct pf_python p = { .version = pf_s(rising[i]), .major = 3,
				       .minor = rising[i][2] == '9' ? 9 : 13,
				       .micro = i == 6 };

		assert_true(pf_wanted_rank(&p) > before);
		before = pf_wanted_rank(&p);
	}
}

static void make_fakes(void)
{
	struct pf_err err;

	fake("bin/python3", "3.11.2", "cpython");
	fake("bin/python", "2.7.18", "cpython");
	fake("bin/python3.10", "3.10.13", "pypy");
	fake(".pyenv/versions/3.8.16/bin/python", "3.8.16", "cpython");
	fake(".pyenv/versions/3.8.18/bin/python3", "3.8.18", "cpython");
	fake(".pyenv/versions/3.12.0/bin/python", "3.12.0", "cpython");
	fake(".local/share/uv/python/cpython-3.14.0-linux-x86_64-gnu/bin/python3", "3.14.0rc2", "cpython");
	fake("miniconda3/bin/python", "3.7.3", "cpython");
	fake("miniconda3/envs/x/bin/python", "3.7.12", "cpython");
	write_file(below("miniconda3/envs/bad/bin/python"), 0755, "#!/bin/sh\nexit 3\n");
	write_file(below("miniconda3/envs/odd/bin/python"), 0755, "#!/bin/sh\necho hello\n");
	assert_int_equal(pf_mkdir_p(below("venv/bin"), 0755, &err), 0);
	assert_int_equal(symlink(below(".pyenv/versions/3.8.16/bin/python"), below("venv/bin/python")), 0);
	write_file(below("venv/pyvenv.cfg"), 0644, "home = /x\nInclude-System-Site-Packages = True\n");
}

static void chooses(void **state)
{
	static const struct {
		const char *asked, *active, *given;
		bool strict;
		const char *exe, *failure;
		bool substitute;
	} rows[] = {
		{ "3.8.18", NULL, NULL, false, ".pyenv/versions/3.8.18/bin/python3", NULL, false },
		{ "3.8.20", NULL, NULL, false, ".pyenv/versions/3.8.18/bin/python3", NULL, true },
		{ "3.8.16", NULL, NULL, true, ".pyenv/versions/3.8.16/bin/python", NULL, false },
		{ "3.8", NULL, NULL, true, ".pyenv/versions/3.8.18/bin/python3", NULL, false },
		{ "3.8", "venv", NULL, true, ".pyenv/versions/3.8.18/bin/python3", NULL, false },
		{ "", "venv", NULL, false, ".pyenv/versions/3.8.16/bin/python", NULL, false },
		{ "", NULL, NULL, false, "bin/python3", NULL, false },
		{ "3", NULL, NULL, false, "bin/python3", NULL, false },
		{ "3.14", NULL, NULL, false,
		  ".local/share/uv/python/cpython-3.14.0-linux-x86_64-gnu/bin/python3", NULL, false },
		{ "3.7", NULL, NULL, false, "miniconda3/envs/x/bin/python", NULL, false },
		{ "3.8.16", NULL, "bin/python3", false, "bin/python3", NULL, true },
		{ "3.8.20", NULL, "venv", false, ".pyenv/versions/3.8.16/bin/python", NULL, true },
		{ "3.8.20", NULL, "venv", true, NULL,
		  "model asks for python 3.8.20; --python TOP/venv is 3.8.16 (--strict-python refuses it)",
		  false },
		{ "3.8", NULL, "bin/python", false, NULL,
		  "--python TOP/bin/python is python 2.7.18 (python 3 is needed)", false },
		{ "3.8", NULL, "none/python", false, NULL,
		  "--python: cannot run TOP/none/python: No such file or directory", false },
	};

	(void)state;
	make_fakes();
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(python) p = { 0 };
		struct pf_err err = { 0 };
		struct pf_opts o = { .strict_python = rows[i].strict,
				     .python = rows[i].given ? below(rows[i].given) : NULL };
		int rc;

		if (rows[i].active)
			setenv("VIRTUAL_ENV", below(rows[i].active), 1);
		else
			unsetenv("VIRTUAL_ENV");
		rc = pf_python_find(&p, pf_s(rows[i].asked), &o, &err);
		if (rows[i].failure) {
			struct pf_str text = pf_s(rows[i].failure);
			size_t at = pf_str_find_str(text, "TOP");

			assert_int_equal(rc, -1);
			assert_string_equal(err.msg,
					    pf_formatz(&arena, "%.*s%s%s", (int)at, text.p, top,
						       text.p + at + 3));
			continue;
		}
		if (rc < 0)
			fail_msg("%s: %s", rows[i].asked, err.msg);
		assert_string_equal(p.exe, below(rows[i].exe));
		assert_int_equal(p.substitute, rows[i].substitute);
		assert_false(p.venv);
	}
	unsetenv("VIRTUAL_ENV");
}

static void lists_what_it_found(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_python_find(&p, PF_S("3.5.10"), &o, &err), -1);
	assert_int_equal(err.code, PF_ESOLVE);
	assert_true(pf_str_starts(pf_s(err.msg), "model asks for python 3.5.10; found 3.14.0rc2, "));
	assert_non_null(strstr(err.msg, "3.8.18, 3.8.16, 3.7.12, 3.7.3, 2.7.18 (try --python or "
					"--python-mirror)"));
	o.strict_python = true;
	assert_int_equal(pf_python_find(&p, PF_S("3.8.20"), &o, &err), -1);
	assert_non_null(strstr(err.msg, " or leave --strict-python out)"));
	assert_int_equal(pf_python_find(&p, PF_S("3.5; x"), &o, &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
}

static void remembers_answers(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err;
	size_t before = times_asked();
	char *exe = fake("other/python3", "3.9.1", "cpython");

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pf_python_describe(&p, exe, &o, &err), 0);
	assert_int_equal(times_asked(), before + 1);
	fake("other/python3", "3.9.2", "cpython"); /* a new file of the same name */
	assert_int_equal(pf_python_describe(&p, exe, &o, &err), 0);
	assert_true(pf_str_is(p.version, "3.9.2"));
	assert_int_equal(times_asked(), before + 2);
	o.store = "/proc/none"; /* nothing can be kept there */
	assert_int_equal(pf_python_describe(&p, exe, &o, &err), 0);
	assert_int_equal(times_asked(), before + 3);
}

static void sees_venvs(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_err err;

	(void)state;
	write_file(below("venv/lib/python3.8/site-packages/x"), 0644, "");
	write_file(below(".local/lib/python3.8/site-packages/x"), 0644, "");
	assert_int_equal(pf_python_in(&p, below("venv"), NULL, &err), 0);
	assert_true(p.venv);
	assert_string_equal(p.exe, below("venv/bin/python"));
	assert_true(pf_str_is(p.prefix, below("venv")));
	assert_true(pf_str_is(p.base_exe, below(".pyenv/versions/3.8.16/bin/python")));
	assert_int_equal(p.paths.n, 3);
	assert_true(pf_str_is(p.paths.v[0], below("venv/lib/python3.8/site-packages")));
	assert_true(pf_str_is(p.paths.v[1], below(".local/lib/python3.8/site-packages")));
	assert_true(pf_str_is(p.paths.v[2], below("site")));
	write_file(below("venv/pyvenv.cfg"), 0644, "home = /x\ninclude-system-site-packages = false\n");
	assert_int_equal(pf_python_in(&p, below("venv"), NULL, &err), 0);
	assert_int_equal(p.paths.n, 1);
	assert_int_equal(pf_python_in(&p, below("site"), NULL, &err), -1);
	assert_string_equal(err.msg, pf_formatz(&arena, "no interpreter in %s (expected %s/bin/python)",
						below("site"), below("site")));
}

static void passes_shims_over(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err;

	(void)state;
	write_file(below("a/shims/python3"), 0755, "#!/bin/sh\nexit 1\n");
	write_file(below("b/python3"), 0755, "#!/usr/bin/env bash\nexec pyenv exec python3 \"$@\"\n");
	setenv("PATH", pf_formatz(&arena, "%s:%s/:relative::%s", below("a/shims"), below("b"), below("bin")), 1);
	assert_int_equal(pf_python_current(&p, &o, &err), 0);
	assert_string_equal(p.exe, below("bin/python3"));
	setenv("PATH", below("b"), 1);
	assert_int_equal(pf_python_current(&p, &o, &err), -1);
	assert_string_equal(err.msg, "no python3 on PATH (name one with --python)");
	setenv("PATH", below("bin"), 1);
}

static void fills_markers(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_marker_env env;
	struct pf_tag_target target;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_python_describe(&p, below("bin/python3"), NULL, &err), 0);
	pf_python_markers(&env, &arena, &p);
	assert_true(pf_str_is(env.python_version, "3.11"));
	assert_true(pf_str_is(env.python_full_version, "3.11.2"));
	assert_true(pf_str_is(env.platform_system, "Linux"));
	assert_true(pf_str_is(env.platform_python_implementation, "CPython"));
	pf_python_tag_target(&target, &p);
	assert_int_equal(target.minor, 11);
	assert_true(pf_str_is(target.platform, "linux-x86_64"));
}

/* The machine's own, where there is one: its answer must hold together. */
static void describes_a_real_one(void **state)
{
	PF_AUTO(python) p = { 0 };
	struct pf_err err;

	(void)state;
	if (access("/usr/bin/python3", X_OK) < 0)
		skip();
	if (pf_python_describe(&p, "/usr/bin/python3", NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(p.major, 3);
	assert_true(pf_str_is(p.implementation, "cpython"));
	assert_true(pf_is_executable(p.base_exe.p));
	assert_true(pf_is_dir(p.base_prefix.p));
	assert_true(pf_str_starts(p.libc, "glibc ") || pf_str_starts(p.libc, "musl "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(reads_what_is_wanted),
		cmocka_unit_test(orders_versions),
		cmocka_unit_test(chooses),
		cmocka_unit_test(lists_what_it_found),
		cmocka_unit_test(remembers_answers),
		cmocka_unit_test(sees_venvs),
		cmocka_unit_test(passes_shims_over),
		cmocka_unit_test(fills_markers),
		cmocka_unit_test(describes_a_real_one),
	};

	return cmocka_run_group_tests_name("python", tests, set_up, tear_down);
}
