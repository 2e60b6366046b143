/* sweep.c - what nobody needs any more of a store, but for its environments, removed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/walk.h"
#include "solve/solve.h"

struct sweep {
	struct pf_arena arena;
	const char *store;
	const struct pf_map *used;
	time_t cached, leftovers; /* older ones go */
	time_t busy;		  /* and of wheels, while somebody builds, those older than this */
	struct pf_swept swept;
};

static bool is_older(int dir, const char *path, time_t than)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime <= than;
}

/* ---- wheels ---- */

/* Whoever builds has looked up what it is going to link: that stays, whatever age was asked for. */
static time_t wheels_before(const struct sweep *s)
{
	return s->cached > s->busy && pf_workdir_any_held(s->store) ? s->busy : s->cached;
}

/* Renamed away first, under the lock of those who unpack it; one that was looked up in between is
 * put back. */
static int remove_wheel(struct sweep *s, int wheels, const char *name, struct pf_err *err)
{
	struct pf_arena *a = &s->arena;
	char *lock = pf_formatz(a, "%s/locks/wheel-%.2s.lock", s->store, name);
	char *away = pf_formatz(a, "%s/tmp/%s.%d.gone", s->store, name, (int)getpid());
	char *used = pf_formatz(a, "%s/manifest", away);
	PF_FD(fd) = pf_lock(AT_FDCWD, lock, 0, NULL, err);

	if (fd < 0)
		return err->code == PF_ELIMIT ? 0 : -1;
	if (pf_mkdir_p(pf_formatz(a, "%s/tmp", s->store), 0755, err) < 0)
		return -1;
	if (renameat(wheels, name, AT_FDCWD, away) < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot remove wheels/%s", name);
	if (access(used, F_OK) == 0 && !is_older(AT_FDCWD, used, wheels_before(s)) &&
	    renameat(AT_FDCWD, away, wheels, name) == 0)
		return 0;
	s->swept.wheels++;
	return pf_remove_tree(AT_FDCWD, away, err);
}

static int sweep_wheels(struct sweep *s, struct pf_err *err)
{
	DIR *dir = opendir(pf_formatz(&s->arena, "%s/wheels", s->store));
	int rc = 0;

	for (struct dirent *e; dir && rc == 0 && (e = readdir(dir));) {
		struct pf_str name = pf_s(e->d_name);
		char *used = pf_formatz(&s->arena, "%s/manifest", e->d_name);
		time_t than = wheels_before(s);

		if (name.n != 64 || pf_map_get(s->used, name))
			continue;
		if (is_older(dirfd(dir), used, than) ||
		    (faccessat(dirfd(dir), used, F_OK, 0) < 0 &&
		     is_older(dirfd(dir), e->d_name, than)))
			rc = remove_wheel(s, dirfd(dir), e->d_name, err);
		if (rc == 0)
			rc = pf_signals_check(err);
	}
	if (dir)
		closedir(dir);
	return rc;
}

/* ---- pages ---- */

static int sweep_pages(struct sweep *s, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };
	PF_FD(dir) = open(pf_formatz(&s->arena, "%s/index", s->store),
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s/index", s->store);
	if (pf_walk(&list, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++) {
		struct pf_str path = list.files.v[i].path;
		time_t than = pf_str_ends(path, ".tmp") ? s->leftovers : s->cached;

		if (is_older(dir, path.p, than) && unlinkat(dir, path.p, 0) == 0)
			s->swept.pages++;
	}
	return 0;
}

static size_t sweep_logs(struct sweep *s)
{
	DIR *dir = opendir(pf_formatz(&s->arena, "%s/logs", s->store));
	time_t than = time(NULL) - PF_AGE_LOG;
	size_t count = 0;

	for (struct dirent *e; dir && (e = readdir(dir));)
		count += pf_str_ends(pf_s(e->d_name), ".log") &&
			 is_older(dirfd(dir), e->d_name, than) &&
			 unlinkat(dirfd(dir), e->d_name, 0) == 0;
	if (dir)
		closedir(dir);
	return count;
}

int pf_cache_sweep(struct pf_swept *out, const char *store, const struct pf_map *used, int days,
		   struct pf_err *err)
{
	time_t now = time(NULL), before = now - (time_t)days * 86400;
	struct sweep s = { .store = store,
			   .used = used,
			   .cached = days < 0 ? now - PF_AGE_CACHE : before,
			   .leftovers = now - PF_AGE_GC,
			   .busy = now - PF_AGE_TMP };
	int leftovers = pf_workdir_sweep(store, PF_AGE_GC, err), rc = leftovers < 0 ? -1 : 0;

	s.swept.leftovers = (size_t)leftovers;
	s.swept.logs = sweep_logs(&s);
	if (rc == 0 && used)
		rc = sweep_wheels(&s, err);
	if (rc == 0)
		rc = sweep_pages(&s, err);
	*out = s.swept;
	pf_arena_free(&s.arena);
	return rc;
}

/* ---- told ---- */

#define COUNTS(s)                                                                             \
	{                                                                                     \
		{ "leftovers", (s)->leftovers }, { "logs", (s)->logs }, { "wheels", (s)->wheels }, \
			{ "pages", (s)->pages }                                               \
	}

struct count {
	const char *what;
	size_t n;
};

void pf_swept_write(struct pf_json_out *w, const struct pf_swept *s)
{
	const struct count counts[] = COUNTS(s);

	for (size_t i = 0; i < PF_COUNT(counts); i++) {
		pf_json_key(w, counts[i].what);
		pf_json_int(w, (int64_t)counts[i].n);
	}
}

void pf_swept_print(struct pf_buf *out, const struct pf_swept *s)
{
	const struct count counts[] = COUNTS(s);
	bool any = false;

	for (size_t i = 0; i < PF_COUNT(counts); i++) {
		if (!counts[i].n)
			continue;
		pf_buf_printf(out, "%s %zu %s", any ? "," : "removed", counts[i].n, counts[i].what);
		any = true;
	}
	if (any)
		pf_buf_char(out, '\n');
}
