/* links.c - find-links: folders, pages and single files that add to what an index has */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "index/pack.h"
#include "index/parts.h"
#include "index/simple.h"

static bool is_archive(struct pf_str url)
{
	struct pf_str stem;
	struct pf_err err;
	struct pf_url u;

	return pf_url_split(&u, url, &err) == 0 &&
	       (pf_str_ends(u.path, ".whl") || pf_sdist_stem(&stem, u.path));
}

/* ---- local ones ---- */

static int read_folder(struct pf_list *l, const char *path, struct pf_err *err)
{
	struct pf_arena *a = &l->links.arena;
	DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return pf_fail_errno(err, "cannot list %s", path);
	while (rc == 0 && (e = readdir(d))) {
		struct pf_str file = pf_s(e->d_name);
		struct pf_link link = { .file = pf_dup(a, file) };

		link.url = pf_url_of_path(a, pf_join(a, path, file));
		rc = pf_maker_add(&l->links, &link, err);
	}
	closedir(d);
	return rc;
}

static int read_local(struct pf_list *l, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_PAGE);
	struct stat st;

	if (stat(path, &st) < 0) {
		pf_debug("find-links %s is not there: left out", path);
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return read_folder(l, path, err);
	if (pf_read_file(&text, AT_FDCWD, path, err) < 0)
		return -1;
	return pf_simple_html(&l->links, pf_buf_view(&text), err);
}

/* ---- those of a server ---- */

static void take_answer(struct pf_transfer *t, void *ctx)
{
	struct pf_list *l = ctx;
	struct pf_str text = pf_buf_view(&t->body);

	l->read = true;
	l->err = t->err;
	if (!l->err.code &&
	    pf_url_split(&l->links.base, pf_dup(&l->links.arena, t->final), &l->err) < 0)
		return;
	if (!l->err.code && pf_simple_read(&l->links, t->type, text, &l->err) == 0)
		pf_cache_keep_text(&l->own->cache, PF_CACHE_LINKS, pf_s(l->url), text);
}

static bool take_kept(struct pf_list *l)
{
	const struct pf_index_settings *s = &l->own->settings;
	struct pf_err err;
	struct pf_str text;
	int64_t age;

	return pf_cache_text(&text, &l->own->arena, &age, &l->own->cache, PF_CACHE_LINKS,
			     pf_s(l->url)) &&
	       (s->offline || (!s->refresh && age < PF_AGE_PAGE)) &&
	       pf_simple_read(&l->links, PF_S(""), text, &err) == 0;
}

static void ask(struct pf_list *l, const char *url)
{
	l->read = take_kept(l);
	if (l->read)
		return;
	if (l->own->settings.offline) {
		l->read = true;
		pf_fail(&l->err, PF_ETRANSFER, "offline, and %s is not at hand", l->url);
		return;
	}
	l->t = (struct pf_transfer){ .url = url, .accept = "text/html, */*;q=0.1", .gzip = true,
				     .body = PF_BUF(PF_MAX_PAGE), .done = take_answer, .ctx = l };
	pf_pool_start(&l->own->pool, &l->t);
}

/* ---- all of them ---- */

static int open_list(struct pf_list *l, struct pf_index_own *own, struct pf_str url,
		     struct pf_err *err)
{
	struct pf_link link = { .url = url };
	struct pf_url u;
	char *path;

	if (pf_url_split(&u, url, err) < 0 || pf_pool_login(&own->pool, &u, err) < 0)
		return pf_wrap(err, "find-links %s", pf_url_shown(&own->arena, url));
	l->own = own;
	l->url = pf_url_bare(&own->arena, &u);
	l->links.collecting = true;
	if (pf_maker_start(&l->links, PF_S(""), l->url, err) < 0)
		return -1;
	path = pf_url_local(&own->arena, url);
	if (!is_archive(url) && !path) {
		ask(l, pf_dupz(&own->arena, url));
		return 0;
	}
	l->read = true;
	return is_archive(url) ? pf_maker_add(&l->links, &link, err) : read_local(l, path, err);
}

int pf_lists_open(struct pf_index_own *own, struct pf_err *err)
{
	const struct pf_strs *urls = &own->settings.find_links;

	own->lists = pf_alloc_array(&own->arena, urls->n + 1, sizeof(*own->lists));
	for (size_t i = 0; i < urls->n; i++, own->list_count++)
		if (open_list(&own->lists[i], own, urls->v[i], err) < 0) {
			own->list_count++;
			return -1;
		}
	return 0;
}

void pf_lists_free(struct pf_index_own *own)
{
	for (size_t i = 0; i < own->list_count; i++) {
		pf_transfer_free(&own->pool, &own->lists[i].t);
		pf_maker_free(&own->lists[i].links);
	}
}

bool pf_lists_are_read(const struct pf_index_own *own)
{
	for (size_t i = 0; i < own->list_count; i++)
		if (!own->lists[i].read || own->lists[i].err.code)
			return false;
	return true;
}

int pf_lists_wait(struct pf_index_own *own, struct pf_err *err)
{
	for (size_t i = 0; i < own->list_count; i++) {
		struct pf_list *l = &own->lists[i];

		if (!l->read && pf_pool_wait(&own->pool, &l->t, err) < 0)
			return -1;
		if (l->err.code) {
			*err = l->err;
			return -1;
		}
	}
	return 0;
}

static int make_page(struct pf_page *out, const struct pf_list *l, struct pf_str name,
		     struct pf_err *err)
{
	PF_AUTO(maker) m = { .others_pass = true };
	struct pf_page_facts facts = { .max_age = -1 };

	if (pf_maker_start(&m, name, l->url, err) < 0)
		return -1;
	m.base = l->links.base;
	m.base_moved = l->links.base_moved;
	for (size_t i = 0; i < l->links.links.n; i++)
		if (pf_maker_add(&m, &l->links.links.v[i], err) < 0)
			return -1;
	return pf_maker_end(out, &m, &facts, err);
}

int pf_lists_pages(struct pf_page *out, size_t *n, struct pf_index_own *own, struct pf_str name,
		   struct pf_err *err)
{
	*n = 0;
	for (size_t i = 0; i < own->list_count; i++) {
		if (make_page(&out[*n], &own->lists[i], name, err) < 0)
			return -1;
		++*n;
	}
	return 0;
}
