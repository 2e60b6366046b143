/* crc.c - cyclic redundancy checks, eight bytes at a time ("slicing by 8", Kounavis and Berry) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/crc.h"

#include <endian.h>
#include <string.h>

void pf_crc_prepare(struct pf_crc *c, uint64_t polynomial)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		uint64_t value = byte;

		for (int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? polynomial : 0);
		c->tables[0][byte] = value;
	}
	for (unsigned k = 1; k < 8; k++)
		for (unsigned byte = 0; byte < 256; byte++) {
			uint64_t value = c->tables[k - 1][byte];

			c->tables[k][byte] = value >> 8 ^ c->tables[0][value & 255];
		}
}

uint64_t pf_crc_add(const struct pf_crc *c, uint64_t value, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t eight;

	for (; n >= sizeof(eight); p += sizeof(eight), n -= sizeof(eight)) {
		memcpy(&eight, p, sizeof(eight));
		eight = le64toh(eight) ^ value;
		value = c->tables[7][eight & 255] ^ c->tables[6][eight >> 8 & 255] ^
			c->tables[5][eight >> 16 & 255] ^ c->tables[4][eight >> 24 & 255] ^
			c->tables[3][eight >> 32 & 255] ^ c->tables[2][eight >> 40 & 255] ^
			c->tables[1][eight >> 48 & 255] ^ c->tables[0][eight >> 56];
	}
	for (; n; p++, n--)
		value = value >> 8 ^ c->tables[0][(value ^ *p) & 255];
	return value;
}
