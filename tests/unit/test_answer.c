/* test_answer.c - answers as JSON and as CSV */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <math.h>

#include "base/limits.h"
#include "base/base64.h"
#include "data/data.h"
#include "data/datetime.h"

#define STRING(text) ((struct pf_value){ .kind = PF_V_STRING, .s = PF_S(text) })
#define INT(n) ((struct pf_value){ .kind = PF_V_INT, .i = (n) })

static void check(const struct pf_value *v, bool wrapped, const char *wanted)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_err err;

	if (pf_answer_json(&out, v, wrapped, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(out.p, wanted);
}

static void check_csv(const struct pf_value *v, const char *wanted)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_err err;

	if (pf_answer_csv(&out, v, &err) < 0)
		assert_string_equal(err.msg, wanted);
	else
		assert_string_equal(out.p, wanted);
}

static void arrays(void **state)
{
	static double d[] = { 1, 0.1, 0.0, -1e300, 1e16, 2.5 };
	static float f[] = { 0.1f, 1.5f };
	static int64_t when[] = { 1704067200000000000, INT64_MIN };
	static uint64_t big[] = { UINT64_MAX };
	static uint8_t yes[] = { 1, 0 };
	static int8_t small[] = { -128 };
	struct pf_tensor t = { .type = PF_T_FLOAT64, .rank = 2, .shape = { 2, 3 }, .data = d };
	struct pf_value v = { .kind = PF_V_TENSOR, .tensor = &t };
	struct pf_value cells[] = { STRING("x"), { .kind = PF_V_NULL },
				    { .kind = PF_V_BOOL, .b = true },
				    { .kind = PF_V_FLOAT, .d = (double)INFINITY },
				    { .kind = PF_V_DATETIME, .i = 0 } };

	(void)state;
	check(&v, true, "{\"predictions\": [[1.0,0.1,0.0],[-1e+300,1e+16,2.5]]}");
	check_csv(&v, "0,1,2\n1.0,0.1,0.0\n-1e+300,1e+16,2.5\n");
	d[1] = (double)NAN;
	d[2] = -(double)INFINITY;
	t = (struct pf_tensor){ .type = PF_T_FLOAT64, .rank = 1, .shape = { 3 }, .data = d };
	check(&v, true, "{\"predictions\": [1.0,null,null]}");
	check_csv(&v, "0\n1.0\n\n-inf\n");
	t = (struct pf_tensor){ .type = PF_T_FLOAT32, .rank = 1, .shape = { 2 }, .data = f };
	check(&v, true, "{\"predictions\": [0.10000000149011612,1.5]}");
	t = (struct pf_tensor){ .type = PF_T_DATETIME, .rank = 1, .shape = { 2 }, .data = when };
	check(&v, true, "{\"predictions\": [1704067200000000000,null]}");
	check_csv(&v, "0\n2024-01-01T00:00:00\n\n");
	t = (struct pf_tensor){ .type = PF_T_UINT64, .rank = 0, .data = big };
	check(&v, false, "18446744073709551615");
	check_csv(&v, "the answer is an array of 0 dimensions, which CSV cannot hold (write it as JSON)");
	t = (struct pf_tensor){ .type = PF_T_BOOL, .rank = 3, .shape = { 1, 2, 1 }, .data = yes };
	check(&v, true, "{\"predictions\": [[[true],[false]]]}");
	t = (struct pf_tensor){ .type = PF_T_BOOL, .rank = 2, .shape = { 1, 2 }, .data = yes };
	check_csv(&v, "0,1\nTrue,False\n");
	t = (struct pf_tensor){ .type = PF_T_INT8, .rank = 1, .shape = { 1 }, .data = small };
	check(&v, true, "{\"predictions\": [-128]}");
	t = (struct pf_tensor){ .type = PF_T_FLOAT64, .rank = 2, .shape = { 2, 0 } };
	check(&v, true, "{\"predictions\": [[],[]]}");
	t = (struct pf_tensor){ .type = PF_T_OBJECT, .rank = 1, .shape = { 5 }, .values = cells };
	check(&v, true, "{\"predictions\": [\"x\",null,true,null,\"1970-01-01T00:00:00\"]}");
	check_csv(&v, "0\nx\n\nTrue\ninf\n1970-01-01T00:00:00\n");
}

