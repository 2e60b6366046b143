/* test_dirs.c - the store's root: flag, variables, refusals */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <unistd.h>

#include "base/dirs.h"

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void finds_the_store(void **state)
{
	static const struct {
		const char *flag, *own, *xdg, *home, *expected;
	} rows[] = {
		{ "/s//", "/o", "/x", "/h", "/s" },
		{ NULL, "/o", "/x", "/h", "/o" },
		{ NULL, NULL, "/x", "/h", "/x/pyfunc-env" },
		{ NULL, "", "/x/", "/h", "/x/pyfunc-env" },
		{ NULL, NULL, "relative", "/h", "/h/.cache/pyfunc-env" },
		{ NULL, NULL, NULL, "/h", "/h/.cache/pyfunc-env" },
		{ "s", NULL, NULL, "/h", "/s" },
		{ "/", NULL, NULL, "/h", "/" },
	};

	(void)state;
	assert_int_equal(chdir("/"), 0);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_err err = { 0 };

		set("PYFUNC_ENV_STORE", rows[i].own);
		set("XDG_CACHE_HOME", rows[i].xdg);
		set("HOME", rows[i].home);
		assert_string_equal(pf_store_root(&a, rows[i].flag, &err), rows[i].expected);
		pf_arena_free(&a);
	}
}

static void refuses_what_cannot_hold_names(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_err err;
	char *path = pf_alloc(&a, 4000);

	(void)state;
	memset(path, 'x', 3901);
	path[0] = '/';
	assert_null(pf_store_root(&a, path, &err));
	assert_int_equal(err.code, PF_EUSAGE);
	assert_string_equal(err.msg, "the store's path is longer than 3900 bytes");
	path[3900] = '\0';
	assert_non_null(pf_store_root(&a, path, &err));
	assert_null(pf_store_root(&a, "/a\nb", &err));
	assert_int_equal(err.code, PF_EUSAGE);
	assert_null(pf_store_root(&a, "", &err));
	assert_string_equal(err.msg, "no place for the store (set HOME, or give --store)");
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_store),
		cmocka_unit_test(refuses_what_cannot_hold_names),
	};

	return cmocka_run_group_tests_name("dirs", tests, NULL, NULL);
}
