/* zip.c - a ZIP archive's directory, checked against the members before any is read */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "formats/zip_inside.h"

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
#define DESCRIPTOR_SIG 0x08074b50u /* 4.3.9 */
#define EXTRA_ZIP64 0x0001	/* 4.5.3 */
#define EXTRA_NAME 0x7075	/* 4.6.9 */

#define FLAG_DESCRIPTOR 0x0008

struct end {
	uint64_t at;		/* offset of the first end record */
	uint64_t count, size, offset;
};

int pf_zip_bytes(void *to, int fd, uint64_t at, size_t n, struct pf_err *err)
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
	uint64_t at = pf_little(locator + 8, 8);

	if (locator_at < END64_SIZE || at > locator_at - END64_SIZE)
		return pf_fail(err, PF_EMODEL,
			       "the archive's zip64 end record is not where it should be");
	if (pf_zip_bytes(r, fd, at, sizeof(r), err) < 0)
		return -1;
	if (pf_little(r, 4) != END64_SIG || pf_little(r + 4, 8) != locator_at - at - 12 ||
	    pf_little(r + 16, 4) || pf_little(r + 20, 4) ||
	    pf_little(r + 24, 8) != pf_little(r + 32, 8))
		return pf_fail(err, PF_EMODEL, "the archive's zip64 end record is malformed");
	*out = (struct end){ at, pf_little(r + 32, 8), pf_little(r + 40, 8), pf_little(r + 48, 8) };
	return 0;
}

/* The end record's own 16 and 32 bit fields, where they are not "see zip64". */
static bool ends_agree(const char *r, const struct end *e)
{
	uint64_t count = pf_little(r + 10, 2), size = pf_little(r + 12, 4),
		 offset = pf_little(r + 16, 4);

	return (count == 0xffff || count == e->count) && (size == 0xffffffff || size == e->size) &&
	       (offset == 0xffffffff || offset == e->offset);
}

static int take_end(struct end *out, int fd, uint64_t at, const char *r, struct pf_err *err)
{
	char locator[LOCATOR_SIZE];
	struct end e = { at, pf_little(r + 10, 2), pf_little(r + 12, 4), pf_little(r + 16, 4) };

	if (pf_little(r + 4, 2) || pf_little(r + 6, 2) ||
	    pf_little(r + 8, 2) != pf_little(r + 10, 2))
		return pf_fail(err, PF_EMODEL, "an archive in several volumes");
	if (at >= LOCATOR_SIZE) {
		if (pf_zip_bytes(locator, fd, at - LOCATOR_SIZE, sizeof(locator), err) < 0)
			return -1;
		if (pf_little(locator, 4) == LOCATOR_SIG &&
		    read_end64(&e, fd, at - LOCATOR_SIZE, locator, err) < 0)
			return -1;
	}
	if (!ends_agree(r, &e))
		return pf_fail(err, PF_EMODEL, "the archive's end records disagree");
	if (e.offset > e.at || e.size != e.at - e.offset)
		return pf_fail(
			err, PF_EMODEL,
			"bytes before, inside or after the archive that belong to no member");
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
	if (pf_zip_bytes(p, fd, size - n, n, err) < 0)
		return -1;
	for (size_t i = n - END_SIZE + 1; i-- > 0;)
		if (pf_little(p + i, 4) == END_SIG && pf_little(p + i + 20, 2) == n - i - END_SIZE)
			return take_end(out, fd, size - n + i, p + i, err);
	return pf_fail(err, PF_EMODEL, "no ZIP archive: its end record is missing");
}

/* ---- directory ---- */

/* 4.5: id and size, 2 bytes each, then the body. False at the end, or where the rest is none. */
static bool next_extra(struct pf_str *rest, unsigned *id, struct pf_str *body)
{
	size_t n = rest->n < 4 ? 0 : (size_t)pf_little(rest->p + 2, 2);

	if (rest->n < 4 + n)
		return false;
	*id = (unsigned)pf_little(rest->p, 2);
	*body = pf_str_cut(*rest, 4, 4 + n);
	*rest = pf_str_skip(*rest, 4 + n);
	return true;
}

/* 4.6.9: a version, a checksum, then a name that some readers take instead. */
static bool renames(const struct pf_zip_member *m, unsigned id, struct pf_str body)
{
	return id == EXTRA_NAME && !pf_str_eq(pf_str_skip(body, 5), m->name);
}

/* 4.5.3: the fields that overflowed, in this order, 8 bytes each. */
static int take_extra(struct pf_zip_member *m, struct pf_str extra, struct pf_err *err)
{
	uint64_t *fields[] = { &m->size, &m->packed, &m->header };
	struct pf_str body;
	unsigned id;

	while (next_extra(&extra, &id, &body)) {
		if (renames(m, id, body))
			m->odd = "an extra field gives it another name";
		for (size_t i = 0; id == EXTRA_ZIP64 && i < PF_COUNT(fields); i++) {
			if (*fields[i] != 0xffffffff)
				continue;
			if (body.n < 8)
				return pf_fail(err, PF_EMODEL,
					       "a zip64 field of " PF_FMT " is missing",
					       PF_ARG(pf_shown(m->name)));
			*fields[i] = pf_little(body.p, 8);
			body = pf_str_skip(body, 8);
		}
		if (id == EXTRA_ZIP64 && body.n)
			m->odd = "it has zip64 fields that nothing refers to";
	}
	if (extra.n >= 4)
		m->odd = "its extra fields are malformed";
	return 0;
}

