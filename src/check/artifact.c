/* artifact.c - a model's files one by one, whole folders of them too */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/artifact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "check/artifact_file.h"

void pf_artifact_free(struct pf_artifact *a)
{
	pf_arena_free(&a->arena);
	*a = (struct pf_artifact)PF_ARTIFACT_INIT;
}

/* The message may begin with the path. errno is that of the failure. */
void pf_artifact_unopened(struct pf_artifact *a, struct pf_str file, const struct pf_err *err)
{
	const char *why = err->msg;
	int code = err->code;

	if (errno == ENOENT) {
		why = "it is not there";
		code = PF_EMODEL;
	} else if (pf_str_starts(pf_s(why), pf_dupz(&a->arena, file)) && why[file.n] == ' ') {
		why += file.n + 1;
	}
	pf_artifact_unread(a, file, code, why);
}

/* Folders still to be read: a list, not recursion, since a stranger chooses their depth. */
struct walk {
	struct pf_artifact *a;
	int root;
	enum pf_artifact_mode mode;
	struct pf_str own;	/* of CODE: where its own modules lie */
	struct pf_strs folders;	/* grows while it is read */
	size_t files;
	bool full;	/* more of them than are looked at */
};

/* False when the file was there before. */
static bool is_new(struct pf_artifact *a, struct pf_str file, enum pf_artifact_mode mode)
{
	void **place = pf_map_put(&a->arena, &a->seen,
				  pf_format(&a->arena, "%c" PF_FMT,
					    mode == PF_ARTIFACT_CODE ? 'c' : 'f', PF_ARG(file)));
	bool before = *place != NULL;

	*place = a;
	return !before;
}

/* Of what lies about and could not be opened, errno telling why: links that lead nowhere or to a
 * folder do not. */
static bool may_matter(struct pf_str file)
{
	return errno != ENOENT && errno != EISDIR && !pf_artifact_is_inert(file);
}

static void take_one(struct walk *w, struct pf_str file)
{
	struct pf_err err;
	char *path = pf_dupz(&w->a->arena, file);
	PF_FD(fd) = -1;

	if (!is_new(w->a, file, w->mode))
		return;
	if (w->mode == PF_ARTIFACT_CODE && !pf_str_ends(file, ".py")) {
		pf_artifact_take_beside(w->a, file);
		return;
	}
	fd = pf_open_beneath(w->root, path, &err);
	if (fd >= 0 && w->mode == PF_ARTIFACT_CODE)
		pf_artifact_take_source(w->a, file, fd, w->root, w->own);
	else if (fd >= 0)
		pf_artifact_take_file(w->a, file, fd, w->mode);
	else if (w->mode != PF_ARTIFACT_FOUND || may_matter(file))
		pf_artifact_unopened(w->a, file, &err);
}

static void take_name(struct walk *w, struct pf_str folder, const struct dirent *e, DIR *dir)
{
	struct stat st;
	struct pf_err err;
	bool here = pf_str_is(folder, ".");
	struct pf_str path;

	if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
		return;
	path = pf_format(&w->a->arena, PF_FMT "%s%s", here ? 0 : (int)folder.n, folder.p,
			 here ? "" : "/", e->d_name);
	if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)!pf_fail_errno(&err, "cannot be looked at");
		pf_artifact_unopened(w->a, path, &err);
	} else if (S_ISDIR(st.st_mode)) {
		*PF_PUSH(&w->a->arena, &w->folders) = path;
	} else if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) {
		take_one(w, path);
	}
}

static int by_text(const void *a, const void *b)
{
	const struct dirent *const *x = a, *const *y = b;

	return strcmp((*x)->d_name, (*y)->d_name);
}

static int take_sorted(struct walk *w, struct pf_str folder, DIR *dir)
{
	PF_AUTO(arena) arena = { 0 };
	PF_VEC(struct dirent *) list = { 0 };
	struct dirent *e;

	while ((e = readdir(dir))) {
		if (w->files++ >= PF_MAX_ARTIFACT_FILES)
			return -1;
		*PF_PUSH(&arena, &list) = memcpy(pf_alloc(&arena, sizeof(*e)), e, e->d_reclen);
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_text);
	for (size_t i = 0; i < list.n; i++)
		take_name(w, folder, list.v[i], dir);
	return 0;
}

static void take_folder(struct walk *w, struct pf_str folder, int fd)
{
	DIR *dir = fdopendir(fd);

	if (!dir) {
		close(fd);
		return;
	}
	w->full = take_sorted(w, folder, dir) < 0;
	if (w->full)
		pf_artifact_unread(w->a, folder, PF_ELIMIT, "too many files to look at them all");
	closedir(dir);
}

static void take_folders(struct walk *w)
{
	for (size_t i = 0; i < w->folders.n && !w->full; i++) {
		struct pf_err err;
		struct pf_str folder = w->folders.v[i];
		int fd = pf_open_dir_beneath(w->root, pf_dupz(&w->a->arena, folder), &err);

		if (fd >= 0)
			take_folder(w, folder, fd);
		else
			pf_artifact_unopened(w->a, folder, &err);
	}
}

/* "data/" as "data" */
static struct pf_str keep_name(struct pf_artifact *a, struct pf_str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return pf_dup(&a->arena, path);
}

int pf_artifact_read(struct pf_artifact *a, int root, const char *path, struct pf_err *err)
{
	struct walk w = { .a = a, .root = root, .mode = PF_ARTIFACT_NAMED };
	struct pf_str name = keep_name(a, pf_s(path));
	struct pf_err ignored;
	int fd;

	fd = pf_open_dir_beneath(root, path, &ignored);
	if (fd >= 0) {
		w.mode = PF_ARTIFACT_LISTED;
		*PF_PUSH(&a->arena, &w.folders) = name;
		close(fd);
		take_folders(&w);
		return 0;
	}
	if (!is_new(a, name, PF_ARTIFACT_NAMED))
		return 0;
	fd = pf_open_beneath(root, path, err);
	if (fd < 0)
		return -1;
	pf_artifact_take_file(a, name, fd, PF_ARTIFACT_NAMED);
	close(fd);
	return 0;
}

void pf_artifact_read_rest(struct pf_artifact *a, int root)
{
	struct walk w = { .a = a, .root = root, .mode = PF_ARTIFACT_FOUND };

	*PF_PUSH(&a->arena, &w.folders) = PF_S(".");
	take_folders(&w);
}

void pf_artifact_read_code(struct pf_artifact *a, int root, struct pf_str own, struct pf_str path)
{
	struct walk w = { .a = a, .root = root, .mode = PF_ARTIFACT_CODE, .own = own };
	struct pf_str name = keep_name(a, path);
	struct pf_err ignored;
	PF_FD(fd) = pf_open_dir_beneath(root, name.p, &ignored);

	if (fd < 0) {
		take_one(&w, name);
		return;
	}
	*PF_PUSH(&a->arena, &w.folders) = name;
	take_folders(&w);
}
