/* packed.c - a model that is an archive on this machine: told from a folder, and unpacked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/packed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "fetch/archive_source.h"
#include "fetch/local.h"
#include "fetch/tree.h"

/* Of archives that are in no compressor's hands; a tar has its mark in its first header. */
static const struct {
	off_t at;
	struct pf_str mark;
} MARKS[] = {
	{ 0, PF_S("PK\3\4") },
	{ 257, PF_S("ustar") },
};

static bool is_archive(int fd)
{
	char start[PF_ARCHIVE_START] = "";

	for (size_t i = 0; i < PF_COUNT(MARKS); i++) {
		size_t n = MARKS[i].mark.n;

		if (pread(fd, start, n, MARKS[i].at) == (ssize_t)n &&
		    memcmp(start, MARKS[i].mark.p, n) == 0)
			return true;
	}
	return pread(fd, start, sizeof(start), 0) > 0 && pf_archive_wrap(start) != PF_WRAP_NONE;
}

/* "file:///PATH#sha256=HEX" loses what is behind the "#". */
static struct pf_str take_digest(struct pf_str *uri)
{
	static const char key[] = "#sha256=";
	size_t at = pf_str_find_str(*uri, key);
	struct pf_str digest;

	if (!pf_str_ieq(pf_where_scheme(*uri), "file") || at == PF_NPOS)
		return (struct pf_str){ 0 };
	digest = pf_str_skip(*uri, at + strlen(key));
	if (digest.n != PF_SHA256_HEX - 1)
		return (struct pf_str){ 0 };
	for (size_t i = 0; i < digest.n; i++)
		if (pf_hex_digit(digest.p[i]) < 0)
			return (struct pf_str){ 0 };
	*uri = pf_str_cut(*uri, 0, at);
	return digest;
}

int pf_packed_open(struct pf_packed *out, struct pf_arena *a, const char *uri, struct pf_err *err)
{
	struct pf_packed packed = { 0 };
	struct pf_str text = pf_s(uri);
	struct pf_err ignored;
	struct stat st;
	PF_FD(fd) = -1;

	packed.sha256 = pf_dup(a, take_digest(&text));
	if (pf_local_path(&packed.path, a, pf_dupz(a, text), &ignored) < 0 ||
	    stat(packed.path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	fd = pf_open_file(AT_FDCWD, packed.path, err);
	if (fd < 0)
		return -1;
	if (!is_archive(fd))
		return 0;
	packed.fd = pf_fd_take(&fd);
	*out = packed;
	return 1;
}

static int bring(int part, const char *path, struct pf_remote *r, struct pf_err *err)
{
	const struct pf_packed *packed = r->own;

	(void)path;
	return pf_tree_unpack_from(part, packed->fd, r, err);
}

const struct pf_remote_kind pf_remote_packed = { .bring = bring };
