/* sweep.c - what nobody needs any more of a store, but for its environments, removed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/usage.h"
#include "env/used.h"
#include "env/walk.h"
#include "req/wheel_name.h"
#include "solve/solve.h"

/* Folders of what is kept by a digest; "conda-" in the names of their locks. */
static const struct shelf {
	const char *folder, *one;
} shelves[] = { { "wheels", "wheel" }, { "conda", "conda" } };

struct sweep {
	struct pf_stored_list *s;
	const struct pf_sweep *how;
	struct pf_built_list built;
	struct pf_map used;		  /* wheels that stay */
	struct pf_map gone;		  /* wheels that went, or would go */
	bool keep_wheels;		  /* who needs which is not known */
	const struct shelf *shelf;	  /* that is swept */
	struct timespec cached, logs, leftovers; /* older ones go */
	struct pf_seen names;	/* of files that would go */
	struct pf_swept swept;
};

/* `seconds` ago, by the clock that files are given their times by. */
static struct timespec before(int64_t seconds)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	t.tv_sec -= seconds;
	return t;
}

static bool is_older(int dir, const char *path, struct timespec than)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return st.st_mtim.tv_sec != than.tv_sec ? st.st_mtim.tv_sec < than.tv_sec
						: st.st_mtim.tv_nsec < than.tv_nsec;
}

static int count_bytes(struct sweep *s, int dir, const char *path, struct pf_err *err)
{
	PF_AUTO(seen) own = { 0 }; /* what was counted before is gone, but in a dry run */
	struct pf_usage freed = { 0 };

	if (pf_usage_add_last(&freed, s->how->dry ? &s->names : &own, dir, path, err) < 0)
		return -1;
	s->swept.bytes += freed.bytes;
	return 0;
}

/* A file; how many went. */
static size_t remove_file(struct sweep *s, int dir, const char *path)
{
	struct pf_err ignored;

	if (count_bytes(s, dir, path, &ignored) < 0)
		return 0;
	return s->how->dry || unlinkat(dir, path, 0) == 0;
}

/* Every entry of STORE/FOLDER, until one fails. */
typedef int visit(struct sweep *s, int dir, const char *name, struct pf_err *err);

static int visit_all(struct sweep *s, const char *folder, visit *one, struct pf_err *err)
{
	DIR *dir = opendir(pf_join(&s->s->arena, s->s->root, pf_s(folder)));
	int rc = 0;

	if (!dir)
		return errno == ENOENT
			       ? 0
			       : pf_fail_errno(err, "cannot list %s/%s", s->s->root, folder);
	for (struct dirent *e; rc == 0 && (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		rc = one(s, dirfd(dir), e->d_name, err);
		if (rc == 0)
			rc = pf_signals_check(err);
	}
	closedir(dir);
	return rc;
}

/* ---- wheels ---- */

static bool is_named(const struct sweep *s, struct pf_str name)
{
	return s->how->what != PF_SWEEP_NAMED || pf_strs_have(s->how->names, name);
}

/* "wheel" or "conda", its name, ...: the second line of its manifest (bundle.h). */
static struct pf_str name_of_wheel(struct pf_arena *a, int wheels, const char *sha256)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_MANIFEST);
	struct pf_err ignored;
	struct pf_str rest, line;

	if (pf_read_file(&text, wheels, pf_formatz(a, "%s/manifest", sha256), &ignored) < 0)
		return PF_S("");
	rest = pf_buf_view(&text);
	if (!pf_str_next_line(&rest, &line) || !pf_str_next_line(&rest, &line) ||
	    !(pf_str_starts(line, "wheel\t") || pf_str_starts(line, "conda\t")))
		return PF_S("");
	line = pf_str_skip(line, 6);
	return pf_dup(a, pf_str_cut(line, 0, pf_str_find(line, '\t')));
}

/* Whoever builds has looked up what it is going to link: that stays, whatever age was asked for,
 * and may have begun since we did. */
static struct timespec wheels_before(const struct sweep *s)
{
	struct timespec busy = before(PF_AGE_TMP);

	return s->cached.tv_sec > busy.tv_sec && pf_workdir_any_held(s->s->root) ? busy : s->cached;
}

/* Renamed away first, under the lock of those who unpack it; one that was looked up in between is
 * put back. */
static int remove_wheel(struct sweep *s, int wheels, const char *name, struct pf_err *err)
{
	struct pf_arena *a = &s->s->arena;
	char *lock = pf_formatz(a, "%s/locks/%s-%.2s.lock", s->s->root, s->shelf->one, name);
	char *away = pf_formatz(a, "%s/tmp/%s.%d.gone", s->s->root, name, (int)getpid());
	char *used = pf_formatz(a, "%s/manifest", away);
	PF_FD(fd) = pf_lock(AT_FDCWD, lock, 0, NULL, err);

	if (fd < 0)
		return err->code == PF_ELIMIT ? 0 : -1;
	if (!s->how->dry) {
		if (pf_mkdir_p(pf_formatz(a, "%s/tmp", s->s->root), 0755, err) < 0)
			return -1;
		if (renameat(wheels, name, AT_FDCWD, away) < 0)
			return errno == ENOENT
				       ? 0
				       : pf_fail_errno(err, "cannot remove %s/%s", s->shelf->folder,
						     name);
		if (access(used, F_OK) == 0 && !is_older(AT_FDCWD, used, wheels_before(s)) &&
		    renameat(AT_FDCWD, away, wheels, name) == 0)
			return 0;
	}
	*(s->shelf == shelves ? &s->swept.wheels : &s->swept.conda) += 1;
	*pf_map_put(a, &s->gone, pf_s(name)) = s;
	if (s->how->dry)
		return count_bytes(s, wheels, name, err);
	return count_bytes(s, AT_FDCWD, away, err) < 0 ? -1 : pf_remove_tree(AT_FDCWD, away, err);
}

