/* zip.c - a ZIP archive's directory, checked against the members before any is read */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip.h"

#include <errno.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"

/* Records of APPNOTE.TXT 6.3: signature, fixed size, what of them is looked at. */
#define LOCAL_SIG 0x04034b50u	/* 4.3.7 */
#define LOCAL_SIZE 30
#define ENTRY_SIG 0x02014b50u	/* 4.3.12 */
#define ENTRY_SIZE 46
#define END_SIG 0x06054b50u	/* 4.3.16 */
#define END_SIZE 22
#define END64_SIG 0x06064b50u	/* 4.3.14 */
#define END64_SIZE 56
#define LOCATOR_SIG 0x07064b50u /* 4.3.15 */
#define LOCATOR_SIZE 20
#define EXTRA_ZIP64 0x0001	/* 4.5.3 */

#define FLAG_ENCRYPTED 0x0001
#define FLAG_DESCRIPTOR 0x0008
#define METHOD_STORED 0
#define METHOD_DEFLATE 8
#define DEFLATE_BEST 1032 /* no deflate stream unpacks to more than this times its size */

struct end {
	uint64_t at;		/* offset of the first end record */
	uint64_t count, size, offset;
};

static uint64_t little(const char *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static int read_at(void *to, int fd, uint64_t at, size_t n, struct pf_err *err)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, (char *)to + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return pf_fail_errno(err, "cannot be read");
		if (r == 0)
			return pf_fail(err, PF_EMODEL, "the archive is cut off");
		got += (size_t)r;
	}
	return 0;
}

/* ---- end records ---- */

static int read_end64(struct end *out, int fd, uint64_t locator_at, const char *locator,
		      struct pf_err *err)
{
	char r[END64_SIZE];
	uint64_t at = little(locator + 8, 8);

	if (locator_at < END64_SIZE || at > locator_at - END64_SIZE)
		return pf_fail(err, PF_EMODEL, "the archive's zip64 end record is not where it should be");
	if (read_at(r, fd, at, sizeof(r), err) < 0)
		return -1;
	if (little(r, 4) != END64_SIG || little(r + 4, 8) != locator_at - at - 12 ||
	    little(r + 16, 4) || little(r + 20, 4) || little(r + 24, 8) != little(r + 32, 8))
		return pf_fail(err, PF_EMODEL, "the archive's zip64 end record is malformed");
	*out = (struct end){ at, little(r + 32, 8), little(r + 40, 8), little(r + 48, 8) };
	return 0;
}

/* The end record's own 16 and 32 bit fields, where they are not "see zip64". */
static bool ends_agree(const char *r, const struct end *e)
{
	uint64_t count = little(r + 10, 2), size = little(r + 12, 4), offset = little(r + 16, 4);

	return (count == 0xffff || count == e->count) && (size == 0xffffffff || size == e->size) &&
	       (offset == 0xffffffff || offset == e->offset);
}

static int take_end(struct end *out, int fd, uint64_t at, const char *r, struct pf_err *err)
{
	char locator[LOCATOR_SIZE];
	struct end e = { at, little(r + 10, 2), little(r + 12, 4), little(r + 16, 4) };

	if (little(r + 4, 2) || little(r + 6, 2) || little(r + 8, 2) != little(r + 10, 2))
		return pf_fail(err, PF_EMODEL, "an archive in several volumes");
	if (at >= LOCATOR_SIZE) {
		if (read_at(locator, fd, at - LOCATOR_SIZE, sizeof(locator), err) < 0)
			return -1;
		if (little(locator, 4) == LOCATOR_SIG &&
		    read_end64(&e, fd, at - LOCATOR_SIZE, locator, err) < 0)
			return -1;
	}
	if (!ends_agree(r, &e))
		return pf_fail(err, PF_EMODEL, "the archive's end records disagree");
	if (e.offset > e.at || e.size != e.at - e.offset)
		return pf_fail(err, PF_EMODEL, "bytes before, inside or after the archive that belong to no member");
	*out = e;
	return 0;
}

/* The record may be followed by a comment of up to 64 KiB, which must fill the file. */
static int find_end(struct end *out, int fd, uint64_t size, struct pf_err *err)
{
	PF_AUTO(buf) tail = PF_BUF(END_SIZE + 65535);
	size_t n = size < tail.max ? (size_t)size : tail.max;
	char *p = n >= END_SIZE ? pf_buf_room(&tail, n) : NULL;

	if (!p)
		return pf_fail(err, PF_EMODEL, "no ZIP archive: too short");
	if (read_at(p, fd, size - n, n, err) < 0)
		return -1;
	for (size_t i = n - END_SIZE + 1; i-- > 0;)
		if (little(p + i, 4) == END_SIG && little(p + i + 20, 2) == n - i - END_SIZE)
			return take_end(out, fd, size - n + i, p + i, err);
	return pf_fail(err, PF_EMODEL, "no ZIP archive: its end record is missing");
}

/* ---- directory ---- */

