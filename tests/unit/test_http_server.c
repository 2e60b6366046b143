/* test_http_server.c - requests as the server reads them: heads, bodies, routes, types, tokens */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "serve/inside.h"
#include "serve/route.h"

#define H "Host: h\r\n"
#define POST "POST /invocations HTTP/1.1\r\n" H

/* ---- heads ---- */

static const struct {
	const char *text;
	unsigned status;	/* 0: taken; 1: not whole yet */
} heads[] = {
	{ "GET /ping HTTP/1.1\r\n" H "\r\n", 0 },
	{ "\r\n\r\nGET /ping HTTP/1.1\r\n" H "\r\n", 0 },
	{ "GET /ping HTTP/1.0\r\n\r\n", 0 },
	{ "HEAD http://h:1/ping?x=1 HTTP/1.1\r\n" H "\r\n", 0 },
	{ POST "Content-Length: 0\r\n\r\n", 0 },
	{ POST "content-length:\t12 \r\nX-Any: \xc3\xa9\r\n\r\n", 0 },
	{ POST "Transfer-Encoding: Chunked\r\n\r\n", 0 },
	{ "", 1 },
	{ "GET /ping HTTP/1.1\r", 1 },
	{ "GET /ping HTTP/1.1\r\n" H, 1 },
	{ "GET /ping HTTP/1.1\r\n" H "\r", 1 },
	{ "\x16\x03\x01\x02", 400 },
	{ "GET /ping\r\n", 400 },
	{ "GET  /ping HTTP/1.1\r\n", 400 },
	{ "GET /pi ng HTTP/1.1\r\n", 400 },
	{ "GET /\xc3\xa9 HTTP/1.1\r\n", 400 },
	{ "G(T / HTTP/1.1\r\n", 400 },
	{ " GET / HTTP/1.1\r\n", 400 },
	{ "GET / http/1.1\r\n", 400 },
	{ "GET / HTTP/1.10\r\n", 400 },
	{ "GET / HTTP/2.0\r\n", 505 },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
	{ "GET / HTTP/1.1\n" H "\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X: \x01\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H " folded\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H "none\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n\r\n", 400 },
	{ "GET / HTTP/1.1\r\n" H H "\r\n", 400 },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
	{ "TRACE / HTTP/1.1\r\n" H "\r\n", 501 },
	{ "CONNECT a:1 HTTP/1.1\r\n" H "\r\n", 501 },
	{ POST "\r\n", 411 },
	{ POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
	{ POST "Content-Length: 1, 1\r\n\r\n", 400 },
	{ POST "Content-Length: +1\r\n\r\n", 400 },
	{ POST "Content-Length: -1\r\n\r\n", 400 },
	{ POST "Content-Length: 0x1\r\n\r\n", 400 },
	{ POST "Content-Length:\r\n\r\n", 400 },
	{ POST "Content-Length: 99999999999999999999\r\n\r\n", 413 },
	{ POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400 },
	{ POST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
	{ POST "Transfer-Encoding: \x0b""chunked\r\n\r\n", 400 },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
	{ POST "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n", 417 },
	{ POST "Content-Length: 1\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n", 400 },
};

/* Whole, and by a byte at a time: the verdict is the same, and no later than at its last byte. */
static void reads_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(heads); i++) {
		struct pf_str text = pf_s(heads[i].text);
		struct pf_http head;
		struct pf_refusal no = { 0 };
		ssize_t whole = pf_http_read(&head, text.p, text.n, &no), n = 0;
		unsigned status = whole < 0 ? no.status : whole == 0;

		if (status != heads[i].status || (whole > 0 && (size_t)whole != text.n))
			fail_msg("%s: %u (%s)", heads[i].text, status, whole < 0 ? no.why : "");
		for (size_t some = 0; some <= text.n && n == 0; some++)
			n = pf_http_read(&head, text.p, some, &no);
		assert_true((n < 0) == (whole < 0));
		if (n < 0)
			assert_int_equal(no.status, heads[i].status);
	}
}

static void tells_what_it_read(void **state)
{
	static const char text[] = "POST http://h/invocations?a=1 HTTP/1.1\r\n" H
				   "Connection: x, CLOSE\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n"
				   "Content-Type:  text/csv \r\nAuthorization: Bearer t\r\n\r\nbody";
	struct pf_http head;
	struct pf_refusal no;

	(void)state;
	assert_int_equal(pf_http_read(&head, text, sizeof(text) - 1, &no), sizeof(text) - 5);
	assert_int_equal(head.method, PF_POST);
	assert_true(pf_str_is(head.path, "/invocations"));
	assert_true(pf_str_is(head.content_type, "text/csv"));
	assert_true(pf_str_is(head.authorization, "Bearer t"));
	assert_true(head.has_length && head.length == 7 && head.expects && !head.keep_alive);
	assert_int_equal(pf_http_read(&head, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 42, &no), 42);
	assert_true(head.keep_alive && head.minor == 0);
}

