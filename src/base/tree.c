/* tree.c - the removal of a tree: iterative, beneath its own directory, following no link */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"

/* A folder that is not empty is entered; an empty one is removed on the way out. Only the folder
 * in hand is open: the way back is "..", which nobody else changes in a tree being removed. */
struct walk {
	DIR *dir;
	size_t depth;
};

/* Unlinks what it can; returns 1 with the name of a folder to enter, 0 when the folder is empty. */
static int clear_files(struct walk *w, char *name, size_t size, struct pf_err *err)
{
	struct dirent *e;

	rewinddir(w->dir);
	while ((errno = 0, e = readdir(w->dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(w->dir), e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return pf_fail_errno(err, "cannot remove %s", e->d_name);
		if (unlinkat(dirfd(w->dir), e->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return pf_fail_errno(err, "cannot remove %s", e->d_name);
		snprintf(name, size, "%s", e->d_name);
		return 1;
	}
	return errno ? pf_fail_errno(err, "cannot list a directory") : 0;
}

static int open_dir(struct walk *w, int at, const char *name, struct pf_err *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;

	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", name);
	(void)fchmod(fd, 0700); /* a folder without write permission keeps its files */
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return pf_fail_errno(err, "cannot list %s", name);
	}
	if (w->dir)
		closedir(w->dir);
	w->dir = dir;
	return 0;
}

static int empty_tree(struct walk *w, struct pf_err *err)
{
	char name[NAME_MAX + 1];

	for (;;) {
		int found = clear_files(w, name, sizeof(name), err);

		if (found < 0)
			return -1;
		if (!found && w->depth == 0)
			return 0;
		if (found && ++w->depth > PF_MAX_DIR_DEPTH * 64)
			return pf_fail(err, PF_ELIMIT, "a directory tree is too deep");
		if (!found)
			w->depth--;
		if (open_dir(w, dirfd(w->dir), found ? name : "..", err) < 0)
			return -1;
	}
}

/* 1: somebody who had it open has put a file into it meanwhile. */
static int remove_once(int dirfd, const char *name, struct pf_err *err)
{
	struct walk w = { 0 };
	int rc;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return pf_fail_errno(err, "cannot remove %s", name);
	rc = open_dir(&w, dirfd, name, err);
	if (rc == 0)
		rc = empty_tree(&w, err);
	if (w.dir)
		closedir(w.dir);
	if (rc < 0 || unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return rc;
	rc = errno == ENOTEMPTY || errno == EEXIST ? 1 : -1;
	(void)pf_fail_errno(err, "cannot remove %s", name);
	return rc;
}

int pf_remove_tree(int dirfd, const char *name, struct pf_err *err)
{
	int rc = 1;

	for (int tries = 0; rc > 0 && tries < PF_TRIES_REMOVE; tries++)
		rc = remove_once(dirfd, name, err);
	return rc ? -1 : 0;
}