/* 4.5.3: the fields that overflowed, in this order, 8 bytes each. */
static int take_zip64(struct pf_zip_member *m, struct pf_str extra, struct pf_err *err)
{
	uint64_t *fields[] = { &m->size, &m->packed, &m->header };

	while (extra.n >= 4) {
		size_t n = (size_t)little(extra.p + 2, 2);
		struct pf_str body = pf_str_cut(extra, 4, 4 + n);
		bool wanted = little(extra.p, 2) == EXTRA_ZIP64;

		if (body.n != n)
			break;
		extra = pf_str_skip(extra, 4 + n);
		for (size_t i = 0; wanted && i < PF_COUNT(fields); i++) {
			if (*fields[i] != 0xffffffff)
				continue;
			if (body.n < 8)
				return pf_fail(err, PF_EMODEL, "a zip64 field of " PF_FMT " is missing",
					       PF_ARG(pf_shown(m->name)));
			*fields[i] = little(body.p, 8);
			body = pf_str_skip(body, 8);
		}
	}
	return 0;
}

static int take_entry(struct pf_zip_member *out, size_t *used, struct pf_str rest,
		      struct pf_err *err)
{
	size_t name_n, extra_n, comment_n;
	const char *r = rest.p;

	if (rest.n < ENTRY_SIZE || little(r, 4) != ENTRY_SIG)
		return pf_fail(err, PF_EMODEL, "the archive's directory is malformed");
	name_n = (size_t)little(r + 28, 2);
	extra_n = (size_t)little(r + 30, 2);
	comment_n = (size_t)little(r + 32, 2);
	*used = ENTRY_SIZE + name_n + extra_n + comment_n;
	if (rest.n < *used || little(r + 34, 2))
		return pf_fail(err, PF_EMODEL, "the archive's directory is malformed");
	*out = (struct pf_zip_member){
		.name = { r + ENTRY_SIZE, name_n },
		.header = little(r + 42, 4),
		.packed = little(r + 20, 4),
		.size = little(r + 24, 4),
		.crc = (uint32_t)little(r + 16, 4),
		.method = (uint16_t)little(r + 10, 2),
		.flags = (uint16_t)little(r + 8, 2),
	};
	return take_zip64(out, (struct pf_str){ r + ENTRY_SIZE + name_n, extra_n }, err);
}

static int by_offset(const void *a, const void *b)
{
	const struct pf_zip_member *x = a, *y = b;

	return x->header < y->header ? -1 : x->header > y->header;
}

static int read_directory(struct pf_zip *z, const struct end *e, struct pf_err *err)
{
	char *bytes;
	struct pf_str rest;

	if (e->count > PF_MAX_ZIP_MEMBERS || e->size > PF_MAX_ZIP_DIRECTORY)
		return pf_fail(err, PF_ELIMIT, "the archive's directory is too big: more than %d members or %zu bytes",
			       PF_MAX_ZIP_MEMBERS, PF_MAX_ZIP_DIRECTORY);
	bytes = pf_alloc(&z->arena, (size_t)e->size + 1);
	if (read_at(bytes, z->fd, e->offset, (size_t)e->size, err) < 0)
		return -1;
	rest = (struct pf_str){ bytes, (size_t)e->size };
	for (uint64_t i = 0; i < e->count; i++) {
		size_t used = 0;

		if (take_entry(PF_PUSH(&z->arena, &z->members), &used, rest, err) < 0)
			return -1;
		rest = pf_str_skip(rest, used);
	}
	if (rest.n)
		return pf_fail(err, PF_EMODEL, "the archive's directory has more than it counts");
	if (z->members.n)
		qsort(z->members.v, z->members.n, sizeof(*z->members.v), by_offset);
	return 0;
}

/* ---- members against their local headers ---- */

static int differs(struct pf_err *err, const struct pf_zip_member *m, const char *what)
{
	return pf_fail(err, PF_EMODEL, "member " PF_FMT ": %s", PF_ARG(pf_shown(m->name)), what);
}

/* Local sizes may be zero before a descriptor, or "see zip64". */
static bool local_size_ok(uint64_t local, uint64_t central, uint16_t flags)
{
	return local == central || local == 0xffffffff || ((flags & FLAG_DESCRIPTOR) && !local);
}

/* Nothing lies between members but a data descriptor: with or without signature, 4.3.9. */
static bool gap_ok(uint64_t gap, uint16_t flags)
{
	return !gap || ((flags & FLAG_DESCRIPTOR) &&
			(gap == 12 || gap == 16 || gap == 20 || gap == 24));
}

static int check_local(struct pf_zip *z, struct pf_zip_member *m, uint64_t end,
		       struct pf_err *err)
{
	char r[LOCAL_SIZE];
	PF_AUTO(buf) name = PF_BUF(65536);
	uint64_t name_n, extra_n, crc;

