/* archive_zip.c - a ZIP unpacked into a directory, by our rules */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/archive.h"
#include "formats/zip.h"

static int refuse(struct pf_err *err, const struct pf_zip_member *m, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "member \"" PF_FMT "\" %s", PF_ARG(pf_shown(m->name)),
		       why);
}

static int check_name(const struct pf_zip_member *m, struct pf_err *err)
{
	struct pf_str rest = m->name, part;

	if (m->odd || pf_zip_unreadable(m))
		return refuse(err, m, m->odd ? m->odd : pf_zip_unreadable(m));
	if (m->name.n >= PF_MAX_PATH)
		return refuse(err, m, "has too long a name");
	for (size_t i = 0; i < m->name.n; i++)
		if ((unsigned char)m->name.p[i] < 0x20 || m->name.p[i] == 0x7f ||
		    m->name.p[i] == '\\')
			return refuse(err, m, "has a name that is none");
	while (pf_str_next(&rest, '/', &part))
		if ((!part.n && rest.p) || pf_str_is(part, ".") || pf_str_is(part, ".."))
			return refuse(err, m, "has a name that leaves its folder");
	if ((m->mode & S_IFMT) && !S_ISREG(m->mode) && !S_ISDIR(m->mode))
		return refuse(err, m, "is neither a file nor a folder");
	return 0;
}

static int write_piece(void *fd, struct pf_str piece, struct pf_err *err)
{
	return pf_write_fd(*(int *)fd, piece.p, piece.n, err);
}

static int unpack_member(int dir, const struct pf_zip *z, const struct pf_zip_member *m, char *path,
			 struct pf_err *err)
{
	PF_FD(fd) = -1;

	if (pf_make_parents(dir, path, err) < 0)
		return -1;
	if (pf_str_ends(m->name, "/"))
		return 0;
	fd = pf_create_beneath(dir, path, m->mode & 0111 ? 0755 : 0644, err);
	return fd < 0 ? -1 : pf_zip_stream(z, m, write_piece, &fd, err);
}

static int check_all(const struct pf_zip *z, const struct pf_archive_limits *limits,
		     struct pf_err *err)
{
	uint64_t total = 0;

	if (z->members.n > limits->members)
		return pf_fail(err, PF_ELIMIT, "it has more than %zu members", limits->members);
	for (size_t i = 0; i < z->members.n; i++) {
		const struct pf_zip_member *m = &z->members.v[i];

		if (check_name(m, err) < 0)
			return -1;
		if (m->size > limits->bytes - total)
			return pf_fail(err, PF_ELIMIT, "it unpacks to more than %llu bytes",
				       (unsigned long long)limits->bytes);
		total += m->size;
	}
	return 0;
}

int pf_zip_extract(int dir, int fd, const char *what, const struct pf_archive_limits *limits,
		   struct pf_err *err)
{
	PF_AUTO(zip) z = { 0 };
	PF_AUTO(arena) a = { 0 };
	int rc = pf_zip_open(&z, fd, err);

	if (rc == 0)
		rc = check_all(&z, limits, err);
	for (size_t i = 0; rc == 0 && i < z.members.n; i++)
		rc = unpack_member(dir, &z, &z.members.v[i], pf_dupz(&a, z.members.v[i].name), err);
	if (rc < 0 && err->code == PF_EMODEL)
		err->code = PF_EINTEGRITY;
	return rc < 0 ? pf_wrap(err, "%s", what) : 0;
}
