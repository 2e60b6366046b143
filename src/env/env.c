/* env.c - an environment recalled, found or built */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/build.h"
#include "env/import_list.h"
#include "env/manifest.h"
#include "env/record.h"

void pf_env_free(struct pf_env *e)
{
	pf_arena_free(&e->arena);
	memset(e, 0, sizeof(*e));
}

enum state { ABSENT, READY, BROKEN };

/* Not seen since this boot: sizes are compared once, and the boot's mark is left for the next
 * time, where that is possible. */
static int check_after_boot(enum state *out, int dir, const char *mark, const char *path,
			    struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct pf_strs problems = { 0 };
	int fd, rc = pf_manifest_check(&problems, &a, dir, false, err);

	if (rc < 0 && (err->code == PF_EINTEGRITY || err->code == PF_EMODEL || errno == ENOENT))
		*PF_PUSH(&a, &problems) = pf_dup(&a, pf_s(err->msg)), rc = 0;
	if (rc == 0 && problems.n) {
		pf_warn("the environment %s is damaged (" PF_FMT "): it is made again", path,
			PF_ARG(problems.v[0]));
		*out = BROKEN;
	} else if (rc == 0) {
		*out = READY;
		fd = openat(dir, mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
		if (fd >= 0)
			close(fd);
	}
	pf_arena_free(&a);
	return rc;
}

static int look(enum state *out, const char *path, struct pf_err *err)
{
	PF_FD(dir) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct timespec used[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };
	struct stat st;
	char mark[64];

	*out = ABSENT;
	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", path);
	if (fstat(dir, &st) == 0 && st.st_uid != geteuid() && st.st_uid != 0) {
		pf_fail(err, PF_EIO, "the environment %s belongs to another user", path);
		return pf_hint(err, "choose another store with --store or PYFUNC_ENV_STORE");
	}
	if (faccessat(dir, "bin/python", X_OK, 0) < 0) {
		pf_note("the interpreter of %s is gone: it is made again", path);
		*out = BROKEN;
		return 0;
	}
	/* For gc: the time of change, since that of reading is set by whoever reads it. Not on a
	 * read-only store. */
	if (faccessat(dir, ".", W_OK, 0) == 0)
		(void)utimensat(dir, "manifest.json", used, 0);
	if (faccessat(dir, pf_boot_mark(mark), F_OK, 0) < 0)
		return check_after_boot(out, dir, mark, path, err);
	*out = READY;
	return 0;
}

static int check_deeply(enum state *out, const char *path, struct pf_err *err)
{
	PF_FD(dir) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pf_arena a = { 0 };
	struct pf_strs problems = { 0 };
	int rc = dir < 0 ? pf_fail_errno(err, "cannot open %s", path) :
			   pf_manifest_check(&problems, &a, dir, true, err);

	if (rc < 0)
		*PF_PUSH(&a, &problems) = pf_dup(&a, pf_s(err->msg));
	if (problems.n) {
		pf_note("%s is made again: " PF_FMT "%s", path, PF_ARG(problems.v[0]),
			problems.n > 1 ? " and more" : "");
		*out = BROKEN;
	}
	pf_arena_free(&a);
	return 0;
}

static int find(enum state *out, const char *path, const struct pf_opts *o, struct pf_err *err)
{
	if (look(out, path, err) < 0)
		return -1;
	return *out == READY && o->repair ? check_deeply(out, path, err) : 0;
}

static void fill(struct pf_env *out, const char *path, bool fresh)
{
	struct pf_env e = { .fresh = fresh };

	e.dir = pf_dupz(&e.arena, pf_s(path));
	e.python = pf_formatz(&e.arena, "%s/bin/python", path);
	e.imports = pf_format(&e.arena, "%s/" PF_IMPORT_LIST, path);
	if (access(e.imports.p, R_OK) < 0)
		e.imports = PF_S("");
	*out = e;
}

/* ---- one builder at a time ---- */

static int fail_lock(const char *path, struct pf_err *err)
{
	struct pf_buf who = PF_BUF(64);
	struct pf_err ignored;

	if (err->code == PF_ELIMIT) {
		(void)!pf_read_file(&who, AT_FDCWD, path, &ignored);
		pf_fail(err, PF_EIO,
			"waited %d s for process " PF_FMT ", which makes the same environment",
			PF_WAIT_LOCK, PF_ARG(pf_str_trim(pf_buf_view(&who))));
		pf_buf_free(&who);
	} else {
		pf_hint(err, "choose a store that can be written with --store or PYFUNC_ENV_STORE");
	}
	return -1;
}

/* The kernel's lock on STORE/locks/NAME.lock; the file holds its holder's process id. Without
 * locks the same may be made twice: `*without`, and the first one to be renamed into place is
 * taken by both. */
static int lock_name(struct pf_arena *a, const char *store, const char *name, bool *waited,
		     bool *without, struct pf_err *err)
{
	char *dir = pf_join(a, store, PF_S("locks"));
	char *path = pf_formatz(a, "%s/%s.lock", dir, name);
	int fd;

	if (pf_mkdir_p(dir, 0755, err) < 0) {
		pf_hint(err, "choose a store that can be written with --store or PYFUNC_ENV_STORE");
		return -1;
	}
	fd = pf_lock_if_any(AT_FDCWD, path, 0, NULL, without, err);
	*waited = fd < 0 && err->code == PF_ELIMIT;
	if (*waited) {
		pf_note("waiting for another process that makes the same environment");
		fd = pf_lock_if_any(AT_FDCWD, path, PF_WAIT_LOCK, NULL, without, err);
	}
	if (fd < 0)
		return fail_lock(path, err);
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%d\n", (int)getpid());
	return fd;
}

static int get_locked(struct pf_env *out, const char *path, const struct pf_needs *needs,
		      const struct pf_plan *plan, const struct pf_python *python,
		      const struct pf_opts *o, struct pf_err *err)
{
	enum state state;

	if (find(&state, path, o, err) < 0)
		return -1;
	if (state != READY && pf_env_build(plan, needs, python, state == BROKEN, o, err) < 0)
		return -1;
	fill(out, path, state != READY);
	return 0;
}

/* A record is a convenience: a store that cannot be written goes without. */
static void record(const char *store, const struct pf_needs *needs, const struct pf_plan *plan,
		   const struct pf_python *python, const struct pf_opts *o)
{
	struct pf_arena a = { 0 };
	bool wanted = needs && !o->lock;
	char *name = wanted ? pf_record_name(&a, needs, python, o) : NULL;
	char *last = wanted ? pf_record_last(&a, needs, python, o) : NULL;
	struct pf_err err;

	if (name && (pf_record_write(store, name, plan, &err) < 0 ||
		     pf_record_write(store, last, plan, &err) < 0))
		pf_debug("%s", err.msg);
	pf_arena_free(&a);
}

static int get(struct pf_env *out, const char *store, const struct pf_needs *needs,
	       const struct pf_plan *plan, const struct pf_python *python, const struct pf_opts *o,
	       struct pf_err *err)
{
	struct pf_arena a = { 0 };
	char *path = pf_formatz(&a, "%s/envs/%s", store, plan->key);
	enum state state;
	bool waited, without = false;
	int rc = find(&state, path, o, err);

	if (rc == 0 && state == READY) {
		fill(out, path, false);
	} else if (rc == 0) {
		PF_FD(lock) = lock_name(&a, store, plan->key, &waited, &without, err);

		if (lock >= 0 && without)
			pf_warn("the file system of %s has no locks: what two processes need at once is made twice",
				store);
		rc = lock < 0 ? -1 : get_locked(out, path, needs, plan, python, o, err);
	}
	if (rc == 0)
		record(store, needs, plan, python, o);
	pf_arena_free(&a);
	return rc;
}

int pf_env_get(struct pf_env *out, const struct pf_needs *needs, const struct pf_plan *plan,
	       const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	char *store = pf_store_root(&a, o->store, err);
	int rc = store ? get(out, store, needs, plan, python, o, err) : -1;

	pf_arena_free(&a);
	return rc;
}

/* ---- the quick way ---- */

/* Gone or broken: made again from the recorded plan. When that no longer works (an artifact has
 * left the index), the caller resolves anew. */
static int remake(struct pf_env *out, const char *store, const char *name,
		  const struct pf_needs *needs, const struct pf_python *python,
		  const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };

	if (!pf_record_plan(&plan, store, name))
		return 0;
	pf_plan_warn(&plan);
	if (get(out, store, needs, &plan, python, o, err) == 0)
		return 1;
	/* A channel's logins are not recorded: who resolves anew knows them. */
	if (o->offline || (err->code != PF_ESOLVE && err->code != PF_EINTEGRITY && !err->gone &&
			   !(plan.conda.n && err->code == PF_ETRANSFER)))
		return -1;
	pf_warn("what was recorded for this model cannot be installed any more (%s): resolving anew",
		err->msg);
	return 0;
}

