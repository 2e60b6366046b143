/* sum.h - the checksums that stores know of their files, of bytes that come piece by piece */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

#define PF_SUM_MAX 32 /* bytes of the longest */

struct pf_sum_kind;

/* Zeroed: of no kind. */
struct pf_sum {
	const struct pf_sum_kind *kind;
	void *state; /* of its kind */
	uint64_t value;
};

/* "sha256", "sha1", "crc64nvme", "crc32c", "crc32", "md5"; NULL: another. */
const struct pf_sum_kind *pf_sum_kind_of(struct pf_str name);
const char *pf_sum_name(const struct pf_sum_kind *kind);
size_t pf_sum_size(const struct pf_sum_kind *kind); /* in bytes */
/* Of two kinds the one to compare by, where one is enough; either may be NULL. */
const struct pf_sum_kind *pf_sum_better(const struct pf_sum_kind *a, const struct pf_sum_kind *b);

void pf_sum_start(struct pf_sum *s, const struct pf_sum_kind *kind); /* also starts anew */
void pf_sum_add(struct pf_sum *s, const void *p, size_t n);
/* Ends it: its bytes, the highest first. */
void pf_sum_end(struct pf_sum *s, unsigned char raw[PF_SUM_MAX]);
void pf_sum_free(struct pf_sum *s);
