/* copy.c - files and folders copied into a model: links within them followed, devices refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "save/inside.h"

/* MLflow copies with shutil.copytree: a link becomes what it leads to, whatever that is. Here it
 * may not lead out of the folder that the user named, so that a model never takes along what
 * somebody pointed at. */

#define SKIPPED "__pycache__"

/* A folder that is open; one that is met again below itself would have no end. */
struct folder {
	const struct folder *above;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

struct copying {
	struct pf_saving *w;
	int root; /* the folder that the user named; nothing outside of it is read */
	size_t files;
	struct pf_err *err;
};

static int copy_file(struct copying *c, int from, int dir, const char *name)
{
	struct stat st;
	PF_FD(to) = -1;

	if (fstat(from, &st) < 0)
		return pf_fail_errno(c->err, "cannot read %s", name);
	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    (st.st_mode & 0777) | 0600);
	if (to < 0)
		return pf_fail_errno(c->err, "cannot create %s", name);
	if (pf_copy_fd(to, from, true, c->err) < 0)
		return pf_wrap(c->err, "%s", name);
	if (fstat(to, &st) == 0)
		c->w->size += (uint64_t)st.st_size;
	return pf_signals_check(c->err);
}

static int copy_folder(struct copying *c, const char *path, int dir, const struct folder *above);

static int enter(struct copying *c, const char *path, int dir, const char *name,
		 const struct folder *above)
{
	PF_FD(to) = -1;

	if (mkdirat(dir, name, 0777) < 0)
		return pf_fail_errno(c->err, "cannot create %s", path);
	to = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return pf_fail_errno(c->err, "cannot open %s", path);
	return copy_folder(c, path, to, above);
}

/* `path` is below the root, `name` its last part. */
static int copy_entry(struct copying *c, const char *path, int dir, const char *name,
		      const struct folder *above)
{
	struct pf_err why = { 0 };
	struct stat st;
	PF_FD(fd) = -1;

	if (++c->files > PF_MAX_MODEL_FILES)
		return pf_fail(c->err, PF_ELIMIT, "more than %d files", PF_MAX_MODEL_FILES);
	if (fstatat(c->root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return pf_fail_errno(c->err, "cannot read %s", path);
	if (S_ISDIR(st.st_mode))
		return enter(c, path, dir, name, above);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return pf_fail(c->err, PF_EMODEL, "%s is neither a file nor a folder", path);
	fd = pf_open_beneath(c->root, path, &why);
	if (fd >= 0)
		return copy_file(c, fd, dir, name);
	if (S_ISREG(st.st_mode))
		return *c->err = why, -1;
	fd = pf_open_dir_beneath(c->root, path, &why);
	if (fd >= 0)
		return enter(c, path, dir, name, above);
	return pf_fail(c->err, PF_EMODEL,
		       "%s is a link that leads out of the folder, to a device or nowhere", path);
}

static int check_folder(struct copying *c, const struct folder *here, const char *path)
{
	struct stat staged;

	if (here->depth > PF_MAX_MODEL_DEPTH)
		return pf_fail(c->err, PF_ELIMIT, "%s: more than %d folders in one another", path,
			       PF_MAX_MODEL_DEPTH);
	for (const struct folder *f = here->above; f; f = f->above)
		if (f->dev == here->dev && f->ino == here->ino)
			return pf_fail(c->err, PF_EMODEL, "%s is a link to a folder around it",
				       path);
	if (fstat(c->w->place.dir, &staged) == 0 && staged.st_dev == here->dev &&
	    staged.st_ino == here->ino)
		return pf_fail(c->err, PF_EUSAGE, "%s lies in what is copied into it",
			       c->w->place.path);
	return 0;
}

static int copy_entries(struct copying *c, DIR *from, const char *path, int dir,
			const struct folder *here)
{
	for (struct dirent *e; errno = 0, (e = readdir(from));) {
		PF_AUTO(arena) a = { 0 };
		const char *name = e->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, SKIPPED) == 0)
			continue;
		if (copy_entry(c, strcmp(path, ".") == 0 ? name : pf_join(&a, path, pf_s(name)),
			       dir, name, here) < 0)
			return -1;
	}
	return errno ? pf_fail_errno(c->err, "cannot list %s", path) : 0;
}

