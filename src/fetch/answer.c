/* answer.c - what a server sends: headers looked at, the body kept, resumed or refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/request.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

#define MAX_HEADERS PF_KIB(256)
#define MAX_REFUSED PF_MIB(1)	/* of an error's or a redirect's page */
#define MAX_AGE 86400		/* seconds that an answer may call itself good for */

long pf_request_status(const struct pf_request *r)
{
	long status = 0;

	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static uint64_t ceiling(const struct pf_transfer *t)
{
	uint64_t max = t->body.max && t->body.max < t->max ? t->body.max : t->max;

	if (t->body.max && !t->max)
		max = t->body.max;
	return t->size && t->size < max ? t->size : max;
}

static size_t stop(struct pf_transfer *t)
{
	t->own->stopped = true;
	return 0;
}

/* ---- an answer begins ---- */

/* "bytes 100-199/1000" */
static bool read_content_range(struct pf_str s, uint64_t *from, uint64_t *to, uint64_t *total)
{
	size_t dash = pf_str_find(s, '-'), slash = pf_str_find(s, '/');

	return pf_str_starts(s, "bytes ") && dash != PF_NPOS && slash != PF_NPOS && dash < slash &&
	       pf_str_u64(pf_str_cut(s, 6, dash), from) &&
	       pf_str_u64(pf_str_cut(s, dash + 1, slash), to) &&
	       pf_str_u64(pf_str_skip(s, slash + 1), total) && *from <= *to && *to < *total;
}

static int start_anew(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	r->bytes = 0;
	r->first_byte = 0;
	r->hashing = t->sha256 != NULL;
	r->before = false;
	if (r->hashing)
		pf_hasher_start(&r->hasher);
	pf_sums_begin(t, true);
	if (t->body.max) {
		t->body.n = 0;
		t->body.toobig = false;
	} else if (ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0) {
		return pf_fail_errno(&t->err, "cannot empty a temporary file");
	}
	return 0;
}

/* The rest of what we have, or the part that was asked for? */
static int begin_part(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	uint64_t from = 0, to = 0, total = 0;
	bool known = read_content_range(r->content_range, &from, &to, &total);

	if (r->resuming) {
		if (known && from == r->bytes && to + 1 == total) {
			pf_sums_begin(t, false);
			return 0;
		}
		r->no_ranges = true; /* not from this one: the whole file, then */
		r->again = true;
		return pf_fail(&t->err, PF_ETRANSFER,
			       "the server sends another part than asked for");
	}
	if (!pf_transfer_wants_part(t) || !known || (t->range.to && from != t->range.from))
		return pf_fail(&t->err, PF_ETRANSFER,
			       "the server sends another part than asked for");
	t->total = total;
	return start_anew(t);
}

static int begin_whole(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	if (pf_transfer_wants_part(t))
		return pf_fail(&t->err, PF_ETRANSFER, "the server sends no parts of files");
	if (pf_transfer_is_head(t))
		return 0;
	if (!r->packed && r->length != UINT64_MAX && r->length > ceiling(t))
		return pf_fail(&t->err, PF_ELIMIT, "larger than %llu bytes",
			       (unsigned long long)ceiling(t));
	if (start_anew(t) < 0)
		return -1;
	if (t->body.max && r->length != UINT64_MAX && r->length < t->body.max)
		pf_buf_room(&t->body, (size_t)r->length);
	return 0;
}

static int begin(struct pf_transfer *t, long status)
{
	struct pf_request *r = t->own;

	r->began = true;
	r->keeping = status == 200 || status == 206 || (status == 201 && t->method);
	t->problem.n = 0;
	if (r->keeping && r->packed && !t->gzip)
		return pf_fail(&t->err, PF_ETRANSFER,
			       "the server encodes the file, which was not asked for");
	if (status == 206)
		return begin_part(t);
	return r->keeping ? begin_whole(t) : 0;
}

/* ---- headers ---- */

/* An answer follows another in one request when the first was "100 Continue". */
static void forget_answer(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	r->began = r->keeping = r->packed = false;
	r->length = UINT64_MAX;
	r->content_range = r->location = (struct pf_str){ 0 };
	t->type = t->got_etag = t->got_modified = (struct pf_str){ 0 };
	t->max_age = -1;
	pf_sums_forget(r);
}

static int take_length(struct pf_transfer *t, struct pf_str value)
{
	uint64_t length, before = t->own->length;

	if (!pf_str_u64(value, &length) || (before != UINT64_MAX && before != length))
		return pf_fail(&t->err, PF_ETRANSFER, "a malformed Content-Length");
	t->own->length = length;
	return 0;
}

static int take_encoding(struct pf_transfer *t, struct pf_str value)
{
	if (pf_str_ieq(value, "identity"))
		return 0;
	if (!pf_str_ieq(value, "gzip") || t->own->packed)
		return pf_fail(&t->err, PF_ETRANSFER,
			       "the server encodes the file, which was not asked for");
	t->own->packed = true;
	return 0;
}

/* "max-age=600, public"; no-cache and no-store: 0 */
static int take_cache_control(struct pf_transfer *t, struct pf_str value)
{
	struct pf_str one;
	uint64_t age;

	while (pf_str_next(&value, ',', &one)) {
		one = pf_str_trim(one);
		if (pf_str_ieq(one, "no-cache") || pf_str_ieq(one, "no-store"))
			t->max_age = 0;
		else if (pf_str_ieq(pf_str_cut(one, 0, 8), "max-age=") && t->max_age &&
			 pf_str_u64(pf_str_skip(one, 8), &age))
			t->max_age = age > MAX_AGE ? MAX_AGE : (int64_t)age;
	}
	return 0;
}

static int take_etag(struct pf_transfer *t, struct pf_str value)
{
	t->got_etag = pf_dup(&t->arena, value);
	if (!pf_str_starts(value, "W/"))
		t->own->validator = t->got_etag;
	return 0;
}

static int take_modified(struct pf_transfer *t, struct pf_str value)
{
	t->got_modified = pf_dup(&t->arena, value);
	if (!t->got_etag.n)
		t->own->validator = t->got_modified;
	return 0;
}

static int take_type(struct pf_transfer *t, struct pf_str value)
{
	t->type = pf_dup(&t->arena, pf_str_trim(pf_str_cut(value, 0, pf_str_find(value, ';'))));
	return 0;
}

static int take_range(struct pf_transfer *t, struct pf_str value)
{
	t->own->content_range = pf_dup(&t->arena, value);
	return 0;
}

static int take_location(struct pf_transfer *t, struct pf_str value)
{
	t->own->location = pf_dup(&t->arena, value);
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct pf_transfer *t, struct pf_str value);
} known_headers[] = {
	{ "content-length", take_length },	 { "content-encoding", take_encoding },
	{ "content-type", take_type },		 { "content-range", take_range },
	{ "cache-control", take_cache_control }, { "etag", take_etag },
	{ "last-modified", take_modified },	 { "location", take_location },
};

