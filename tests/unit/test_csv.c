/* test_csv.c - CSV files, replayed against what pandas made of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "data/data.h"
#include "show.h"

/* "error: MESSAGE", "raw", or the table. */
static void read_csv(struct pf_buf *out, struct pf_str inputs, struct pf_str text)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s = { 0 };
	struct pf_request r = { 0 };
	struct pf_err err;
	struct pf_expect expect = { 0 };

	parse_signature(&s, &a, inputs, (struct pf_str){ 0 });
	expect.inputs = &s.inputs;
	if (pf_csv_read(&r, &a, text, &expect, &err) < 0)
		pf_buf_printf(out, "error: %s", err.msg);
	else if (r.raw)
		pf_buf_cstr(out, "raw");
	else
		show(out, &r.data);
}

static void check_recorded(const struct unit_row *r, void *tally)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

	read_csv(&out, r->v[0], r->v[1]);
	tally_row(tally, r, out.p, pf_str_is(r->v[3], "accept"));
}

/* The next row of `rest` behind the header, as a text of its own; false: there is none. */
static bool next_piece(struct pf_str *out, struct pf_arena *a, struct pf_str header,
		       struct pf_str *rest)
{
	size_t found, n = pf_csv_cut(&found, *rest, 1);
	struct pf_str row;

	if (!found)
		n = rest->n; /* the last row may have no end */
	row = pf_str_cut(*rest, 0, n);
	*rest = pf_str_skip(*rest, n);
	*out = pf_format(a, PF_FMT PF_FMT, PF_ARG(header), PF_ARG(row));
	return pf_str_trim(row).n > 0;
}

static void compare_pieces(struct pf_str header, struct pf_str all, const struct pf_value *whole,
			   const struct pf_csv_types *types)
{
	struct pf_expect expect = { 0 };
	struct pf_str rest = all, piece;
	PF_AUTO(arena) a = { 0 };
	struct pf_request r;
	struct pf_err err;

	for (size_t i = 0; next_piece(&piece, &a, header, &rest); i++) {
		PF_AUTO(buf) wanted = PF_BUF(PF_MIB(1));
		PF_AUTO(buf) found = PF_BUF(PF_MIB(1));
		struct pf_value part = pf_value_slice(&a, whole, i, 1);

		if (pf_csv_types_read(&r, &a, piece, types, &expect, &err) < 0)
			fail_msg(PF_FMT ": %s", PF_ARG(piece), err.msg);
		show(&wanted, &part);
		show(&found, &r.data);
		assert_string_equal(found.p, wanted.p);
	}
}

/* What is recorded without a signature, a row at a time, is what it is at once. */
static void check_pieces(const struct unit_row *r, void *count)
{
	PF_AUTO(csv_types) types = { 0 };
	struct pf_expect expect = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_request whole;
	struct pf_str header, rest, piece;
	struct pf_err err;
	size_t found;

	if (r->v[0].n || pf_csv_read(&whole, &a, r->v[1], &expect, &err) < 0)
		return;
	header = pf_str_cut(r->v[1], 0, pf_csv_cut(&found, r->v[1], 1));
	rest = pf_str_skip(r->v[1], header.n);
	while (next_piece(&piece, &a, header, &rest))
		if (pf_csv_types_look(&types, piece, &err) < 0)
			fail_msg(PF_FMT ": %s", PF_ARG(piece), err.msg);
	if (!types.rows)
		return;
	assert_int_equal(whole.raw, pf_csv_types_why(&types) != NULL);
	if (whole.raw)
		return;
	assert_int_equal(types.rows, whole.data.table->rows);
	compare_pieces(header, pf_str_skip(r->v[1], header.n), &whole.data, &types);
	++*(size_t *)count;
}

static void in_pieces(void **state)
{
	struct pf_arena a = { 0 };
	size_t count = 0;

	(void)state;
	unit_table(unit_data(&a, "csv.tsv"), check_pieces, &count);
	pf_arena_free(&a);
	assert_true(count > 100);
}

static void recorded_files(void **state)
{
	(void)state;
	assert_true(tally_table("csv.tsv", check_recorded).same > 800);
}

