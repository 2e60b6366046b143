/* test_nested.c - lists in cells, as Python makes them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "data/nested.h"
#include "show.h"

/* Numbers of numpy's among Python's own, as a caller's list may have them. */
static void scalars_in_lists(void **state)
{
	static int32_t small = 3;
	static int8_t tiny = 1;
	static float half = 0.5;
	static uint8_t yes = 1;
	static struct pf_tensor of[] = { { .type = PF_T_INT32, .data = &small }, { .type = PF_T_INT8, .data = &tiny },
					 { .type = PF_T_FLOAT32, .data = &half }, { .type = PF_T_BOOL, .data = &yes } };
	struct pf_value element[4], text[2] = { { .kind = PF_V_STRING, .s = PF_S("numpy.str") },
						{ .kind = PF_V_STRING, .s = PF_S("x") } };
	struct pf_value one = { .kind = PF_V_INT, .i = 1 }, no = { .kind = PF_V_BOOL },
			x = { .kind = PF_V_TAGGED, .list = { text, 2 } };
	struct {
		enum pf_dtype wanted;
		struct pf_value items[2];
		const char *made; /* NULL: refused */
	} lists[] = {
		{ PF_D_LONG, { { 0 }, one }, "[3,1]" },	     { PF_D_INTEGER, { { 0 }, one }, NULL },
		{ PF_D_INTEGER, { { 0 }, { 0 } }, "[3,1]" }, { PF_D_DOUBLE, { { 0 }, { 0 } }, "[0.5,0.5]" },
		{ PF_D_FLOAT, { { 0 }, { 0 } }, "[0.5,0.5]" }, { PF_D_FLOAT, { { 0 }, one }, NULL },
		{ PF_D_BOOLEAN, { { 0 }, no }, "[true,false]" }, { PF_D_BOOLEAN, { { 0 }, one }, NULL },
		{ PF_D_STRING, { x, x }, "[\"x\",\"x\"]" },
	};
	static const unsigned numpys[][2] = { { 0, 9 }, { 0, 9 }, { 0, 1 }, { 2, 2 }, { 2, 2 }, { 2, 9 }, { 3, 9 }, { 3, 9 }, { 9, 9 } };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(element); i++)
		element[i] = (struct pf_value){ .kind = PF_V_ELEMENT, .tensor = &of[i] };
	for (size_t i = 0; i < PF_COUNT(lists); i++) {
		struct pf_colspec item = { .type = lists[i].wanted, .required = true };
		struct pf_colspec list = { .type = PF_D_ARRAY, .required = true, .inner = &item, .inner_count = 1 };
		struct pf_value v = { .kind = PF_V_LIST, .list = { lists[i].items, 2 } }, made;
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_KIB(1));
		const char *why = NULL;
		struct pf_err err;
		int rc;

		for (size_t j = 0; j < 2; j++)
			if (numpys[i][j] < PF_COUNT(element))
				lists[i].items[j] = element[numpys[i][j]];
		rc = pf_nested_value(&made, &why, &a, &v, &list, true, &err);
		assert_int_equal(rc, lists[i].made ? 0 : -1);
		assert_null(why);
		if (rc == 0)
			show_nested(&out, &made);
		assert_string_equal(rc == 0 ? out.p : "", lists[i].made ? lists[i].made : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(scalars_in_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
