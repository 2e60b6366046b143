/* inflate.c - the bytes of a file, plain or unwrapped from a compressor, a window at a time */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/inflate.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#include "base/str.h"

static const struct wrap {
	const char *name;
	struct pf_str magic;
	int (*support)(struct archive *);
	int code;
} WRAPS[] = {
	[PF_WRAP_NONE] = { "", { 0 }, NULL, 0 },
	[PF_WRAP_GZIP] = { "gzip", { "\x1f\x8b", 2 }, NULL, 0 },
	[PF_WRAP_ZLIB] = { "zlib", { "\x78", 1 }, NULL, 0 },
	[PF_WRAP_BZ2] = { "bzip2", { "BZh", 3 }, archive_read_support_filter_bzip2,
			  ARCHIVE_FILTER_BZIP2 },
	[PF_WRAP_XZ] = { "xz", { "\xfd" "7zXZ", 5 }, archive_read_support_filter_xz,
			 ARCHIVE_FILTER_XZ },
	[PF_WRAP_LZMA] = { "lzma", { "\x5d\0\0", 3 }, archive_read_support_filter_lzma,
			   ARCHIVE_FILTER_LZMA },
	[PF_WRAP_LZ4] = { "lz4", { "\x04\x22\x4d\x18", 4 }, archive_read_support_filter_lz4,
			  ARCHIVE_FILTER_LZ4 },
	[PF_WRAP_ZSTD] = { "zstd", { "\x28\xb5\x2f\xfd", 4 }, archive_read_support_filter_zstd,
			   ARCHIVE_FILTER_ZSTD },
};

enum pf_wrap_kind pf_wrap_of(struct pf_str start)
{
	for (size_t i = 1; i < PF_COUNT(WRAPS); i++) {
		struct pf_str magic = WRAPS[i].magic;

		if (pf_str_eq(pf_str_cut(start, 0, magic.n), magic))
			return (enum pf_wrap_kind)i;
	}
	return PF_WRAP_NONE;
}

const char *pf_wrap_name(enum pf_wrap_kind kind)
{
	return WRAPS[kind].name;
}

static char *own_buffer(struct pf_source *s)
{
	if (!s->buffer && !(s->buffer = malloc(PF_SOURCE_WINDOW)))
		pf_oom();
	s->window = s->buffer;
	return s->buffer;
}

void pf_source_file(struct pf_source *out, int fd, uint64_t at, uint64_t size)
{
	*out = (struct pf_source){
		.fd = fd, .fd_at = at, .fd_end = at + size, .limit = UINT64_MAX
	};
	own_buffer(out);
}

void pf_source_memory(struct pf_source *out, struct pf_str bytes)
{
	*out = (struct pf_source){ .window = bytes.p, .have = bytes.n, .limit = UINT64_MAX };
}

/* gzip and zlib, whose checksums libarchive does not look at; libdeflate would need all of the
 * result at once. */
struct unzip {
	z_stream z;
	const char *name;
	bool gzip, between, ended; /* a stream has ended: another may follow */
	unsigned char in[32768];
};

void pf_source_free(struct pf_source *s)
{
	if (s->archive)
		archive_read_free(s->archive);
	if (s->zlib)
		inflateEnd(&((struct unzip *)s->zlib)->z);
	free(s->zlib);
	free(s->buffer);
	memset(s, 0, sizeof(*s));
}

/* Up to n bytes of the file's stretch; 0 at its end. */
static ssize_t read_stretch(struct pf_source *s, void *to, size_t n)
{
	ssize_t got;

	if (n > s->fd_end - s->fd_at)
		n = (size_t)(s->fd_end - s->fd_at);
	if (!n)
		return 0;
	do
		got = pread(s->fd, to, n, (off_t)s->fd_at);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		s->fd_at += (uint64_t)got;
	return got;
}

/* ---- zlib ---- */

static int open_zlib(struct pf_source *s, enum pf_wrap_kind kind, struct pf_err *err)
{
	struct unzip *u = calloc(1, sizeof(*u));

	if (!u)
		pf_oom();
	u->gzip = kind == PF_WRAP_GZIP;
	u->name = WRAPS[kind].name;
	if (inflateInit2(&u->z, MAX_WBITS + (u->gzip ? 16 : 0)) != Z_OK) {
		free(u);
		return pf_fail(err, PF_EIO, "cannot unwrap %s: zlib cannot be loaded",
			       WRAPS[kind].name);
	}
	s->zlib = u;
	return 0;
}

static int fail_zlib(const struct unzip *u, struct pf_err *err, const char *why)
{
	return pf_fail(err, PF_EMODEL, "damaged %s data (%s)", u->name,
		       why ? why : "no reason given");
}

/* More of the file, where nothing is at hand: 0 at its end. */
static ssize_t feed_zlib(struct pf_source *s, struct pf_err *err)
{
	struct unzip *u = s->zlib;
	ssize_t got;

	if (u->z.avail_in)
		return 1;
	got = read_stretch(s, u->in, sizeof(u->in));
	if (got < 0)
		return pf_fail_errno(err, "cannot be read");
	u->z.next_in = u->in;
	u->z.avail_in = (uInt)got;
	return got;
}

/* gzip's streams may follow one another; what follows them and is none is not looked at. */
static int begin_stream(struct unzip *u, struct pf_err *err)
{
	u->between = false;
	u->ended = !u->z.avail_in || u->z.next_in[0] != 0x1f;
	if (u->ended || inflateReset(&u->z) == Z_OK)
		return 0;
	return fail_zlib(u, err, u->z.msg);
}