static int take_entry(struct pf_zip_member *out, size_t *used, struct pf_str rest,
		      struct pf_err *err)
{
	size_t name_n, extra_n, comment_n;
	const char *r = rest.p;

	if (rest.n < ENTRY_SIZE || pf_little(r, 4) != ENTRY_SIG)
		return pf_fail(err, PF_EMODEL, "the archive's directory is malformed");
	name_n = (size_t)pf_little(r + 28, 2);
	extra_n = (size_t)pf_little(r + 30, 2);
	comment_n = (size_t)pf_little(r + 32, 2);
	*used = ENTRY_SIZE + name_n + extra_n + comment_n;
	if (rest.n < *used || pf_little(r + 34, 2))
		return pf_fail(err, PF_EMODEL, "the archive's directory is malformed");
	*out = (struct pf_zip_member){
		.name = { r + ENTRY_SIZE, name_n },
		.header = pf_little(r + 42, 4),
		.packed = pf_little(r + 20, 4),
		.size = pf_little(r + 24, 4),
		.crc = (uint32_t)pf_little(r + 16, 4),
		.method = (uint16_t)pf_little(r + 10, 2),
		.flags = (uint16_t)pf_little(r + 8, 2),
		.mode = (uint32_t)pf_little(r + 38, 4) >> 16,
	};
	return take_extra(out, (struct pf_str){ r + ENTRY_SIZE + name_n, extra_n }, err);
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
		return pf_fail(
			err, PF_ELIMIT,
			"the archive's directory is too big: more than %d members or %zu bytes",
			PF_MAX_ZIP_MEMBERS, PF_MAX_ZIP_DIRECTORY);
	bytes = pf_alloc(&z->arena, (size_t)e->size + 1);
	if (pf_zip_bytes(bytes, z->fd, e->offset, (size_t)e->size, err) < 0)
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

int pf_zip_differs(struct pf_err *err, const struct pf_zip_member *m, const char *what)
{
	return pf_fail(err, PF_EMODEL, "member " PF_FMT ": %s", PF_ARG(pf_shown(m->name)), what);
}

/* Local sizes may be zero before a descriptor, or "see zip64". */
static bool local_size_ok(uint64_t local, uint64_t central, uint16_t flags)
{
	return local == central || local == 0xffffffff || ((flags & FLAG_DESCRIPTOR) && !local);
}

static bool is_size_or_late(uint64_t value, uint64_t central, uint16_t flags)
{
	return value == central || ((flags & FLAG_DESCRIPTOR) && !value);
}

/* A local header's zip64 field: the sizes that overflowed. Some writers, who did not know them yet,
 * leave room for both and fill it in any case. */
static bool check_local_zip64(struct pf_zip_member *m, const char *r, struct pf_str body)
{
	const uint64_t wanted[] = { m->size, m->packed };
	const uint64_t local[] = { pf_little(r + 22, 4), pf_little(r + 18, 4) };
	bool both = body.n == 16;

	for (size_t i = 0; i < PF_COUNT(wanted); i++) {
		if (local[i] != 0xffffffff && !both)
			continue;
		if (body.n < 8 || !is_size_or_late(pf_little(body.p, 8), wanted[i], m->flags))
			return false;
		body = pf_str_skip(body, 8);
	}
	if (body.n)
		m->odd = "it has zip64 fields that nothing refers to";
	return true;
}

static bool check_local_extra(struct pf_zip_member *m, const char *r, struct pf_str extra)
{
	struct pf_str body;
	unsigned id;

	while (next_extra(&extra, &id, &body)) {
		if (renames(m, id, body))
			m->odd = "an extra field gives it another name";
		if (id == EXTRA_ZIP64 && !check_local_zip64(m, r, body))
			return false;
	}
	if (extra.n >= 4)
		m->odd = "its extra fields are malformed";
	return true;
}

/* Nothing lies between members but a data descriptor (4.3.9): perhaps a signature, the checksum,
 * both sizes of 4 or 8 bytes. */
static int check_gap(struct pf_zip *z, const struct pf_zip_member *m, uint64_t end,
		     struct pf_err *err)
{
	uint64_t at = m->data + m->packed, gap = end - at;
	bool signature = gap == 16 || gap == 24;
	unsigned wide = gap >= 20 ? 8 : 4;
	char r[24], *p = r + (signature ? 4 : 0);

