/* http.c - a request's head, read strictly */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/http.h"

#include "base/limits.h"
#include "base/str.h"

static int refuse(struct pf_refusal *no, unsigned status, const char *why)
{
	*no = (struct pf_refusal){ status, why };
	return -1;
}

/* RFC 9110, 5.6.2 */
static bool is_token(struct pf_str s)
{
	return s.n > 0 && pf_str_span(s, "!#$%&'*+-.^_`|~") == s.n;
}

static struct pf_str trim_blanks(struct pf_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = pf_str_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* ---- where the head ends ---- */

/* Blank lines before a request are passed over, as RFC 9112, 2.2 wants it. */
static size_t skip_blank_lines(const char *p, size_t n)
{
	size_t at = 0;

	while (at + 1 < n && p[at] == '\r' && p[at + 1] == '\n')
		at += 2;
	return at;
}

/* The end of the head; 0 when it has not come yet. Bytes that no head holds are refused as soon
 * as they are there: who talks TLS, or nothing at all, is not waited for. */
static ssize_t find_end(const char *p, size_t from, size_t n, struct pf_refusal *no)
{
	bool first = true;

	for (size_t i = from; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\n')
			return refuse(no, 400, "a line ends in LF alone");
		if (c == '\r' && i + 1 < n) {
			if (p[i + 1] != '\n')
				return refuse(no, 400, "a CR stands alone");
			if (n - i >= 4 && memcmp(p + i, "\r\n\r\n", 4) == 0)
				return (ssize_t)i + 4;
			first = false;
			i++;
			continue;
		}
		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\r') || (first && c >= 0x80))
			return refuse(no, 400, "the head of the request holds a control byte");
		if (first && i - from >= PF_MAX_REQUEST_LINE)
			return refuse(no, 414, "the request line is too long");
		if (i - from >= PF_MAX_HTTP_HEAD)
			return refuse(no, 431, "the head of the request is too long");
	}
	return 0;
}

/* ---- the request line ---- */

static const char *const methods[] = { [PF_GET] = "GET", [PF_HEAD] = "HEAD", [PF_POST] = "POST" };

static enum pf_method method_of(struct pf_str verb)
{
	for (size_t i = 0; i < PF_COUNT(methods); i++)
		if (pf_str_is(verb, methods[i]))
			return (enum pf_method)i;
	return PF_OTHER_METHOD;
}

static int read_version(struct pf_http *out, struct pf_str s, struct pf_refusal *no)
{
	if (s.n != 8 || !pf_str_starts(s, "HTTP/") || !pf_is_digit(s.p[5]) || s.p[6] != '.' ||
	    !pf_is_digit(s.p[7]))
		return refuse(no, 400, "the request line does not end in an HTTP version");
	if (s.p[5] != '1')
		return refuse(no, 505, "this server speaks HTTP/1.1");
	out->minor = s.p[7] == '0' ? 0 : 1;
	out->keep_alive = out->minor > 0;
	return 0;
}

/* "/path?query", "http://host/path?query" or "*" */
static int read_target(struct pf_http *out, struct pf_refusal *no)
{
	struct pf_str s = out->target;
	size_t slash;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return refuse(no, 400, "the request's target holds a blank");
	if (pf_str_starts(s, "http://") || pf_str_starts(s, "https://")) {
		s = pf_str_skip(s, pf_str_find_str(s, "://") + 3);
		slash = pf_str_find(s, '/');
		s = slash == PF_NPOS ? PF_S("/") : pf_str_skip(s, slash);
	}
	out->path = pf_str_cut(s, 0, pf_str_find(s, '?'));
	return 0;
}

static int read_line(struct pf_http *out, struct pf_str line, struct pf_refusal *no)
{
	size_t first = pf_str_find(line, ' '), last = pf_str_rfind(line, ' ');

	if (first == PF_NPOS || first == last)
		return refuse(no, 400, "the request line is not METHOD TARGET VERSION");
	out->verb = pf_str_cut(line, 0, first);
	out->target = pf_str_cut(line, first + 1, last);
	if (!is_token(out->verb) || !out->target.n)
		return refuse(no, 400, "the request line is not METHOD TARGET VERSION");
	out->method = method_of(out->verb);
	if (read_version(out, pf_str_skip(line, last + 1), no) < 0)
		return -1;
	return read_target(out, no);
}

/* ---- header fields ---- */

/* What has been seen of those that may be there once. */
struct seen {
	bool host, length, transfer, type, expect, encoding, authorization;
};

static int only_once(bool *seen, struct pf_refusal *no)
{
	if (*seen)
		return refuse(no, 400, "a header field that may be there once is there twice");
	*seen = true;
	return 0;
}

static int take_host(struct pf_http *out, struct pf_str v, struct seen *seen, struct pf_refusal *no)
{
	(void)out;
	if (only_once(&seen->host, no) < 0)
		return -1;
	return pf_str_span(v, "-._~%!$&'()*+,;=:[]") == v.n
		       ? 0
		       : refuse(no, 400, "the Host field is malformed");
}

static int take_length(struct pf_http *out, struct pf_str v, struct seen *seen,
		       struct pf_refusal *no)
{
	if (only_once(&seen->length, no) < 0)
		return -1;
	for (size_t i = 0; i < v.n; i++)
		if (!pf_is_digit(v.p[i]))
			return refuse(no, 400, "Content-Length is no number");
	if (!v.n)
		return refuse(no, 400, "Content-Length is empty");
	if (!pf_str_u64(v, &out->length) || out->length > INT64_MAX)
		return refuse(no, 413, "Content-Length is beyond every limit");
	out->has_length = true;
	return 0;
}

/* Chunked alone: whatever else would be undone by somebody before us, or not at all. */
static int take_transfer(struct pf_http *out, struct pf_str v, struct seen *seen,
			 struct pf_refusal *no)
{
	if (only_once(&seen->transfer, no) < 0)
		return -1;
	if (!pf_str_ieq(v, "chunked"))
		return refuse(no, pf_str_find(v, ',') == PF_NPOS ? 501 : 400,
			      "the only transfer encoding that is known is chunked");
	out->chunked = true;
	return 0;
}

static int take_type(struct pf_http *out, struct pf_str v, struct seen *seen, struct pf_refusal *no)
{
	out->content_type = v;
	return only_once(&seen->type, no);
}

static int take_encoding(struct pf_http *out, struct pf_str v, struct seen *seen,
			 struct pf_refusal *no)
{
	out->encoding = v;
	return only_once(&seen->encoding, no);
}

static int take_authorization(struct pf_http *out, struct pf_str v, struct seen *seen,
			      struct pf_refusal *no)
{
	out->authorization = v;
	return only_once(&seen->authorization, no);
}

static int take_connection(struct pf_http *out, struct pf_str v, struct seen *seen,
			   struct pf_refusal *no)
{
	struct pf_str word;

	(void)seen;
	(void)no;
	while (pf_str_next(&v, ',', &word)) {
		word = trim_blanks(word);
		if (pf_str_ieq(word, "close"))
			out->keep_alive = false;
		else if (pf_str_ieq(word, "keep-alive") && out->minor == 0)
			out->keep_alive = true;
	}
	return 0;
}

static int take_expect(struct pf_http *out, struct pf_str v, struct seen *seen,
		       struct pf_refusal *no)
{
	if (only_once(&seen->expect, no) < 0)
		return -1;
	if (!pf_str_ieq(v, "100-continue"))
		return refuse(no, 417, "the only expectation that is known is 100-continue");
	out->expects = out->minor > 0;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct pf_http *out, struct pf_str value, struct seen *seen,
		    struct pf_refusal *no);
} fields[] = {
	{ "host", take_host },
	{ "content-length", take_length },
	{ "transfer-encoding", take_transfer },
	{ "content-type", take_type },
	{ "content-encoding", take_encoding },
	{ "authorization", take_authorization },
	{ "connection", take_connection },
	{ "expect", take_expect },
};

