/* test_number.c - doubles in and out against the C library and Python's repr */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <math.h>

#include "base/number.h"

static uint64_t bits_of(double v)
{
	uint64_t b;

	memcpy(&b, &v, sizeof(b));
	return b;
}

static double double_of(uint64_t b)
{
	double v;

	memcpy(&v, &b, sizeof(v));
	return v;
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void check_write(double v, const char *wanted)
{
	char text[PF_DOUBLE_SIZE + 1];

	text[pf_double_write(text, v)] = '\0';
	assert_string_equal(text, wanted);
}

static void spells_as_repr(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ 1, "1.0" },
		{ -1.5, "-1.5" },
		{ 0.1, "0.1" },
		{ 0.1f, "0.10000000149011612" },
		{ 100, "100.0" },
		{ 1e15, "1000000000000000.0" },
		{ 9999999999999998.0, "9999999999999998.0" },
		{ 1e16, "1e+16" },
		{ 1.5e16, "1.5e+16" },
		{ 1e22, "1e+22" },
		{ 1e23, "1e+23" },
		{ 9007199254740993.0, "9007199254740992.0" },
		{ 0.0001, "0.0001" },
		{ 0.00012345, "0.00012345" },
		{ 0.00001, "1e-05" },
		{ 1.5e-5, "1.5e-05" },
		{ 5e-324, "5e-324" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
		{ 2.225073858507201e-308, "2.225073858507201e-308" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 123456789.125, "123456789.125" },
		{ 2e-44, "2e-44" },
		{ 9.5367431640625e-07, "9.5367431640625e-07" },
		{ 2251799813685248.5, "2251799813685248.5" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		check_write(rows[i].v, rows[i].text);
	check_write((double)NAN, "nan");
	check_write((double)INFINITY, "inf");
	check_write(-(double)INFINITY, "-inf");
}

/* What is written reads back the same, is what strtod reads too, and no shorter text would do. */
static void check_round_trip(uint64_t bits)
{
	char text[PF_DOUBLE_SIZE + 1], shorter[64];
	double v = double_of(bits), back;
	size_t n;
	int digits = 0;

	if (!isfinite(v))
		return;
	n = pf_double_write(text, v);
	text[n] = '\0';
	if (!pf_double_read((struct pf_str){ text, n }, &back) || bits_of(back) != bits ||
	    bits_of(strtod(text, NULL)) != bits)
		fail_msg("%s does not read back as %.17g", text, v);
	for (size_t i = 0; i < n && text[i] != 'e'; i++)
		digits += (text[i] >= '1' && text[i] <= '9') || (digits && text[i] == '0');
	if (n > 2 && text[n - 1] == '0' && text[n - 2] == '.')
		return;
	if (digits > 1) {
		snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, v);
		if (bits_of(strtod(shorter, NULL)) == bits)
			fail_msg("%s is shorter than %s", shorter, text);
	}
	snprintf(shorter, sizeof(shorter), "%.*e", digits - 1, v);
	/* Of the shortest texts it is the closest. */
	if (bits_of(strtod(shorter, NULL)) == bits &&
	    fabs(strtod(shorter, NULL) - v) < fabs(strtod(text, NULL) - v))
		fail_msg("%s is closer than %s", shorter, text);
}

static void random_doubles_round_trip(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t r = next_random(&seed);

		check_round_trip(r);
		check_round_trip(bits_of((double)(int64_t)r / 1e6));
		check_round_trip(r & 0xfffffffffffffu);
	}
	for (unsigned e = 0; e < 2047; e++) {
		check_round_trip((uint64_t)e << 52);
		check_round_trip(((uint64_t)e << 52) + 1);
		check_round_trip(((uint64_t)e << 52) - 1);
	}
}

static void check_read(const char *text)
{
	double v = 0;

	if (!pf_double_read(pf_s(text), &v) || bits_of(v) != bits_of(strtod(text, NULL)))
		fail_msg("%s reads as %.17g", text, v);
}

static void reads_as_strtod(void **state)
{
	static const char *const rows[] = {
		"0", "-0", "+5", "007", "1.", ".5", "1e5", "1E+5", "1e-5", "0e999999999999999999",
		"1e999", "-1e999", "1e-999", "1e99999999999999999999", "0.0000000000000000000000001e25",
		"9007199254740993", "9007199254740992.5", "9007199254740993.0000000000000000000001",
		"1.7976931348623158e308", "1.7976931348623159e308", "2.4703282292062327e-324",
		"2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072012e-308",
		"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649"
		"017977587207096330286416692887910946555547851940402630657488671505820681908902000708383"
		"676273854845817711531764475730270069855571366959622842914819860834936475292719074168444"
		"365510704342711559699508093042880",
		"12345678901234567890123456789", "0.12345678901234567890123456789",
		"1.00000000000000011102230246251565404236316680908203125",
		"1.00000000000000011102230246251565404236316680908203124",
		"1.00000000000000011102230246251565404236316680908203126",
		"7.2057594037927933e16", "8.988465674311582e307", "123456789012345678901e-5",
		"0.000000000000000000000000000000012345678901234567890123",
	};
	uint64_t seed = 1234567;
	char text[64];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		check_read(rows[i]);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t r = next_random(&seed), s = next_random(&seed);

		snprintf(text, sizeof(text), "%llu%llue%d", (unsigned long long)r,
			 (unsigned long long)s, (int)(r % 700) - 380);
		check_read(text);
		snprintf(text, sizeof(text), "%llu.%llue%d", (unsigned long long)(r >> 40),
			 (unsigned long long)(s >> 20), (int)(s % 660) - 340);
		check_read(text);
		if (isfinite(double_of(r))) {
			snprintf(text, sizeof(text), "%.17g", double_of(r));
			check_read(text);
		}
	}
}

