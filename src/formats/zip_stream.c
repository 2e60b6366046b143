/* zip_stream.c - a big member's bytes, piece by piece: no more memory than two windows */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/limits.h"
#include "formats/zip.h"
#include "formats/zip_inside.h"

/* libdeflate is more than twice as fast, but wants all of a member, and all of the room for it, at
 * once. */
struct stream {
	const struct pf_zip *zip;
	const struct pf_zip_member *member;
	pf_zip_take *take;
	void *ctx;
	uint64_t read, made; /* bytes so far */
	uint32_t crc;
	unsigned char in[PF_ZIP_PIECE], out[PF_ZIP_PIECE];
};

static int damaged(const struct stream *s, struct pf_err *err)
{
	return pf_fail(err, PF_EMODEL, "member " PF_FMT ": its bytes are damaged",
		       PF_ARG(pf_shown(s->member->name)));
}

static int give(struct stream *s, const unsigned char *p, size_t n, struct pf_err *err)
{
	s->made += n;
	if (s->made > s->member->size)
		return damaged(s, err);
	s->crc = libdeflate_crc32(s->crc, p, n);
	return s->take(s->ctx, (struct pf_str){ (const char *)p, n }, err);
}

/* Into s->in: bytes, 0 at the end of what is packed. */
static ssize_t read_piece(struct stream *s, struct pf_err *err)
{
	uint64_t left = s->member->packed - s->read;
	size_t n = left < sizeof(s->in) ? (size_t)left : sizeof(s->in);

	if (n && pf_zip_bytes((char *)s->in, s->zip->fd, s->member->data + s->read, n, err) < 0)
		return -1;
	s->read += n;
	return (ssize_t)n;
}

static int copy_stored(struct stream *s, struct pf_err *err)
{
	ssize_t n;

	while ((n = read_piece(s, err)) > 0)
		if (give(s, s->in, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

/* One call of zlib: 1 at the stream's end. */
static int inflate_piece(struct stream *s, z_stream *z, struct pf_err *err)
{
	int rc;

	z->next_out = s->out;
	z->avail_out = sizeof(s->out);
	rc = inflate(z, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END)
		return damaged(s, err);
	if (give(s, s->out, sizeof(s->out) - z->avail_out, err) < 0)
		return -1;
	return rc == Z_STREAM_END;
}

static int inflate_all(struct stream *s, z_stream *z, struct pf_err *err)
{
	int ended = 0;

	while (ended == 0) {
		ssize_t n = z->avail_in ? 1 : read_piece(s, err);

		if (n <= 0)
			return n < 0 ? -1 : damaged(s, err);
		if (!z->avail_in) {
			z->next_in = s->in;
			z->avail_in = (uInt)n;
		}
		ended = inflate_piece(s, z, err);
	}
	if (ended > 0 && (z->avail_in || s->read != s->member->packed))
		return damaged(s, err);
	return ended < 0 ? -1 : 0;
}

static int inflate_deflated(struct stream *s, struct pf_err *err)
{
	z_stream z = { 0 };
	int rc;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return pf_fail(err, PF_EIO, "zlib cannot be used");
	rc = inflate_all(s, &z, err);
	inflateEnd(&z);
	return rc;
}

int pf_zip_stream(const struct pf_zip *z, const struct pf_zip_member *m, pf_zip_take *take,
		  void *ctx, struct pf_err *err)
{
	const char *why = pf_zip_unreadable(m);
	struct stream *s;
	int rc;

	if (why)
		return pf_fail(err, PF_EMODEL, "member " PF_FMT ": %s", PF_ARG(pf_shown(m->name)),
			       why);
	s = malloc(sizeof(*s));
	if (!s)
		pf_oom();
	s->zip = z;
	s->member = m;
	s->take = take;
	s->ctx = ctx;
	s->read = s->made = s->crc = 0;
	rc = pf_zip_is_stored(m) ? copy_stored(s, err) : inflate_deflated(s, err);
	if (rc == 0 && (s->made != m->size || s->crc != m->crc))
		rc = damaged(s, err);
	free(s);
	return rc;
}
