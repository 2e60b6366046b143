/* sending.c - the method of a request, and its body: of memory, or read from a file as it goes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "fetch/request.h"
#include "formats/digest.h"
#include "formats/hasher.h"

/* At most `size` bytes of the part that is sent, from `at` on. */
static ssize_t read_part(const struct pf_transfer *t, uint64_t at, char *p, size_t size)
{
	uint64_t left = t->send_size - at;
	ssize_t n;

	do
		n = pread(t->send_fd, p, left < size ? (size_t)left : size,
			  (off_t)(t->send_from + at));
	while (n < 0 && errno == EINTR);
	return n;
}

static size_t read_file(char *p, size_t size, size_t count, void *ctx)
{
	struct pf_transfer *t = ctx;
	struct pf_request *r = t->own;
	ssize_t n = read_part(t, r->sent, p, size * count);

	if (n > 0) {
		r->sent += (uint64_t)n;
		return (size_t)n;
	}
	if (r->sent == t->send_size)
		return 0;
	if (n < 0)
		pf_fail_errno(&t->err, "cannot read the file");
	else
		pf_fail(&t->err, PF_EIO, "the file has become shorter");
	r->stopped = true;
	return CURL_READFUNC_ABORT;
}

/* libcurl goes back to the beginning when a connection that was kept turns out to be closed. */
static int seek_file(void *ctx, curl_off_t offset, int origin)
{
	struct pf_transfer *t = ctx;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->send_size)
		return CURL_SEEKFUNC_FAIL;
	t->own->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void send_file(struct pf_transfer *t, CURL *c)
{
	t->own->sent = 0;
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->send_size);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, read_file);
	curl_easy_setopt(c, CURLOPT_READDATA, t);
	curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, seek_file);
	curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)PF_KIB(128));
}

void pf_request_send(struct pf_transfer *t)
{
	CURL *c = t->own->curl;

	if (t->sends_file) {
		send_file(t, c);
	} else if (t->send.p) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->send.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, t->send.p);
	}
	if (pf_transfer_is_head(t))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (t->method)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, t->method);
}

void pf_transfer_body_hash(char hex[PF_BODY_HEX], const struct pf_transfer *t)
{
	struct pf_hasher hasher = { 0 };
	char bytes[PF_KIB(64)];
	uint64_t at = 0;
	ssize_t n;

	if (!t->sends_file) {
		pf_sha256_hex(hex, t->send.n ? t->send.p : "", t->send.n);
		return;
	}
	pf_hasher_start(&hasher);
	for (; at < t->send_size && (n = read_part(t, at, bytes, sizeof(bytes))) > 0;
	     at += (uint64_t)n)
		pf_hasher_add(&hasher, bytes, (size_t)n);
	pf_hasher_end(&hasher, hex);
	pf_hasher_free(&hasher);
}