static int copy_folder(struct copying *c, const char *path, int dir, const struct folder *above)
{
	struct folder here = { .above = above, .depth = above ? above->depth + 1 : 0 };
	PF_FD(fd) = pf_open_dir_beneath(c->root, path, c->err);
	struct stat st;
	DIR *from;
	int rc;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return pf_fail_errno(c->err, "cannot read %s", path);
	here.dev = st.st_dev;
	here.ino = st.st_ino;
	if (check_folder(c, &here, path) < 0)
		return -1;
	from = fdopendir(fd);
	if (!from)
		return pf_fail_errno(c->err, "cannot list %s", path);
	(void)pf_fd_take(&fd);
	rc = copy_entries(c, from, path, dir, &here);
	closedir(from);
	return rc;
}

/* os.path.basename(os.path.abspath(path)): "." is the working directory's name, "a/.." that of the
 * folder of a. */
int pf_save_name_of(struct pf_str *out, struct pf_arena *a, const char *path, struct pf_err *err)
{
	char cwd[PF_MAX_PATH];
	struct pf_strs parts = { 0 };
	struct pf_str rest, part;

	if (!getcwd(cwd, sizeof(cwd)))
		return pf_fail_errno(err, "no working directory");
	rest = *path == '/' ? pf_s(path) : pf_format(a, "%s/%s", cwd, path);
	while (pf_str_next(&rest, '/', &part)) {
		if (pf_str_is(part, ".."))
			parts.n -= parts.n > 0;
		else if (part.n && !pf_str_is(part, "."))
			*PF_PUSH(a, &parts) = part;
	}
	if (!parts.n)
		return pf_fail(err, PF_EUSAGE, "%s has no name to be copied under", path);
	*out = pf_dup(a, parts.v[parts.n - 1]);
	return 0;
}

static int copy_named(struct pf_saving *w, int dir, const char *name, const char *from,
		      struct pf_err *err)
{
	struct copying c = { .w = w, .root = -1, .err = err };
	struct stat st;
	PF_FD(fd) = -1;

	if (stat(from, &st) < 0)
		return pf_fail_errno(err, "cannot read %s", from);
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return pf_fail(err, PF_EUSAGE, "two are named %s", name);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return pf_fail(err, PF_EMODEL, "%s is neither a file nor a folder", from);
	fd = S_ISREG(st.st_mode) ? pf_open_file(AT_FDCWD, from, err)
				 : open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return S_ISREG(st.st_mode) ? -1 : pf_fail_errno(err, "cannot open %s", from);
	if (S_ISREG(st.st_mode))
		return copy_file(&c, fd, dir, name);
	c.root = fd;
	return enter(&c, ".", dir, name, NULL) < 0 ? pf_wrap(err, "%s", from) : 0;
}

int pf_save_copy_as(struct pf_str *out, struct pf_saving *w, const char *into, struct pf_str name,
		    const char *from, struct pf_err *err)
{
	struct pf_str path = *into ? pf_format(&w->arena, "%s/" PF_FMT, into, PF_ARG(name))
				   : pf_dup(&w->arena, name);
	PF_FD(dir) = -1;

	if (pf_make_parents(w->place.dir, path.p, err) < 0)
		return -1;
	dir = openat(w->place.dir, *into ? into : ".",
		     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", into);
	if (copy_named(w, dir, pf_dupz(&w->arena, name), from, err) < 0)
		return -1;
	*out = path;
	return 0;
}

int pf_save_copy(struct pf_str *out, struct pf_saving *w, const char *into, const char *from,
		 struct pf_err *err)
{
	struct pf_str name;

	return pf_save_name_of(&name, &w->arena, from, err) < 0 ? -1
		       : pf_save_copy_as(out, w, into, name, from, err);
}

int pf_save_copy_all(struct pf_saving *w, const char *from, struct pf_err *err)
{
	PF_FD(root) = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copying c = { .w = w, .root = root, .err = err };

	if (root < 0)
		return pf_fail_errno(err, "cannot open %s", from);
	return copy_folder(&c, ".", w->place.dir, NULL) < 0 ? pf_wrap(err, "%s", from) : 0;
}
