/* source.c - tar or ZIP to a folder, by our rules; PKG-INFO */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/archive.h"
#include "formats/headers.h"

static const struct pf_archive_limits limits = { .bytes = PF_MAX_SOURCE,
						 .members = PF_MAX_SOURCE_FILES };

/* ---- the folder ---- */

/* "demo-1.0.tar.gz" is of a folder whose name begins with "demo-1.0", where there is more than
 * one. */
static int find_root(char **out, struct pf_arena *a, int at, struct pf_str file, struct pf_err *err)
{
	int copy = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct stat st;
	size_t count = 0;
	char *root = NULL;

	if (!dir)
		return pf_fail_errno(err, "cannot list a folder");
	for (struct dirent *e; (e = readdir(dir));) {
		bool named = pf_str_starts(file, e->d_name);

		if (e->d_name[0] == '.' || fstatat(at, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		count++;
		if (!root || named)
			root = pf_dupz(a, pf_s(e->d_name));
		if (named) {
			count = 1;
			break;
		}
	}
	closedir(dir);
	if (count != 1)
		return pf_fail(err, PF_EINTEGRITY, "it holds %s folder of sources",
			       count ? "more than one" : "no");
	*out = root;
	return 0;
}

int pf_source_unpack(char **root, struct pf_arena *a, int dir, int fd, struct pf_str file,
		     struct pf_err *err)
{
	int rc;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return pf_fail_errno(err, "cannot be read");
	rc = pf_str_ends(file, ".zip") ? pf_zip_extract(dir, fd, "the archive", &limits, err) :
					 pf_archive_extract(dir, fd, "the archive", &limits, err);
	if (rc < 0 && err->code == PF_EMODEL)
		err->code = PF_EINTEGRITY;
	return rc < 0 ? -1 : find_root(root, a, dir, file, err);
}

/* ---- PKG-INFO ---- */

/* "2.2", and so on up to the next major version. */
static bool is_late_enough(struct pf_str version)
{
	size_t dot = pf_str_find(version, '.');
	uint64_t major, minor;

	return dot != PF_NPOS && pf_str_u64(pf_str_cut(version, 0, dot), &major) &&
	       pf_str_u64(pf_str_skip(version, dot + 1), &minor) && major == 2 && minor >= 2;
}

bool pf_source_is_settled(struct pf_str text)
{
	static const char *const asked[] = { "Requires-Dist", "Provides-Extra", "Requires-Python" };
	PF_AUTO(arena) a = { 0 };
	struct pf_str key, value;
	bool settled = false, dynamic = false;

	while (pf_headers_next(&text, &a, &key, &value)) {
		if (pf_str_ieq(key, "Metadata-Version"))
			settled = is_late_enough(value);
		for (size_t i = 0; pf_str_ieq(key, "Dynamic") && i < PF_COUNT(asked); i++)
			dynamic |= pf_str_ieq(value, asked[i]);
	}
	return settled && !dynamic;
}

bool pf_source_metadata(struct pf_str *out, struct pf_arena *a, int root)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_DIST_INFO);
	struct pf_err ignored;
	PF_FD(fd) = pf_open_beneath(root, "PKG-INFO", &ignored);

	if (fd < 0 || pf_read_fd(&text, fd, "PKG-INFO", &ignored) < 0 ||
	    !pf_source_is_settled(pf_buf_view(&text)))
		return false;
	*out = pf_dup(a, pf_buf_view(&text));
	return true;
}
