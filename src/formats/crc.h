/* crc.h - cyclic redundancy checks of up to 64 bits whose lowest bit comes first */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

#define PF_CRC32C 0x82f63b78u		      /* Castagnoli's, RFC 3720 */
#define PF_CRC64NVME 0x9a6c9329ac4bc9b5u /* of the NVM Express base specification */

/* A polynomial's tables: eight bytes at a time. */
struct pf_crc {
	uint64_t tables[8][256];
};

/* `polynomial` is reflected: its highest power is the lowest bit. */
void pf_crc_prepare(struct pf_crc *c, uint64_t polynomial);
/* The register after more bytes; what it begins with, and what becomes of it, is its user's. */
uint64_t pf_crc_add(const struct pf_crc *c, uint64_t value, const void *p, size_t n);