static void bounds_heads(void **state)
{
	static char text[PF_MAX_HTTP_HEAD + PF_KIB(64)];
	struct pf_http head;
	struct pf_refusal no = { 0 };
	size_t n;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(pf_http_read(&head, text, PF_MAX_REQUEST_LINE - 1, &no), 0);
	assert_int_equal(pf_http_read(&head, text, PF_MAX_REQUEST_LINE + 1, &no), -1);
	assert_int_equal(no.status, 414);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	assert_int_equal(pf_http_read(&head, text, PF_MAX_HTTP_HEAD + 1, &no), -1);
	assert_int_equal(no.status, 431);
	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H);
	for (unsigned i = 0; i < PF_MAX_HTTP_FIELDS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a: b\r\n");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
	assert_int_equal(pf_http_read(&head, text, n, &no), -1);
	assert_int_equal(no.status, 431);
}

/* ---- bodies ---- */

static const struct {
	const char *text;
	unsigned status;	/* 0: whole; 1: not whole yet */
	const char *content;
} bodies[] = {
	{ "0\r\n\r\n", 0, "" },
	{ "3\r\nabc\r\n0\r\n\r\n", 0, "abc" },
	{ "1\r\na\r\n2;x=\"y\"\r\nbc\r\n00\r\nT: v\r\nU: w\r\n\r\n", 0, "abc" },
	{ "A \t;x\r\n0123456789\r\n0\r\n\r\n", 0, "0123456789" },
	{ "3\r\nab", 1, "ab" },
	{ "3\r\nabc\r\n0\r\n", 1, "abc" },
	{ "3\nabc\n0\n\n", 400, NULL },
	{ "3\r\nabcd\r\n", 400, NULL },
	{ "g\r\n", 400, NULL },
	{ "\r\n", 400, NULL },
	{ "0x3\r\nabc\r\n", 400, NULL },
	{ "-1\r\n", 400, NULL },
	{ "+1\r\n", 400, NULL },
	{ " 1\r\n", 400, NULL },
	{ "1 1\r\n", 400, NULL },
	{ "fffffffffffffffff\r\n", 413, NULL },
	{ "7fffffff\r\n", 413, NULL },
	{ "0\r\nnone\r\n\r\n", 400, NULL },
	{ "0\r\nT: \x01\r\n\r\n", 400, NULL },
};

/* Fed `step` bytes at a time; what a step leaves is offered again. */
static unsigned feed(struct pf_buf *out, struct pf_body *b, struct pf_str text, size_t step, size_t *used)
{
	struct pf_refusal no = { 0 };
	size_t at = 0, end = 0;

	while (b->state != PF_BODY_DONE && end < text.n) {
		ssize_t n;

		end = end + step < text.n ? end + step : text.n;
		n = pf_body_read(b, out, text.p + at, end - at, &no);
		if (n < 0)
			return no.status;
		at += (size_t)n;
	}
	*used = at;
	return b->state != PF_BODY_DONE;
}

static void reads_chunks(void **state)
{
	static const struct pf_http chunked = { .chunked = true };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(bodies); i++) {
		for (size_t step = 1; step <= strlen(bodies[i].text); step++) {
			PF_AUTO(buf) out = PF_BUF(1000);
			PF_AUTO(arena) a = { 0 };
			struct pf_str text = pf_format(&a, "%s", bodies[i].text);
			struct pf_body b;
			size_t used = 0;
			unsigned status;

			pf_body_start(&b, &chunked);
			status = feed(&out, &b, text, step, &used);
			if (status != bodies[i].status)
				fail_msg("%s, %zu bytes at a time: %u", bodies[i].text, step, status);
			if (bodies[i].content && !pf_str_is(pf_buf_view(&out), bodies[i].content))
				fail_msg("%s: " PF_FMT, bodies[i].text, PF_ARG(pf_buf_view(&out)));
			if (status == 0)
				assert_int_equal(used, text.n);
		}
	}
}

static void reads_plain_bodies(void **state)
{
	struct pf_http head = { .has_length = true, .length = 5 };
	PF_AUTO(buf) out = PF_BUF(1000), small = PF_BUF(4);
	struct pf_refusal no = { 0 };
	struct pf_body b;

	(void)state;
	pf_body_start(&b, &head);
	assert_int_equal(pf_body_read(&b, &out, "ab", 2, &no), 2);
	assert_int_equal(pf_body_read(&b, &out, "cdeGET", 6, &no), 3);
	assert_int_equal(b.state, PF_BODY_DONE);
	assert_true(pf_str_is(pf_buf_view(&out), "abcde"));
	pf_body_start(&b, &head);
	assert_int_equal(pf_body_read(&b, &small, "abcde", 5, &no), -1);
	assert_int_equal(no.status, 413);
	head.length = 0;
	pf_body_start(&b, &head);
	assert_int_equal(b.state, PF_BODY_DONE);
}

