/* wheels.c - a plan installed: built or fetched, unpacked once into the cache, linked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/wheels.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "env/bytecode.h"
#include "env/crew.h"
#include "env/link.h"
#include "fetch/fetch.h"
#include "formats/digest.h"
#include "solve/native.h"

/* One package of the plan on its way. */
struct incoming {
	struct pf_transfer t;
	size_t rank;		/* its place among the missing ones */
	const char *digest;	/* NULL: not known, or one of several */
	int fd;			/* of its file, which has no name; -1: the cache has the wheel */
};

struct install {
	const struct pf_plan *plan;
	const struct pf_needs *needs;
	const struct pf_python *python;
	const struct pf_opts *o;
	struct pf_workdir *w;
	struct pf_native own, *native; /* the plan's, or our own */
	struct pf_crew crew;	 /* that unpacks */
	struct pf_wheel *wheels; /* as many as the plan has packages */
	struct incoming *in;
	size_t *missing;	 /* those that the cache does not have, the biggest first */
	size_t missing_count;
};

static const char *digest_of(struct install *x, const struct pf_planned *one)
{
	if (one->hashes.n != 1 || !pf_str_starts(one->hashes.v[0], "sha256:"))
		return NULL;
	return pf_dupz(&x->w->arena, pf_str_skip(one->hashes.v[0], 7));
}

/* ---- source distributions ---- */

static int open_indexes(struct install *x, struct pf_err *err)
{
	if (!x->native && !x->plan->native &&
	    pf_native_open(&x->own, x->needs, x->python, x->o, err) < 0)
		return -1;
	x->native = x->plan->native ? x->plan->native : &x->own;
	return 0;
}

static bool is_source(const struct pf_planned *one)
{
	return !pf_str_ends(one->file, ".whl");
}

/* One that is to be built. */
struct source {
	struct install *x;
	const struct pf_planned *one;
};

static int fetch_source(void *from, int fd, struct pf_err *err)
{
	struct source *s = from;
	char sha256[PF_DIGEST_HEX];

	if (open_indexes(s->x, err) < 0 ||
	    pf_native_get(sha256, fd, s->x->native, s->one, err) < 0)
		return -1;
	return pf_digest_check(&s->one->hashes, fd, sha256, err);
}

static int build_one(struct install *x, size_t i, struct pf_err *err)
{
	const struct pf_planned *one = &x->plan->packages.v[i];
	const char *digest = digest_of(x, one);
	struct source source = { x, one };
	struct pf_sdist s = { .file = one->file, .sha256 = pf_s(digest), .name = one->name,
			      .version = one->version, .fetch = fetch_source, .from = &source };
	struct pf_build_for whom = { .python = x->python, .needs = x->needs, .o = x->o };
	struct pf_git_source git = { 0 };
	struct pf_str file, sha256;
	int found;

	if (pf_planned_is_git(one)) {
		if (pf_git_split(&git, &x->w->arena, one->url, err) < 0)
			return -1;
		git.rev = one->revision; /* may be the only way to it: refs/pull/7/head */
		s.git = &git;
	}
	if (!x->o->builder || x->o->no_build)
		return pf_fail(err, PF_ESOLVE, "it has to be built, which is not to be done");
	if (x->o->builder->wheel(&file, &sha256, &x->w->arena, &s, &whom, err) < 0)
		return -1;
	found = pf_wheel_find(&x->wheels[i], sha256.p, file, true, x->o, err);
	return found > 0 ? 0 : found < 0 ? -1 : pf_fail(err, PF_EIO, "its wheel vanished");
}

/* First, since each may be what fails. */
static int build_all(struct install *x, struct pf_err *err)
{
	for (size_t i = 0; i < x->plan->packages.n; i++)
		if (is_source(&x->plan->packages.v[i]) && build_one(x, i, err) < 0)
			return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(x->plan->packages.v[i].file)));
	return 0;
}

/* ---- fetch ---- */

static int look_up(struct install *x, struct pf_err *err)
{
	for (size_t i = 0; i < x->plan->packages.n; i++) {
		const struct pf_planned *one = &x->plan->packages.v[i];
		const char *digest = digest_of(x, one);
		int found = is_source(one); /* it was built */

		if (!found && digest)
			found = pf_wheel_find(&x->wheels[i], digest, one->file,
					      x->o->lenient_record, x->o, err);
		if (found < 0)
			return -1;
		x->in[i].digest = digest;
		if (!found)
			x->missing[x->missing_count++] = i;
	}
	return 0;
}

static int open_file(struct install *x, size_t i, struct pf_err *err)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "wheel-%zu", i);
	fd = openat(x->w->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return pf_fail_errno(err, "cannot write to %s", x->w->path);
	unlinkat(x->w->fd, name, 0);
	x->in[i].fd = fd;
	return 0;
}

static int unpack_one(void *ctx, size_t k, struct pf_err *err)
{
	struct install *x = ctx;
	size_t i = x->missing[k];
	const struct pf_planned *one = &x->plan->packages.v[i];
	struct pf_wheel_source source = { .fd = x->in[i].fd, .file = one->file,
					  .sha256 = x->in[i].digest,
					  .lenient = x->o->lenient_record };

	if (pf_wheel_get(&x->wheels[i], &source, x->o, err) < 0 ||
	    pf_digest_check(&one->hashes, x->in[i].fd, x->wheels[i].sha256, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(one->file)));
	pf_fd_close(&x->in[i].fd);
	return 0;
}