/* "md5-HEX": of no use for long, and made again. */
static int sweep_alias(struct sweep *s, int dir, const char *name)
{
	if (s->how->what != PF_SWEEP_NAMED && is_older(dir, name, s->cached))
		(void)remove_file(s, dir, name);
	return 0;
}

static int sweep_wheel(struct sweep *s, int wheels, const char *name, struct pf_err *err)
{
	char used[128];

	if (pf_str_starts(pf_s(name), "md5-"))
		return sweep_alias(s, wheels, name);
	if (strlen(name) != PF_SHA256_HEX - 1 || pf_map_get(&s->used, pf_s(name)))
		return 0;
	snprintf(used, sizeof(used), "%s/manifest", name);
	if (faccessat(wheels, used, F_OK, 0) < 0)
		snprintf(used, sizeof(used), "%s", name);
	if (!is_older(wheels, used, wheels_before(s)) ||
	    !is_named(s, s->how->what == PF_SWEEP_NAMED ? name_of_wheel(&s->s->arena, wheels, name)
							: PF_S("")))
		return 0;
	return remove_wheel(s, wheels, name, err);
}

/* ---- what was built ---- */

static bool is_of_named(struct sweep *s, const struct pf_built *it)
{
	struct pf_wheel_name named = { 0 };
	struct pf_err ignored;

	return s->how->what != PF_SWEEP_NAMED ||
	       (pf_wheel_name_parse(&named, &s->s->arena, it->file, &ignored) == 0 &&
		is_named(s, named.name));
}

/* A record is of use as long as its wheel is; one of metadata alone, as long as it is young. */
static bool has_use(struct sweep *s, int wheels, const struct pf_built *it)
{
	return it->wheel.n && !pf_map_get(&s->gone, it->wheel) &&
	       faccessat(wheels, pf_dupz(&s->s->arena, it->wheel), F_OK, 0) == 0;
}

static void sweep_built(struct sweep *s)
{
	static const char *const suffixes[] = { "json", "metadata" };
	struct pf_arena *a = &s->s->arena;
	PF_FD(built) = open(pf_join(a, s->s->root, PF_S("built")), O_PATH | O_CLOEXEC);
	PF_FD(wheels) = open(pf_join(a, s->s->root, PF_S("wheels")), O_PATH | O_CLOEXEC);

	for (size_t i = 0; i < s->built.items.n; i++) {
		const struct pf_built *it = &s->built.items.v[i];

		if (has_use(s, wheels, it) || !is_of_named(s, it))
			continue;
		for (size_t k = 0; k < PF_COUNT(suffixes); k++) {
			char *path = pf_formatz(a, PF_FMT ".%s", PF_ARG(it->name), suffixes[k]);

			if (is_older(built, path, s->cached))
				s->swept.built += remove_file(s, built, path);
		}
	}
}

/* ---- models that were fetched ---- */

