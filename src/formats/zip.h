/* zip.h - a ZIP archive's directory, checked against the members before any is read */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

struct pf_zip_member {
	struct pf_str name;	/* as the directory has it: any bytes, it names nothing on disk */
	uint64_t header;	/* offset of its local header */
	uint64_t data;		/* offset of its bytes; known once it was checked */
	uint64_t packed, size;
	uint32_t crc;
	uint16_t method, flags;
};

struct pf_zip {
	struct pf_arena arena;
	PF_VEC(struct pf_zip_member) members;	/* in the order of their bytes */
	uint64_t directory;			/* its offset */
	int fd;					/* borrowed */
};

void pf_zip_free(struct pf_zip *z);
/* Reads the directory (zip64 too). EMODEL: no archive; bytes before or after it; a name twice;
 * members that overlap, or differ from their local headers in name, method, sizes or checksum.
 * ELIMIT: too many members. */
int pf_zip_open(struct pf_zip *out, int fd, struct pf_err *err) PF_MUST_USE;
/* One member's bytes into `out`, whose ceiling counts; EMODEL on a wrong checksum or size,
 * encryption, or a method other than stored and deflate. */
int pf_zip_read(struct pf_buf *out, const struct pf_zip *z, const struct pf_zip_member *m,
		struct pf_err *err) PF_MUST_USE;