static ssize_t read_zlib(struct pf_source *s, char *to, size_t room, struct pf_err *err)
{
	struct unzip *u = s->zlib;
	int rc;

	u->z.next_out = (Bytef *)to;
	u->z.avail_out = (uInt)room;
	while (u->z.avail_out == room && !u->ended) {
		ssize_t got = feed_zlib(s, err);

		if (got < 0 || (u->between && begin_stream(u, err) < 0))
			return -1;
		if (u->ended)
			break;
		if (got == 0)
			return fail_zlib(u, err, "it ends too early");
		rc = inflate(&u->z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END)
			return fail_zlib(u, err, u->z.msg);
		u->between = rc == Z_STREAM_END && u->gzip;
		u->ended = rc == Z_STREAM_END && !u->gzip;
	}
	return (ssize_t)(room - u->z.avail_out);
}

/* ---- what libarchive reads from: a stretch of the file ---- */

struct feed {
	struct pf_source *source;
	char block[32768];
};

static la_ssize_t feed_read(struct archive *a, void *ctx, const void **block)
{
	struct feed *f = ctx;
	struct pf_source *s = f->source;
	ssize_t got;

	*block = f->block;
	got = read_stretch(s, f->block, sizeof(f->block));
	if (got < 0)
		archive_set_error(a, errno, "cannot be read");
	return got;
}

static int feed_close(struct archive *a, void *ctx)
{
	(void)a;
	free(ctx);
	return ARCHIVE_OK;
}

static int fail_archive(struct pf_err *err, struct archive *a, const char *name)
{
	const char *why = archive_error_string(a);

	return pf_fail(err, PF_EMODEL, "damaged %s data (%s)", name, why ? why : "no reason given");
}

static int open_archive(struct archive *a, struct pf_source *s, const struct wrap *w,
			struct pf_err *err)
{
	struct archive_entry *entry;
	struct feed *feed;

	if (w->support(a) != ARCHIVE_OK || archive_read_support_format_raw(a) != ARCHIVE_OK)
		return pf_fail(err, PF_EMODEL, "this build cannot unwrap %s", w->name);
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		pf_oom();
	feed->source = s;
	if (archive_read_open(a, feed, NULL, feed_read, feed_close) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return fail_archive(err, a, w->name);
	if (archive_filter_code(a, 0) != w->code)
		return pf_fail(err, PF_EMODEL, "it begins like %s data and is none", w->name);
	return 0;
}

static int open_libarchive(struct pf_source *s, enum pf_wrap_kind kind, struct pf_err *err)
{
	s->archive = archive_read_new();
	if (!s->archive)
		return pf_fail(err, PF_EIO, "cannot unwrap %s: libarchive cannot be loaded",
			       WRAPS[kind].name);
	return open_archive(s->archive, s, &WRAPS[kind], err);
}

int pf_source_unwrap(struct pf_source *out, enum pf_wrap_kind kind, int fd, uint64_t at,
		     uint64_t size, uint64_t limit, struct pf_err *err)
{
	int rc;

	*out = (struct pf_source){ .fd = fd, .fd_at = at, .fd_end = at + size, .limit = limit };
	own_buffer(out);
	rc = WRAPS[kind].support ? open_libarchive(out, kind, err) : open_zlib(out, kind, err);
	if (rc == 0 && pf_source_fill(out, 1, err) >= 0) /* it is what it begins like */
		return 0;
	pf_source_free(out);
	return -1;
}

/* One read into the buffer's free end: bytes, 0 at the end, -1 with err. */
static ssize_t read_more(struct pf_source *s, struct pf_err *err)
{
	char *to = s->buffer + s->have;
	size_t room = PF_SOURCE_WINDOW - s->have;
	ssize_t got;

	if (s->zlib) {
		got = read_zlib(s, to, room, err);
		if (got < 0)
			return -1;
	} else if (s->archive) {
		got = archive_read_data(s->archive, to, room);
		if (got < 0)
			return fail_archive(err, s->archive,
					    archive_filter_name(s->archive, 0));
	} else {
		got = read_stretch(s, to, room);
		if (got < 0)
			return pf_fail_errno(err, "cannot be read");
	}
	s->have += (size_t)got;
	if (s->base + s->have > s->limit)
		return pf_fail(err, PF_ELIMIT, "it unpacks to more than %llu bytes",
			       (unsigned long long)s->limit);
	return got;
}

int pf_source_fill(struct pf_source *s, size_t n, struct pf_err *err)
{
	if (!s->buffer || n > PF_SOURCE_WINDOW)
		return s->have - s->pos >= n;
	if (s->pos) {
		memmove(s->buffer, s->buffer + s->pos, s->have - s->pos);
		s->base += s->pos;
		s->have -= s->pos;
		s->pos = 0;
	}
	while (s->have < n) {
		ssize_t got = read_more(s, err);

		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
	}
	return 1;
}

/* A plain file is not read where it is passed over. */
static int skip_stretch(struct pf_source *s, uint64_t n)
{
	uint64_t there = s->fd_end - s->fd_at;

	s->base += s->have;
	s->pos = s->have = 0;
	if (n > there) {
		s->fd_at = s->fd_end;
		s->base += there;
		return 0;
	}
	s->fd_at += n;
	s->base += n;
	return 1;
}

int pf_source_skip(struct pf_source *s, uint64_t n, struct pf_err *err)
{
	for (;;) {
		size_t at_hand = s->have - s->pos;
		int more;

		if (n <= at_hand) {
			s->pos += (size_t)n;
			return 1;
		}
		n -= at_hand;
		s->pos = s->have;
		if (!s->buffer)
			return 0;
		if (!s->archive && !s->zlib)
			return skip_stretch(s, n);
		more = pf_source_fill(s, 1, err);
		if (more <= 0)
			return more;
	}
}
