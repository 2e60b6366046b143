/* sum.c - the checksums that stores know of their files: one table of names and functions */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/sum.h"

#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "formats/crc.h"

struct pf_sum_kind {
	const char *name;
	size_t size;
	void (*start)(struct pf_sum *s);
	void (*add)(struct pf_sum *s, const void *p, size_t n);
	void (*end)(struct pf_sum *s, unsigned char *raw);
	void (*free)(void *state);
	const EVP_MD *(*method)(void);
	uint64_t polynomial;
};

/* ---- digests, of libcrypto ---- */

/* What fails is memory. */
static void must(int ok)
{
	if (ok != 1)
		pf_oom();
}

static void start_digest(struct pf_sum *s)
{
	if (!s->state)
		s->state = EVP_MD_CTX_new();
	must(s->state && EVP_DigestInit_ex(s->state, s->kind->method(), NULL));
}

static void add_digest(struct pf_sum *s, const void *p, size_t n)
{
	must(EVP_DigestUpdate(s->state, n ? p : "", n));
}

static void end_digest(struct pf_sum *s, unsigned char *raw)
{
	must(EVP_DigestFinal_ex(s->state, raw, NULL));
}

static void free_digest(void *state)
{
	EVP_MD_CTX_free(state);
}

/* ---- CRCs: all begin with ones, and are turned over at the end ---- */

static void start_crc(struct pf_sum *s)
{
	if (!s->state) {
		s->state = malloc(sizeof(struct pf_crc));
		if (!s->state)
			pf_oom();
		pf_crc_prepare(s->state, s->kind->polynomial);
	}
	s->value = s->kind->size == 8 ? UINT64_MAX : UINT32_MAX;
}

static void add_crc(struct pf_sum *s, const void *p, size_t n)
{
	s->value = pf_crc_add(s->state, s->value, p, n);
}

static void write_value(const struct pf_sum *s, uint64_t value, unsigned char *raw)
{
	for (size_t i = 0; i < s->kind->size; i++)
		raw[i] = (unsigned char)(value >> 8 * (s->kind->size - 1 - i));
}

static void end_crc(struct pf_sum *s, unsigned char *raw)
{
	write_value(s, ~s->value, raw);
}

/* ZIP's is libdeflate's as well, which has it faster. */
static void start_zip(struct pf_sum *s)
{
	s->value = 0;
}

static void add_zip(struct pf_sum *s, const void *p, size_t n)
{
	if (n)
		s->value = libdeflate_crc32((uint32_t)s->value, p, n);
}

static void end_zip(struct pf_sum *s, unsigned char *raw)
{
	write_value(s, s->value, raw);
}

/* The first ones are the better ones: a digest, if there is one, then what is least work. MD5 is
 * not more than a CRC to those who compare with what the same server says. */
#define DIGEST start_digest, add_digest, end_digest, free_digest
#define CRC start_crc, add_crc, end_crc, free, NULL
static const struct pf_sum_kind kinds[] = {
	{ "sha256", 32, DIGEST, EVP_sha256, 0 },
	{ "sha1", 20, DIGEST, EVP_sha1, 0 },
	{ "crc64nvme", 8, CRC, PF_CRC64NVME },
	{ "crc32c", 4, CRC, PF_CRC32C },
	{ "crc32", 4, start_zip, add_zip, end_zip, NULL, NULL, 0 },
	{ "md5", 16, DIGEST, EVP_md5, 0 },
};

const struct pf_sum_kind *pf_sum_kind_of(struct pf_str name)
{
	for (size_t i = 0; i < PF_COUNT(kinds); i++)
		if (pf_str_ieq(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

const char *pf_sum_name(const struct pf_sum_kind *kind)
{
	return kind->name;
}

size_t pf_sum_size(const struct pf_sum_kind *kind)
{
	return kind->size;
}

const struct pf_sum_kind *pf_sum_better(const struct pf_sum_kind *a, const struct pf_sum_kind *b)
{
	return !a || (b && b < a) ? b : a;
}

void pf_sum_start(struct pf_sum *s, const struct pf_sum_kind *kind)
{
	if (s->kind != kind)
		pf_sum_free(s);
	s->kind = kind;
	kind->start(s);
}

void pf_sum_add(struct pf_sum *s, const void *p, size_t n)
{
	s->kind->add(s, p, n);
}

void pf_sum_end(struct pf_sum *s, unsigned char raw[PF_SUM_MAX])
{
	s->kind->end(s, raw);
}

void pf_sum_free(struct pf_sum *s)
{
	if (s->state)
		s->kind->free(s->state);
	*s = (struct pf_sum){ 0 };
}
