/* sums.c - the checksum that a store's answer tells of a file, and that of what came */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/request.h"

/* "x-amz-checksum-crc32c: 4waSgw==", "x-goog-hash: crc32c=4waSgw==,md5=..." (also in two lines).
 * Where a part of the file is sent, Amazon's are of whatever the server takes for a part, and
 * Content-MD5 is of those bytes alone. A value of a sum of sums ("...==-4") is no base64. */
static const struct {
	const char *header;
	const char *kind; /* NULL: each value names its own */
	bool of_whole;	  /* whatever is sent */
} KNOWN[] = {
	{ "x-amz-checksum-sha256", "sha256", false },
	{ "x-amz-checksum-sha1", "sha1", false },
	{ "x-amz-checksum-crc64nvme", "crc64nvme", false },
	{ "x-amz-checksum-crc32c", "crc32c", false },
	{ "x-amz-checksum-crc32", "crc32", false },
	{ "x-goog-hash", NULL, true },
	{ "x-ms-blob-content-md5", "md5", true },
	{ "content-md5", "md5", false },
};

/* What takes the meaning from all sums of an answer: they are of other bytes. */
static const struct {
	const char *header, *value;
} SPOILING[] = {
	{ "x-amz-checksum-type", "COMPOSITE" },
	{ "x-goog-stored-content-encoding", "gzip" },
};

void pf_sums_forget(struct pf_request *r)
{
	r->heard = (struct pf_told){ 0 };
	r->spoilt = false;
}

static void hear(struct pf_transfer *t, struct pf_str kind, struct pf_str value)
{
	const struct pf_sum_kind *k = pf_sum_kind_of(kind);
	struct pf_told *heard = &t->own->heard;
	struct pf_str raw;

	if (!k || pf_sum_better(heard->kind, k) != k ||
	    !pf_base64_decode(&raw, &t->arena, value) || raw.n != pf_sum_size(k))
		return;
	heard->kind = k;
	memcpy(heard->raw, raw.p, raw.n);
}

static void hear_list(struct pf_transfer *t, struct pf_str list)
{
	struct pf_str one;

	while (pf_str_next(&list, ',', &one)) {
		size_t equals = pf_str_find(one, '=');

		if (equals != PF_NPOS)
			hear(t, pf_str_trim(pf_str_cut(one, 0, equals)),
			     pf_str_trim(pf_str_skip(one, equals + 1)));
	}
}

void pf_sums_header(struct pf_transfer *t, struct pf_str name, struct pf_str value)
{
	bool part = pf_request_status(t->own) == 206;

	for (size_t i = 0; i < PF_COUNT(SPOILING); i++)
		t->own->spoilt |= pf_str_ieq(name, SPOILING[i].header) &&
				  pf_str_ieq(value, SPOILING[i].value);
	for (size_t i = 0; i < PF_COUNT(KNOWN); i++) {
		if (!pf_str_ieq(name, KNOWN[i].header) || (part && !KNOWN[i].of_whole))
			continue;
		if (KNOWN[i].kind)
			hear(t, pf_s(KNOWN[i].kind), value);
		else
			hear_list(t, value);
	}
}

void pf_sums_begin(struct pf_transfer *t, bool anew)
{
	struct pf_request *r = t->own;
	struct pf_told heard = r->spoilt ? (struct pf_told){ 0 } : r->heard;

	if (!anew) { /* the same file's, and its sum goes on */
		r->told = r->told.kind ? r->told : heard;
		return;
	}
	r->told = heard;
	if (heard.kind)
		pf_sum_start(&r->sum, heard.kind);
	else
		pf_sum_free(&r->sum);
}

/* ---- the question that remains ---- */

/* Of a file that was gone on with, where its first bytes were here before anybody asked. */
bool pf_sums_ask(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	if (!t->sums || !r->before || r->told.kind || r->asked || t->method)
		return false;
	r->asked = true;
	t->method = "HEAD";
	r->due = 0;
	return true;
}

bool pf_sums_answered(struct pf_transfer *t)
{
	if (!t->own->asked || !t->method)
		return false;
	if (t->status == 200)
		pf_sums_begin(t, false);
	t->method = NULL;
	t->status = 206;
	t->err = (struct pf_err){ 0 };
	return true;
}

/* 400 is B2's answer to a header that it does not know, 501 others'. */
bool pf_sums_refused(struct pf_transfer *t)
{
	if (!t->sums || (t->status != 400 && t->status != 501))
		return false;
	t->sums = false;
	t->own->due = 0;
	return true;
}

/* ---- the verdict ---- */

/* Of a file of which this process has not seen all bytes pass. */
static int sum_file(struct pf_transfer *t)
{
	struct pf_sum *s = &t->own->sum;
	char bytes[PF_KIB(64)];
	off_t at = 0;
	ssize_t n;

	pf_sum_start(s, t->own->told.kind);
	while ((n = pread(t->fd, bytes, sizeof(bytes), at)) > 0 || (n < 0 && errno == EINTR)) {
		pf_sum_add(s, bytes, n < 0 ? 0 : (size_t)n);
		at += n < 0 ? 0 : n;
	}
	return n < 0 ? pf_fail_errno(&t->err, "cannot read the file back") : 0;
}

static const char *hex(char out[2 * PF_SUM_MAX + 1], const unsigned char *raw, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

int pf_sums_check(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	unsigned char raw[PF_SUM_MAX];
	char got[2 * PF_SUM_MAX + 1], told[2 * PF_SUM_MAX + 1];
	size_t n;

	if (!r->told.kind || pf_transfer_wants_part(t))
		return 0;
	if (!r->sum.kind && sum_file(t) < 0)
		return -1;
	n = pf_sum_size(r->told.kind);
	pf_sum_end(&r->sum, raw);
	pf_sum_free(&r->sum);
	if (memcmp(raw, r->told.raw, n) == 0)
		return 0;
	return pf_fail(&t->err, PF_EINTEGRITY, "%s is %s, the server says %s",
		       pf_sum_name(r->told.kind), hex(got, raw, n), hex(told, r->told.raw, n));
}