static bool is_pinned(const struct pf_needs *needs)
{
	for (size_t i = 0; i < needs->pip.n; i++)
		if (!needs->pip.v[i].constraint &&
		    pf_str_find_str(needs->pip.v[i].text, "==") == PF_NPOS)
			return false;
	return true;
}

static int recall(struct pf_env *out, const char *store, const char *name,
		  const struct pf_needs *needs, const struct pf_python *python,
		  const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) head = { 0 };
	PF_AUTO(arena) a = { 0 };
	enum state state;
	char *path;
	int rc, found = pf_record_head(&head, store, name);

	if (!found && o->offline) {
		name = pf_record_last(&a, needs, python, o);
		found = pf_record_head(&head, store, name);
	}
	if (!found)
		return 0;
	if (o->offline && !is_pinned(needs))
		pf_note("offline: the packages are those recorded when the model was last resolved");
	path = pf_formatz(&a, "%s/envs/%s", store, head.key);
	rc = find(&state, path, o, err);
	if (rc == 0 && state == READY) {
		pf_plan_warn(&head);
		fill(out, path, false);
		rc = 1;
	} else if (rc == 0) {
		rc = remake(out, store, name, needs, python, o, err);
	}
	return rc;
}

static int recall_any(struct pf_env *out, const struct pf_needs *needs,
		      const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	char *store, *name;
	int rc = 0;

	if (o->refresh || o->env_manager == PF_ENV_LOCAL)
		return 0;
	store = pf_store_root(&a, o->store, err);
	name = store ? pf_record_name(&a, needs, python, o) : NULL;
	if (!store)
		rc = -1;
	else if (name)
		rc = recall(out, store, name, needs, python, o, err);
	else
		pf_debug(
			"the model brings packages of its own: its requirements are resolved each time");
	pf_arena_free(&a);
	return rc;
}