static void long_numbers(void **state)
{
	char text[3000];
	double v;

	(void)state;
	memset(text, '0', sizeof(text));
	memcpy(text, "1.", 2);
	text[2999] = '1';
	assert_true(pf_double_read((struct pf_str){ text, 3000 }, &v));
	assert_true(v == 1.0);
	/* 1 + 2^-53 and a one far behind: just above halfway. */
	memcpy(text, "1.00000000000000011102230246251565404236316680908203125", 55);
	assert_true(pf_double_read((struct pf_str){ text, 3000 }, &v));
	assert_true(v > 1.0);
	memset(text, '9', sizeof(text));
	assert_true(pf_double_read((struct pf_str){ text, 3000 }, &v));
	assert_true(isinf(v));
	memcpy(text, "0.", 2);
	assert_true(pf_double_read((struct pf_str){ text, 3000 }, &v));
	assert_true(v == 1.0);
}

static void refuses_what_is_no_number(void **state)
{
	static const char *const rows[] = { "",	  "-",	 ".",	 "e5",	"1e",  "1e+",  "1x", " 1",
					    "1 ", "1_0", "nan",	 "inf", "0x1", "--1", "1.2.3" };
	double v;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if (pf_double_read(pf_s(rows[i]), &v))
			fail_msg("%s was read", rows[i]);
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		bool good, good_unsigned;
		int64_t v;
	} rows[] = {
		{ "0", true, true, 0 },
		{ "-0", true, false, 0 },
		{ "+7", true, true, 7 },
		{ "007", true, true, 7 },
		{ "9223372036854775807", true, true, INT64_MAX },
		{ "9223372036854775808", false, true, INT64_MIN },
		{ "-9223372036854775808", true, false, INT64_MIN },
		{ "-9223372036854775809", false, false, 0 },
		{ "18446744073709551615", false, true, -1 },
		{ "18446744073709551616", false, false, 0 },
		{ "", false, false, 0 },
		{ "-", false, false, 0 },
		{ "1.0", false, false, 0 },
		{ "1e3", false, false, 0 },
	};
	char text[PF_DOUBLE_SIZE + 1];
	int64_t v;
	uint64_t u;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_int_equal(pf_int64_read(pf_s(rows[i].text), &v), rows[i].good);
		if (rows[i].good)
			assert_true(v == rows[i].v);
		assert_int_equal(pf_uint64_read(pf_s(rows[i].text), &u), rows[i].good_unsigned);
		if (rows[i].good_unsigned)
			assert_true(u == (uint64_t)rows[i].v);
	}
	text[pf_int64_write(text, INT64_MIN)] = '\0';
	assert_string_equal(text, "-9223372036854775808");
	text[pf_uint64_write(text, UINT64_MAX)] = '\0';
	assert_string_equal(text, "18446744073709551615");
	for (uint64_t ten = 1; ten < UINT64_MAX / 10; ten *= 10)
		for (uint64_t near = ten - 1; near < ten + 3; near++) {
			char wanted[24];

			snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)near);
			text[pf_uint64_write(text, near)] = '\0';
			assert_string_equal(text, wanted);
		}
	text[pf_int64_write(text, 0)] = '\0';
	assert_string_equal(text, "0");
}

/* bits as hex, Python's repr */
static void check_recorded(const struct unit_row *r, void *ctx)
{
	char text[PF_DOUBLE_SIZE];
	double v = double_of(strtoull(r->v[0].p, NULL, 16)), back;
	size_t n = pf_double_write(text, v);

	(void)ctx;
	if (!pf_str_eq((struct pf_str){ text, n }, r->v[1]))
		fail_msg("line %u: " PF_FMT " is written as %.*s", r->line, PF_ARG(r->v[1]), (int)n, text);
	assert_true(pf_double_read(r->v[1], &back));
	assert_true(bits_of(back) == bits_of(v));
}

static void recorded_reprs(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "repr.tsv"), check_recorded, NULL) > 1000);
}

static void sizes_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 bytes" },
		{ 1023, "1023 bytes" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1048575, "1.0 MiB" },
		{ 1048576, "1.0 MiB" },
		{ 5ull << 30, "5.0 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[PF_SIZE_TEXT];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++)
		assert_string_equal(pf_size_text(text, cases[i].bytes), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spells_as_repr),      cmocka_unit_test(random_doubles_round_trip),
		cmocka_unit_test(reads_as_strtod),     cmocka_unit_test(long_numbers),
		cmocka_unit_test(integers),	       cmocka_unit_test(refuses_what_is_no_number),
		cmocka_unit_test(recorded_reprs),      cmocka_unit_test(sizes_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