	if (m->header > end || end - m->header < LOCAL_SIZE)
		return differs(err, m, "its header overlaps what follows");
	if (read_at(r, z->fd, m->header, sizeof(r), err) < 0)
		return -1;
	name_n = little(r + 26, 2);
	extra_n = little(r + 28, 2);
	crc = little(r + 14, 4);
	if (little(r, 4) != LOCAL_SIG || name_n != m->name.n || little(r + 8, 2) != m->method ||
	    little(r + 6, 2) != m->flags)
		return differs(err, m, "its header differs from the directory");
	if (!local_size_ok(little(r + 18, 4), m->packed, m->flags) ||
	    !local_size_ok(little(r + 22, 4), m->size, m->flags) ||
	    !(crc == m->crc || ((m->flags & FLAG_DESCRIPTOR) && !crc)))
		return differs(err, m, "its sizes or checksum differ from the directory");
	if (!pf_buf_room(&name, m->name.n + 1) ||
	    read_at(name.p, z->fd, m->header + LOCAL_SIZE, m->name.n, err) < 0)
		return -1;
	if (m->name.n && memcmp(name.p, m->name.p, m->name.n))
		return differs(err, m, "its header has another name");
	m->data = m->header + LOCAL_SIZE + name_n + extra_n;
	if (m->data > end || m->packed > end - m->data)
		return differs(err, m, "it overlaps what follows");
	if (!gap_ok(end - m->data - m->packed, m->flags))
		return differs(err, m, "bytes that belong to no member follow it");
	return 0;
}

static int check_members(struct pf_zip *z, struct pf_err *err)
{
	struct pf_zip_member *v = z->members.v;
	size_t n = z->members.n, twice;

	if (n ? v[0].header != 0 : z->directory != 0)
		return pf_fail(err, PF_EMODEL, "bytes before the archive's first member");
	twice = n ? pf_find_twice(&v->name, n, sizeof(*v)) : 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t end = i + 1 < n ? v[i + 1].header : z->directory;

		if (i == twice)
			return differs(err, &v[i], "the archive has it twice");
		if (check_local(z, &v[i], end, err) < 0)
			return -1;
	}
	return 0;
}

int pf_zip_open(struct pf_zip *out, int fd, struct pf_err *err)
{
	PF_AUTO(zip) z = { .fd = fd };
	struct stat st;
	struct end end = { 0 };

	if (fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	if (find_end(&end, fd, (uint64_t)st.st_size, err) < 0)
		return -1;
	z.directory = end.offset;
	if (read_directory(&z, &end, err) < 0 || check_members(&z, err) < 0)
		return -1;
	*out = PF_TAKE(z);
	return 0;
}

void pf_zip_free(struct pf_zip *z)
{
	pf_arena_free(&z->arena);
	memset(z, 0, sizeof(*z));
}

/* ---- bytes of one ---- */

static int inflate_member(char *to, const struct pf_zip *z, const struct pf_zip_member *m,
			  struct pf_err *err)
{
	PF_AUTO(buf) packed = PF_BUF((size_t)m->packed + 1);
	char *p = pf_buf_room(&packed, (size_t)m->packed + 1);
	struct libdeflate_decompressor *d;
	enum libdeflate_result result;
	size_t used = 0;

	if (!p)
		return pf_fail(err, PF_ELIMIT, "too big");
	if (read_at(p, z->fd, m->data, (size_t)m->packed, err) < 0)
		return -1;
	d = libdeflate_alloc_decompressor();
	if (!d)
		pf_oom();
	result = libdeflate_deflate_decompress_ex(d, p, (size_t)m->packed, to, (size_t)m->size,
						  &used, NULL);
	libdeflate_free_decompressor(d);
	if (result != LIBDEFLATE_SUCCESS || used != m->packed)
		return differs(err, m, "its deflated bytes are damaged");
	return 0;
}

static int check_size(const struct pf_buf *out, const struct pf_zip_member *m, struct pf_err *err)
{
	if (m->flags & FLAG_ENCRYPTED)
		return differs(err, m, "it is encrypted");
	if (m->method != METHOD_STORED && m->method != METHOD_DEFLATE)
		return differs(err, m, "its compression is neither stored nor deflate");
	if (m->method == METHOD_STORED ? m->size != m->packed
				       : m->size / DEFLATE_BEST > m->packed)
		return differs(err, m, "its size is not possible");
	if (m->size >= out->max - out->n || m->packed > m->size + PF_KIB(64))
		return pf_fail(err, PF_ELIMIT, "member " PF_FMT ": more than %zu bytes",
			       PF_ARG(pf_shown(m->name)), out->max);
	return 0;
}

int pf_zip_read(struct pf_buf *out, const struct pf_zip *z, const struct pf_zip_member *m,
		struct pf_err *err)
{
	char *to;

	if (check_size(out, m, err) < 0)
		return -1;
	to = pf_buf_room(out, (size_t)m->size + 1);
	if (!to)
		return pf_fail(err, PF_ELIMIT, "member " PF_FMT " is too big", PF_ARG(pf_shown(m->name)));
	if ((m->method == METHOD_STORED ? read_at(to, z->fd, m->data, (size_t)m->size, err)
					: inflate_member(to, z, m, err)) < 0)
		return -1;
	if (libdeflate_crc32(0, to, (size_t)m->size) != m->crc)
		return differs(err, m, "its checksum is wrong");
	to[m->size] = '\0';
	out->n += (size_t)m->size;
	return 0;
}
