/* test_payload.c - request bodies, replayed against what MLflow made of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "data/data.h"
#include "show.h"

/* "error: MESSAGE", "raw", or the value. */
static void answer(struct pf_buf *out, struct pf_str inputs, struct pf_str params, struct pf_str body)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s = { 0 };
	struct pf_request r = { 0 };
	struct pf_err err;
	struct pf_expect expect = { 0 };

	parse_signature(&s, &a, inputs, params);
	expect.inputs = &s.inputs;
	expect.params = &s.params;
	if (pf_payload_read(&r, &a, body, &expect, &err) < 0) {
		pf_buf_printf(out, "error: %s", err.msg);
		return;
	}
	if (r.raw)
		pf_buf_cstr(out, "raw");
	else
		show(out, &r.data);
	if (r.params.kind == PF_V_MAP) {
		pf_buf_cstr(out, " params ");
		assert_int_equal(pf_answer_json(out, &r.params, false, &err), 0);
	}
}

static void check_recorded(const struct unit_row *r, void *tally)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

	answer(&out, r->v[0], (struct pf_str){ 0 }, r->v[1]);
	tally_row(tally, r, out.p, false);
}

static void recorded_bodies(void **state)
{
	struct tally t = tally_table("payload.tsv", check_recorded);

	(void)state;
	assert_true(t.same > 2000 && t.errors > 2000);
}

#define NUMBERED(name) "{\"type\":\"long\",\"name\":" name "}"

/* Columns that pandas labelled by itself: numbers are names in the signature, and none in a body
 * but for a split's. Text is another label, to pandas. */
static void numbered_columns(void **state)
{
	static const char inputs[] = "[" NUMBERED("0") "," NUMBERED("1") "]";
	static const char text[] = "error: Model is missing inputs [0, 1]. Note that there were "
				   "extra inputs: ['1', '0'].";
	static const char *const rows[][2] = {
		{ "{\"dataframe_split\":{\"data\":[[1,2]]}}", "table 1 {0 int64: 1} {1 int64: 2}" },
		{ "{\"dataframe_split\":{\"columns\":[0,1],\"data\":[[1,2]]}}",
		  "table 1 {0 int64: 1} {1 int64: 2}" },
		{ "{\"dataframe_split\":{\"columns\":[1,0],\"data\":[[1,2]]}}", "raw" },
		{ "{\"dataframe_split\":{\"data\":[[1]]}}", "error: Model is missing inputs [1]." },
		{ "{\"dataframe_split\":{\"columns\":[\"1\",\"0\"],\"data\":[[1,2]]}}", text },
		{ "{\"dataframe_records\":[{\"1\":1,\"0\":2}]}", text },
		{ "{\"inputs\":{\"1\":[1],\"0\":[2]}}", text },
		{ "{\"instances\":[{\"1\":1,\"0\":2}]}", text },
	};
	static const char *const others[][3] = {
		{ "[" NUMBERED("1") "," NUMBERED("0") "]",
		  "{\"dataframe_split\":{\"data\":[[1,2]]}}", "raw" },
		{ "[" NUMBERED("1") "," NUMBERED("2") "]",
		  "{\"dataframe_split\":{\"data\":[[1,2]]}}",
		  "error: Model is missing inputs [2]. Note that there were extra inputs: [0]." },
		{ "[" NUMBERED("-1") "]", "{\"dataframe_split\":{\"data\":[[1]]}}",
		  "error: Model is missing inputs [-1]. Note that there were extra inputs: [0]." },
		{ "[" NUMBERED("0") "]", "{\"inputs\":[1,2]}", "table 2 {0 int64: 1 2}" },
		{ "[" NUMBERED("5") "]", "{\"inputs\":[1,2]}", "raw" },
		{ "[" NUMBERED("\"5\"") "]", "{\"inputs\":[1,2]}", "table 2 {\"5\" int64: 1 2}" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_KIB(16));

		answer(&out, pf_s(inputs), (struct pf_str){ 0 }, pf_s(rows[i][0]));
		assert_string_equal(out.p, rows[i][1]);
	}
	for (size_t i = 0; i < PF_COUNT(others); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_KIB(16));

		answer(&out, pf_s(others[i][0]), (struct pf_str){ 0 }, pf_s(others[i][1]));
		assert_string_equal(out.p, others[i][2]);
	}
}

/* ---- hostile bodies, made by the acceptance corpus ---- */

#define LONGS "[{\"type\":\"long\",\"name\":\"a\",\"required\":true}," \
	      "{\"type\":\"double\",\"name\":\"b\",\"required\":true}]"

/* The signature a case is about; all others have none. Bare NaN and infinities are read, as
 * Python's json reads them. */