	if (!gap)
		return 0;
	if (!(m->flags & FLAG_DESCRIPTOR) || !(gap == 12 || gap == 20 || signature))
		return pf_zip_differs(err, m, "bytes that belong to no member follow it");
	if (pf_zip_bytes(r, z->fd, at, (size_t)gap, err) < 0)
		return -1;
	if ((signature && pf_little(r, 4) != DESCRIPTOR_SIG) || pf_little(p, 4) != m->crc ||
	    pf_little(p + 4, wide) != m->packed || pf_little(p + 4 + wide, wide) != m->size)
		return pf_zip_differs(err, m, "its data descriptor differs from the directory");
	return 0;
}

/* Header and name in one read; the extra fields, which most have none of, in another. */
static int check_local(struct pf_zip *z, struct pf_zip_member *m, uint64_t end, struct pf_buf *b,
		       struct pf_err *err)
{
	uint64_t name_n, extra_n, crc;
	char *r = pf_buf_room(b, LOCAL_SIZE + PF_KIB(128)), *extra;

	if (m->header > end || end - m->header < LOCAL_SIZE + m->name.n)
		return pf_zip_differs(err, m, "its header overlaps what follows");
	if (pf_zip_bytes(r, z->fd, m->header, LOCAL_SIZE + m->name.n, err) < 0)
		return -1;
	name_n = pf_little(r + 26, 2);
	extra_n = pf_little(r + 28, 2);
	crc = pf_little(r + 14, 4);
	if (pf_little(r, 4) != LOCAL_SIG || name_n != m->name.n ||
	    pf_little(r + 8, 2) != m->method || pf_little(r + 6, 2) != m->flags)
		return pf_zip_differs(err, m, "its header differs from the directory");
	if (!local_size_ok(pf_little(r + 18, 4), m->packed, m->flags) ||
	    !local_size_ok(pf_little(r + 22, 4), m->size, m->flags) ||
	    !is_size_or_late(crc, m->crc, m->flags))
		return pf_zip_differs(err, m, "its sizes or checksum differ from the directory");
	if (m->name.n && memcmp(r + LOCAL_SIZE, m->name.p, m->name.n))
		return pf_zip_differs(err, m, "its header has another name");
	m->data = m->header + LOCAL_SIZE + name_n + extra_n;
	if (m->data > end || m->packed > end - m->data)
		return pf_zip_differs(err, m, "it overlaps what follows");
	extra = r + LOCAL_SIZE + name_n;
	if (extra_n && pf_zip_bytes(extra, z->fd, m->data - extra_n, (size_t)extra_n, err) < 0)
		return -1;
	if (!check_local_extra(m, r, (struct pf_str){ extra, (size_t)extra_n }))
		return pf_zip_differs(err, m, "its sizes differ from the directory");
	return check_gap(z, m, end, err);
}

uint64_t pf_zip_end_of(const struct pf_zip *z, const struct pf_zip_member *m)
{
	return m + 1 < z->members.v + z->members.n ? m[1].header : z->directory;
}

int pf_zip_settle(struct pf_zip *z, struct pf_zip_member *m, struct pf_err *err)
{
	PF_AUTO(buf) scratch = PF_BUF(LOCAL_SIZE + PF_KIB(128) + 1);

	return check_local(z, m, pf_zip_end_of(z, m), &scratch, err);
}

static int check_members(struct pf_zip *z, struct pf_err *err)
{
	PF_AUTO(buf) scratch = PF_BUF(LOCAL_SIZE + PF_KIB(128) + 1);

	if (z->members.n ? z->members.v[0].header != 0 : z->directory != 0)
		return pf_fail(err, PF_EMODEL, "bytes before the archive's first member");
	for (size_t i = 0; i < z->members.n; i++) {
		struct pf_zip_member *m = &z->members.v[i];
		void **place = pf_map_put(&z->arena, &z->by_name, m->name);

		if (*place)
			return pf_zip_differs(err, m, "the archive has it twice");
		*place = m;
		if (check_local(z, m, pf_zip_end_of(z, m), &scratch, err) < 0)
			return -1;
	}
	return 0;
}

static int find_directory(struct end *out, int fd, struct pf_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	return find_end(out, fd, (uint64_t)st.st_size, err);
}

int pf_zip_directory_at(uint64_t *at, int fd, struct pf_err *err)
{
	struct end end = { 0 };

	if (find_directory(&end, fd, err) < 0)
		return -1;
	*at = end.offset;
	return 0;
}

int pf_zip_peek(struct pf_zip *out, int fd, struct pf_err *err)
{
	PF_AUTO(zip) z = { .fd = fd };
	struct end end = { 0 };

	if (find_directory(&end, fd, err) < 0)
		return -1;
	z.directory = end.offset;
	if (read_directory(&z, &end, err) < 0)
		return -1;
	*out = PF_TAKE(z);
	return 0;
}

int pf_zip_open(struct pf_zip *out, int fd, struct pf_err *err)
{
	PF_AUTO(zip) z = { 0 };

	if (pf_zip_peek(&z, fd, err) < 0 || check_members(&z, err) < 0)
		return -1;
	*out = PF_TAKE(z);
	return 0;
}

void pf_zip_free(struct pf_zip *z)
{
	pf_zip_end_reading(z);
	pf_arena_free(&z->arena);
	memset(z, 0, sizeof(*z));
}

const struct pf_zip_member *pf_zip_find(const struct pf_zip *z, struct pf_str name)
{
	return pf_map_get(&z->by_name, name);
}
