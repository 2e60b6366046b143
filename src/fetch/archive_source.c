/* archive_source.c - the bytes of a tar, whatever it is compressed by */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/archive_source.h"

#include <archive.h>
#include <unistd.h>

#include "base/limits.h"

/* What a tar has around each of its files, long names among it. */
#define AROUND PF_KIB(8)

/* Sixteen numbers, lowest byte first, are for frames that are passed over (RFC 8878, 3.1.2): pzstd
 * puts one before each of its own. */
static bool is_skippable(const char start[PF_ARCHIVE_START])
{
	return (start[0] & 0xf0) == 0x50 && memcmp(start + 1, "\x2a\x4d\x18", 3) == 0;
}

enum pf_wrap_kind pf_archive_wrap(const char start[PF_ARCHIVE_START])
{
	enum pf_wrap_kind kind = is_skippable(start) ? PF_WRAP_ZSTD :
				 pf_wrap_of((struct pf_str){ start, PF_ARCHIVE_START });

	return kind == PF_WRAP_GZIP || kind == PF_WRAP_BZ2 || kind == PF_WRAP_XZ ||
			       kind == PF_WRAP_ZSTD
		       ? kind
		       : PF_WRAP_NONE;
}

static uint64_t most_bytes(const struct pf_archive_limits *limits)
{
	uint64_t around = (uint64_t)limits->members * AROUND + PF_MIB(1), most;

	return __builtin_add_overflow(limits->bytes, around, &most) ? UINT64_MAX : most;
}

int pf_archive_source(struct pf_source *out, int fd, uint64_t at, uint64_t size,
		      const struct pf_archive_limits *limits, struct pf_err *err)
{
	char start[PF_ARCHIVE_START] = "";
	enum pf_wrap_kind kind;

	if (pread(fd, start, size < sizeof(start) ? (size_t)size : sizeof(start), (off_t)at) < 0)
		return pf_fail_errno(err, "cannot be read");
	kind = pf_archive_wrap(start);
	if (kind == PF_WRAP_NONE) {
		pf_source_file(out, fd, at, size);
		return 0;
	}
	if (pf_source_unwrap(out, kind, fd, at, size, most_bytes(limits), err) == 0)
		return 0;
	err->code = err->code == PF_EMODEL ? PF_EINTEGRITY : err->code;
	return -1;
}

int pf_archive_read_on(struct pf_source *s, struct pf_err *err)
{
	int more;

	do
		s->pos = s->have;
	while ((more = pf_source_fill(s, 1, err)) > 0);
	return more;
}

int pf_archive_filters(struct archive *a)
{
	return archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
			       archive_read_support_filter_bzip2(a) == ARCHIVE_OK &&
			       archive_read_support_filter_xz(a) == ARCHIVE_OK &&
			       archive_read_support_filter_zstd(a) == ARCHIVE_OK
		       ? 0
		       : -1;
}
