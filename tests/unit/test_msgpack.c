/* test_msgpack.c - MessagePack as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "formats/msgpack.h"

#define B(literal) { literal, sizeof(literal) - 1 }

static const struct {
	struct pf_str bytes;
	const char *json;	/* NULL: refused, and `error` is why */
	const char *error;
} cases[] = {
	{ B("\xc0"), "null", NULL },
	{ B("\xc2"), "false", NULL },
	{ B("\xc3"), "true", NULL },
	{ B("\x00"), "0", NULL },
	{ B("\x7f"), "127", NULL },
	{ B("\xff"), "-1", NULL },
	{ B("\xe0"), "-32", NULL },
	{ B("\xcc\xff"), "255", NULL },
	{ B("\xcd\x01\x00"), "256", NULL },
	{ B("\xce\xff\xff\xff\xff"), "4294967295", NULL },
	{ B("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615", NULL },
	{ B("\xd0\x80"), "-128", NULL },
	{ B("\xd1\x80\x00"), "-32768", NULL },
	{ B("\xd2\xff\xff\xff\xfe"), "-2", NULL },
	{ B("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808", NULL },
	{ B("\xca\x3f\xc0\x00\x00"), "1.5", NULL },
	{ B("\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18"), "3.141592653589793", NULL },
	{ B("\xa0"), "\"\"", NULL },
	{ B("\xa3" "a\"b"), "\"a\\\"b\"", NULL },
	{ B("\xd9\x02\xc3\xa9"), "\"\xc3\xa9\"", NULL },
	{ B("\xda\x00\x01x"), "\"x\"", NULL },
	{ B("\xdb\x00\x00\x00\x01x"), "\"x\"", NULL },
	{ B("\xc4\x03\x00\x9f\xff"), "\"009fff\"", NULL },
	{ B("\xc4\x00"), "\"\"", NULL },
	{ B("\xc5\x00\x01\x10"), "\"10\"", NULL },
	{ B("\x90"), "[]", NULL },
	{ B("\x80"), "{}", NULL },
	{ B("\x92\x01\x91\x02"), "[1,[2]]", NULL },
	{ B("\x82\xa1" "a\x01\xa1" "b\x92\xc0\xc3"), "{\"a\":1,\"b\":[null,true]}", NULL },
	{ B("\xdc\x00\x02\x01\x02"), "[1,2]", NULL },
	{ B("\xdd\x00\x00\x00\x01\x05"), "[5]", NULL },
	{ B("\xde\x00\x01\xa1k\x80"), "{\"k\":{}}", NULL },
	{ B("\xdf\x00\x00\x00\x00"), "{}", NULL },
	/* twice the same: for the reader of the JSON to see */
	{ B("\x82\xa1" "a\x01\xa1" "a\x02"), "{\"a\":1,\"a\":2}", NULL },

	{ B(""), NULL, "byte 0: the bytes end where a value is expected" },
	{ B("\x91"), NULL, "byte 1: the bytes end within a list or a map" },
	{ B("\xdd\xff\xff\xff\xff\x01"), NULL, "byte 5: the bytes end within a list or a map" },
	{ B("\xdf\xff\xff\xff\xff\x01"), NULL, "byte 5: the bytes end within a list or a map" },
	{ B("\xdb\xff\xff\xff\xff" "abc"), NULL, "byte 5: the bytes end within a text" },
	{ B("\xcd\x01"), NULL, "byte 1: the bytes end within a number" },
	{ B("\xc1"), NULL, "byte 0: an extension or no type at all" },
	{ B("\xd4\x01\x00"), NULL, "byte 0: an extension or no type at all" },
	{ B("\xc7\x01\x01\x00"), NULL, "byte 0: an extension or no type at all" },
	{ B("\xca\x7f\xc0\x00\x00"), NULL, "byte 5: a number that is none" },
	{ B("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"), NULL, "byte 9: a number that is none" },
	{ B("\x81\x01\x02"), NULL, "byte 2: a key that is no text" },
	{ B("\x81\xc4\x01k\x02"), NULL, "byte 3: a key that is no text" },
	{ B("\xa1\xff"), NULL, "byte 1: a text that is not valid UTF-8, or holds NUL" },
	{ B("\xa1\x00"), NULL, "byte 1: a text that is not valid UTF-8, or holds NUL" },
	{ B("\x01\x02"), NULL, "byte 1: something lies behind the value" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_KIB(1));
		struct pf_err err = { 0 };
		int rc = pf_msgpack_json(&out, cases[i].bytes, &err);

		if (cases[i].json) {
			assert_int_equal(rc, 0);
			assert_string_equal(out.p, cases[i].json);
		} else {
			assert_int_equal(rc, -1);
			assert_int_equal(err.code, PF_EMODEL);
			assert_string_equal(err.msg, cases[i].error);
		}
	}
}

static void test_limits(void **state)
{
	PF_AUTO(buf) out = PF_BUF(PF_KIB(1));
	PF_AUTO(buf) small = PF_BUF(8);
	char deep[PF_MAX_JSON_DEPTH + 1];
	struct pf_err err;

	(void)state;
	memset(deep, '\x91', sizeof(deep));
	deep[PF_MAX_JSON_DEPTH - 1] = '\xc0';
	assert_int_equal(pf_msgpack_json(&out, (struct pf_str){ deep, PF_MAX_JSON_DEPTH }, &err), 0);
	assert_int_equal(out.n, 2 * (PF_MAX_JSON_DEPTH - 1) + 4);
	deep[PF_MAX_JSON_DEPTH - 1] = '\x91';
	deep[PF_MAX_JSON_DEPTH] = '\xc0';
	assert_int_equal(pf_msgpack_json(&out, (struct pf_str){ deep, sizeof(deep) }, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_msgpack_json(&small, (struct pf_str){ "\xc4\x05" "abcde", 7 }, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
