/* tree.c - the files of a remote folder brought here, many at once, gone on with later */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

struct getting {
	struct pf_arena arena;
	struct pf_remote *r;
	const struct pf_remote_files *files;
	struct getting_one *ones; /* one a file, begun in this order */
	size_t begun, ended;
	int tree, at;
	uint64_t bytes, all; /* of finished files, and of all whose size is known */
	double start;	/* of pf_clock */
	struct pf_err err; /* the first one */
};

struct getting_one {
	struct pf_transfer t;
	struct getting *g;
	const struct pf_remote_file *file;
	char name[PF_SHA256_HEX]; /* below at/ */
	bool running;
};

/* ---- telling ---- */

static void tell(void *ctx)
{
	const struct getting *g = ctx;
	double seconds = pf_clock() - g->start, mib = (double)g->bytes / (1 << 20);

	for (size_t i = 0; i < g->begun; i++)
		if (g->ones[i].running && !g->ones[i].t.ended)
			mib += (double)pf_transfer_got(&g->ones[i].t) / (1 << 20);
	pf_progress("fetching the model: %zu of %zu files, %.1f of %.1f MiB, %.1f MiB/s", g->ended,
		    g->files->n, mib, (double)g->all / (1 << 20),
		    seconds > 0 ? mib / seconds : 0.0);
}

/* ---- places ---- */

static int place(struct getting_one *one, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	char *path = pf_dupz(&a, one->file->path);

	if (fchmod(one->t.fd, 0444) < 0)
		return pf_fail_errno(err, "cannot protect %s", path);
	if (pf_make_parents(one->g->tree, path, err) < 0)
		return -1;
	if (renameat(one->g->at, one->name, one->g->tree, path) < 0)
		return pf_fail_errno(err, "cannot put %s in its place", path);
	return 0;
}