static int take_line(struct pf_transfer *t, struct pf_str line)
{
	size_t colon = pf_str_find(line, ':');
	struct pf_str name = pf_str_cut(line, 0, colon);

	if (pf_str_starts(line, "HTTP/"))
		forget_answer(t);
	else if (!pf_str_trim(line).n && pf_request_status(t->own) >= 200)
		return begin(t, pf_request_status(t->own));
	if (colon != PF_NPOS && t->want_header && pf_str_ieq(name, t->want_header))
		t->got_header = pf_dup(&t->arena, pf_str_trim(pf_str_skip(line, colon + 1)));
	if (colon != PF_NPOS && t->sums)
		pf_sums_header(t, name, pf_str_trim(pf_str_skip(line, colon + 1)));
	for (size_t i = 0; colon != PF_NPOS && i < PF_COUNT(known_headers); i++)
		if (pf_str_ieq(name, known_headers[i].name))
			return known_headers[i].take(t, pf_str_trim(pf_str_skip(line, colon + 1)));
	return 0;
}

size_t pf_answer_header(char *p, size_t size, size_t count, void *ctx)
{
	struct pf_transfer *t = ctx;
	struct pf_request *r = t->own;
	size_t n = size * count;

	if (t->of_files) /* what the servers say to each other's commands */
		return n;
	r->header_bytes += n;
	if (r->header_bytes > MAX_HEADERS) {
		pf_fail(&t->err, PF_ETRANSFER, "more than %zu bytes of headers", MAX_HEADERS);
		return stop(t);
	}
	if (r->began) /* trailers */
		return n;
	return take_line(t, (struct pf_str){ p, n }) < 0 ? stop(t) : n;
}

/* ---- body ---- */

static int keep(struct pf_transfer *t, const char *p, size_t n)
{
	struct pf_request *r = t->own;

	if (r->bytes + n > ceiling(t))
		return pf_fail(&t->err, PF_ELIMIT, "larger than %llu bytes",
			       (unsigned long long)ceiling(t));
	if (!r->bytes && n)
		r->first_byte = p[0];
	r->bytes += n;
	if (r->hashing)
		pf_hasher_add(&r->hasher, p, n);
	if (r->sum.kind)
		pf_sum_add(&r->sum, p, n);
	if (!t->body.max)
		return pf_write_fd(t->fd, p, n, &t->err);
	pf_buf_add(&t->body, p, n);
	return pf_buf_check(&t->body, "the answer", &t->err);
}

int pf_answer_begin(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	if (r->began)
		return 0;
	r->began = r->keeping = true;
	return start_anew(t);
}

size_t pf_answer_body(char *p, size_t size, size_t count, void *ctx)
{
	struct pf_transfer *t = ctx;
	size_t n = size * count;

	if (t->of_files && pf_answer_begin(t) < 0)
		return stop(t);
	if (t->own->keeping)
		return keep(t, p, n) < 0 ? stop(t) : n;
	if (t->problem.max)
		pf_buf_add(&t->problem, p, n);
	return (t->own->refused_bytes += n) > MAX_REFUSED ? 0 : n;
}