/* Whoever fetches one holds KEY.lock, whoever uses one the folder itself; -1: somebody does. */
static int take_model(int models, const char *name)
{
	char lock[128];
	struct pf_err ignored;
	int fd;

	if (pf_str_ends(pf_s(name), ".part")) {
		snprintf(lock, sizeof(lock), "%.64s.lock", name);
		return pf_lock(models, lock, 0, NULL, &ignored);
	}
	fd = openat(models, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		pf_fd_close(&fd);
	return fd;
}

static int sweep_model(struct sweep *s, int models, const char *name, struct pf_err *err)
{
	char *away = pf_formatz(&s->s->arena, "%s/tmp/%s.%d.gone", s->s->root, name, (int)getpid());
	size_t n = strlen(name);
	PF_FD(held) = -1;

	if ((n != PF_SHA256_HEX - 1 && !pf_str_ends(pf_s(name), ".part")) ||
	    !is_older(models, name, s->cached))
		return 0;
	held = take_model(models, name);
	if (held < 0)
		return 0;
	s->swept.models++;
	if (s->how->dry)
		return count_bytes(s, models, name, err);
	if (pf_mkdir_p(pf_formatz(&s->s->arena, "%s/tmp", s->s->root), 0755, err) < 0)
		return -1;
	if (renameat(models, name, AT_FDCWD, away) < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot remove models/%s", name);
	return count_bytes(s, AT_FDCWD, away, err) < 0 ? -1 : pf_remove_tree(AT_FDCWD, away, err);
}

/* What a URI came to: of no use without the model. */
static int sweep_note(struct sweep *s, int dir, const char *name, struct pf_err *err)
{
	(void)err;
	if (is_older(dir, name, s->cached))
		(void)remove_file(s, dir, name);
	return 0;
}

static int sweep_models(struct sweep *s, struct pf_err *err)
{
	return visit_all(s, "models", sweep_model, err) < 0 ||
			       visit_all(s, "models/uris", sweep_note, err) < 0 ?
		       -1 :
		       0;
}

/* ---- pages and logs ---- */

static int sweep_pages(struct sweep *s, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };
	PF_FD(dir) = open(pf_formatz(&s->s->arena, "%s/index", s->s->root),
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s/index", s->s->root);
	if (pf_walk(&list, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++) {
		struct pf_str path = list.files.v[i].path;

		if (is_older(dir, path.p, pf_str_ends(path, ".tmp") ? s->leftovers : s->cached))
			s->swept.pages += remove_file(s, dir, path.p);
	}
	return 0;
}

static int sweep_log(struct sweep *s, int dir, const char *name, struct pf_err *err)
{
	(void)err;
	if (pf_str_ends(pf_s(name), ".log") && is_older(dir, name, s->logs))
		s->swept.logs += remove_file(s, dir, name);
	return 0;
}

/* ---- all ---- */

static int64_t age_of(const struct pf_sweep *how)
{
	if (how->what != PF_SWEEP_STALE)
		return 0;
	return how->days < 0 ? PF_AGE_CACHE : (int64_t)how->days * 86400;
}

static int note_used(struct sweep *s, struct pf_err *err)
{
	if (pf_built_read(&s->built, s->s, err) < 0)
		return -1;
	if (s->how->what != PF_SWEEP_STALE)
		return pf_used_by_links(&s->used, s->s, err);
	s->keep_wheels = !pf_used_by_plans(&s->used, s->s, s->how->gone, &s->built);
	return 0;
}

/* The links of environments that would go: without them, their wheels' files have no other name. */
static int note_gone(struct sweep *s, struct pf_err *err)
{
	struct pf_usage ignored = { 0 };

	for (size_t i = 0; s->how->dry && s->how->gone && i < s->s->items.n; i++) {
		const struct pf_stored *it = &s->s->items.v[i];

		if (pf_strs_have(s->how->gone, it->key) &&
		    pf_usage_add_last(&ignored, &s->names, AT_FDCWD, it->path, err) < 0)
			return -1;
	}
	return 0;
}

static int sweep_all(struct sweep *s, struct pf_err *err)
{
	if (note_used(s, err) < 0 || note_gone(s, err) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(shelves); i++) {
		s->shelf = &shelves[i];
		if (!s->keep_wheels && visit_all(s, s->shelf->folder, sweep_wheel, err) < 0)
			return -1;
	}
	sweep_built(s);
	if (s->how->what == PF_SWEEP_NAMED)
		return 0;
	return sweep_models(s, err) < 0 || sweep_pages(s, err) < 0 ||
			       visit_all(s, "logs", sweep_log, err) < 0 ?
		       -1 :
		       0;
}

int pf_sweep(struct pf_swept *out, struct pf_stored_list *list, const struct pf_sweep *how,
	     struct pf_err *err)
{
	struct sweep s = { .s = list, .how = how, .leftovers = before(PF_AGE_GC) };
	int64_t age = age_of(how);
	int leftovers = pf_workdir_sweep(list->root, PF_AGE_GC, how->dry, err), rc;

	s.logs = before(how->what == PF_SWEEP_ALL ? 0 : PF_AGE_LOG);
	s.cached = before(age);
	if (age < PF_AGE_TMP && pf_workdir_any_held(list->root)) /* asked after the clock was */
		s.cached = before(PF_AGE_TMP);
	if (leftovers < 0)
		return -1;
	s.swept.leftovers = (size_t)leftovers;
	rc = sweep_all(&s, err);
	pf_seen_free(&s.names);
	if (rc == 0)
		*out = s.swept;
	return rc;
}

/* ---- told ---- */

#define COUNTS(s)                                                                             \
	{                                                                                     \
		{ "leftovers", (s)->leftovers }, { "logs", (s)->logs }, { "wheels", (s)->wheels }, \
			{ "conda", (s)->conda }, { "pages", (s)->pages }, { "built", (s)->built },                     \
			{ "models", (s)->models }                      \
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
	pf_json_key(w, "bytes");
	pf_json_int(w, (int64_t)s->bytes);
}

void pf_swept_print(struct pf_buf *out, const struct pf_swept *s, bool dry)
{
	const struct count counts[] = COUNTS(s);
	const char *verb = dry ? "would remove" : "removed";
	char size[PF_SIZE_TEXT];
	bool any = false;

	for (size_t i = 0; i < PF_COUNT(counts); i++) {
		if (!counts[i].n)
			continue;
		pf_buf_printf(out, "%s %zu %s", any ? "," : verb, counts[i].n, counts[i].what);
		any = true;
	}
	if (any)
		pf_buf_printf(out, " (%s)\n", pf_size_text(size, s->bytes));
}