static int lock_needs(int *fd, bool *waited, const struct pf_needs *needs,
		      const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	char *store = pf_store_root(&a, o->store, err);
	char *name = store ? pf_record_name(&a, needs, python, o) : NULL;
	bool without = false; /* told of when an environment is made */

	*fd = -1;
	*waited = false;
	if (name)
		*fd = lock_name(&a, store, pf_formatz(&a, "resolve-%s", name), waited, &without,
				err);
	pf_arena_free(&a);
	return !store || (name && *fd < 0) ? -1 : 0;
}

int pf_env_recall(struct pf_env *out, int *lock, const struct pf_needs *needs,
		  const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	bool waited;
	int found = recall_any(out, needs, python, o, err);

	if (found == 0 && lock_needs(lock, &waited, needs, python, o, err) < 0)
		return -1;
	return found == 0 && waited ? recall_any(out, needs, python, o, err) : found;
}

int pf_env_recorded(struct pf_plan *out, const struct pf_needs *needs,
		    const struct pf_python *python, const struct pf_opts *o)
{
	struct pf_arena a = { 0 };
	struct pf_err ignored;
	char *store = pf_store_root(&a, o->store, &ignored);
	char *name = store ? pf_record_name(&a, needs, python, o) : NULL;
	int found = name ? pf_record_plan(out, store, name) : 0;

	pf_arena_free(&a);
	return found;
}

/* ---- in use ---- */

/* Whoever removes it has it for himself, and so has who only looks whether it could be removed, for
 * a moment. A file system without locks: nothing to hold, and nothing that could be in the way. */
static bool is_taken(int fd)
{
	return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static bool is_still_there(int fd, const char *path)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino;
}

static int hold(const char *path, bool *gone, struct pf_err *err)
{
	double until = pf_clock() + PF_WAIT_REMOVAL;
	PF_FD(fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 && errno != ENOENT)
		return pf_fail_errno(err, "cannot open %s", path);
	while (fd >= 0 && is_still_there(fd, path)) {
		if (!is_taken(fd) && is_still_there(fd, path))
			return pf_fd_take(&fd);
		if (pf_signals_check(err) < 0)
			return -1;
		if (pf_clock() > until)
			break;
		usleep(20000);
	}
	*gone = true;
	return -1;
}

int pf_env_hold(const struct pf_env *e, bool *gone, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	int fd;

	*gone = false;
	fd = hold(pf_join(&a, e->dir, PF_S("manifest.json")), gone, err);
	if (!*gone)
		return fd;
	pf_fail(err, PF_EIO, "the environment %s is just being removed", e->dir);
	return pf_hint(err, "try again");
}
