/* workdir.c - private folders in the store's tmp/: made, locked, removed, swept */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"

/* Whoever may write to the store decides what we run: it must be ours alone. */
static int check_owner(const char *path, bool follow, struct pf_err *err)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return pf_fail_errno(err, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return pf_fail(err, PF_EIO, "%s is not a directory", path);
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		pf_fail(err, PF_EIO, "the store %s belongs to another user", path);
		return pf_hint(err, "choose another place with --store or PYFUNC_ENV_STORE");
	}
	if (st.st_mode & S_IWOTH) {
		pf_fail(err, PF_EIO, "the store %s may be written by everybody", path);
		return pf_hint(err, "chmod o-w it, or choose another place with --store");
	}
	return 0;
}

static int make_dirs(struct pf_workdir *w, struct pf_err *err)
{
	static const char *const names[] = { "tmp", "envs", "locks", "logs" };
	char *path;

	if (pf_mkdir_p(w->store, 0755, err) < 0 || check_owner(w->store, true, err) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(names); i++) {
		path = pf_join(&w->arena, w->store, pf_s(names[i]));
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return pf_fail_errno(err, "cannot create %s", path);
		if (check_owner(path, false, err) < 0)
			return -1;
	}
	return 0;
}

static int make_own(struct pf_workdir *w, const char *prefix, struct pf_err *err)
{
	char *tmp = pf_join(&w->arena, w->store, PF_S("tmp"));
	char name[128];
	PF_FD(parent) = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return pf_fail_errno(err, "cannot open %s", tmp);
	if (pf_mkdtemp_at(parent, prefix, name, sizeof(name), err) < 0)
		return pf_wrap(err, "%s", tmp);
	w->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return pf_fail_errno(err, "cannot open %s/%s", tmp, name);
	w->opened = true;
	(void)flock(w->fd, LOCK_EX | LOCK_NB); /* without locks its age alone protects it */
	w->name = pf_dupz(&w->arena, pf_s(name));
	w->path = pf_join(&w->arena, tmp, pf_s(name));
	w->log = pf_formatz(&w->arena, "%s/logs/%s.log", w->store, name);
	return 0;
}

int pf_workdir_open(struct pf_workdir *out, const char *prefix, const char *store,
		    struct pf_err *err)
{
	PF_AUTO(workdir) w = { 0 };

	w.store = pf_store_root(&w.arena, store, err);
	if (!w.store)
		return -1;
	if (make_dirs(&w, err) < 0 || make_own(&w, prefix, err) < 0) {
		if (!*err->hint)
			pf_hint(err,
				"choose a place that can be written with --store or PYFUNC_ENV_STORE");
		return -1;
	}
	*out = PF_TAKE(w);
	return 0;
}

void pf_workdir_free(struct pf_workdir *w)
{
	struct pf_err ignored;

	if (w->path)
		(void)!pf_remove_tree(AT_FDCWD, w->path, &ignored);
	if (w->log && !w->keep_log)
		unlink(w->log);
	if (w->opened)
		close(w->fd);
	pf_arena_free(&w->arena);
	memset(w, 0, sizeof(*w));
}

char *pf_workdir_file(struct pf_workdir *w, const char *name, struct pf_str bytes,
		      struct pf_err *err)
{
	if (pf_write_atomic(w->fd, name, bytes, 0600, err) < 0)
		return NULL;
	return pf_join(&w->arena, w->path, pf_s(name));
}

/* ---- logs ---- */

/* Secrets are taken out of the file on disk too, line by line; nothing grows. */
static void redact_log(struct pf_buf *log)
{
	struct pf_buf clean = PF_BUF(log->max + 1);
	struct pf_str rest = pf_buf_view(log), line;
	char text[PF_KIB(16)];

	while (pf_str_next_line(&rest, &line)) {
		snprintf(text, sizeof(text), PF_FMT, PF_ARG(line));
		pf_redact(text);
		pf_buf_cstr(&clean, text);
		pf_buf_char(&clean, '\n');
	}
	pf_buf_free(log);
	*log = clean;
}

int pf_workdir_keep_log(struct pf_buf *out, struct pf_workdir *w, struct pf_err *err)
{
	int rc = pf_read_file(out, AT_FDCWD, w->log, err);
	struct pf_err ignored;

	if (rc < 0 && err->code != PF_ELIMIT)
		return -1;
	out->toobig = false;
	redact_log(out);
	w->keep_log = pf_write_atomic(AT_FDCWD, w->log, pf_buf_view(out), 0600, &ignored) == 0;
	return rc;
}

void pf_log_tail(struct pf_str log)
{
	size_t from = log.n, lines = 0;

	while (from && (lines < 12 || log.p[from - 1] != '\n'))
		lines += log.p[--from] == '\n';
	pf_warn_text(pf_str_skip(log, from));
}

/* ---- leftovers ---- */

/* A lock that cannot be had is somebody's; where there are none, what is young is. */
static bool is_held(int fd, int how, const struct stat *st)
{
	return flock(fd, how | LOCK_NB) < 0 &&
	       (errno == EWOULDBLOCK || st->st_mtime > time(NULL) - PF_AGE_TMP);
}

/* Unlocked and old: its process is gone. Takes the lock, so that nobody else removes it too. */
static bool take_leftover(int *fd, int parent, const char *name, time_t before)
{
	struct stat st;

	*fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return *fd >= 0 && fstat(*fd, &st) == 0 && st.st_mtime <= before &&
	       !is_held(*fd, LOCK_EX, &st);
}

static DIR *open_tmp(const char *store)
{
	PF_AUTO(arena) a = { 0 };

	return opendir(pf_join(&a, store, PF_S("tmp")));
}

static struct dirent *next_folder(DIR *dir)
{
	struct dirent *e;

	while ((e = readdir(dir)) && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
		;
	return e;
}

int pf_workdir_sweep(const char *store, unsigned age, bool dry, struct pf_err *err)
{
	DIR *dir = open_tmp(store);
	time_t before = time(NULL) - (time_t)age;
	int count = 0, rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot list %s/tmp", store);
	for (struct dirent *e; rc == 0 && (e = next_folder(dir));) {
		PF_FD(fd) = -1;

		if (!take_leftover(&fd, dirfd(dir), e->d_name, before))
			continue;
		rc = dry ? 0 : pf_remove_tree(dirfd(dir), e->d_name, err);
		count++;
	}
	closedir(dir);
	return rc < 0 ? -1 : count;
}

bool pf_workdir_any_held(const char *store)
{
	DIR *dir = open_tmp(store);
	time_t before = time(NULL) - PF_AGE_GC;
	bool held = false;

	for (struct dirent *e; dir && !held && (e = next_folder(dir));) {
		PF_FD(fd) = openat(dirfd(dir), e->d_name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		struct stat st;

		held = fd >= 0 && fstat(fd, &st) == 0 && !pf_str_ends(pf_s(e->d_name), ".gone") &&
		       (st.st_mtime > before || is_held(fd, LOCK_SH, &st));
	}
	if (dir)
		closedir(dir);
	return held;
}
