/* index.c - projects of an index: wanted, waited for, made for one interpreter; files fetched */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/index.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/hasher.h"
#include "index/parts.h"
#include "req/name.h"

/* ---- opened and freed ---- */

static struct pf_str without_slashes(struct pf_str s)
{
	while (s.n && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

static int take_url(struct pf_index_own *own, struct pf_str url, struct pf_err *err)
{
	struct pf_arena *a = &own->arena;
	struct pf_str bare;
	struct pf_url u;

	if (pf_url_split(&u, url, err) < 0 || pf_pool_login(&own->pool, &u, err) < 0)
		return pf_wrap(err, "the index %s", pf_url_shown(a, url));
	bare = without_slashes(pf_s(pf_url_bare(a, &u)));
	*PF_PUSH(a, &own->urls) = pf_dup(a, bare);
	u.path = without_slashes(u.path);
	*PF_PUSH(a, &own->secret_urls) =
		pf_format(a, PF_FMT "://" PF_FMT "%s" PF_FMT "%s" PF_FMT PF_FMT, PF_ARG(u.scheme),
			  PF_ARG(u.user), u.user.p ? "@" : "", PF_ARG(u.host), u.port.n ? ":" : "",
			  PF_ARG(u.port), PF_ARG(u.path));
	return 0;
}

/* Pages are made for some platforms: those of the tags, all of which count. */
static struct pf_str list_platforms(struct pf_index_own *own)
{
	const struct pf_map *m = &own->target.platforms;
	PF_AUTO(buf) list = PF_BUF(PF_MIB(1));

	for (size_t i = 0; i < m->entries.n; i++)
		pf_buf_printf(&list, PF_FMT " ", PF_ARG(m->entries.v[i].key));
	return pf_dup(&own->arena, pf_buf_view(&list));
}

int pf_index_open(struct pf_index *out, const struct pf_index_settings *settings,
		  struct pf_err *err)
{
	PF_AUTO(index) x = { .own = calloc(1, sizeof(struct pf_index_own)) };
	struct pf_index_own *own = x.own;

	if (!own)
		pf_oom();
	own->settings = *settings;
	own->pool.net = settings->net;
	pf_target_make(&own->target, &own->arena, settings->tags, settings->python);
	for (size_t i = 0; !settings->no_index && i < settings->urls.n; i++)
		if (take_url(own, settings->urls.v[i], err) < 0)
			return -1;
	if (settings->cache)
		pf_cache_open(&own->cache, settings->cache);
	own->cache.platforms = list_platforms(own);
	if (pf_lists_open(own, err) < 0)
		return -1;
	*out = PF_TAKE(x);
	return 0;
}

static void free_project(struct pf_wanted_project *w)
{
	pf_transfer_free(&w->own->pool, &w->t);
	pf_page_free(&w->page);
	pf_page_free(&w->old);
	for (size_t i = 0; i < w->page_count; i++)
		pf_page_free(&w->pages[i]);
}

void pf_index_free(struct pf_index *x)
{
	struct pf_index_own *own = x->own;

	if (!own)
		return;
	for (size_t i = 0; i < own->projects.entries.n; i++)
		free_project(own->projects.entries.v[i].value);
	pf_metadata_free(own);
	pf_chosen_free(own);
	pf_lists_free(own);
	pf_pool_free(&own->pool);
	pf_cache_close(&own->cache);
	pf_arena_free(&own->arena);
	free(own);
	x->own = NULL;
}

/* ---- projects ---- */

static struct pf_wanted_project *begin(struct pf_index_own *own, struct pf_str canonical)
{
	struct pf_wanted_project *w = pf_alloc(&own->arena, sizeof(*w));

	*pf_map_put(&own->arena, &own->projects, canonical) = w;
	w->own = own;
	w->name = canonical;
	if (pf_name_is_canonical(canonical))
		pf_ask(w);
	else
		w->settled = true; /* nothing is called so */
	return w;
}

static struct pf_wanted_project *want(struct pf_index_own *own, struct pf_str name)
{
	struct pf_wanted_project *w = pf_map_get(&own->projects, name);
	struct pf_str canonical;

	if (w)
		return w;
	canonical = pf_name_canonical(&own->arena, name);
	w = pf_map_get(&own->projects, canonical);
	return w ? w : begin(own, canonical);
}

void pf_index_want(struct pf_index *x, const struct pf_str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		want(x->own, names[i]);
}

static int make(struct pf_wanted_project *w, struct pf_err *err)
{
	struct pf_index_own *own = w->own;

	w->pages = pf_alloc_array(&own->arena, own->list_count + 1, sizeof(*w->pages));
	if (pf_lists_pages(w->pages, &w->page_count, own, w->name, err) < 0)
		return -1;
	w->project.name = w->name;
	if (w->found) {
		w->pages[w->page_count++] = PF_TAKE(w->page);
		w->project.where = own->urls.v[w->at];
	}
	pf_project_make(&w->project, &own->arena, w->pages, w->page_count, &own->target);
	w->made = true;
	return 0;
}

const struct pf_project *pf_index_peek(struct pf_index *x, struct pf_str name)
{
	struct pf_wanted_project *w = want(x->own, name);
	struct pf_err ignored;

	if (!w->settled || w->err.code || !pf_lists_are_read(x->own) ||
	    (!w->made && make(w, &ignored) < 0))
		return NULL;
	return w->found || w->project.n ? &w->project : NULL;
}

void pf_index_listen(struct pf_index *x, const struct pf_index_news *news)
{
	x->own->news = news ? *news : (struct pf_index_news){ 0 };
}

int pf_index_project(const struct pf_project **out, struct pf_index *x, struct pf_str name,
		     struct pf_err *err)
{
	struct pf_wanted_project *w = want(x->own, name);

	if (!w->made && pf_lists_wait(x->own, err) < 0)
		return -1;
	/* One transfer asks index after index: when it has ended, all is settled. */
	if (!w->settled && pf_pool_wait(&x->own->pool, &w->t, err) < 0 && !w->settled)
		return -1;
	if (w->err.code) {
		*err = w->err;
		return -1;
	}
	if (!w->made && make(w, err) < 0)
		return -1;
	if (!w->found && !w->project.n)
		return 1;
	*out = &w->project;
	return 0;
}

/* ---- files ---- */

struct pf_pool *pf_index_pool(struct pf_index *x)
{
	return &x->own->pool;
}

static int copy_file(struct pf_transfer *t, const char *path, struct pf_err *err)
{
	struct pf_hasher h = { 0 };
	char bytes[65536], got[PF_SHA256_HEX];
	PF_FD(from) = pf_open_file(AT_FDCWD, path, err);
	ssize_t n;
	int rc = from < 0 ? -1 : 0;

	err->gone = from < 0 && access(path, F_OK) < 0 && errno == ENOENT;
	if (rc == 0 && (ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0))
		rc = pf_fail_errno(err, "cannot write");
	pf_hasher_start(&h);
	while (rc == 0 && (n = pf_read_some(from, bytes, sizeof(bytes))) != 0) {
		if (n < 0)
			rc = pf_fail_errno(err, "%s cannot be read", path);
		else
			rc = pf_write_fd(t->fd, bytes, (size_t)n, err);
		if (rc == 0)
			pf_hasher_add(&h, bytes, (size_t)n);
	}
	pf_hasher_end(&h, got);
	pf_hasher_free(&h);
	if (rc == 0 && t->sha256 && strcmp(got, t->sha256) != 0)
		rc = pf_fail(err, PF_EINTEGRITY, "%s: sha256 is %s, expected %s", path, got,
			     t->sha256);
	return rc;
}

void pf_index_fetch_start(struct pf_transfer *t, int fd, struct pf_index *x,
			  const struct pf_file *file)
{
	struct pf_arena a = { 0 };
	char *path = pf_url_local(&a, file->url);

	t->url = file->url.p;
	t->sha256 = file->sha256.n ? file->sha256.p : NULL;
	t->size = file->size;
	t->max = PF_MAX_DIST;
	t->fd = fd;
	if (!path && !x->own->settings.offline) {
		pf_pool_start(&x->own->pool, t);
	} else {
		if (path)
			copy_file(t, path, &t->err);
		else
			pf_fail(&t->err, PF_ETRANSFER, "offline, and %s is not at hand", t->url);
		t->ended = true;
		if (t->done)
			t->done(t, t->ctx);
	}
	pf_arena_free(&a);
}

int pf_index_fetch(int fd, struct pf_index *x, const struct pf_file *file, struct pf_err *err)
{
	struct pf_transfer t = { 0 };
	int rc;

	pf_index_fetch_start(&t, fd, x, file);
	rc = pf_pool_wait(&x->own->pool, &t, err);
	pf_transfer_free(&x->own->pool, &t);
	return rc;
}
