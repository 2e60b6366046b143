/* archive.h - a tar unpacked into a directory, by our rules */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"

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
/* The same of a ZIP, with the strictness of formats/zip.h; links have no place in one. */
int pf_zip_extract(int dir, int fd, const char *what, const struct pf_archive_limits *limits,
		   struct pf_err *err) PF_MUST_USE;