static const struct {
	const char *name;
	const char *inputs;	/* NULL: accepted here, though the corpus would refuse it */
} hostile[] = {
	{ "nan", NULL },
	{ "inf", NULL },
	{ "neg-inf", NULL },
	{ "int64-over", "[{\"type\":\"long\",\"name\":\"a\",\"required\":true}]" },
	{ "missing-col", LONGS },
	{ "wrong-type", LONGS },
	{ "float-for-long", LONGS },
	{ "null-required", LONGS },
	{ "bool-for-long", LONGS },
	{ "ok-extra-col", LONGS },
	{ "ok-reordered", LONGS },
	{ "b64-bad", "[{\"type\":\"binary\",\"name\":\"img\",\"required\":true}]" },
	{ "date-bad", "[{\"type\":\"datetime\",\"name\":\"d\",\"required\":true}]" },
	{ "date-year-10000", "[{\"type\":\"datetime\",\"name\":\"d\",\"required\":true}]" },
};

static void ask_hostile(int *code, const char *dir, const struct unit_row *r, const char *inputs)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(64));
	struct pf_signature s = { 0 };
	struct pf_expect expect = { 0 };
	struct pf_request out = { 0 };
	struct pf_err err = { 0 };
	int rc;

	if (inputs)
		parse_signature(&s, &a, pf_s(inputs), (struct pf_str){ 0 });
	expect.inputs = &s.inputs;
	if (pf_read_file(&text, AT_FDCWD, pf_formatz(&a, "%s/" PF_FMT, dir, PF_ARG(r->v[2])), &err) < 0)
		fail_msg("%s", err.msg);
	rc = pf_str_ends(r->v[2], ".csv") ? pf_csv_read(&out, &a, pf_buf_view(&text), &expect, &err)
					  : pf_payload_read(&out, &a, pf_buf_view(&text), &expect, &err);
	*code = rc < 0 ? err.code : 0;
	/* What is left to the environment is refused there. */
	if (rc == 0 && out.raw)
		*code = -1;
}

static void check_hostile(const struct unit_row *r, void *ctx)
{
	struct pf_str name = pf_str_skip(r->v[0], 6);
	bool accept = pf_str_is(r->v[3], "accept");
	const char *inputs = NULL;
	int64_t wanted = 0;
	int code;

	if (!pf_str_is(r->v[1], "input") || !pf_int64_read(r->v[4], &wanted))
		return;
	for (size_t i = 0; i < PF_COUNT(hostile); i++) {
		if (!pf_str_is(name, hostile[i].name))
			continue;
		inputs = hostile[i].inputs;
		accept |= !inputs;
	}
	ask_hostile(&code, ctx, r, inputs);
	if (accept ? code > 0 : code != -1 && code != wanted)
		fail_msg(PF_FMT ": %s, but the code is %d", PF_ARG(name),
			 accept ? "to be accepted" : "to be refused", code);
}

static void hostile_bodies(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const char *maker = unit_acceptance(&a, "hostile/make_hostile.py");
	char name[64] = "";
	char *dir, *argv[] = { "python3", (char *)maker, NULL, NULL };
	struct pf_spawn what = { .argv = argv, .in = -1, .out = -1, .err = -1 };
	struct pf_err err;
	int status;

	(void)state;
	if (!maker || !(what.path = pf_which(&a, "python3"))) {
		print_message("skipped: hostile bodies need PYFUNC_ENV_ACCEPTANCE and python3\n");
		skip();
	}
	assert_int_equal(pf_mkdtemp_at(AT_FDCWD, "hostile-", name, sizeof(name), &err), 0);
	dir = argv[2] = pf_formatz(&a, "%s/made", name);
	if (pf_proc_capture(NULL, &what, -1, 120, &status, &err) < 0 || status)
		fail_msg("%s", "the corpus cannot be made");
	assert_true(unit_table(pf_formatz(&a, "%s/index.tsv", dir), check_hostile, dir) > 500);
	assert_int_equal(pf_remove_tree(AT_FDCWD, name, &err), 0);
}

/* ---- params ---- */

#define PARAMS                                                                                   \
	"[{\"name\":\"temperature\",\"type\":\"double\",\"default\":0.5,\"shape\":null},"         \
	"{\"name\":\"n\",\"type\":\"integer\",\"default\":1,\"shape\":null},"                     \
	"{\"name\":\"stop\",\"type\":\"string\",\"default\":[\"a\"],\"shape\":[-1]},"             \
	"{\"name\":\"flag\",\"type\":\"boolean\",\"default\":false,\"shape\":null}]"

