/* http.h - HTTP/1.1 as a server reads it: a request's head, then its body, by RFC 9112 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* What two readers of one request could see differently is refused rather than mended: two lengths,
 * a length beside an encoding, bare CR or LF, folded lines, blanks before a colon, control bytes.
 * Where the request ends is then the same for us and for every proxy before us. */

enum pf_method { PF_GET, PF_HEAD, PF_POST, PF_OTHER_METHOD };

/* Views borrow from the text that was parsed. */
struct pf_http {
	enum pf_method method;
	struct pf_str verb, target;	/* as written */
	struct pf_str path;		/* of the target, without query */
	unsigned minor;			/* HTTP/1.minor */
	bool keep_alive;
	bool expects;			/* 100-continue */
	bool chunked;
	bool has_length;
	uint64_t length;		/* 0 without a body */
	struct pf_str content_type;	/* p is NULL when there is none */
	struct pf_str encoding;		/* the same: of the content */
	struct pf_str authorization;
};

/* Why a request cannot be taken: what is answered before the connection is closed. */
struct pf_refusal {
	unsigned status;
	const char *why;
};

/* The head of a request at p[0..n). Returns its length, up to where the body begins; 0: it is not
 * whole yet; -1: it cannot be taken. */
ssize_t pf_http_read(struct pf_http *out, const char *p, size_t n, struct pf_refusal *no);

/* Decodes a body piece by piece. */
struct pf_body {
	enum {
		PF_BODY_PLAIN,
		PF_BODY_SIZE,	  /* a chunk's size line */
		PF_BODY_CHUNK,
		PF_BODY_CHUNK_END,
		PF_BODY_TRAILER,
		PF_BODY_DONE,
	} state;
	uint64_t left;		/* of the body, or of the chunk */
	size_t line; /* bytes of size lines and trailers since the last byte of content */
};

void pf_body_start(struct pf_body *b, const struct pf_http *head);
/* Takes what it can of p[0..n) and appends the content to `out`, whose ceiling is the body's limit.
 * Returns how much was taken, -1 when it cannot be taken; b->state tells whether that was all. */
ssize_t pf_body_read(struct pf_body *b, struct pf_buf *out, const char *p, size_t n,
		     struct pf_refusal *no);

/* The reason that goes with a status. */
const char *pf_http_reason(unsigned status);
