/* walk.c - folders listed without recursion, links not followed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"

void pf_found_list_free(struct pf_found_list *l)
{
	pf_arena_free(&l->arena);
	pf_buf_free(&l->entries);
	memset(l, 0, sizeof(*l));
}

static int by_path(const void *l, const void *r)
{
	return pf_str_cmp(((const struct pf_found *)l)->path, ((const struct pf_found *)r)->path);
}

static int list_one(struct pf_found_list *l, DIR *dir, struct pf_str at, struct pf_err *err)
{
	struct dirent *e;

	while ((errno = 0, e = readdir(dir))) {
		struct pf_found f = { 0 };
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		f.path =
			pf_format(&l->arena, PF_FMT "%s%s", PF_ARG(at), at.n ? "/" : "", e->d_name);
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue; /* renamed or removed since it was listed */
			return pf_fail_errno(err, "cannot look at %s", f.path.p);
		}
		f.mode = st.st_mode;
		f.size = (uint64_t)st.st_size;
		f.names = st.st_nlink;
		f.inode = f.names > 1 ? st.st_ino : 0;
		if (S_ISDIR(st.st_mode))
			*PF_PUSH(&l->arena, &l->dirs) = f;
		else
			*PF_PUSH(&l->arena, &l->files) = f;
		if (l->files.n + l->dirs.n > PF_MAX_ENV_FILES)
			return pf_fail(err, PF_ELIMIT, "an environment of more than %d files",
				       PF_MAX_ENV_FILES);
	}
	return errno ? pf_fail_errno(err, "cannot list " PF_FMT, PF_ARG(at)) : 0;
}

static int list_at(struct pf_found_list *l, int dir, struct pf_str at, struct pf_err *err)
{
	const char *path = at.n ? at.p : ".";
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);

	if (!listing && at.n && errno == ENOENT)
		return 0;
	if (!listing)
		return pf_fail_errno(err, "cannot list %s", at.n ? path : "an environment");
	rc = list_one(l, listing, at, err);
	closedir(listing);
	return rc;
}

int pf_walk(struct pf_found_list *out, int dir, struct pf_err *err)
{
	PF_AUTO(found_list) l = { 0 };

	for (size_t next = 0;; next++) {
		if (list_at(&l, dir, next ? l.dirs.v[next - 1].path : PF_S(""), err) < 0)
			return -1;
		if (next == l.dirs.n)
			break;
	}
	if (l.files.n)
		qsort(l.files.v, l.files.n, sizeof(*l.files.v), by_path);
	*out = PF_TAKE(l);
	return 0;
}

/* "pyvenv.cfg", "bin/python" */
static bool is_near(struct pf_str path)
{
	if (pf_str_starts(path, "bin/"))
		path = pf_str_skip(path, 4);
	return pf_str_find(path, '/') == PF_NPOS;
}

int pf_walk_own(struct pf_found_list *l, int dir, struct pf_err *err)
{
	PF_AUTO(found_list) own = { 0 };
	struct pf_map known = { 0 };

	for (size_t i = 0; i < l->files.n; i++)
		if (is_near(l->files.v[i].path))
			*pf_map_put(&own.arena, &known, l->files.v[i].path) = l;
	if (list_at(&own, dir, PF_S(""), err) < 0 || list_at(&own, dir, PF_S("bin"), err) < 0)
		return -1;
	if (own.files.n)
		qsort(own.files.v, own.files.n, sizeof(*own.files.v), by_path);
	for (size_t i = 0; i < own.files.n; i++) {
		struct pf_found f = own.files.v[i];

		if (pf_map_get(&known, f.path))
			continue;
		f.path = pf_dup(&l->arena, f.path);
		*PF_PUSH(&l->arena, &l->files) = f;
	}
	return 0;
}