static bool is_there(const struct getting *g, const struct pf_remote_file *f)
{
	PF_AUTO(arena) a = { 0 };
	struct stat st;

	return f->sized && fstatat(g->tree, pf_dupz(&a, f->path), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size;
}

/* ---- one file ---- */

static void begin_more(struct getting *g);

static void stop(struct getting *g, const struct pf_err *err)
{
	if (!g->err.code)
		g->err = *err;
}

static void finish(struct pf_transfer *t, void *ctx)
{
	struct getting_one *one = ctx;
	struct getting *g = one->g;
	struct pf_err err = t->err;

	g->bytes += one->file->sized ? one->file->size : pf_transfer_got(t);
	if (!err.code && g->bytes > pf_remote_max(g->r))
		pf_fail(&err, PF_ELIMIT, "the model has more than %llu bytes",
			(unsigned long long)pf_remote_max(g->r));
	if (err.code || (!g->err.code && place(one, &err) < 0))
		stop(g, &err);
	if (err.code == PF_EINTEGRITY) /* nothing to go on with */
		(void)unlinkat(g->at, one->name, 0);
	pf_fd_close(&t->fd);
	g->ended++;
	begin_more(g);
}

/* A part that an earlier process left goes on, where the server can tell that it is the same
 * file's. */
static void take_part(struct getting_one *one)
{
	struct stat st;

	if (!pf_str_starts(one->file->mark, "\"") || fstat(one->t.fd, &st) < 0 || !st.st_size ||
	    (one->file->sized && (uint64_t)st.st_size >= one->file->size) ||
	    lseek(one->t.fd, 0, SEEK_END) < 0)
		return;
	one->t.have = (uint64_t)st.st_size;
	one->t.validator = pf_dupz(&one->g->arena, one->file->mark);
}

static int begin(struct getting_one *one, struct pf_err *err)
{
	struct getting *g = one->g;
	struct pf_transfer *t = &one->t;

	pf_sha256_hex(one->name, one->file->path.p, one->file->path.n);
	t->fd = openat(g->at, one->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return pf_fail_errno(err, "cannot create a file for %s", one->name);
	take_part(one);
	t->max = pf_remote_max(g->r);
	t->size = one->file->sized ? one->file->size : 0;
	t->sha256 = one->file->sha256.n ? pf_dupz(&g->arena, one->file->sha256) : NULL;
	t->done = finish;
	t->ctx = one;
	if (g->r->kind->ask(t, g->r, one->file, err) < 0)
		return -1;
	one->running = true;
	pf_pool_start(g->r->pool, t);
	return 0;
}

/* What is known already, or empty, is not asked for. */
static int write_known(struct getting_one *one, struct pf_err *err)
{
	struct pf_str bytes = one->file->bytes;

	pf_sha256_hex(one->name, one->file->path.p, one->file->path.n);
	one->t.fd = openat(one->g->at, one->name,
			   O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (one->t.fd < 0)
		return pf_fail_errno(err, "cannot create a file");
	if (pf_write_fd(one->t.fd, bytes.p, bytes.n, err) < 0 || place(one, err) < 0)
		return -1;
	pf_fd_close(&one->t.fd);
	return 0;
}

static int begin_one(struct getting_one *one, struct pf_err *err)
{
	struct getting *g = one->g;
	bool there = is_there(g, one->file),
	     known = one->file->bytes.p || (one->file->sized && !one->file->size);

	if (!there && !known)
		return begin(one, err);
	if (!there && write_known(one, err) < 0)
		return -1;
	g->ended++;
	g->bytes += one->file->size;
	return 0;
}

/* As many at a time as the pool takes: each holds a descriptor. */
static void begin_more(struct getting *g)
{
	struct pf_err err;

	while (!g->err.code && g->begun < g->files->n && g->begun - g->ended < PF_MAX_IN_FLIGHT) {
		struct getting_one *one = &g->ones[g->begun];

		one->g = g;
		one->file = &g->files->v[g->begun++];
		if (begin_one(one, &err) < 0)
			stop(g, &err);
	}
}

/* ---- all of them ---- */

static int wait_for_all(struct getting *g, struct pf_err *err)
{
	struct pf_err one;

	for (size_t i = 0; i < g->begun && !g->err.code; i++)
		if (g->ones[i].running && pf_pool_wait(g->r->pool, &g->ones[i].t, &one) < 0)
			stop(g, &one);
	if (!g->err.code)
		return 0;
	*err = g->err;
	return -1;
}

static int open_folder(int part, const char *name, struct pf_err *err)
{
	int fd;

	if (mkdirat(part, name, 0755) < 0 && errno != EEXIST)
		return pf_fail_errno(err, "cannot create a folder for the model");
	fd = openat(part, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? pf_fail_errno(err, "cannot open a folder for the model") : fd;
}

static int get(struct getting *g, struct pf_err *err)
{
	int rc;

	for (size_t i = 0; i < g->files->n; i++)
		g->all += g->files->v[i].size;
	g->start = pf_clock();
	pf_step("fetching the model: %zu files, %.1f MiB", g->files->n, (double)g->all / (1 << 20));
	g->r->pool->tick = tell;
	g->r->pool->tick_ctx = g;
	begin_more(g);
	rc = wait_for_all(g, err);
	g->r->pool->tick = NULL;
	pf_step_done();
	for (size_t i = 0; i < g->begun; i++) {
		if (!g->ones[i].running)
			continue;
		g->ones[i].t.done = NULL;
		if (!g->ones[i].t.ended)
			pf_fd_close(&g->ones[i].t.fd);
		pf_transfer_free(g->r->pool, &g->ones[i].t);
	}
	return rc;
}

int pf_tree_get(int part, struct pf_remote *r, const struct pf_remote_files *files,
		struct pf_err *err)
{
	struct getting g = { .r = r, .files = files };
	PF_FD(tree) = open_folder(part, r->archive ? "packed" : "tree", err);
	PF_FD(at) = tree < 0 ? -1 : open_folder(part, "at", err);
	int rc;

	if (at < 0)
		return -1;
	g.tree = tree;
	g.at = at;
	g.ones = pf_alloc_array(&g.arena, files->n + 1, sizeof(*g.ones));
	rc = get(&g, err);
	pf_arena_free(&g.arena);
	return rc;
}
