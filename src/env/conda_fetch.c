/* conda_fetch.c - the conda packages of a plan in the cache: looked up, or fetched and unpacked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_fetch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "env/conda_package.h"
#include "env/crew.h"
#include "env/shelf.h"
#include "fetch/fetch.h"

/* One package on its way. */
struct incoming {
	struct pf_transfer t;
	size_t rank; /* its place among the missing ones */
	size_t number;	 /* and among the plan's packages */
	size_t place;	 /* of its places, the one that is asked */
	int fd;	     /* of its file; -1: the cache has the package */
	bool here;   /* the file needs no transfer */
};

struct fetching {
	struct pf_wheel *packages;
	struct pf_planned_conda *items;
	struct incoming *in;
	size_t *missing, missing_count;
	struct pf_workdir *w;
	const struct pf_opts *o;
	struct pf_pool pool;
	struct pf_crew crew;
};

static struct pf_conda_source source_of(const struct fetching *x, size_t i)
{
	const struct pf_conda_record *r = &x->items[i].record;

	return (struct pf_conda_source){ .fd = x->in[i].fd, .file = r->fn, .subdir = r->subdir };
}

/* Where it is, or a mirror. */
static struct pf_str address_of(const struct pf_planned_conda *one, size_t place)
{
	if (place)
		return one->mirrors.v[place - 1];
	return one->from.n ? one->from : one->record.url;
}

/* ---- MD5 ---- */

/* Old channels tell no SHA-256: STORE/conda/md5-HEX holds that of the file which had it. */
static char *note_name(struct pf_arena *a, const struct fetching *x, size_t i)
{
	return pf_formatz(a, "%s/conda/md5-" PF_FMT, x->w->store,
			  PF_ARG(x->items[i].record.md5));
}

static void recall_sha256(struct fetching *x, size_t i)
{
	struct pf_conda_record *r = &x->items[i].record;
	PF_AUTO(buf) text = PF_BUF(PF_SHA256_HEX);
	struct pf_err ignored;
	struct pf_str hex;

	if (r->sha256.n || r->md5.n != 32 || pf_str_find(r->md5, '/') != PF_NPOS ||
	    pf_read_file(&text, AT_FDCWD, note_name(&x->w->arena, x, i), &ignored) < 0)
		return;
	hex = pf_dup(&x->w->arena, pf_buf_view(&text));
	if (pf_is_sha256(hex.p))
		r->sha256 = hex;
}

static int check_md5(struct fetching *x, size_t i, struct pf_err *err)
{
	const struct pf_conda_record *r = &x->items[i].record;
	char hex[PF_DIGEST_HEX];

	if (pf_digest_fd(hex, PF_S("md5"), x->in[i].fd, err) < 0)
		return -1;
	if (!pf_str_ieq(r->md5, hex))
		return pf_fail(err, PF_EINTEGRITY, "its MD5 is %s, not " PF_FMT, hex,
			       PF_ARG(pf_shown(r->md5)));
	return 0;
}

/* ---- one package ---- */

static int look_up_one(void *fetching, size_t i, struct pf_err *err)
{
	const struct fetching *x = fetching;
	const struct pf_str sha256 = x->items[i].record.sha256;
	struct pf_conda_source s = source_of(x, i);
	char hex[PF_DIGEST_HEX];
	int found;

	snprintf(hex, sizeof(hex), PF_FMT, PF_ARG(sha256));
	found = sha256.n ? pf_conda_package_find(&x->packages[i].files, hex, &s, x->o, err) : 0;
	if (found > 0)
		memcpy(x->packages[i].sha256, hex, PF_SHA256_HEX);
	return found < 0 ? -1 : 0;
}

/* Lists of thousands of files are read: by all processors. */
static int look_up(struct fetching *x, size_t n, struct pf_err *err)
{
	for (size_t i = 0; i < n; i++)
		recall_sha256(x, i);
	pf_crew_start(&x->crew, look_up_one, x, pf_alloc_array(&x->w->arena, n, sizeof(size_t)), n);
	for (size_t i = 0; i < n; i++)
		pf_crew_add(&x->crew, i);
	return pf_crew_end(&x->crew, err);
}

