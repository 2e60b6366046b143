/* test_default_index.c - the built-in package index is a URL, or none */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "default_index.h"

static void default_index_is_a_url(void **state)
{
	struct pf_str url = pf_s(PF_DEFAULT_INDEX);

	(void)state;
	if (!url.n)
		return;
	assert_true(pf_str_starts(url, "https://") || pf_str_starts(url, "http://") ||
		    pf_str_starts(url, "file://"));
	assert_int_equal(pf_str_find(url, ' '), PF_NPOS);
	assert_false(pf_str_ends(url, "/"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(default_index_is_a_url) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
