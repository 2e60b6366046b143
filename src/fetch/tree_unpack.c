/* tree_unpack.c - a model that came as an archive: unpacked, and its folder found */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/archive.h"
#include "fetch/tree.h"

static bool starts_with(int fd, const char *mark)
{
	char start[4] = { 0 };

	return pread(fd, start, sizeof(start), 0) > 0 &&
	       memcmp(start, mark, strnlen(mark, sizeof(start))) == 0;
}

static int unpack(int tree, int fd, const struct pf_archive_limits *limits, struct pf_err *err)
{
	const char *what = "the archive";

	if ((starts_with(fd, "PK\3\4") ? pf_zip_extract(tree, fd, what, limits, err)
					: pf_archive_extract(tree, fd, what, limits, err)) == 0)
		return 0;
	return starts_with(fd, "<") ? pf_hint(err, "it looks like HTML: a proxy's or a login page?")
				    : -1;
}

int pf_tree_unpack_from(int part, int fd, const struct pf_remote *r, struct pf_err *err)
{
	PF_FD(tree) = -1;
	const struct pf_archive_limits limits = { .bytes = pf_remote_max(r),
						  .members = PF_MAX_MODEL_FILES };

	if (pf_remove_tree(part, "tree", err) < 0)
		return -1;
	if (mkdirat(part, "tree", 0755) < 0 ||
	    (tree = openat(part, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create a folder for the model");
	return unpack(tree, fd, &limits, err);
}

int pf_tree_unpack(int part, const struct pf_remote *r, struct pf_err *err)
{
	PF_FD(fd) = pf_open_file(part, "packed/archive", err);

	if (fd < 0 || pf_tree_unpack_from(part, fd, r, err) < 0)
		return -1;
	return pf_remove_tree(part, "packed", err);
}

static bool has_model(int dir, const char *folder)
{
	PF_AUTO(arena) a = { 0 };
	struct stat st;

	return fstatat(dir, pf_formatz(&a, "%s/MLmodel", folder), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

/* The name of the only folder, an empty one where there are more. */
static char *only_folder(struct pf_arena *a, int tree)
{
	int copy = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	char *name = NULL;
	size_t count = 0;
	struct stat st;

	if (!dir)
		return NULL;
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.' || fstatat(tree, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		count++;
		name = pf_dupz(a, pf_s(e->d_name));
	}
	closedir(dir);
	return count == 1 ? name : NULL;
}

char *pf_tree_root(struct pf_arena *a, int part, struct pf_err *err)
{
	PF_FD(tree) = openat(part, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *only;

	if (tree < 0)
		return pf_fail_errno(err, "cannot open the model's folder"), NULL;
	if (has_model(tree, "."))
		return pf_dupz(a, PF_S(""));
	only = only_folder(a, tree);
	if (only && has_model(tree, only))
		return only;
	pf_fail(err, PF_EMODEL, "no MLmodel file is there");
	return NULL;
}