static int check_size(struct fetching *x, size_t i, struct pf_err *err)
{
	uint64_t size = x->items[i].record.size;
	struct stat st;

	if (fstat(x->in[i].fd, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	if (size && (uint64_t)st.st_size != size)
		return pf_fail(err, PF_EINTEGRITY, "it has %lld bytes, not %llu",
			       (long long)st.st_size, (unsigned long long)size);
	return 0;
}

/* A transfer has compared the digest while it came. */
static int check_digest(struct fetching *x, size_t i, char sha256[PF_DIGEST_HEX],
			struct pf_err *err)
{
	const struct pf_conda_record *r = &x->items[i].record;

	if (check_size(x, i, err) < 0)
		return -1;
	if (r->sha256.n && !x->in[i].here) {
		snprintf(sha256, PF_DIGEST_HEX, PF_FMT, PF_ARG(r->sha256));
		return 0;
	}
	if (pf_digest_fd(sha256, PF_S("sha256"), x->in[i].fd, err) < 0)
		return -1;
	if (r->sha256.n && !pf_str_is(r->sha256, sha256))
		return pf_fail(err, PF_EINTEGRITY, "its SHA-256 is %s, not " PF_FMT, sha256,
			       PF_ARG(pf_shown(r->sha256)));
	return !r->sha256.n && r->md5.n ? check_md5(x, i, err) : 0;
}

static int unpack(struct fetching *x, size_t i, struct pf_err *err)
{
	struct pf_conda_source s = source_of(x, i);
	struct pf_wheel *p = &x->packages[i];
	char sha256[PF_DIGEST_HEX];

	if (check_digest(x, i, sha256, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(s.file)));
	s.sha256 = sha256;
	if (pf_conda_package_get(&p->files, p->sha256, &s, x->o, err) < 0)
		return -1;
	pf_fd_close(&x->in[i].fd);
	return 0;
}

static int unpack_one(void *fetching, size_t k, struct pf_err *err)
{
	struct fetching *x = fetching;

	return unpack(x, x->missing[k], err);
}

/* ---- all that are missing ---- */

static int begin(struct fetching *x, size_t i, struct pf_err *err);

/* Another place may have it, whatever is the matter with this one. */
static bool has_mirror(const struct fetching *x, size_t i, const struct pf_err *err)
{
	return x->in[i].place < x->items[i].mirrors.n && err->code < PF_ESIGNAL;
}

/* Handed on as it comes, while the others are on their way. */
static void take_one(struct pf_transfer *t, void *fetching)
{
	struct fetching *x = fetching;
	struct incoming *in = (struct incoming *)t;
	struct pf_err failed = t->err;

	if (!failed.code) {
		pf_crew_add(&x->crew, in->rank);
		return;
	}
	if (!has_mirror(x, in->number, &failed))
		return;
	pf_debug("%s: asked for at the next mirror", failed.msg);
	pf_transfer_free(&x->pool, t);
	pf_fd_close(&in->fd);
	in->t = (struct pf_transfer){ 0 };
	in->place++;
	if (begin(x, in->number, &failed) < 0)
		in->t = (struct pf_transfer){ .ended = true, .err = failed };
	else
		in->t.ended |= in->here;
}

static int open_here(struct fetching *x, size_t i, const char *path, struct pf_err *err)
{
	x->in[i].fd = pf_open_file(AT_FDCWD, path, err);
	if (x->in[i].fd < 0)
		return -1;
	x->in[i].here = true;
	pf_crew_add(&x->crew, x->in[i].rank);
	return 0;
}

static int open_nameless(struct fetching *x, size_t i, struct pf_err *err)
{
	char name[32];

	snprintf(name, sizeof(name), "conda-%zu", i);
	x->in[i].fd = openat(x->w->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (x->in[i].fd < 0)
		return pf_fail_errno(err, "cannot write to %s", x->w->path);
	unlinkat(x->w->fd, name, 0);
	return 0;
}

static int begin_transfer(struct fetching *x, size_t i, struct pf_str url, struct pf_err *err)
{
	const struct pf_conda_record *r = &x->items[i].record;
	struct incoming *in = &x->in[i];

	if (x->o->offline)
		return pf_fail(err, PF_ETRANSFER, "offline, and " PF_FMT " is not at hand",
			       PF_ARG(pf_shown(r->fn)));
	if (open_nameless(x, i, err) < 0)
		return -1;
	in->t = (struct pf_transfer){ .url = pf_dupz(&x->w->arena, url), .max = PF_MAX_DIST,
				      .size = r->size, .fd = in->fd, .done = take_one, .ctx = x };
	if (r->sha256.n)
		in->t.sha256 = pf_dupz(&x->w->arena, r->sha256);
	pf_pool_start(&x->pool, &in->t);
	return 0;
}

/* A path, a file: or an http: address. */
static int begin_at(struct fetching *x, size_t i, struct pf_str from, struct pf_err *err)
{
	struct pf_str path;
	struct pf_url url = { 0 };

	if (!from.n)
		return pf_fail(err, PF_ESOLVE, "nobody knows where " PF_FMT " is",
			       PF_ARG(pf_shown(x->items[i].record.fn)));
	if (from.p[0] == '/')
		return open_here(x, i, pf_dupz(&x->w->arena, from), err);
	if (pf_url_split(&url, from, err) < 0)
		return -1;
	if (pf_url_is_http(&url))
		return begin_transfer(x, i, from, err);
	path = pf_url_decode(&x->w->arena, url.path);
	return open_here(x, i, pf_dupz(&x->w->arena, path), err);
}

/* At the first of its places that is left, and can be asked. */
static int begin(struct fetching *x, size_t i, struct pf_err *err)
{
	while (begin_at(x, i, address_of(&x->items[i], x->in[i].place), err) < 0) {
		if (!has_mirror(x, i, err))
			return -1;
		pf_fd_close(&x->in[i].fd);
		x->in[i].place++;
	}
	return 0;
}

static int begin_all(struct fetching *x, struct pf_err *err)
{
	for (size_t k = 0; k < x->missing_count; k++) {
		x->in[x->missing[k]].rank = k;
		x->in[x->missing[k]].number = x->missing[k];
		if (begin(x, x->missing[k], err) < 0)
			return pf_wrap(err, PF_FMT,
				       PF_ARG(pf_shown(x->items[x->missing[k]].record.fn)));
	}
	for (size_t k = 0; k < x->missing_count && !pf_crew_has_failed(&x->crew); k++) {
		struct incoming *in = &x->in[x->missing[k]];

		if (!in->here && pf_pool_wait(&x->pool, &in->t, err) < 0)
			return pf_wrap(err, PF_FMT,
				       PF_ARG(pf_shown(x->items[x->missing[k]].record.fn)));
	}
	return 0;
}

/* What takes longest to unpack comes first. */
static int by_size(const void *l, const void *r, void *ctx)
{
	const struct fetching *x = ctx;
	size_t left = *(const size_t *)l, right = *(const size_t *)r;
	uint64_t a = x->items[left].record.size, b = x->items[right].record.size;

	return a != b ? (a < b ? 1 : -1) : left < right ? -1 : 1;
}

static int fetch(struct fetching *x, size_t all, struct pf_err *err)
{
	size_t n = x->missing_count;

	pf_step("fetching %zu of %zu packages", n, all);
	qsort_r(x->missing, n, sizeof(*x->missing), by_size, x);
	pf_crew_start(&x->crew, unpack_one, x, pf_alloc_array(&x->w->arena, n, sizeof(size_t)), n);
	if (begin_all(x, err) < 0)
		pf_crew_stop(&x->crew, err);
	if (pf_crew_end(&x->crew, err) < 0)
		return -1;
	pf_step_done();
	return 0;
}

/* What was learnt of the digests. */
static void note_sha256(struct fetching *x, size_t i)
{
	struct pf_conda_record *r = &x->items[i].record;
	struct pf_err ignored;

	if (r->sha256.n)
		return;
	r->sha256 = pf_dup(&x->w->arena, pf_s(x->packages[i].sha256));
	if (r->md5.n == 32)
		(void)!pf_write_atomic(AT_FDCWD, note_name(&x->w->arena, x, i), r->sha256, 0444,
				       &ignored);
}

static int fetch_missing(struct fetching *x, size_t n, struct pf_err *err)
{
	size_t missing = 0;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (!x->packages[i].files.name)
			x->missing[missing++] = i;
	x->missing_count = missing;
	if (missing)
		rc = fetch(x, n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		note_sha256(x, i);
	return rc;
}

int pf_conda_fetch(struct pf_wheel *packages, struct pf_planned_conda *items, size_t n,
		   struct pf_workdir *w, const struct pf_net *net, const struct pf_opts *o,
		   struct pf_err *err)
{
	struct fetching x = { .packages = packages, .items = items, .w = w, .o = o };
	int rc;

	if (net)
		x.pool.net = *net;
	x.in = pf_alloc_array(&w->arena, n, sizeof(*x.in));
	x.missing = pf_alloc_array(&w->arena, n, sizeof(*x.missing));
	for (size_t i = 0; i < n; i++)
		x.in[i].fd = -1;
	rc = look_up(&x, n, err);
	if (rc == 0)
		rc = fetch_missing(&x, n, err);
	for (size_t i = 0; i < n; i++) {
		pf_transfer_free(&x.pool, &x.in[i].t);
		pf_fd_close(&x.in[i].fd);
	}
	pf_pool_free(&x.pool);
	return rc;
}

/* ---- for a key ---- */

static int learn(struct pf_plan *plan, const size_t *which, size_t n, struct pf_workdir *w,
		 const struct pf_opts *o, struct pf_err *err)
{
	struct pf_planned_conda *items = pf_alloc_array(&w->arena, n, sizeof(*items));
	struct pf_wheel *packages = pf_alloc_array(&w->arena, n, sizeof(*packages));
	int rc;

	for (size_t i = 0; i < n; i++)
		items[i] = plan->conda.v[which[i]];
	rc = pf_conda_fetch(packages, items, n, w, plan->conda_net, o, err);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			plan->conda.v[which[i]].record.sha256 =
				pf_dup(&plan->arena, items[i].record.sha256);
		pf_wheel_free(&packages[i]);
	}
	return rc;
}

int pf_conda_learn(struct pf_plan *plan, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(workdir) w = { 0 };
	PF_AUTO(arena) a = { 0 };
	size_t *which = pf_alloc_array(&a, plan->conda.n + 1, sizeof(*which)), n = 0;

	for (size_t i = 0; i < plan->conda.n; i++)
		if (!plan->conda.v[i].record.sha256.n)
			which[n++] = i;
	if (!n)
		return 0;
	if (pf_workdir_open(&w, "learn.", o->store, err) < 0)
		return -1;
	return learn(plan, which, n, &w, o, err);
}