static void bounds_chunk_lines(void **state)
{
	static const struct pf_http chunked = { .chunked = true };
	static char text[3 * PF_MAX_CHUNK_LINE];
	PF_AUTO(buf) out = PF_BUF(1000);
	struct pf_refusal no = { 0 };
	struct pf_body b;
	size_t n = 0;

	(void)state;
	pf_body_start(&b, &chunked);
	memset(text, 'x', sizeof(text));
	text[0] = '1';
	text[1] = ';';
	assert_int_equal(pf_body_read(&b, &out, text, sizeof(text), &no), -1);
	assert_int_equal(no.status, 431);
	pf_body_start(&b, &chunked);
	n = (size_t)snprintf(text, sizeof(text), "0\r\n");
	while (n + 20 < sizeof(text))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "trailer: value\r\n");
	assert_int_equal(pf_body_read(&b, &out, text, n, &no), -1);
	assert_int_equal(no.status, 431);
}

/* ---- routes, types, tokens ---- */

static void finds_routes(void **state)
{
	static const struct {
		const char *path;
		enum pf_method method;
		enum pf_route route;
		unsigned status;
		const char *allow;
	} rows[] = {
		{ "/ping", PF_GET, PF_ROUTE_PING, 200, NULL },
		{ "/health", PF_HEAD, PF_ROUTE_HEALTH, 200, NULL },
		{ "/version", PF_POST, PF_ROUTE_VERSION, 405, "GET, HEAD" },
		{ "/metrics", PF_OTHER_METHOD, PF_ROUTE_METRICS, 405, "GET, HEAD" },
		{ "/invocations", PF_POST, PF_ROUTE_INVOCATIONS, 200, NULL },
		{ "/invocations", PF_HEAD, PF_ROUTE_INVOCATIONS, 405, "POST" },
		{ "/invocations/", PF_POST, PF_ROUTE_NONE, 404, NULL },
		{ "/../ping", PF_GET, PF_ROUTE_NONE, 404, NULL },
		{ "/PING", PF_GET, PF_ROUTE_NONE, 404, NULL },
		{ "*", PF_GET, PF_ROUTE_NONE, 404, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_http head = { .method = rows[i].method, .path = pf_s(rows[i].path) };
		const char *allow = NULL;
		unsigned status = 0;

		assert_int_equal(pf_route_find(&head, &status, &allow), rows[i].route);
		assert_int_equal(status, rows[i].status);
		if (rows[i].allow)
			assert_string_equal(allow, rows[i].allow);
	}
}

static void knows_types(void **state)
{
	static const struct {
		const char *type;
		int format;
		const char *why;	/* how it begins */
	} rows[] = {
		{ "application/json", PF_ORDER_JSON, NULL },
		{ "Application/JSON ; charset=UTF-8", PF_ORDER_JSON, NULL },
		{ "application/json; charset=\"utf-8\"", PF_ORDER_JSON, NULL },
		{ "text/csv;charset=utf-8", PF_ORDER_CSV, NULL },
		{ "application/vnd.apache.parquet", PF_ORDER_PARQUET, NULL },
		{ "application/json; charset=latin-1", -1, "The scoring server only supports UTF-8" },
		{ "application/json; format=pandas-split", -1, "Unrecognized content type parameters: format. IMP" },
		{ "text/xml; a=1; b=2", -1, "Unrecognized content type parameters: a, b. IMPORTANT: The MLflow" },
		{ "text/xml", -1, "This predictor only supports the following content types: Types: ['text/csv'" },
		{ "", -1, "This predictor only supports" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) why = PF_BUF(PF_KIB(64));

		assert_int_equal(pf_route_format(&why, pf_s(rows[i].type)), rows[i].format);
		if (rows[i].why && !pf_str_starts(pf_buf_view(&why), rows[i].why))
			fail_msg("%s: " PF_FMT, rows[i].type, PF_ARG(pf_buf_view(&why)));
	}
}

static void admits_tokens(void **state)
{
	static const struct {
		const char *given;
		bool admitted;
	} rows[] = {
		{ "Bearer one", true },	   { "bearer two2", true }, { "BEARER  one ", true },
		{ "Bearer on", false },	   { "Bearer onee", false }, { "Bearer ", false },
		{ "Bearer oneone", false }, { "Basic one", false }, { "one", false },
		{ "Bearer one\ntwo2", false }, { "", false },
	};
	struct pf_tokens t = { .text = PF_BUF(1000) };

	(void)state;
	pf_buf_cstr(&t.text, "one\ntwo2\n");
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if (pf_tokens_admit(&t, pf_s(rows[i].given)) != rows[i].admitted)
			fail_msg("%s", rows[i].given);
	pf_tokens_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_heads),	     cmocka_unit_test(tells_what_it_read),
		cmocka_unit_test(bounds_heads),	     cmocka_unit_test(reads_chunks),
		cmocka_unit_test(reads_plain_bodies), cmocka_unit_test(bounds_chunk_lines),
		cmocka_unit_test(finds_routes),	     cmocka_unit_test(knows_types),
		cmocka_unit_test(admits_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
