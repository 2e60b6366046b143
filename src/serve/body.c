/* body.c - a request's body: so many bytes, or chunks */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "serve/http.h"

static ssize_t refuse(struct pf_refusal *no, unsigned status, const char *why)
{
	*no = (struct pf_refusal){ status, why };
	return -1;
}

void pf_body_start(struct pf_body *b, const struct pf_http *head)
{
	*b = (struct pf_body){ .left = head->length };
	b->state = head->chunked ? PF_BODY_SIZE : b->left ? PF_BODY_PLAIN : PF_BODY_DONE;
}

static ssize_t take_content(struct pf_body *b, struct pf_buf *out, const char *p, size_t n,
			    struct pf_refusal *no)
{
	size_t some = n < b->left ? n : (size_t)b->left;

	pf_buf_add(out, p, some);
	if (out->toobig)
		return refuse(no, 413, "the body is too large");
	b->left -= some;
	if (!b->left)
		b->state = b->state == PF_BODY_PLAIN ? PF_BODY_DONE : PF_BODY_CHUNK_END;
	return (ssize_t)some;
}

/* A line's length without its CRLF; -1: not whole yet, -2: none that is allowed. The bytes of
 * lines are counted against what they bring, so that a body of tiny chunks costs no more than it
 * is worth. */
static ssize_t find_line(struct pf_body *b, const char *p, size_t n, struct pf_refusal *no)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (b->line + i > PF_MAX_CHUNK_LINE) {
			refuse(no, 431, "a chunk's line or the trailer is too long");
			return -2;
		}
		if (c == '\r' && i + 1 == n)
			return -1;
		if (c == '\r' && p[i + 1] == '\n')
			return (ssize_t)i;
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			refuse(no, 400, "a line of a chunked body holds a control byte");
			return -2;
		}
	}
	return -1;
}

/* 1*HEXDIG [ chunk-ext ], of which the latter is passed over. */
static int read_size(uint64_t *out, struct pf_str line, struct pf_refusal *no)
{
	size_t n = 0;

	*out = 0;
	while (n < line.n && pf_hex_digit(line.p[n]) >= 0) {
		if (n >= 15)
			return (int)refuse(no, 413, "a chunk is too large");
		*out = *out << 4 | (unsigned)pf_hex_digit(line.p[n++]);
	}
	while (n && n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	if (!n || (n < line.n && line.p[n] != ';'))
		return (int)refuse(no, 400, "a chunk's size is no hexadecimal number");
	return 0;
}

static ssize_t take_size(struct pf_body *b, const struct pf_buf *out, const char *p, size_t n,
			 struct pf_refusal *no)
{
	ssize_t line = find_line(b, p, n, no);

	if (line < 0)
		return line == -1 ? 0 : -1;
	if (read_size(&b->left, (struct pf_str){ p, (size_t)line }, no) < 0)
		return -1;
	if (b->left > out->max - out->n)
		return refuse(no, 413, "the body is too large");
	b->line = b->left ? 0 : b->line + (size_t)line;
	b->state = b->left ? PF_BODY_CHUNK : PF_BODY_TRAILER;
	return line + 2;
}

static ssize_t take_chunk_end(struct pf_body *b, const char *p, size_t n, struct pf_refusal *no)
{
	if (p[0] != '\r' || (n > 1 && p[1] != '\n'))
		return refuse(no, 400, "a chunk is longer than its size");
	if (n < 2)
		return 0;
	b->state = PF_BODY_SIZE;
	return 2;
}

/* Trailers are passed over. */
static ssize_t take_trailer(struct pf_body *b, const char *p, size_t n, struct pf_refusal *no)
{
	ssize_t line = find_line(b, p, n, no);

	if (line < 0)
		return line == -1 ? 0 : -1;
	if (line > 0 && !memchr(p, ':', (size_t)line))
		return refuse(no, 400, "a trailer is not NAME: VALUE");
	b->line += (size_t)line + 2;
	if (line == 0)
		b->state = PF_BODY_DONE;
	return line + 2;
}

ssize_t pf_body_read(struct pf_body *b, struct pf_buf *out, const char *p, size_t n,
		     struct pf_refusal *no)
{
	size_t at = 0;
	ssize_t some = 1;

	while (some > 0 && b->state != PF_BODY_DONE && at < n) {
		const char *from = p + at;
		size_t left = n - at;

		if (b->state == PF_BODY_PLAIN || b->state == PF_BODY_CHUNK)
			some = take_content(b, out, from, left, no);
		else if (b->state == PF_BODY_SIZE)
			some = take_size(b, out, from, left, no);
		else if (b->state == PF_BODY_CHUNK_END)
			some = take_chunk_end(b, from, left, no);
		else
			some = take_trailer(b, from, left, no);
		if (some > 0)
			at += (size_t)some;
	}
	return some < 0 ? -1 : (ssize_t)at;
}