static const struct {
	const char *inputs;
	const char *text;
	const char *wanted;
} rows[] = {
	{ NULL, "", "error: the CSV text is empty: there is no header" },
	{ NULL, "a,b\n1,\"x\n\n", "error: line 2: a quoted field has no end" },
	{ NULL, "a,b\n1,2\n1,2,3\n", "error: line 3: more than 2 fields, the columns of the header" },
	{ NULL, "a,a\n1,2\n", "error: the column \"a\" appears twice in the header" },
	{ NULL, "a\n\xff\n", "error: line 2: the CSV text is not valid UTF-8" },
	{ "[{\"type\":\"long\",\"name\":\"a\"}]", "a\n1\n\n1.5\n",
	  "error: column 'a', row 1: expected long, got '1.5'" },
	{ "[{\"type\":\"long\",\"name\":\"a\"}]", "a,b\n,1\n",
	  "error: column 'a', row 0: expected long, got '' (a missing value)" },
	{ "[{\"type\":\"integer\",\"name\":\"a\"}]", "a\n3000000000\n",
	  "error: column 'a', row 0: expected integer, got '3000000000'" },
	{ "[{\"type\":\"long\",\"name\":\"z\"}]", "a\n1\n",
	  "error: Model is missing inputs ['z']. Note that there were extra inputs: ['a']." },
	{ "[{\"type\":\"datetime\",\"name\":\"a\"}]", "a\n2024-01-01\n", "table 1 {\"a\" datetime: "
	  "1704067200000000000}" },
	{ "[{\"type\":\"binary\",\"name\":\"a\"}]", "a\naGk=\n\"\"\n",
	  "table 2 {\"a\" bytes: b:aGk= None}" },
	{ "[{\"type\":\"binary\",\"name\":\"a\"}]", "a\naGk=\n***\n",
	  "error: column 'a', row 1: expected binary, got '***' (not valid base64)" },
	{ "[{\"type\":\"array\",\"items\":{\"type\":\"double\"},\"name\":\"a\"}]",
	  "a\n\"[1.5,2.0]\"\n[]\n\"\"\n", "table 3 {\"a\" object: [1.5,2.0] [] None}" },
	{ "[{\"type\":\"array\",\"items\":{\"type\":\"double\"},\"name\":\"a\"}]", "a\n[1.5\n",
	  "error: column 'a', row 0: no JSON: line 1, column 5: the text ends where a comma or ] is expected" },
	{ "[{\"type\":\"array\",\"items\":{\"type\":\"double\"},\"name\":\"a\"}]", "a\n[2]\n",
	  "error: column 'a', row 0: Incompatible input types for column . Can not safely convert int64 to "
	  "float64." },
	{ "[{\"type\":\"map\",\"values\":{\"type\":\"long\"},\"name\":\"a\",\"required\":true},"
	  "{\"type\":\"any\",\"name\":\"b\"}]", "a,b\n\"{\"\"k\"\":1}\",\"[1,\"\"x\"\"]\"\n",
	  "table 1 {\"a\" object: {\"k\":<int64 1>}} {\"b\" object: [1,\"x\"]}" },
	{ "[{\"type\":\"double\"},{\"type\":\"long\"}]", "x,y,z\n1,2,3\n",
	  "table 1 {\"x\" float64: 1.0} {\"y\" int64: 2}" },
};

static void messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
		struct pf_str inputs = rows[i].inputs ? pf_s(rows[i].inputs) : (struct pf_str){ 0 };

		read_csv(&out, inputs, pf_s(rows[i].text));
		assert_string_equal(out.p, rows[i].wanted);
	}
}

static void ceilings(void **state)
{
	PF_AUTO(buf) text = PF_BUF(PF_MIB(4));
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

	(void)state;
	read_csv(&out, (struct pf_str){ 0 }, (struct pf_str){ "a\n\0\n", 4 });
	assert_string_equal(out.p, "error: line 2: a NUL byte in the CSV text");
	for (unsigned i = 0; i < 200000; i++)
		pf_buf_printf(&text, "c%u,", i);
	out.n = 0;
	read_csv(&out, (struct pf_str){ 0 }, pf_buf_view(&text));
	assert_string_equal(out.p, "error: line 1: the header has more than 100000 columns");
}

/* ---- where rows end ---- */

static const struct {
	const char *text;
	size_t rows;		/* asked for */
	size_t found, bytes;
} cuts[] = {
	{ "a,b\n1,2\n", 1, 1, 4 },	     { "a,b\n1,2\n", 9, 2, 8 },
	{ "a,b\n1,2", 9, 1, 4 },	     { "a,b", 9, 0, 0 },
	{ "a\r\nb\r\n", 1, 1, 3 },	     { "a\rb\rc", 9, 2, 4 },
	{ "a\r", 9, 0, 0 },		     { "\"x\ny\"\nz\n", 1, 1, 6 },
	{ "\"x\"\"\n\"\nz\n", 1, 1, 7 },   { "\"x\n", 9, 0, 0 },
	{ "\"x\"", 9, 0, 0 },		     { "a,\"x\ny\",b\nz\n", 1, 1, 10 },
	{ "x\"y\nz\n", 9, 2, 6 },	     { "\n \t\na\n\nb\n", 2, 2, 9 },
	{ "\n\n", 9, 0, 2 },		     { ",\n", 9, 1, 2 },
	{ "\"\"\n", 9, 1, 3 },		     { "", 9, 0, 0 },
};

static void rows_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(cuts); i++) {
		size_t found = 99, bytes = pf_csv_cut(&found, pf_s(cuts[i].text), cuts[i].rows);

		if (bytes != cuts[i].bytes || found != cuts[i].found)
			fail_msg("%zu: %zu rows of %zu bytes", i, found, bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_files),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(messages),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(rows_end),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
