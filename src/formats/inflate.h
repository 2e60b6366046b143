/* inflate.h - the bytes of a file, plain or unwrapped from a compressor, a window at a time */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

#define PF_SOURCE_WINDOW 65536

enum pf_wrap_kind {
	PF_WRAP_NONE,
	PF_WRAP_GZIP,
	PF_WRAP_ZLIB,
	PF_WRAP_BZ2,
	PF_WRAP_XZ,
	PF_WRAP_LZMA,
	PF_WRAP_LZ4,
	PF_WRAP_ZSTD
};

/* Memory use is one window, whatever the file's size and whatever it unpacks to. Whoever has read
 * to the end has seen every checksum that the compressor left. */
struct pf_source {
	const char *window;	/* bytes at hand: [pos, have) */
	size_t pos, have;
	uint64_t base;		/* offset of window[0] in the unwrapped bytes */
	uint64_t limit;		/* unwrapped bytes that may be produced */
	int fd;			/* borrowed */
	uint64_t fd_at, fd_end;	/* the stretch of the file that is still to be read */
	void *archive;		/* libarchive's reader, or... */
	void *zlib;		/* ... that of gzip and zlib, when something is unwrapped */
	char *buffer;		/* NULL: a view of memory, whole in the window */
};

/* A stretch of an open file (size: bytes from `at` on); a view of memory; a stretch unwrapped,
 * whose struct must stay where it is. */
void pf_source_file(struct pf_source *out, int fd, uint64_t at, uint64_t size);
void pf_source_memory(struct pf_source *out, struct pf_str bytes);
int pf_source_unwrap(struct pf_source *out, enum pf_wrap_kind kind, int fd, uint64_t at,
		     uint64_t size, uint64_t limit, struct pf_err *err) PF_MUST_USE;
void pf_source_free(struct pf_source *s);

/* At least n (at most PF_SOURCE_WINDOW) bytes at s->window + s->pos: 1; fewer are left: 0; -1
 * with EMODEL (damaged) or ELIMIT. */
int pf_source_fill(struct pf_source *s, size_t n, struct pf_err *err) PF_MUST_USE;
static inline int pf_source_need(struct pf_source *s, size_t n, struct pf_err *err)
{
	return s->have - s->pos >= n ? 1 : pf_source_fill(s, n, err);
}
/* Passes over n bytes: 1, 0 when they end before, -1 with err. */
int pf_source_skip(struct pf_source *s, uint64_t n, struct pf_err *err) PF_MUST_USE;
static inline uint64_t pf_source_at(const struct pf_source *s)
{
	return s->base + s->pos;
}

/* What the first bytes say; ZLIB is only a guess (0x78). */
enum pf_wrap_kind pf_wrap_of(struct pf_str start);
const char *pf_wrap_name(enum pf_wrap_kind kind);
