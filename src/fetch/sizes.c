/* sizes.c - how long a tree's files are, compared once after a start of the machine */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/sizes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

/* "SIZE PATH", each ended by NUL, in any order; the last one is "end". */
#define SIZES "sizes"
#define END "end"

/* ---- written ---- */

struct listing {
	struct pf_arena a;
	struct pf_strs folders; /* that were met */
	struct pf_buf text;
};

static int list_one(struct listing *l, int dir, struct pf_str at, const char *name,
		    struct pf_err *err)
{
	struct pf_str path = pf_format(&l->a, PF_FMT "%s%s", PF_ARG(at), at.n ? "/" : "", name);
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return pf_fail_errno(err, "cannot look at %s", path.p);
	if (S_ISDIR(st.st_mode))
		*PF_PUSH(&l->a, &l->folders) = path;
	if (S_ISREG(st.st_mode))
		pf_buf_printf(&l->text, "%llu " PF_FMT "%c", (unsigned long long)st.st_size,
			      PF_ARG(path), 0);
	return 0;
}

static int list_folder(struct listing *l, int tree, struct pf_str at, struct pf_err *err)
{
	int fd = openat(tree, at.n ? at.p : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (!dir)
		return pf_fail_errno(err, "cannot list the model");
	for (struct dirent *e; rc == 0 && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = list_one(l, dirfd(dir), at, e->d_name, err);
	closedir(dir);
	return rc;
}

static int list(struct listing *l, int dir, struct pf_err *err)
{
	PF_FD(tree) = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (tree < 0)
		return pf_fail_errno(err, "cannot open the model's folder");
	if (list_folder(l, tree, PF_S(""), err) < 0)
		return -1;
	for (size_t i = 0; i < l->folders.n; i++)
		if (list_folder(l, tree, l->folders.v[i], err) < 0)
			return -1;
	pf_buf_printf(&l->text, END "%c", 0);
	return pf_buf_check(&l->text, "the list of the model's files", err);
}

int pf_sizes_write(int dir, struct pf_err *err)
{
	struct listing l = { .text = PF_BUF(PF_MAX_MANIFEST) };
	char mark[64];
	int rc = list(&l, dir, err);

	if (rc == 0)
		rc = pf_write_atomic(dir, SIZES, pf_buf_view(&l.text), 0444, err);
	if (rc == 0)
		rc = pf_write_atomic(dir, pf_boot_mark(mark), PF_S(""), 0444, err);
	pf_buf_free(&l.text);
	pf_arena_free(&l.a);
	return rc;
}

/* ---- compared ---- */

static bool is_as_long(struct pf_arena *a, int tree, struct pf_str line, const char **path)
{
	size_t blank = pf_str_find(line, ' ');
	uint64_t size;
	struct stat st;

	*path = blank == PF_NPOS ? SIZES : pf_dupz(a, pf_str_skip(line, blank + 1));
	return pf_str_u64(pf_str_cut(line, 0, blank), &size) &&
	       fstatat(tree, *path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size;
}

static const char *find_torn(struct pf_arena *a, int tree, struct pf_str text)
{
	struct pf_str line;
	const char *path;

	while (pf_str_next(&text, '\0', &line)) {
		if (pf_str_is(line, END) && !text.n)
			return NULL;
		if (!is_as_long(a, tree, line, &path))
			return path;
	}
	return SIZES;
}

const char *pf_sizes_torn(struct pf_arena *a, int dir)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_MANIFEST);
	PF_FD(tree) = -1;
	PF_FD(noted) = -1;
	const char *torn;
	struct pf_err ignored;
	char mark[64];

	if (faccessat(dir, pf_boot_mark(mark), F_OK, 0) == 0 || faccessat(dir, SIZES, F_OK, 0) < 0)
		return NULL;
	tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree < 0 || pf_read_file(&text, dir, SIZES, &ignored) < 0)
		return tree < 0 ? "tree" : SIZES;
	torn = find_torn(a, tree, pf_buf_view(&text));
	if (!torn)
		noted = openat(dir, mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	return torn;
}