static const struct {
	const char *params;	/* of the request */
	const char *wanted;
} params[] = {
	{ "null", " params {\"temperature\":0.5,\"n\":1,\"stop\":[\"a\"],\"flag\":false}" },
	{ "{}", " params {\"temperature\":0.5,\"n\":1,\"stop\":[\"a\"],\"flag\":false}" },
	{ "{\"temperature\":1,\"n\":4,\"stop\":[\"x\",\"y\"],\"flag\":true}",
	  " params {\"temperature\":1.0,\"n\":4,\"stop\":[\"x\",\"y\"],\"flag\":true}" },
	{ "{\"n\":null,\"zzz\":3}",
	  " params {\"n\":null,\"temperature\":0.5,\"stop\":[\"a\"],\"flag\":false}" },
	{ "{\"n\":1.5,\"zzz\":1}",
	  "error: Invalid parameters found: {('n', \"Failed to validate type and shape for 'n': integer "
	  "(default: 1), error: Can not safely convert `<class 'float'>` to `DataType.integer` for value "
	  "`1.5`\")}" },
	{ "{\"temperature\":\"hot\"}",
	  "error: Invalid parameters found: {('temperature', \"Failed to validate type and shape for "
	  "'temperature': double (default: 0.5), error: Can not safely convert `<class 'str'>` to "
	  "`DataType.double` for value `hot`\")}" },
	{ "{\"stop\":\"x\"}",
	  "error: Invalid parameters found: {('stop', \"Value must be a 1D array with shape (-1,) for "
	  "param 'stop': string (default: ['a']) (shape: (-1,)), received str with ndim 0\")}" },
	{ "{\"flag\":1}",
	  "error: Invalid parameters found: {('flag', \"Failed to validate type and shape for 'flag': "
	  "boolean (default: False), error: Can not safely convert `<class 'int'>` to `DataType.boolean` "
	  "for value `1`\")}" },
	{ "[1]", "error: Parameters must be a dictionary. Got type 'list'." },
};

/* numpy's spellings of dates, of which MLflow asks for a datetime */
static const struct {
	const char *given;
	const char *wanted;	/* NULL: refused */
} dates[] = {
	{ "2024-02-29", "2024-02-29T00:00:00" },
	{ "2024-02-29T10", "2024-02-29T10:00:00" },
	{ "2024-02-29 10:20", "2024-02-29T10:20:00" },
	{ "2024-02-29T10:20:30.123456", "2024-02-29T10:20:30.123456" },
	{ "2024-02-29T10:20:30.1234567", NULL },
	{ "2024-02-29T10:20:30.000000000", NULL },
	{ "2024-02-30T10:20", NULL },
	{ "2024-02-29T1x", NULL },
	{ "2024-02-29T10:20:", NULL },
};

static void parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(params); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
		const char *tail = "array int64 (1): 1";

		answer(&out, (struct pf_str){ 0 }, PF_S(PARAMS),
		       pf_format(&a, "{\"inputs\":[1],\"params\":%s}", params[i].params));
		assert_string_equal(strncmp(out.p, tail, strlen(tail)) ? out.p : out.p + strlen(tail),
				    params[i].wanted);
	}
}

static void date_parameters(void **state)
{
	static const char declared[] = "[{\"name\":\"at\",\"type\":\"datetime\",\"default\":null,\"shape\":null}]";

	(void)state;
	for (size_t i = 0; i < PF_COUNT(dates); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

		answer(&out, (struct pf_str){ 0 }, pf_s(declared),
		       pf_format(&a, "{\"inputs\":[1],\"params\":{\"at\":\"%s\"}}", dates[i].given));
		if (dates[i].wanted)
			assert_string_equal(out.p, pf_formatz(&a, "array int64 (1): 1 params {\"at\":\"%s\"}",
							      dates[i].wanted));
		else
			assert_int_equal(strncmp(out.p, "error: Invalid parameters found", 31), 0);
	}
}

/* ---- messages ---- */

#define DATED "[{\"type\":\"datetime\",\"name\":\"d\"},{\"type\":\"integer\",\"name\":\"n\"}]"
#define LISTED "[{\"type\":\"array\",\"items\":{\"type\":\"long\"},\"name\":\"l\",\"required\":true}," \
	       "{\"type\":\"integer\",\"name\":\"n\"}]"

