/* test_import_list.c - which of an environment's modules are listed: those that nothing else can be */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "env/import_list.h"

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
	PF_AUTO(found_list) list = { 0 };
	struct pf_err err;

	(void)state;
	pf_buf_str(&wanted, PF_S("lib/site\n"));
	for (size_t i = 0; i < PF_COUNT(files); i++) {
		folder_put(folder_path, files[i].path, PF_S(""));
		if (files[i].listed)
			pf_buf_str(&wanted, pf_format(&a, "%s\n", files[i].listed));
	}
	assert_int_equal(pf_walk(&list, folder_fd, &err), 0);
	assert_int_equal(pf_import_list_write(folder_fd, "lib/site", &list, &err), 0);
	assert_int_equal(pf_read_file(&text, folder_fd, PF_IMPORT_LIST, &err), 0);
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

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
