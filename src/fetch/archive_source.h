/* archive_source.h - inside fetch: the bytes of a tar, whatever it is compressed by */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/archive.h"
#include "formats/inflate.h"

#define PF_ARCHIVE_START 8 /* bytes that tell a compressor */

/* Which of those that tars come by: gzip, bzip2, xz or zstd; else PF_WRAP_NONE. */
enum pf_wrap_kind pf_archive_wrap(const char start[PF_ARCHIVE_START]);
/* A stretch of a file, unwrapped; no more bytes than the limits have room for. Whoever reads it to
 * its end has seen the compressor's checksums. EINTEGRITY, EIO; as pf_source_unwrap. */
int pf_archive_source(struct pf_source *out, int fd, uint64_t at, uint64_t size,
		      const struct pf_archive_limits *limits, struct pf_err *err) PF_MUST_USE;
/* To its end: a tar ends before its compressor does, whose checksum is of all of it. */
int pf_archive_read_on(struct pf_source *s, struct pf_err *err) PF_MUST_USE;
/* Lets libarchive unwrap it instead, which is for what was compared with a digest before. */
struct archive;
int pf_archive_filters(struct archive *a) PF_MUST_USE;