static const struct {
	const char *inputs;
	const char *body;
	const char *wanted;
} messages[] = {
	{ NULL, "[1]", "error: the input is a list; it must be an object with exactly one of "
		       "dataframe_split, dataframe_records, instances and inputs" },
	{ NULL, "{\"inputs\":[1],\"instances\":[1]}",
	  "error: the input holds both \"instances\" and \"inputs\"; it must be an object with exactly one "
	  "of dataframe_split, dataframe_records, instances and inputs" },
	{ NULL, "{\"inputs\":[1],\"inputs\":[1]}",
	  "error: line 1, column 27: the key \"inputs\" appears twice in an object" },
	{ NULL, "{\"inputs\":[1e999]}", "error: line 1, column 12: a number is beyond the range of a double" },
	{ NULL, "{\"inputs\":[1,\n99999999999999999999]}",
	  "error: line 2, column 1: an integer does not fit into 64 bits" },
	{ NULL, "{\"inputs\":[[1,2],[3]]}",
	  "error: the input is no array: at [1] the lists differ in length or depth from those before" },
	{ NULL, "{\"dataframe_split\":{\"columns\":[\"a\",\"b\"],\"data\":[[1,2],[3]]}}",
	  "error: row 1 of dataframe_split has 1 values, where there are 2 columns" },
	{ NULL, "{\"messages\":[]}", "map \"messages\"=(list )" },
	{ LONGS, "{\"dataframe_split\":{\"columns\":[\"a\"],\"data\":[[1]]}}",
	  "error: Model is missing inputs ['b']." },
	{ LONGS, "{\"dataframe_split\":{\"columns\":[\"a\",\"it's\"],\"data\":[[1,2]]}}",
	  "error: Model is missing inputs ['b']. Note that there were extra inputs: [\"it's\"]." },
	{ LONGS, "{\"dataframe_split\":{\"columns\":[\"a\",\"b\"],\"data\":[[1,2],[1.7,2]]}}",
	  "error: column 'a', row 1: expected long, got 1.7" },
	{ LONGS, "{\"dataframe_records\":[{\"a\":null,\"b\":1}]}",
	  "error: column 'a', row 0: expected long, got null" },
	{ "[{\"type\":\"array\",\"items\":{\"type\":\"long\"},\"name\":\"a\",\"required\":true}]",
	  "{\"dataframe_split\":{\"columns\":[\"a\"],\"data\":[[[1]]]}}", "table 1 {\"a\" object: [1]}" },
	{ "[{\"type\":\"any\",\"name\":\"a\"}]", "{\"instances\":[{\"a\":1}]}", "raw" },
	/* One column is for the environment to read; another one would lose its value there. */
	{ DATED, "{\"dataframe_records\":[{\"d\":\"1 Jan 2024\",\"n\":1.7}]}",
	  "error: column 'n', row 0: expected integer, got 1.7" },
	{ DATED, "{\"instances\":[{\"d\":\"1 Jan 2024\",\"n\":3000000000}]}",
	  "error: column 'n', row 0: expected integer, got 3000000000" },
	{ DATED, "{\"dataframe_records\":[{\"d\":\"1 Jan 2024\",\"n\":2}]}", "raw" },
	{ LISTED, "{\"instances\":[{\"n\":1,\"l\":[1]},{\"n\":1.7,\"l\":[2]}]}",
	  "error: column 'n', row 1: expected integer, got 1.7" },
	{ LISTED, "{\"instances\":[{\"l\":[1]},{\"l\":[1]},{\"n\":1.5,\"l\":[2]}]}",
	  "error: column 'n', row 2: expected integer, got 1.5" },
	{ LISTED, "{\"instances\":{\"n\":[1,true],\"l\":[[1],[2]]}}",
	  "error: column 'n', row 1: expected integer, got true" },
	{ LISTED, "{\"instances\":{\"n\":3000000000,\"l\":[1]}}",
	  "error: column 'n', row 0: expected integer, got 3000000000" },
	{ LISTED, "{\"instances\":[{\"n\":1,\"l\":[1]},{\"n\":2,\"l\":[2]}]}", "raw" },
	{ "[{\"type\":\"double\"},{\"type\":\"double\"}]", "{\"dataframe_split\":{\"data\":[[1]]}}",
	  "error: Model inference is missing inputs. The model signature declares 2 inputs  but the provided "
	  "value only has 1 inputs. Note: the inputs were not named in the signature so we can only verify "
	  "their count." },
	{ "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,3]}}]",
	  "{\"inputs\":[[1,2]]}",
	  "error: Shape of input (1, 2) does not match expected shape (-1, 3)." },
	{ "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int32\",\"shape\":[-1,2]}}]",
	  "{\"inputs\":[[1,2],[3,4.5]]}", "error: element [1][1]: expected int32, got 4.5" },
};

static void wording(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(messages); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
		struct pf_str inputs = messages[i].inputs ? pf_s(messages[i].inputs) : (struct pf_str){ 0 };

		answer(&out, inputs, (struct pf_str){ 0 }, pf_s(messages[i].body));
		assert_string_equal(out.p, messages[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_bodies),  cmocka_unit_test(hostile_bodies),
		cmocka_unit_test(numbered_columns), cmocka_unit_test(parameters),
		cmocka_unit_test(date_parameters),  cmocka_unit_test(wording),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
