/* test_imports.c - which of an environment's modules are listed: those that nothing else can be */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "env/imports.h"

static char top[] = "/tmp/pf-imports.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct pf_err err;

	(void)state;
	return pf_remove_tree(AT_FDCWD, top, &err);
}

static const struct {
	const char *path, *listed; /* NULL: not listed */
} files[] = {
	{ "lib/site/alone.py", NULL }, /* at the top: Python's to find */
	{ "lib/site/a/__init__.py", NULL },
	{ "lib/site/a/b/__init__.py", "a.b/" },
	{ "lib/site/a/b/c.py", "a.b.c" },
	{ "lib/site/a/b/__pycache__/c.cpython-311.pyc", NULL },
	{ "lib/site/a/data.txt", NULL },
	{ "lib/site/a/fast.cpython-311-x86_64-linux-gnu.so", NULL },
	{ "lib/site/a/fast.py", NULL }, /* the extension comes first */
	{ "lib/site/a/bare.pyc", NULL },
	{ "lib/site/a/twice.py", NULL }, /* the package comes first */
	{ "lib/site/a/twice/__init__.py", NULL },
	{ "lib/site/a/twice/in.py", NULL },
	{ "lib/site/a/space/one.py", NULL }, /* a namespace may have other parts elsewhere */
	{ "lib/site/a/space/pack/__init__.py", NULL },
	{ "lib/site/a/one.two.py", NULL },
	{ "lib/site/space/one/__init__.py", NULL },
	{ "lib/site/space/one/in.py", NULL },
	{ "lib/other/o/__init__.py", NULL },
	{ "lib/other/o/in.py", NULL },
	{ "lib/site/z/__init__.py", NULL },
	{ "lib/site/z/last.py", "z.last" },
};

static void lists_what_is_certain(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_buf text = PF_BUF(65536), wanted = PF_BUF(65536);
	struct pf_err err;
	PF_FD(dir) = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	pf_buf_str(&wanted, PF_S("lib/site\n"));
	for (size_t i = 0; i < PF_COUNT(files); i++) {
		struct pf_str path = pf_s(files[i].path);
		char *folder = pf_formatz(&a, "%s/" PF_FMT, top,
					  PF_ARG(pf_str_cut(path, 0, pf_str_rfind(path, '/'))));

		assert_int_equal(pf_mkdir_p(folder, 0755, &err), 0);
		assert_int_equal(pf_write_atomic(dir, path.p, PF_S(""), 0644, &err), 0);
		if (files[i].listed)
			pf_buf_str(&wanted, pf_format(&a, "%s\n", files[i].listed));
	}
	assert_int_equal(pf_imports_write(dir, "lib/site", &err), 0);
	assert_int_equal(pf_read_file(&text, dir, PF_IMPORTS, &err), 0);
	pf_buf_char(&text, '\0');
	pf_buf_char(&wanted, '\0');
	assert_string_equal(text.p, wanted.p);
	pf_buf_free(&text);
	pf_buf_free(&wanted);
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lists_what_is_certain) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
