/* pool.h - many HTTP transfers at once: retried, resumed, redirected by us */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "fetch/url.h"

/* The part of a file that is wanted: [from, to), or its last `tail` bytes. Zeroed: all of it. */
struct pf_range {
	uint64_t from, to, tail;
};

struct pf_transfer;

/* Adds headers to one try of a transfer, "Name: value" in t->arena: signatures hold for a moment,
 * and for the URL of that try. Called only while the transfer is with the origin it was begun
 * with. */
typedef void pf_sign(struct pf_strs *headers, struct pf_transfer *t, const char *url, void *ctx);

/* One file, asked for and answered. What is asked borrows; it and the struct itself stay where they
 * are until the transfer has ended or was freed. */
struct pf_transfer {
	const char *url;	/* may hold credentials, which then go to its origin alone */
	const char *accept;	/* media types, or NULL */
	const char *etag, *modified; /* validators of a copy at hand: the answer may be 304 */
	const char *sha256;	/* the digest expected, 64 hex digits in lower case, or NULL */
	bool sums; /* the checksum that an answer tells of the whole file is compared, too */
	uint64_t max;		/* at most so many bytes */
	uint64_t size;		/* exactly so many; 0: not known */
	struct pf_range range;	/* refused when the server answers with the whole file */
	struct pf_strs headers;	/* more of them, "Name: value"; for the first origin alone */
	pf_sign *sign;		/* and those of each try; or NULL */
	void *sign_ctx;
	bool pinned;		/* the URL or a header names the file's state: no If-Range */
	struct pf_str secret;	/* "sig=...": of the query, shown nowhere, for the first origin */
	const char *want_header; /* one more header of its answers; NULL: none */
	const char *method;	/* NULL: GET */
	/* the request's body: it follows no redirect to another origin. A view of NULL: none... */
	struct pf_str send;
	bool of_files;		/* ftp: or sftp: there are neither headers nor a status */
	struct pf_str user;	/* of those, "name:password" as a URL has it; a view of NULL */
	bool sends_file;	/* ... or so many bytes of a descriptor, read as they are sent */
	int send_fd;
	uint64_t send_from, send_size;
	bool foreign; /* not for whom the pool's certificates are */
	bool once; /* not tried again where the server may have done it already */
	unsigned stall; /* seconds without a byte, at least; 0: as the pool has it */
	uint64_t have;		/* bytes of it that are in the descriptor already... */
	const char *validator;	/* ... if this still names the file: its strong ETag */
	bool gzip; /* may come packed; `max` counts unpacked bytes. Never into a descriptor */
	struct pf_buf body;	/* PF_BUF(ceiling): into memory */
	struct pf_buf problem;	/* with a ceiling: what the server says where it refuses */
	int fd;			/* when body.max is 0: emptied first, and before each further try */
	void (*done)(struct pf_transfer *t,
		     void *ctx); /* may start others; not pf_pool_wait. Or NULL */
	void *ctx;

	bool ended;
	long status;		/* HTTP's, of the last answer; 0: there was none */
	unsigned retries;	/* how often it was asked again */
	struct pf_err err;	/* code 0: all is well (200, 206 when a range was asked, 304) */
	struct pf_str final;	/* the URL that answered, after redirects, without credentials */
	struct pf_str type;	/* media type, without parameters */
	struct pf_str got_etag, got_modified;
	struct pf_str got_header; /* the value of `want_header` that came last */
	int64_t max_age;	/* seconds of Cache-Control; -1: not said */
	uint64_t total;		/* size of the whole file, as far as the server says it */

	struct pf_arena arena;	/* of what was answered */
	struct pf_request *own;
	struct pf_transfer *next, *previous;
};

/* How servers are reached, as far as the user has a say. Borrows; zeroed is a good one. */
struct pf_net {
	/* a file or a folder of certificates; NULL: $SSL_CERT_FILE, else the system's */
	const char *cert;
	/* a file with a certificate of our own, for those who ask; its key is there too, or in
	 * the other one */
	const char *client_cert, *client_key;
	struct pf_strs client_for; /* "https://host:port/..." alone are shown it; none: all are */
	const char *proxy;	/* but for $no_proxy; NULL: $https_proxy and the like; "": none */
	bool unverified;	/* nobody's certificate is looked at */
	struct pf_strs trusted;	/* hosts, or host:port, whose certificate is not looked at */
	/* seconds to connect, and without a byte; 0: PF_WAIT_CONNECT, PF_WAIT_STALL */
	unsigned wait;
	unsigned tries;		/* of each file; 0: PF_NET_TRIES */
};

/* Zeroed is a good one; its options are set before the first transfer. */
struct pf_pool {
	struct pf_net net;
	unsigned in_flight;	/* 0: PF_MAX_IN_FLIGHT */
	bool deaf; /* a signal that asks us to stop ends no wait: for what tidies up after it */
	void (*tick)(void *ctx); /* called a few times a second while somebody waits; or NULL */
	void *tick_ctx;

	struct pf_arena arena;
	void *multi;
	PF_VEC(struct pf_login *) logins;
	PF_VEC(void *) idle;	/* handles of libcurl that are free */
	struct pf_transfer *running, *waiting, *last;
	unsigned running_count;
	int64_t next_tick;
};

/* The credentials of a URL, for all URLs of its scheme, host and port. EUSAGE when malformed. */
int pf_pool_login(struct pf_pool *p, const struct pf_url *u, struct pf_err *err) PF_MUST_USE;
/* Ends what is under way (nobody is told). */
void pf_pool_free(struct pf_pool *p);
/* Puts a transfer in line; its errors are told in t->err, by `done` and by pf_pool_wait.
 *
 * Only http and https; at most PF_MAX_REDIRECTS redirects, none from https to http, none with
 * credentials. Credentials of a URL, or netrc's, go to the scheme, host and port they were given
 * for, also with later URLs of that origin, but not once a redirect has led away from it. 408, 429,
 * 5xx, a connection cut or stalled are tried again net.tries - 1 times, from where it broke when
 * the server can do that; Retry-After is heeded up to a minute; a wrong digest is given one more
 * chance.
 * ETRANSFER, EINTEGRITY (another digest or size), ELIMIT (too big), EUSAGE (another scheme),
 * EIO. */
void pf_pool_start(struct pf_pool *p, struct pf_transfer *t);
/* Goes on with all of them until this one has ended, which comes first from now on; 0, or -1 with
 * its error. A signal that asks us to stop ends the waiting. */
int pf_pool_wait(struct pf_pool *p, struct pf_transfer *t, struct pf_err *err) PF_MUST_USE;
/* Bytes of it that have come so far. */
uint64_t pf_transfer_got(const struct pf_transfer *t);
/* What the try that is about to be made asks for: "bytes=100-" and the like; empty: all of it. */
#define PF_RANGE_TEXT 64
const char *pf_transfer_range(char out[PF_RANGE_TEXT], const struct pf_transfer *t);
/* The SHA-256 of the body that it sends, in hex digits; of a file as it is now. */
#define PF_BODY_HEX 65
void pf_transfer_body_hash(char hex[PF_BODY_HEX], const struct pf_transfer *t);
/* Ends it if it is under way, frees what it holds. */
void pf_transfer_free(struct pf_pool *p, struct pf_transfer *t);
