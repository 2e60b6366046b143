/* shelf.c - what the cache has by the digest of an archive: looked up, or made aside and renamed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/workdir.h"

bool pf_is_sha256(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n == 64 && !s[n];
}

static int find(struct pf_bundle *out, const struct pf_shelf *s, const char *store,
		const char *sha256, bool deep, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(bundle) b = { 0 };
	char *dir = pf_formatz(&a, "%s/%s/%s", store, s->folder, sha256);
	int found;

	(void)utimensat(AT_FDCWD, pf_join(&a, dir, PF_S("manifest")), NULL,
			0); /* before gc looks */
	found = pf_bundle_load(&b, dir, deep, err);
	if (found <= 0 || !b.name)
		return found < 0 ? -1 : 0;
	if (s->check(s->ctx, &b, err) < 0)
		return -1;
	*out = PF_TAKE(b);
	return 1;
}

int pf_shelf_find(struct pf_bundle *out, const struct pf_shelf *s, const char *sha256,
		  const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	char *store = pf_store_root(&a, o->store, err);

	if (!store)
		return -1;
	return pf_is_sha256(sha256) ? find(out, s, store, sha256, o->repair, err) : 0;
}

/* One that is there is damaged, or, where there are no locks, that of another process: as good. */
static int commit(const struct pf_shelf *s, struct pf_workdir *w, const char *from, const char *to,
		  bool deep, struct pf_err *err)
{
	PF_AUTO(bundle) there = { 0 };
	char *folder = pf_join(&w->arena, w->store, pf_s(s->folder));
	char *old = pf_join(&w->arena, w->path, PF_S("old"));
	int found;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return pf_fail_errno(err, "cannot create %s", folder);
	if (rename(from, to) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return pf_fail_errno(err, "cannot put a %s at %s", s->one, to);
	found = pf_bundle_load(&there, to, deep, err);
	if (found < 0 || (found && there.name))
		return found < 0 ? -1 : 0;
	if (rename(to, old) < 0 && errno != ENOENT)
		return pf_fail_errno(err, "cannot move %s", to);
	if (rename(from, to) < 0)
		return pf_fail_errno(err, "cannot put a %s at %s", s->one, to);
	return 0;
}

static int make(const struct pf_shelf *s, struct pf_workdir *w, const char *sha256, bool deep,
		struct pf_err *err)
{
	char *dir = pf_join(&w->arena, w->path, pf_s(s->one));
	PF_FD(fd) = -1;

	if (mkdir(dir, 0755) < 0 || chmod(dir, 0755) < 0 ||
	    (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create %s", dir);
	if (s->make(s->ctx, fd, err) < 0)
		return -1;
	return commit(s, w, dir, pf_formatz(&w->arena, "%s/%s/%s", w->store, s->folder, sha256),
		      deep, err);
}

/* Two in 256 share a lock, so that there are no more than 256. */
static int get_locked(struct pf_bundle *out, const struct pf_shelf *s, const char *sha256,
		      const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(workdir) w = { 0 };
	PF_FD(lock) = -1;
	bool without = false; /* told of by who makes the environment */
	char prefix[32];
	int found;

	snprintf(prefix, sizeof(prefix), "%s.", s->one);
	if (pf_workdir_open(&w, prefix, o->store, err) < 0)
		return -1;
	lock = pf_lock_if_any(
		AT_FDCWD, pf_formatz(&w.arena, "%s/locks/%s-%.2s.lock", w.store, s->one, sha256),
		PF_WAIT_LOCK, NULL, &without, err);
	if (lock < 0)
		return -1;
	found = find(out, s, w.store, sha256, o->repair, err);
	if (found)
		return found < 0 ? -1 : 0;
	if (make(s, &w, sha256, o->repair, err) < 0)
		return -1;
	found = find(out, s, w.store, sha256, false, err);
	if (!found)
		return pf_fail(err, PF_EIO, "%s/%s/%s vanished", w.store, s->folder, sha256);
	return found < 0 ? -1 : 0;
}

int pf_shelf_get(struct pf_bundle *out, const struct pf_shelf *s, const char *sha256,
		 const struct pf_opts *o, struct pf_err *err)
{
	int found;

	if (!pf_is_sha256(sha256))
		return pf_fail(err, PF_EBUG, "no SHA-256: %s", sha256);
	found = pf_shelf_find(out, s, sha256, o, err);
	return found ? (found < 0 ? -1 : 0) : get_locked(out, s, sha256, o, err);
}
