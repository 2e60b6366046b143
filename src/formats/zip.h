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
	uint32_t mode;		/* of Unix, or 0 */
	const char *odd; /* why another reader might see another member here; NULL: it would not */
};

struct pf_zip {
	struct pf_arena arena;
	PF_VEC(struct pf_zip_member) members;	/* in the order of their bytes */
	struct pf_map by_name;			/* to struct pf_zip_member * */
	uint64_t directory;			/* its offset */
	int fd;					/* borrowed */
	void *inflater;				/* kept from one reading to the next */
	struct pf_buf packed;
};

void pf_zip_free(struct pf_zip *z);
/* Reads the directory (zip64 too). EMODEL: no archive; bytes before or after it; a name twice;
 * members that overlap, or differ from their local headers or descriptors in name, method, sizes or
 * checksum.
 * ELIMIT: too many members. */
int pf_zip_open(struct pf_zip *out, int fd, struct pf_err *err) PF_MUST_USE;
/* One member's bytes into `out`, whose ceiling counts; EMODEL on a wrong checksum or size,
 * encryption, or a method other than stored and deflate. */
int pf_zip_read(struct pf_buf *out, struct pf_zip *z, const struct pf_zip_member *m,
		struct pf_err *err) PF_MUST_USE;
/* The same in pieces of at most PF_ZIP_PIECE bytes, for one that is too big to be held whole; what
 * was taken counts when it returns 0. */
typedef int pf_zip_take(void *ctx, struct pf_str piece, struct pf_err *err);
int pf_zip_stream(const struct pf_zip *z, const struct pf_zip_member *m, pf_zip_take *take,
		  void *ctx, struct pf_err *err) PF_MUST_USE;
/* Why that would fail by what the directory says alone; NULL: it may do. */
const char *pf_zip_unreadable(const struct pf_zip_member *m);
const struct pf_zip_member *pf_zip_find(const struct pf_zip *z, struct pf_str name);

/* ---- an archive of which only some stretches are at hand, in a file of its size ---- */

/* Where the directory begins; the file's last 64 KiB are needed. */
int pf_zip_directory_at(uint64_t *at, int fd, struct pf_err *err) PF_MUST_USE;
/* The directory alone; by_name is empty, and before pf_zip_read a member needs pf_zip_settle. */
int pf_zip_peek(struct pf_zip *out, int fd, struct pf_err *err) PF_MUST_USE;
/* The end of the stretch that a member fills, from its header on. */
uint64_t pf_zip_end_of(const struct pf_zip *z, const struct pf_zip_member *m);
/* Checks one member against its local header. */
int pf_zip_settle(struct pf_zip *z, struct pf_zip_member *m, struct pf_err *err) PF_MUST_USE;
