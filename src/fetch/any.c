/* any.c - a file or a folder by its URI, whatever it is: an artifact of a model to be */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/any.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "fetch/local.h"
#include "fetch/tree.h"

/* MLflow's rule: the last part of a URI is the artifact, what is before it the root; and what has
 * no list is a file. */
struct bringing {
	struct pf_fetched *f;
	const struct pf_fetch_opts *o;
	struct pf_pool pool;
	struct pf_remote r;
};

/* "b" of "a/b". */
static struct pf_str last_part(struct pf_str path)
{
	size_t slash = pf_str_rfind(path, '/');

	return slash == PF_NPOS ? path : pf_str_skip(path, slash + 1);
}

static int take_local(struct bringing *b, const char *uri, struct pf_err *err)
{
	struct pf_arena *a = &b->f->arena;
	struct stat st;
	char *path = pf_dupz(a, pf_s(uri));

	if (stat(path, &st) < 0 && pf_local_path(&path, a, uri, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return pf_fail(err, errno == EACCES ? PF_EIO : PF_EMODEL, "No such artifact: '%s'",
			       path);
	b->f->dir = path;
	return 0;
}

/* From models: and runs: to where the files are. A store of this machine ends it. */
static int resolve(struct pf_where *w, struct bringing *b, struct pf_err *err)
{
	struct pf_arena *a = &b->f->arena;
	bool fixed;
	char *to;

	for (int hops = 0; w->kind->resolve; hops++) {
		if (hops == PF_MAX_HOPS)
			return pf_fail(err, PF_EINTEGRITY, "the tracking server leads in a circle");
		if (w->kind->resolve(&to, &fixed, a, &b->pool, w, err) < 0)
			return -1;
		if (pf_where_is_local(pf_s(to)))
			return take_local(b, to, err);
		if (pf_where_read(w, a, pf_s(to), err) < 0)
			return -1;
	}
	return 0;
}

static int open_remote(struct bringing *b, const struct pf_where *w, struct pf_err *err)
{
	pf_arena_free(&b->r.arena);
	b->pool.net = (struct pf_net){ 0 };
	b->r = (struct pf_remote){ .kind = w->kind, .pool = &b->pool, .o = b->o };
	return w->kind->open(&b->r, w, err);
}

/* The folder around it is opened, and nothing else in it is asked about. */
static int list_file(struct pf_remote_files *files, struct bringing *b, const struct pf_where *w,
		     struct pf_err *err)
{
	struct pf_arena *a = &b->f->arena;
	struct pf_str uri = w->uri;
	struct pf_where around;

	while (pf_str_ends(uri, "/"))
		uri.n--;
	uri = pf_str_cut(uri, 0, pf_str_rfind(uri, '/') + 1);
	if (pf_where_read(&around, a, uri, err) < 0 || open_remote(b, &around, err) < 0 ||
	    pf_tree_check_path(last_part(w->path), err) < 0)
		return -1;
	*PF_PUSH(a, files) = (struct pf_remote_file){ .path = last_part(w->path) };
	return 0;
}

/* Has the place no list, so that it may be a file? FTP has no word for why there is none. */
static bool may_be_file(const struct bringing *b, const struct pf_where *w,
			const struct pf_err *why)
{
	bool none = why->code == PF_EMODEL || why->gone ||
		    (b->r.kind == &pf_remote_server && why->code == PF_ETRANSFER);

	return !b->r.kind->bring && w->path.n && none;
}

static int get(struct bringing *b, const struct pf_where *w, struct pf_err *err)
{
	struct pf_fetched *f = b->f;
	struct pf_remote_files files = { 0 };
	struct pf_err why = { 0 };
	bool file = false;

	if (open_remote(b, w, err) < 0 || pf_workdir_open(&f->temp, "artifact.", b->o->store, err) < 0)
		return -1;
	f->dir = pf_formatz(&f->arena, "%s/tree", f->temp.path);
	if (b->r.kind->bring)
		return b->r.kind->bring(f->temp.fd, f->temp.path, &b->r, err);
	if (pf_tree_list(&files, &b->r, &why) < 0) {
		file = may_be_file(b, w, &why);
		if (!file)
			return *err = why, -1;
		files = (struct pf_remote_files){ 0 };
		if (list_file(&files, b, w, err) < 0) /* not even that: what was said first */
			return *err = why, -1;
	}
	if (pf_tree_get(f->temp.fd, &b->r, &files, err) < 0)
		return file && err->gone ? (*err = why, -1) : -1;
	if (b->r.archive) /* as it is */
		f->dir = pf_formatz(&f->arena, "%s/packed/archive", f->temp.path);
	else if (file)
		f->dir = pf_join(&f->arena, f->dir, files.v[0].path);
	return 0;
}

static int bring(struct bringing *b, const char *uri, struct pf_err *err)
{
	struct pf_arena *a = &b->f->arena;
	struct pf_where w;

	if (b->o->offline)
		return pf_fail(err, PF_EUSAGE, "--offline: %s is not here", pf_url_shown(a, pf_s(uri)));
	if (pf_where_read(&w, a, pf_dup(a, pf_s(uri)), err) < 0)
		return -1;
	b->f->name = pf_dup(a, last_part(w.path));
	b->f->source = pf_dup(a, w.shown);
	if (resolve(&w, b, err) < 0 || (!b->f->dir && get(b, &w, err) < 0))
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(b->f->source)));
	return 0;
}

int pf_fetch_any(struct pf_fetched *out, const char *uri, const struct pf_fetch_opts *o,
		 struct pf_err *err)
{
	PF_AUTO(fetched) f = { 0 };
	struct bringing b = { .f = &f, .o = o };
	int rc = pf_local_names(uri) ? take_local(&b, uri, err) : bring(&b, uri, err);

	pf_pool_free(&b.pool);
	pf_arena_free(&b.r.arena);
	if (rc < 0)
		return -1;
	*out = PF_TAKE(f);
	return 0;
}