/* Rows longer than what is written at once, and the ceiling within one. */
static void long_rows(void **state)
{
	enum { N = 1500 };
	PF_AUTO(buf) wanted = PF_BUF(PF_MIB(1));
	PF_AUTO(buf) little = PF_BUF(20000);
	double d[N];
	struct pf_tensor t = { .type = PF_T_FLOAT64, .rank = 3, .shape = { 2, 1, N / 2 },
			       .data = d };
	struct pf_value v = { .kind = PF_V_TENSOR, .tensor = &t };
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < N; i++)
		d[i] = i % 3 ? (double)i : (double)NAN;
	pf_buf_cstr(&wanted, "[[[");
	for (size_t i = 0; i < N; i++) {
		pf_buf_cstr(&wanted, i == N / 2 ? "]],[[" : i ? "," : "");
		if (isnan(d[i]))
			pf_buf_cstr(&wanted, "null");
		else
			pf_buf_printf(&wanted, "%.1f", d[i]);
	}
	pf_buf_cstr(&wanted, "]]]");
	check(&v, false, wanted.p);
	for (size_t i = 0; i < N; i++)
		d[i] = 0.1 + 0.2;
	assert_int_equal(pf_answer_json(&little, &v, false, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
}

static void tables(void **state)
{
	static double d[2] = { 0.5, 0 };
	static int64_t when[] = { 1704067200500000000, INT64_MIN };
	struct pf_value words[] = { STRING("a\"b,\n"), { .kind = PF_V_NULL } };
	struct pf_value mixed[] = { STRING(""), INT(7) };
	struct pf_column columns[] = {
		{ .name = PF_S("x y"), .type = PF_T_FLOAT64, .data = d },
		{ .unnamed = true, .type = PF_T_DATETIME, .data = when },
		{ .name = PF_S("w"), .type = PF_T_STRING, .values = words },
		{ .name = PF_S("m"), .type = PF_T_OBJECT, .values = mixed },
	};
	struct pf_table t = { .rows = 2 };
	struct pf_value v = { .kind = PF_V_TABLE, .table = &t };

	(void)state;
	d[1] = (double)NAN;
	t.columns.v = columns;
	t.columns.n = 4;
	check(&v, true,
	      "{\"predictions\": [{\"x y\":0.5,\"1\":\"2024-01-01T00:00:00.500000\",\"w\":\"a\\\"b,\\n\","
	      "\"m\":\"\"},{\"x y\":null,\"1\":null,\"w\":null,\"m\":7}]}");
	check_csv(&v, "x y,1,w,m\n0.5,2024-01-01T00:00:00.500000,\"a\"\"b,\n\",\"\"\n,,,7\n");
	t.columns.n = 1;
	v.kind = PF_V_SERIES;
	check(&v, true, "{\"predictions\": [{\"x y\":0.5},{\"x y\":null}]}");
	t.rows = 0;
	check(&v, true, "{\"predictions\": []}");
	check_csv(&v, "x y\n");
}

static void values(void **state)
{
	struct pf_value items[] = { { .kind = PF_V_BYTES, .s = PF_S("hi") },
				    { .kind = PF_V_BYTES, .s = PF_S("0123456789012345678901234567890123456"
								    "789012345678901234567890") },
				    { .kind = PF_V_BIGINT, .s = PF_S("123456789012345678901234567890") },
				    { .kind = PF_V_DATETIME, .i = -1 },
				    { .kind = PF_V_BOOL, .b = true } };
	struct pf_value pairs[] = { STRING("k\xc3\xa9"), { .kind = PF_V_LIST } };
	struct pf_value map = { .kind = PF_V_MAP };
	struct pf_value deep[300];
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_err err;

	(void)state;
	pairs[1].list.v = items;
	pairs[1].list.n = PF_COUNT(items);
	map.list.v = pairs;
	map.list.n = 1;
	check(&map, false,
	      "{\"k\xc3\xa9\":[\"aGk=\\n\","
	      "\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2\\n"
	      "Nzg5MA==\\n\",123456789012345678901234567890,\"1969-12-31T23:59:59.999999999\",true]}");
	check_csv(&map, "the answer is an object, not a table, so it cannot be written as CSV (write it as "
			"JSON)");
	for (size_t i = 0; i < PF_COUNT(deep); i++) {
		deep[i] = (struct pf_value){ .kind = PF_V_LIST };
		deep[i].list.v = &deep[i + 1];
		deep[i].list.n = i + 1 < PF_COUNT(deep);
	}
	assert_int_equal(pf_answer_json(&out, deep, true, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	pf_buf_free(&out);
	out = PF_BUF(0);
	assert_int_equal(pf_answer_json(&out, &items[4], true, &err), -1);
	assert_string_equal(err.msg, "the answer is larger than 0 bytes");
}

/* What an exact answer holds is never written as something else. */
static void objects_of_python(void **state)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct pf_value parts[] = { STRING("tuple"), { .kind = PF_V_LIST } };
	struct pf_value v = { .kind = PF_V_TAGGED, .list = { parts, 1 } };
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_answer_json(&out, &v, PF_ANSWER_WRAPPED, &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
	assert_string_equal(err.msg, "the answer holds an object of Python's (tuple), which cannot be written as JSON");
	check_csv(&v, "the answer is an object of Python's, not a table, so it cannot be written as CSV (write it as JSON)");
}

static void dates(void **state)
{
	static const struct {
		const char *text;
		enum pf_datetime_verdict verdict;
		int64_t ns;
		const char *back;	/* NULL: the text itself */
	} rows[] = {
		{ "1970-01-01T00:00:00", PF_DATETIME_GOOD, 0, NULL },
		{ "2024-02-29", PF_DATETIME_GOOD, 1709164800000000000, "2024-02-29T00:00:00" },
		{ "1900-03-01 00:00:01.5", PF_DATETIME_GOOD, -2203891198500000000,
		  "1900-03-01T00:00:01.500000" },
		{ "1677-09-21T00:12:43.145224194", PF_DATETIME_GOOD, INT64_MIN + 2, NULL },
		{ "1677-09-21T00:12:43.145224191", PF_DATETIME_BAD, 0, NULL },
		{ "2262-04-11T23:47:16.854775807", PF_DATETIME_GOOD, INT64_MAX, NULL },
		{ "2262-04-11T23:47:16.854775808", PF_DATETIME_BAD, 0, NULL },
		{ "2023-02-29", PF_DATETIME_BAD, 0, NULL },
		{ "1900-02-29", PF_DATETIME_BAD, 0, NULL },
		{ "2024-13-01", PF_DATETIME_BAD, 0, NULL },
		{ "2024-00-01", PF_DATETIME_BAD, 0, NULL },
		{ "2024-01-01T24:00:00", PF_DATETIME_BAD, 0, NULL },
		{ "99999-01-01", PF_DATETIME_BAD, 0, NULL },
		{ "2024-01-01T00:00:00Z", PF_DATETIME_ZONE, 0, NULL },
		{ "2024-01-01 00:00:00.5+02:00", PF_DATETIME_ZONE, 0, NULL },
		{ "2024-01-01T00:00", PF_DATETIME_UNSURE, 0, NULL },
		{ "2024-01", PF_DATETIME_UNSURE, 0, NULL },
		{ "", PF_DATETIME_UNSURE, 0, NULL },
		{ "01/02/2024", PF_DATETIME_UNSURE, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) out = PF_BUF(100);
		unsigned layout;
		int64_t ns = 0;

		assert_int_equal(pf_datetime_read(&ns, &layout, pf_s(rows[i].text)), rows[i].verdict);
		if (rows[i].verdict != PF_DATETIME_GOOD)
			continue;
		assert_true(ns == rows[i].ns);
		pf_datetime_write(&out, ns);
		assert_string_equal(out.p, rows[i].back ? rows[i].back : rows[i].text);
	}
}

static void base64(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;	/* NULL: refused */
	} rows[] = { { "", "" },	  { "aGk=", "hi" },	 { "aGkh", "hi!" },  { "aA==", "h" },
		     { "aG\nk=\n", "hi" }, { "aGk", NULL },	 { "aGk==", NULL },  { "a", NULL },
		     { "a===", NULL },	   { "***", NULL },	 { "aGk=x", NULL },  { "aG-_", NULL } };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_str out;

		assert_int_equal(pf_base64_decode(&out, &a, pf_s(rows[i].text)), rows[i].bytes != NULL);
		if (rows[i].bytes)
			assert_true(pf_str_is(out, rows[i].bytes));
	}
}

/* As Python's json has it: what JSON has no word for, and a date that is missing. */
static void as_python_writes_it(void **state)
{
	static double numbers[] = { (double)NAN, (double)INFINITY, -(double)INFINITY, 1.5 };
	static int64_t dates[] = { INT64_MIN, 0, 1, 1500 };
	struct pf_column columns[] = {
		{ .name = PF_S("n"), .type = PF_T_FLOAT64, .data = numbers },
		{ .name = PF_S("d"), .type = PF_T_DATETIME, .data = dates },
	};
	struct pf_table table = { .rows = 1, .columns = { columns, 2, 2 } };
	struct pf_tensor tensor = { .type = PF_T_FLOAT64, .rank = 1, .shape = { 4 }, .data = numbers };
	struct pf_value items[] = { { .kind = PF_V_TENSOR, .tensor = &tensor },
				    { .kind = PF_V_TABLE, .table = &table },
				    { .kind = PF_V_NULL } };
	struct pf_value list = { .kind = PF_V_LIST, .list = { items, 3 } };
	PF_AUTO(buf) out = PF_BUF(10000);
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_answer_json(&out, &list, PF_ANSWER_BARE_NAN, &err), 0);
	assert_string_equal(out.p, "[[NaN,Infinity,-Infinity,1.5],[{\"n\":NaN,\"d\":\"NaT\"}],null]");
	out.n = 0;
	assert_int_equal(pf_answer_json(&out, &list, PF_ANSWER_WRAPPED, &err), 0);
	assert_string_equal(out.p, "{\"predictions\": [[null,null,null,1.5],[{\"n\":null,\"d\":null}],null]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_python_writes_it),
		cmocka_unit_test(arrays), cmocka_unit_test(long_rows),
		cmocka_unit_test(tables), cmocka_unit_test(values),
		cmocka_unit_test(objects_of_python),
		cmocka_unit_test(dates),  cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
