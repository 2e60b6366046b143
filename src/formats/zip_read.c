/* zip_read.c - a member's bytes: inflated, and held against the directory */
/* SPDX-License-Identifier: Apache-2.0 */
#include <libdeflate.h>

#include "base/limits.h"
#include "formats/zip.h"
#include "formats/zip_inside.h"

#define FLAG_ENCRYPTED 0x0001
#define METHOD_STORED 0
#define METHOD_DEFLATE 8
#define DEFLATE_BEST 1032 /* no deflate stream unpacks to more than this times its size */

void pf_zip_end_reading(struct pf_zip *z)
{
	if (z->inflater)
		libdeflate_free_decompressor(z->inflater);
	pf_buf_free(&z->packed);
}

/* What few members need is not kept for all of them. */
static void shrink(struct pf_buf *b)
{
	if (b->cap > PF_ZIP_KEPT)
		pf_buf_free(b);
}

static int inflate_member(char *to, struct pf_zip *z, const struct pf_zip_member *m,
			  struct pf_err *err)
{
	char *p;
	size_t used = 0;

	z->packed.max = (size_t)m->packed + 1;
	p = pf_buf_room(&z->packed, (size_t)m->packed);
	if (pf_zip_bytes(p, z->fd, m->data, (size_t)m->packed, err) < 0)
		return -1;
	if (!z->inflater && !(z->inflater = libdeflate_alloc_decompressor()))
		pf_oom();
	if (libdeflate_deflate_decompress_ex(z->inflater, p, (size_t)m->packed, to, (size_t)m->size,
					     &used, NULL) != LIBDEFLATE_SUCCESS ||
	    used != m->packed)
		return pf_zip_differs(err, m, "its deflated bytes are damaged");
	shrink(&z->packed);
	return 0;
}

bool pf_zip_is_stored(const struct pf_zip_member *m)
{
	return m->method == METHOD_STORED;
}

const char *pf_zip_unreadable(const struct pf_zip_member *m)
{
	if (m->flags & FLAG_ENCRYPTED)
		return "it is encrypted";
	if (m->method != METHOD_STORED && m->method != METHOD_DEFLATE)
		return "its compression is neither stored nor deflate";
	if (m->method == METHOD_STORED ? m->size != m->packed : m->size / DEFLATE_BEST > m->packed)
		return "its size is not possible";
	return NULL;
}

static int check_size(const struct pf_buf *out, const struct pf_zip_member *m, struct pf_err *err)
{
	const char *why = pf_zip_unreadable(m);

	if (why)
		return pf_zip_differs(err, m, why);
	if (m->size >= out->max - out->n || m->packed > m->size + PF_KIB(64))
		return pf_fail(err, PF_ELIMIT, "member " PF_FMT ": more than %zu bytes",
			       PF_ARG(pf_shown(m->name)), out->max);
	return 0;
}

int pf_zip_read(struct pf_buf *out, struct pf_zip *z, const struct pf_zip_member *m,
		struct pf_err *err)
{
	char *to;

	if (check_size(out, m, err) < 0)
		return -1;
	to = pf_buf_room(out, (size_t)m->size + 1);
	if (!to)
		return pf_fail(err, PF_ELIMIT, "member " PF_FMT " is too big",
			       PF_ARG(pf_shown(m->name)));
	if ((pf_zip_is_stored(m) ? pf_zip_bytes(to, z->fd, m->data, (size_t)m->size, err)
					: inflate_member(to, z, m, err)) < 0)
		return -1;
	if (libdeflate_crc32(0, to, (size_t)m->size) != m->crc)
		return pf_zip_differs(err, m, "its checksum is wrong");
	to[m->size] = '\0';
	out->n += (size_t)m->size;
	return 0;
}
