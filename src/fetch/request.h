/* request.h - inside the pool: one request of a transfer, and the verdict on what came */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "fetch/pool.h"
#include "fetch/url.h"
#include "formats/hasher.h"
#include "formats/sum.h"

struct pf_login {
	struct pf_str origin;	/* "https://host:port" */
	char *user, *password;
};

/* A checksum that a server tells; of no kind: none. */
struct pf_told {
	const struct pf_sum_kind *kind;
	unsigned char raw[PF_SUM_MAX];
};

/* What a transfer has met so far. */
struct pf_request {
	struct pf_pool *pool;
	CURL *curl;
	struct curl_slist *headers;
	struct pf_url first;	/* as it was asked for, in the arena */
	const struct pf_login *login; /* its own, or NULL */
	char *url;		/* of this hop, without credentials */
	bool left;		/* a redirect led away from the first origin */
	int hops;
	unsigned tries;
	bool bad_digest;	/* once already */
	int64_t due;		/* milliseconds; not before */

	struct pf_hasher hasher;
	bool hashing;
	struct pf_told heard, told; /* by this answer; of the file */
	bool spoilt;		/* what this answer tells is not the file's */
	struct pf_sum sum;	/* of all that was kept; of no kind: some of it was not seen */
	bool before;		/* its first bytes were here before the transfer began */
	bool asked;		/* for the checksum alone, by HEAD */
	uint64_t bytes;		/* of the body, kept */
	uint64_t sent;		/* of the body that goes there */
	uint64_t length;	/* Content-Length of this answer, UINT64_MAX: not said */
	bool no_ranges;		/* not to be asked for the rest */
	struct pf_str validator; /* for If-Range */

	bool resuming;		/* this request asks for the rest */
	bool began;		/* of this answer: its headers are complete */
	bool keeping;		/* its body is what we want */
	bool packed;		/* it comes gzipped */
	bool stopped, again;
	long wait;		/* seconds asked for by Retry-After */
	size_t header_bytes;
	uint64_t refused_bytes;
	struct pf_str content_range, location;
	char first_byte;
	bool unknown_host;	/* sftp: its key is not known, or another than we know */
	char why[CURL_ERROR_SIZE]; /* libcurl's own words for what failed */
};

/* A transfer's request is made (fails into t->err) and its means are given back. */
int pf_request_open(struct pf_pool *p, struct pf_transfer *t) PF_MUST_USE;
void pf_request_close(struct pf_transfer *t);
/* Makes r->curl ready for the next request. */
void pf_request_prepare(struct pf_transfer *t);

/* Certificates, by the pool's net: request_tls.c. */
void pf_request_tls(struct pf_transfer *t);
/* The method of the next request, and its body from its beginning. */
void pf_request_send(struct pf_transfer *t);

enum pf_verdict { PF_DONE, PF_FAILED, PF_ONCE_MORE /* at r->due */ };
/* What becomes of the transfer, now that libcurl has finished a request. Fills t->err. */
enum pf_verdict pf_request_judge(struct pf_transfer *t, CURLcode code, int64_t now);
long pf_request_status(const struct pf_request *r);

/* What libcurl calls: a header's line, a piece of the body. `ctx` is the transfer. */
size_t pf_answer_header(char *p, size_t size, size_t count, void *ctx);
size_t pf_answer_body(char *p, size_t size, size_t count, void *ctx);
/* Of files: that they come is all that begins an answer; also of an empty one. */
int pf_answer_begin(struct pf_transfer *t);

/* ---- sums.c: the checksums that stores tell of their files ---- */
void pf_sums_forget(struct pf_request *r); /* an answer begins */
void pf_sums_header(struct pf_transfer *t, struct pf_str name, struct pf_str value);
/* Its body begins: the whole file, or the rest of it. */
void pf_sums_begin(struct pf_transfer *t, bool anew);
/* Is the sum of what came still to be asked for? Then the next request does that, and of its end
 * pf_sums_answered says that it was no more than that: refused or not, the file is here. */
bool pf_sums_ask(struct pf_transfer *t);
bool pf_sums_answered(struct pf_transfer *t);
/* Is it the question for a checksum that the server does not take? Then no more of it. */
bool pf_sums_refused(struct pf_transfer *t);
/* EINTEGRITY, EIO; fills t->err. */
int pf_sums_check(struct pf_transfer *t);

/* ---- request_files.c: what is otherwise with ftp: and sftp: ---- */
int pf_request_files_open(struct pf_transfer *t);
void pf_request_files_prepare(struct pf_transfer *t);
/* What libcurl's code means there; err.gone, and false: it will not pass. */
bool pf_request_files_fail(struct pf_transfer *t, CURLcode code);

static inline bool pf_transfer_is_head(const struct pf_transfer *t)
{
	return t->method && strcmp(t->method, "HEAD") == 0;
}

static inline bool pf_transfer_sends(const struct pf_transfer *t)
{
	return t->send.p || t->sends_file;
}

static inline bool pf_transfer_wants_part(const struct pf_transfer *t)
{
	return t->range.to || t->range.tail;
}