static int take_field(struct pf_http *out, struct pf_str line, struct seen *seen,
		      struct pf_refusal *no)
{
	size_t colon = pf_str_find(line, ':');
	struct pf_str name = pf_str_cut(line, 0, colon);

	if (line.n && (*line.p == ' ' || *line.p == '\t'))
		return refuse(no, 400, "a folded header line");
	if (colon == PF_NPOS || !is_token(name))
		return refuse(no, 400, "a header line is not NAME: VALUE");
	for (size_t i = 0; i < PF_COUNT(fields); i++)
		if (pf_str_ieq(name, fields[i].name))
			return fields[i].take(out, trim_blanks(pf_str_skip(line, colon + 1)), seen,
					      no);
	return 0;
}

/* The next line of text that holds CR and LF in pairs alone. */
static struct pf_str next_line(struct pf_str *rest)
{
	struct pf_str line = pf_str_cut(*rest, 0, pf_str_find(*rest, '\r'));

	*rest = pf_str_skip(*rest, line.n + 2);
	return line;
}

/* What only the whole head can tell. */
static int judge(const struct pf_http *h, const struct seen *seen, struct pf_refusal *no)
{
	if (pf_str_is(h->verb, "CONNECT") || pf_str_is(h->verb, "TRACE"))
		return refuse(no, 501, "this server is no proxy");
	if (h->minor > 0 && !seen->host)
		return refuse(no, 400, "HTTP/1.1 needs a Host field");
	if (h->chunked && h->has_length)
		return refuse(no, 400, "a Content-Length beside a transfer encoding");
	if (h->chunked && h->minor == 0)
		return refuse(no, 400, "HTTP/1.0 knows no transfer encoding");
	if (h->method == PF_POST && !h->chunked && !h->has_length)
		return refuse(no, 411, "a POST needs a Content-Length");
	return 0;
}

ssize_t pf_http_read(struct pf_http *out, const char *p, size_t n, struct pf_refusal *no)
{
	size_t from = skip_blank_lines(p, n), count = 0;
	struct pf_http h = { 0 };
	struct seen seen = { 0 };
	ssize_t end;
	struct pf_str rest;

	if (from > PF_MAX_REQUEST_LINE)
		return refuse(no, 400, "blank lines instead of a request");
	end = find_end(p, from, n, no);
	if (end < 0)
		return -1;
	rest = (struct pf_str){ p + from, (end ? (size_t)end - 2 : n) - from };
	/* A line that is whole is judged before the rest has come. */
	if (pf_str_find_str(rest, "\r\n") == PF_NPOS)
		return 0;
	if (read_line(&h, next_line(&rest), no) < 0)
		return -1;
	if (!end)
		return 0;
	while (rest.n) {
		if (++count > PF_MAX_HTTP_FIELDS)
			return refuse(no, 431, "too many header fields");
		if (take_field(&h, next_line(&rest), &seen, no) < 0)
			return -1;
	}
	if (judge(&h, &seen, no) < 0)
		return -1;
	*out = h;
	return end;
}

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *pf_http_reason(unsigned status)
{
	for (size_t i = 0; i < PF_COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
