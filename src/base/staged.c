/* staged.c - a folder that is made beside its place, and put there when it is whole */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/staged.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"

void pf_staged_free(struct pf_staged *s)
{
	struct pf_err ignored;

	if (s->open) {
		close(s->dir);
		if (*s->name)
			(void)!pf_remove_tree(s->parent, s->name, &ignored);
		close(s->parent);
	}
	pf_arena_free(&s->arena);
	memset(s, 0, sizeof(*s));
}

/* Cuts the path into the folder and the name in it. */
static int cut(const char **above, struct pf_staged *s, const char *path, struct pf_err *err)
{
	struct pf_str whole = pf_s(path);
	size_t slash;

	while (whole.n > 1 && pf_str_ends(whole, "/"))
		whole.n--;
	slash = pf_str_rfind(whole, '/');
	s->path = pf_dupz(&s->arena, whole);
	s->last = s->path + (slash == PF_NPOS ? 0 : slash + 1);
	*above = slash == PF_NPOS ? "."
				  : pf_dupz(&s->arena, pf_str_cut(whole, 0, slash ? slash : 1));
	if (!*s->last || strcmp(s->last, ".") == 0 || strcmp(s->last, "..") == 0)
		return pf_fail(err, PF_EUSAGE, "%s is no name for a new folder",
			       *path ? path : "an empty text");
	return 0;
}

static int make(struct pf_staged *s, const char *above, struct pf_err *err)
{
	PF_FD(parent) = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return pf_fail_errno(err, "cannot open the folder of %s", s->path);
	if (pf_mkdtemp_at(parent, ".pyfunc-env.", s->name, sizeof(s->name), err) < 0)
		return -1;
	s->dir = openat(parent, s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0) {
		(void)unlinkat(parent, s->name, AT_REMOVEDIR);
		return pf_fail_errno(err, "cannot open %s", s->name);
	}
	s->parent = pf_fd_take(&parent);
	s->open = true;
	return 0;
}

int pf_staged_open(struct pf_staged *out, const char *path, struct pf_err *err)
{
	PF_AUTO(staged) s = { 0 };
	const char *above;
	struct stat st;

	if (cut(&above, &s, path, err) < 0)
		return -1;
	if (lstat(s.path, &st) == 0)
		return pf_fail(err, PF_EUSAGE, "%s is there already", path);
	if (make(&s, above, err) < 0)
		return -1;
	*out = PF_TAKE(s);
	return 0;
}

static bool is_empty_dir(const char *path)
{
	DIR *dir = opendir(path);
	bool empty = dir != NULL;

	for (struct dirent *e; dir && (e = readdir(dir));)
		empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (dir)
		closedir(dir);
	return empty;
}

int pf_staged_open_new(struct pf_staged *out, const char *path, struct pf_err *err)
{
	PF_AUTO(staged) s = { 0 };
	struct stat st;
	const char *above;
	bool there = lstat(path, &st) == 0;
	char *real = there ? pf_realpath(&s.arena, path) : NULL; /* behind a link */

	if (there && !(real && is_empty_dir(real)))
		return pf_fail(err, PF_EUSAGE, "Path '%s' already exists and is not empty", path);
	if (cut(&above, &s, real ? real : path, err) < 0 || pf_mkdir_p(above, 0777, err) < 0 ||
	    make(&s, above, err) < 0)
		return -1;
	*out = PF_TAKE(s);
	return 0;
}

/* RENAME_NOREPLACE, where the file system has it: another may have made it meanwhile. An empty
 * folder is no loss, and rename(2) replaces no other. */
static int put(const struct pf_staged *s)
{
	int rc = renameat2(s->parent, s->name, s->parent, s->last, RENAME_NOREPLACE);

	if (rc < 0 && (errno == EINVAL || errno == ENOSYS || errno == EEXIST))
		rc = renameat(s->parent, s->name, s->parent, s->last);
	return rc;
}

int pf_staged_commit(struct pf_staged *s, struct pf_err *err)
{
	if (fchmod(s->dir, 0755) < 0)
		return pf_fail_errno(err, "cannot open %s to others", s->path);
	if (put(s) < 0)
		return pf_fail_errno(err, "cannot put the folder at %s", s->path);
	*s->name = '\0';
	return 0;
}
