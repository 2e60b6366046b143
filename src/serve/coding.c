/* coding.c - bodies that came compressed: Content-Encoding undone, up to a ceiling */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>

#include "base/str.h"
#include "serve/inside.h"

static const struct {
	const char *name;
	enum pf_coding coding;
} codings[] = {
	{ "identity", PF_CODING_NONE },
	{ "gzip", PF_CODING_GZIP },
	{ "x-gzip", PF_CODING_GZIP }, /* RFC 9110, 8.4.1.3 */
	{ "deflate", PF_CODING_DEFLATE },
};

bool pf_coding_find(enum pf_coding *out, struct pf_str name)
{
	*out = PF_CODING_NONE;
	for (size_t i = 0; i < PF_COUNT(codings); i++)
		if (pf_str_ieq(name, codings[i].name)) {
			*out = codings[i].coding;
			return true;
		}
	return !name.n;
}

/* What is read and what it made, and how that went. */
struct step {
	size_t in, out;
	enum libdeflate_result how;
};

/* "deflate" is zlib's format (RFC 9110, 8.4.1.2); some send it without zlib's bytes around it. */
static struct step inflate(struct libdeflate_decompressor *d, enum pf_coding coding,
			   struct pf_str packed, char *room, size_t n)
{
	struct step s = { 0 };

	if (coding == PF_CODING_GZIP) {
		s.how = libdeflate_gzip_decompress_ex(d, packed.p, packed.n, room, n, &s.in,
						      &s.out);
		return s;
	}
	s.how = libdeflate_zlib_decompress_ex(d, packed.p, packed.n, room, n, &s.in, &s.out);
	if (s.how == LIBDEFLATE_BAD_DATA)
		s.how = libdeflate_deflate_decompress_ex(d, packed.p, packed.n, room, n, &s.in,
							 &s.out);
	return s;
}

/* One stream. How much it makes is known when it is made: the room grows by doubling, so that all
 * tries together cost no more than twice the last. */
static int undo_one(struct pf_buf *out, struct pf_str *packed, struct libdeflate_decompressor *d,
		    enum pf_coding coding, struct pf_err *err)
{
	size_t most = out->max - out->n, n = packed->n < most / 4 ? packed->n * 4 : most;
	struct step s;

	for (;; n = n < most / 2 ? n * 2 : most) {
		char *room = pf_buf_room(out, n);

		if (!room)
			return pf_buf_check(out, "the body", err);
		s = inflate(d, coding, *packed, room, n);
		if (s.how != LIBDEFLATE_INSUFFICIENT_SPACE || n == most)
			break;
	}
	if (s.how == LIBDEFLATE_INSUFFICIENT_SPACE)
		return pf_fail(err, PF_ELIMIT, "the body is larger than %zu bytes once unpacked",
			       out->max);
	if (s.how != LIBDEFLATE_SUCCESS || !s.in)
		return pf_fail(err, PF_EMODEL, "the body is damaged, or not compressed as its "
					       "Content-Encoding says");
	out->n += s.out;
	out->p[out->n] = '\0';
	*packed = pf_str_skip(*packed, s.in);
	return 0;
}

int pf_coding_undo(struct pf_buf *out, enum pf_coding coding, struct pf_str packed,
		   struct pf_err *err)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	int rc = 0;

	if (!d)
		pf_oom();
	do /* gzip may be several streams, one behind the other */
		rc = undo_one(out, &packed, d, coding, err);
	while (rc == 0 && packed.n && coding == PF_CODING_GZIP);
	if (rc == 0 && packed.n)
		rc = pf_fail(err, PF_EMODEL, "something follows the compressed body");
	libdeflate_free_decompressor(d);
	return rc;
}
