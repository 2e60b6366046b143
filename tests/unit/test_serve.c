/* test_serve.c - requests put together and answers taken apart; errors in MLflow's form; lists of orders */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "serve/inside.h"

/* ---- together ---- */

static struct pf_request request_of(struct pf_arena *a, const char *body)
{
	static const struct pf_expect any = { 0 };
	struct pf_request r = { 0 };
	struct pf_err err = { 0 };

	if (pf_payload_read(&r, a, pf_s(body), &any, &err) < 0)
		fail_msg("%s: %s", body, err.msg);
	return r;
}

#define TABLE(rows) "{\"dataframe_split\":{\"columns\":[\"a\",\"b\"],\"data\":" rows "}}"

static void tells_what_fits(void **state)
{
	static const struct {
		const char *a, *b;
		bool fits;
	} rows[] = {
		{ TABLE("[[1,\"x\"]]"), TABLE("[[2,\"y\"],[3,\"z\"]]"), true },
		{ TABLE("[[1,\"x\"]]"), TABLE("[[2.5,\"y\"]]"), false },
		{ TABLE("[[1,2]]"), "{\"dataframe_records\":[{\"a\":1,\"b\":2}]}", true },
		{ TABLE("[[1,2]]"), "{\"dataframe_records\":[{\"b\":1,\"a\":2}]}", false },
		{ TABLE("[[1,2]]"), "{\"dataframe_split\":{\"columns\":[\"a\",\"b\"],\"index\":[7],\"data\":[[1,2]]}}", false },
		{ TABLE("[[1,2]]"), "{\"inputs\":[[1,2]]}", false },
		{ "{\"inputs\":[[1,2]]}", "{\"inputs\":[[3,4],[5,6]]}", true },
		{ "{\"inputs\":[[1,2]]}", "{\"inputs\":[[3,4,5]]}", false },
		{ "{\"inputs\":[[1,2]]}", "{\"inputs\":[[3.5,4]]}", false },
		{ "{\"inputs\":[1]}", "{\"inputs\":[[1]]}", false },
		{ "{\"inputs\":1}", "{\"inputs\":1}", false },
		{ "{\"inputs\":{\"a\":[1]}}", "{\"inputs\":{\"a\":[1]}}", false },
		{ "{\"messages\":[]}", "{\"messages\":[]}", false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_request x = request_of(&a, rows[i].a), y = request_of(&a, rows[i].b);

		if (pf_batch_fits(&x, &y) != rows[i].fits || pf_batch_fits(&y, &x) != rows[i].fits)
			fail_msg("%s, %s", rows[i].a, rows[i].b);
	}
}

static void compares_parameters(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_request x = request_of(&a, TABLE("[[1,2]]")), y = x;
	struct pf_value one[] = { { .kind = PF_V_STRING, .s = PF_S("k") }, { .kind = PF_V_INT, .i = 1 } };
	struct pf_value two[] = { { .kind = PF_V_STRING, .s = PF_S("k") }, { .kind = PF_V_INT, .i = 2 } };

	(void)state;
	x.params = (struct pf_value){ .kind = PF_V_MAP, .list = { one, 1 } };
	assert_false(pf_batch_fits(&x, &y));
	y.params = (struct pf_value){ .kind = PF_V_MAP, .list = { two, 1 } };
	assert_false(pf_batch_fits(&x, &y));
	two[1].i = 1;
	assert_true(pf_batch_fits(&x, &y));
}

static void says(const struct pf_value *v, const char *wanted)
{
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_err err = { 0 };

	assert_int_equal(pf_answer_json(&text, v, false, &err), 0);
	assert_string_equal(text.p, wanted);
}

/* Joined, each has its rows again. */
static void joins_and_parts(void **state)
{
	static const struct {
		const char *bodies[3], *joined, *parts[3];
	} rows[] = {
		{ { TABLE("[[1,\"x\"]]"), TABLE("[]"), TABLE("[[2,\"y\"],[3,\"z\"]]") },
		  NULL, { NULL } }, /* an empty one has other types: it does not fit */
		{ { TABLE("[[1,\"x\"]]"), TABLE("[[2,\"y\"],[3,\"z\"]]"), TABLE("[[4,\"w\"]]") },
		  "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"},{\"a\":3,\"b\":\"z\"},{\"a\":4,\"b\":\"w\"}]",
		  { "[{\"a\":1,\"b\":\"x\"}]", "[{\"a\":2,\"b\":\"y\"},{\"a\":3,\"b\":\"z\"}]",
		    "[{\"a\":4,\"b\":\"w\"}]" } },
		{ { "{\"inputs\":[[1,2]]}", "{\"inputs\":[[3,4],[5,6]]}", "{\"inputs\":[[7,8]]}" },
		  "[[1,2],[3,4],[5,6],[7,8]]", { "[[1,2]]", "[[3,4],[5,6]]", "[[7,8]]" } },
		{ { "{\"inputs\":[\"a\"]}", "{\"inputs\":[\"b\",\"c\"]}", "{\"inputs\":[\"d\"]}" },
		  "[\"a\",\"b\",\"c\",\"d\"]", { "[\"a\"]", "[\"b\",\"c\"]", "[\"d\"]" } },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_request r[3], joined;
		const struct pf_request *all[] = { &r[0], &r[1], &r[2] };
		size_t n[3], from = 0;
		struct pf_value part;
		bool fit = true;

		for (size_t j = 0; j < 3; j++) {
			r[j] = request_of(&a, rows[i].bodies[j]);
			fit &= pf_batch_fits(&r[0], &r[j]);
		}
		assert_int_equal(fit, rows[i].joined != NULL);
		if (!fit)
			continue;
		pf_batch_join(&joined, &a, all, n, 3);
		assert_int_equal(n[0] + n[1] + n[2], 4);
		says(&joined.data, rows[i].joined);
		for (size_t j = 0; j < 3; j++) {
			assert_true(pf_batch_part(&part, &a, &joined.data, from, n[j], 4));
			says(&part, rows[i].parts[j]);
			from += n[j];
		}
	}
}

static void parts_lists_alone_of_the_right_length(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_value items[] = { { .kind = PF_V_INT, .i = 1 }, { .kind = PF_V_INT, .i = 2 },
				    { .kind = PF_V_INT, .i = 3 } };
	struct pf_value list = { .kind = PF_V_LIST, .list = { items, 3 } }, scalar = items[0], part;

	(void)state;
	assert_true(pf_batch_part(&part, &a, &list, 1, 2, 3));
	says(&part, "[2,3]");
	assert_false(pf_batch_part(&part, &a, &list, 0, 2, 4));
	assert_false(pf_batch_part(&part, &a, &scalar, 0, 1, 1));
}

/* ---- errors ---- */

static void tells_errors_as_mlflow_does(void **state)
{
	static const struct {
		enum pf_order_format format;
		int code;
		const char *message, *stage, *trace;
		unsigned status;
		const char *said[3];	/* all within the answer */
	} rows[] = {
		{ PF_ORDER_JSON, PF_EMODEL, "line 1, column 2: what", NULL, "", 400,
		  { "\"error_code\":\"BAD_REQUEST\",\"message\":\"Invalid input. Ensure that input is a valid JSON "
		    "formatted string. Error: line 1, column 2: what\",\"sqlstate\":\"KAM00\"",
		    "\"error_class\":\"INVALID_PARAMETER_VALUE\"}" } },
		{ PF_ORDER_JSON, PF_EMODEL, "the input must be an object with exactly one of dataframe_split, x", NULL,
		  "", 400,
		  { "BAD_REQUEST", "The input must be a JSON dictionary with exactly one of the input fields {'inputs'",
		    "scoring protocol has changed in MLflow version 2.0" } },
		{ PF_ORDER_JSON, PF_EMODEL, "Model is missing inputs ['a'].", NULL, "", 400,
		  { "INVALID_PARAMETER_VALUE\",\"message\":\"Failed to enforce schema", "KAM01", "Model is missing" } },
		{ PF_ORDER_JSON, PF_EMODEL, "column 'a', row 0: expected long, got 'x'", NULL, "", 400,
		  { "BAD_REQUEST", "Data is not compatible with model signature. column 'a'" } },
		{ PF_ORDER_JSON, PF_EMODEL, "Invalid parameters found: {}", NULL, "", 400,
		  { "INVALID_PARAMETER_VALUE", "KAM00" } },
		{ PF_ORDER_CSV, PF_EMODEL, "line 3: more than 2 fields", NULL, "", 400,
		  { "BAD_REQUEST", "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid CSV",
		    "\"stack_trace\":\"line 3: more than 2 fields\"" } },
		{ PF_ORDER_CSV, PF_EMODEL, "Model is missing inputs ['a'].", NULL, "", 400,
		  { "SCHEMA_ENFORCEMENT_FAILED", "Failed to enforce schema" } },
		{ PF_ORDER_JSON, PF_ELIMIT, "an object of the input has more than 9 keys", NULL, "", 400,
		  { "BAD_REQUEST" } },
		{ PF_ORDER_JSON, PF_ECODE, "the model failed to predict: ValueError: x", "predict", "Trace\n", 400,
		  { "BAD_REQUEST", "Encountered an unexpected error while evaluating the model. Verify that the",
		    "\"stack_trace\":\"Trace\\n\"" } },
		{ PF_ORDER_JSON, PF_EMODEL, "the model refuses the input: Failed to enforce schema of", "input", "T", 400,
		  { "INVALID_PARAMETER_VALUE", "KAM01" } },
		{ PF_ORDER_JSON, PF_ECODE, "the model's answer cannot be used: set", "convert", "T", 500,
		  { "INTERNAL_ERROR", "cannot be used" } },
		{ PF_ORDER_JSON, PF_ECODE, "the model's process ended without an answer: signal 9", NULL, "", 500,
		  { "INTERNAL_ERROR", "signal 9" } },
		{ PF_ORDER_JSON, PF_ELIMIT, "the model did not answer within 1 s and was ended", NULL, "", 504,
		  { "DEADLINE_EXCEEDED", "Request processing time exceeded limit" } },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_order *o = pf_order_make();
		struct pf_err err = { 0 };

		o->format = rows[i].format;
		pf_fail(&err, rows[i].code, "%s", rows[i].message);
		pf_mistake(o, &err, rows[i].stage, pf_s(rows[i].trace));
		if (o->status != rows[i].status)
			fail_msg("%s: %u", rows[i].message, o->status);
		for (size_t j = 0; j < 3 && rows[i].said[j]; j++)
			if (!strstr(o->answer.p, rows[i].said[j]))
				fail_msg("%s: not said: %s in %s", rows[i].message, rows[i].said[j], o->answer.p);
		pf_order_drop(o);
	}
}

/* ---- lists ---- */

static void keeps_orders(void **state)
{
	struct pf_orders list = { 0 }, other = { 0 };
	struct pf_order *o[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		o[i] = pf_order_make();
		pf_orders_add(i < 2 ? &other : &list, o[i]);
	}
	pf_orders_put_back(&list, &other);
	assert_int_equal(list.n, 4);
	assert_int_equal(other.n, 0);
	pf_orders_remove(&list, o[1]);
	pf_orders_remove(&list, o[3]);
	assert_ptr_equal(pf_orders_take(&list), o[0]);
	pf_orders_add(&list, o[1]);
	assert_ptr_equal(pf_orders_take(&list), o[2]);
	assert_ptr_equal(pf_orders_take(&list), o[1]);
	assert_null(pf_orders_take(&list));
	assert_null(list.last);
	for (size_t i = 0; i < 4; i++)
		pf_order_drop(o[i]);
}

/* ---- metrics ---- */

static void writes_metrics(void **state)
{
	static struct pf_metrics m;
	struct pf_team_state team = { .workers = 2, .ready = 1 };
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	static const char *const lines[] = {
		"pyfunc_env_requests_total{path=\"/invocations\",status=\"200\"} 2\n",
		"pyfunc_env_requests_total{path=\"other\",status=\"other\"} 1\n",
		"# TYPE pyfunc_env_request_seconds histogram\n",
		"pyfunc_env_request_seconds_bucket{le=\"0.0005\"} 0\n",
		"pyfunc_env_request_seconds_bucket{le=\"0.001\"} 1\n",
		"pyfunc_env_request_seconds_bucket{le=\"30\"} 1\n",
		"pyfunc_env_request_seconds_bucket{le=\"+Inf\"} 2\n",
		"pyfunc_env_request_seconds_count 2\n",
		"pyfunc_env_workers_ready 1\n",
	};

	(void)state;
	pf_metrics_note(&m, 3, 200, 0.001);
	pf_metrics_note(&m, 3, 200, 100);
	pf_metrics_note(&m, 5, 599, 0);
	pf_metrics_write(&out, &m, &team, 7);
	for (size_t i = 0; i < PF_COUNT(lines); i++)
		if (!strstr(out.p, lines[i]))
			fail_msg("no %s in %s", lines[i], out.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_fits),
		cmocka_unit_test(compares_parameters),
		cmocka_unit_test(joins_and_parts),
		cmocka_unit_test(parts_lists_alone_of_the_right_length),
		cmocka_unit_test(tells_errors_as_mlflow_does),
		cmocka_unit_test(keeps_orders),
		cmocka_unit_test(writes_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
