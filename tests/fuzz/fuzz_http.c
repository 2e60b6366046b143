/* fuzz_http.c - any bytes as a request to the server: by libFuzzer, or damaged requests */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "base/limits.h"
#include "serve/http.h"
#include "serve/route.h"

static void check_view(struct pf_str all, struct pf_str view)
{
	if (view.p && view.n && (view.p < all.p || view.p + view.n > all.p + all.n) &&
	    !pf_str_is(view, "/"))
		abort();
}

/* In one piece, and in two: what is taken and what comes out is the same. */
static void read_body(const struct pf_http *head, const char *p, size_t n)
{
	PF_AUTO(buf) one = PF_BUF(PF_KIB(64)), two = PF_BUF(PF_KIB(64));
	struct pf_refusal no = { 0 };
	struct pf_body a, b;
	ssize_t whole, first, second;

	pf_body_start(&a, head);
	pf_body_start(&b, head);
	whole = pf_body_read(&a, &one, p, n, &no);
	first = pf_body_read(&b, &two, p, n / 2, &no);
	second = first < 0 ? -1 : pf_body_read(&b, &two, p + first, n - (size_t)first, &no);
	if ((whole < 0) != (second < 0))
		abort();
	if (whole >= 0 && (whole != first + second || a.state != b.state ||
			   !pf_str_eq(pf_buf_view(&one), pf_buf_view(&two))))
		abort();
	if (whole < 0 && !no.status)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str all = { (const char *)data, size };
	struct pf_http head;
	struct pf_refusal no = { 0 };
	PF_AUTO(buf) why = PF_BUF(PF_KIB(64));
	unsigned status;
	const char *allow;
	ssize_t n = pf_http_read(&head, all.p, all.n, &no);

	if (n < 0 && strcmp(pf_http_reason(no.status), "Unknown") == 0)
		abort();
	if (n <= 0)
		return 0;
	check_view(all, head.path);
	check_view(all, head.content_type);
	check_view(all, head.authorization);
	pf_route_find(&head, &status, &allow);
	if (pf_route_format(&why, head.content_type) < 0 && !why.n)
		abort();
	if (head.chunked && head.has_length)
		abort();
	read_body(&head, all.p + n, all.n - (size_t)n);
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const requests[] = {
	"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST /invocations HTTP/1.1\r\nHost: [::1]:5000\r\nContent-Type: application/json; charset=utf-8\r\n"
	"Content-Length: 17\r\nConnection: keep-alive\r\n\r\n{\"inputs\": [1,2]}GET / HTTP/1.1\r\n",
	"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n"
	"Expect: 100-continue\r\nAuthorization: Bearer abc\r\n\r\n5;x=y\r\na,b\r\n\r\n4\r\n1,2\n\r\n0\r\nT: v\r\n\r\n",
	"\r\nHEAD http://a/health?q HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n",
};

int main(void)
{
	struct fuzz f = { PF_S("\r\n: ;,=/0123456789aAfFxX\t\0\x7f\xff-_GHP."), 4000, 88172645u };

	for (size_t i = 0; i < PF_COUNT(requests); i++)
		fuzz_sample(&f, pf_s(requests[i]));
	return 0;
}
#endif
