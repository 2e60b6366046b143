/* archive.h - a tar unpacked into a directory, by our rules */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "formats/digest.h"

struct pf_archive_limits {
	uint64_t bytes;	  /* of all files together */
	size_t members;
};

/* Unpacks the tar (plain, gzip, bzip2, xz or zstd, one layer) read from `fd` into the empty
 * directory `dir`, which nobody else may write. Regular files, directories and links whose targets
 * stay inside are all that is made; modes become 0644 or 0755; times, owners and further attributes
 * are left out. A second member of the same name replaces the first, when both are files. `what`
 * names the archive in errors: EINTEGRITY for what is malformed or not allowed, ELIMIT beyond the
 * limits, EIO. After an error the directory holds a part: remove it. */
int pf_archive_extract(int dir, int fd, const char *what, const struct pf_archive_limits *limits,
		       struct pf_err *err) PF_MUST_USE;
/* What was made, but for folders. */
struct pf_archived {
	char *path;
	char *target; /* of a symbolic link; else NULL */
	uint64_t size;
	bool executable;
	char digest[PF_SHA256_TEXT]; /* of a file */
};

/* Zeroed to begin with; the parts of one archive share it, and the limits count for all of them. */
struct pf_archive_kept {
	struct pf_arena arena;
	PF_VEC(struct pf_archived) members;
	uint64_t bytes;
};
void pf_archive_kept_free(struct pf_archive_kept *k);

/* A stretch of a file, read by its offset alone. */
struct pf_archive_part {
	int fd;
	uint64_t at, size;
};

/* The same of what nobody is to change: files are 0444 or 0555, have the archive's times, and are
 * listed with their digests; a member of the same name as one before is refused. */
int pf_archive_keep(struct pf_archive_kept *k, int dir, const struct pf_archive_part *part,
		    const char *what, const struct pf_archive_limits *limits,
		    struct pf_err *err) PF_MUST_USE;
/* The same of a ZIP, with the strictness of formats/zip.h; links have no place in one. */
int pf_zip_extract(int dir, int fd, const char *what, const struct pf_archive_limits *limits,
		   struct pf_err *err) PF_MUST_USE;
