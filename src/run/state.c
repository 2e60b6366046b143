/* state.c - what a worker has read and may have changed since: a digest over times and sizes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "run/warm.h"

/* Folders are taken from a list as they are found; no content is read. The order is the kernel's,
 * which is the same as long as nothing changes. */
struct look {
	struct pf_arena arena;
	struct pf_buf text;
	PF_VEC(char *) folders;
	size_t files;
};

/* What is in a folder is told by itself: its times would tell of byte code that Python writes. */
static void put(struct look *l, const char *name, struct stat *st, bool whole)
{
	if (S_ISDIR(st->st_mode) && !whole) {
		st->st_size = 0;
		st->st_mtim = st->st_ctim = (struct timespec){ 0 };
	}
	pf_buf_printf(&l->text, "%s", name);
	pf_buf_char(&l->text, '\0');
	pf_buf_printf(&l->text, "%llx %llx %x %llx %lld.%ld %lld.%ld\n",
		      (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
		      (unsigned)st->st_mode, (unsigned long long)st->st_size,
		      (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		      (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

/* A link and what it leads to. */
static bool look_at(struct look *l, int at, const char *name, struct stat *st, bool whole)
{
	struct stat behind;

	if (fstatat(at, name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	put(l, name, st, whole);
	if (S_ISLNK(st->st_mode) && fstatat(at, name, &behind, 0) == 0)
		put(l, "", &behind, whole);
	return true;
}

static void read_folder(struct look *l, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	struct stat st;

	while (dir && (e = readdir(dir)) && l->files <= PF_MAX_WARM_FILES) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (strcmp(e->d_name, "__pycache__") == 0)
			continue;
		l->files++;
		if (look_at(l, dirfd(dir), e->d_name, &st, false) && S_ISDIR(st.st_mode))
			*PF_PUSH(&l->arena, &l->folders) =
				pf_join(&l->arena, path, pf_s(e->d_name));
	}
	if (dir)
		closedir(dir);
}

bool pf_warm_state(char out[PF_SHA256_HEX], const struct pf_warm_for *whom)
{
	struct look l = { .text = PF_BUF(PF_MIB(64)) };
	struct stat st;
	bool fits;

	*PF_PUSH(&l.arena, &l.folders) = pf_dupz(&l.arena, pf_s(whom->model_dir));
	for (size_t i = 0; i < l.folders.n && l.files <= PF_MAX_WARM_FILES; i++)
		read_folder(&l, l.folders.v[i]);
	for (size_t i = 0; whom->watched && i < whom->watched->n; i++)
		look_at(&l, AT_FDCWD, pf_dupz(&l.arena, whom->watched->v[i]), &st, true);
	fits = l.files <= PF_MAX_WARM_FILES && !l.text.toobig;
	pf_sha256_hex(out, l.text.p, l.text.n);
	pf_buf_free(&l.text);
	pf_arena_free(&l.arena);
	return fits;
}
