/* ask.c - one project's page: kept, asked for at one index after the other, read */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "index/parts.h"
#include "index/simple.h"

static const char *index_url(const struct pf_wanted_project *w)
{
	return w->own->urls.v[w->at].p;
}

static void fail(struct pf_wanted_project *w, const struct pf_err *err)
{
	w->err = *err;
	w->settled = true;
}

/* The page of the index that is asked now. */
static void take(struct pf_wanted_project *w, struct pf_page *page)
{
	if (page->head->absent) {
		pf_page_free(page);
		w->at++;
		return;
	}
	w->page = PF_TAKE(*page);
	w->found = w->settled = true;
}

/* ---- what comes becomes a page, which is kept ---- */

static int make_page(struct pf_page *out, struct pf_wanted_project *w, const char *url,
		     struct pf_str type, struct pf_str text, const struct pf_page_facts *facts,
		     struct pf_err *err)
{
	PF_AUTO(maker) m = { 0 };

	if (w->own->target.platforms.entries.n)
		m.platforms = &w->own->target.platforms;
	if (pf_maker_start(&m, w->name, url, err) < 0 ||
	    (!facts->absent && pf_simple_read(&m, type, text, err) < 0) ||
	    pf_maker_end(out, &m, facts, err) < 0)
		return pf_wrap(err, "%s", url);
	return 0;
}

static int page_of_answer(struct pf_page *out, struct pf_wanted_project *w, struct pf_err *err)
{
	struct pf_transfer *t = &w->t;
	struct pf_page_facts facts = { .etag = t->got_etag, .modified = t->got_modified,
				       .max_age = t->max_age, .absent = t->status == 404 };
	const char *url = t->final.n ? t->final.p : index_url(w);

	return make_page(out, w, url, t->type, pf_buf_view(&t->body), &facts, err);
}

static void take_answer(struct pf_transfer *t, void *ctx)
{
	struct pf_wanted_project *w = ctx;
	struct pf_page page = { 0 };
	struct pf_err err;

	if (t->err.code && t->status != 404) {
		fail(w, &t->err);
	} else if (t->status == 304) {
		pf_cache_touch_page(&w->own->cache, index_url(w), w->name);
		take(w, &w->old);
	} else if (page_of_answer(&page, w, &err) < 0) {
		fail(w, &err);
	} else {
		pf_cache_keep_page(&w->own->cache, index_url(w), w->name, &page);
		take(w, &page);
	}
	pf_page_free(&w->old);
	pf_transfer_free(&w->own->pool, t);
	pf_ask(w);
	if (w->settled && w->own->news.project)
		w->own->news.project(w->own->news.ctx, w->name);
}

/* ---- asking ---- */

static void start(struct pf_wanted_project *w)
{
	const struct pf_page *old = w->old.head ? &w->old : NULL;
	struct pf_arena *a = &w->own->arena;

	w->url = pf_formatz(a, "%s/" PF_FMT "/", w->own->secret_urls.v[w->at].p, PF_ARG(w->name));
	w->t = (struct pf_transfer){
		.url = w->url,
		.accept = PF_SIMPLE_ACCEPT,
		.gzip = true,
		.body = PF_BUF(PF_MAX_PAGE),
		.done = take_answer,
		.ctx = w,
	};
	if (old && old->head->etag.n)
		w->t.etag = pf_dupz(a, pf_page_text(old, old->head->etag));
	if (old && old->head->modified.n)
		w->t.modified = pf_dupz(a, pf_page_text(old, old->head->modified));
	pf_pool_start(&w->own->pool, &w->t);
}

/* A page says how long it is good for; else one that can be asked about is, each time. */
static bool is_fresh(const struct pf_page *p, int64_t age)
{
	int64_t good = p->head->max_age;

	if (good < 0)
		good = p->head->etag.n || p->head->modified.n ? 0 : PF_AGE_PAGE;
	return age < good;
}

/* 1: settled by what is kept; 0: it has to be asked for. */
static bool take_kept(struct pf_wanted_project *w)
{
	const struct pf_index_settings *s = &w->own->settings;
	struct pf_page page;
	int64_t age;

	if (!pf_cache_page(&page, &age, &w->own->cache, index_url(w), w->name))
		return false;
	if (s->offline || (!s->refresh && is_fresh(&page, age))) {
		take(w, &page);
		return true;
	}
	w->old = page;
	return false;
}

/* ---- file: indexes ---- */

static void take_local(struct pf_wanted_project *w, const char *folder)
{
	static const char *const names[] = { "index.json", "index.html" };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_PAGE);
	struct pf_page_facts facts = { .max_age = -1, .absent = true };
	struct pf_arena a = { 0 };
	char *dir = pf_formatz(&a, "%s/" PF_FMT, folder, PF_ARG(w->name));
	struct pf_str type = { 0 };
	struct pf_err err = { 0 };
	struct pf_page page;
	char *url = pf_formatz(&a, "%s/" PF_FMT "/", index_url(w), PF_ARG(w->name));

	for (size_t i = 0; facts.absent && i < PF_COUNT(names); i++) {
		char *path = pf_join(&a, dir, pf_s(names[i]));

		if (access(path, F_OK) < 0)
			continue;
		facts.absent = false;
		type = pf_s(names[i]);
		if (pf_read_file(&text, AT_FDCWD, path, &err) < 0)
			break;
	}
	if (err.code || make_page(&page, w, url, type, pf_buf_view(&text), &facts, &err) < 0)
		fail(w, &err);
	else
		take(w, &page);
	pf_arena_free(&a);
}

void pf_ask(struct pf_wanted_project *w)
{
	while (!w->settled) {
		struct pf_arena *a = &w->own->arena;
		char *folder;

		if (w->at == w->own->urls.n) {
			w->settled = true; /* nobody has it */
			return;
		}
		folder = pf_url_local(a, w->own->urls.v[w->at]);
		if (folder) {
			take_local(w, folder);
		} else if (take_kept(w)) {
			continue;
		} else if (w->own->settings.offline) {
			pf_fail(&w->err, PF_ETRANSFER,
				"offline, and the page of " PF_FMT " at %s is not at hand",
				PF_ARG(w->name), index_url(w));
			w->settled = true;
		} else {
			start(w);
			return;
		}
	}
}