/* Handed on as it comes, while the others are on their way. */
static void take_one(struct pf_transfer *t, void *ctx)
{
	struct install *x = ctx;

	if (!t->err.code)
		pf_crew_add(&x->crew, ((struct incoming *)t)->rank);
}

/* What takes longest to unpack comes first, of what is fetched as of what is there. */
static int by_size(const void *l, const void *r, void *ctx)
{
	const struct install *x = ctx;
	size_t left = *(const size_t *)l, right = *(const size_t *)r;
	uint64_t a = x->plan->packages.v[left].size, b = x->plan->packages.v[right].size;

	return a != b ? (a < b ? 1 : -1) : left < right ? -1 : 1;
}

static int fetch_all(struct install *x, struct pf_err *err)
{
	for (size_t k = 0; k < x->missing_count; k++) {
		struct incoming *in = &x->in[x->missing[k]];

		if (open_file(x, x->missing[k], err) < 0)
			return -1;
		in->rank = k;
		in->t.done = take_one;
		in->t.ctx = x;
		pf_native_fetch(&in->t, in->fd, x->native, &x->plan->packages.v[x->missing[k]]);
	}
	for (size_t k = 0; k < x->missing_count && !pf_crew_has_failed(&x->crew); k++)
		if (pf_native_wait(x->native, &x->in[x->missing[k]].t, err) < 0)
			return pf_wrap(err, PF_FMT,
				       PF_ARG(pf_shown(x->plan->packages.v[x->missing[k]].file)));
	return 0;
}

static int fetch(struct install *x, struct pf_err *err)
{
	size_t n = x->missing_count;

	if (!n)
		return 0;
	pf_step("fetching %zu of %zu packages", n, x->plan->packages.n);
	qsort_r(x->missing, n, sizeof(*x->missing), by_size, x);
	if (open_indexes(x, err) < 0)
		return -1;
	pf_crew_start(&x->crew, unpack_one, x, pf_alloc_array(&x->w->arena, n, sizeof(size_t)), n);
	if (fetch_all(x, err) < 0)
		pf_crew_stop(&x->crew, err);
	if (pf_crew_end(&x->crew, err) < 0)
		return -1;
	pf_step_done();
	return 0;
}

/* ---- link ---- */

static bool is_requested(const struct pf_needs *needs, struct pf_str name)
{
	return needs && pf_need_next(needs->pip.v, needs->pip.n, NULL, name);
}

static int link_all(struct pf_found_list *placed, struct install *x, int dir, const char *exe,
		    struct pf_err *err)
{
	size_t n = x->plan->packages.n;
	struct pf_link *links = pf_alloc_array(&x->w->arena, n, sizeof(*links));
	struct pf_link_opts how = { .dir = dir, .python = x->python, .exe = exe,
				    .mode = x->o->link_mode, .first_wins = true };

	for (size_t i = 0; i < n; i++)
		links[i] = (struct pf_link){
			.wheel = &x->wheels[i],
			.url = x->plan->packages.v[i].url,
			.revision = x->plan->packages.v[i].revision,
			.sha256 = digest_of(x, &x->plan->packages.v[i]),
			.requested = is_requested(x->needs, x->plan->packages.v[i].name),
		};
	return pf_wheels_link(placed, links, n, &how, err);
}

static int install(struct pf_found_list *placed, struct install *x, int dir, const char *exe,
		   struct pf_err *err)
{
	if (build_all(x, err) < 0 || look_up(x, err) < 0 || fetch(x, err) < 0)
		return -1;
	if (!x->o->no_bytecode &&
	    pf_wheels_compile(x->wheels, x->plan->packages.n, x->python, x->o, err) < 0)
		return -1;
	pf_step("installing %zu packages", x->plan->packages.n);
	return link_all(placed, x, dir, exe, err);
}

static void free_all(struct install *x)
{
	for (size_t i = 0; i < x->plan->packages.n; i++) {
		if (x->native)
			pf_transfer_free(pf_index_pool(&x->native->index), &x->in[i].t);
		pf_fd_close(&x->in[i].fd);
		pf_wheel_free(&x->wheels[i]);
	}
	pf_native_free(&x->own);
}

int pf_wheels_install(struct pf_found_list *placed, int dir, const char *exe,
		      const struct pf_plan *plan, const struct pf_needs *needs,
		      const struct pf_python *python, struct pf_workdir *w, const struct pf_opts *o,
		      struct pf_err *err)
{
	size_t n = plan->packages.n;
	struct install x = { .plan = plan, .needs = needs, .python = python, .o = o, .w = w };
	int rc;

	x.wheels = pf_alloc_array(&w->arena, n, sizeof(*x.wheels));
	x.in = pf_alloc_array(&w->arena, n, sizeof(*x.in));
	x.missing = pf_alloc_array(&w->arena, n, sizeof(*x.missing));
	for (size_t i = 0; i < n; i++)
		x.in[i].fd = -1;
	rc = install(placed, &x, dir, exe, err);
	free_all(&x);
	return rc;
}
