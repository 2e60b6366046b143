/* uvlock.c - uv.lock: what one environment gets of it, found from the root and the needs on */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "formats/toml.h"
#include "lock/parts.h"

bool pf_uvlock_is(struct pf_str text)
{
	return pf_lock_has_line(text, "[[package]]");
}

/* A package, or one extra of it, whose dependencies are to be looked at. */
struct visit {
	const struct pf_node *package;
	struct pf_str extra;
};

/* Packages of one name. */
struct versions {
	const struct pf_node *package;
	struct versions *next;
};

struct walk {
	struct pf_lock *lock;
	const struct pf_lock_target *t;
	const struct pf_node *packages;
	struct pf_map named;		/* canonical name: its versions */
	size_t steps;			/* so far: nothing may take for ever */
	PF_VEC(struct visit) line;	/* all that were met, in order */
	struct pf_map met;		/* name: the package that stands for it */
};

static int count_steps(struct walk *w, size_t n, const struct pf_node *at, struct pf_err *err)
{
	w->steps += n;
	if (w->steps <= PF_MAX_LOCK_STEPS)
		return 0;
	return pf_fail(err, PF_ELIMIT, "line %u: the walk through it takes too long", at->line);
}

/* { virtual = "." }, { editable = "." }: what the lock is of, never installed. */
static bool is_root(const struct pf_node *package)
{
	const struct pf_node *source = pf_node_get(package, "source");

	return pf_str_is(pf_node_text(source, "virtual"), ".") ||
	       pf_str_is(pf_node_text(source, "editable"), ".");
}

/* ---- which package ---- */

/* Of a package that is there in several versions, each is for some environments. */
static int is_here(struct walk *w, const struct pf_node *package, struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(package, "resolution-markers");
	int here = !list || !list->n;

	for (size_t i = 0; list && !here && i < list->n; i++)
		here = pf_lock_marker_holds(w->lock, w->t, list->v[i].text, list->line, err);
	return here;
}

static bool same_source(const struct pf_node *a, const struct pf_node *b)
{
	for (size_t i = 0; a && i < a->n; i++)
		if (!pf_str_eq(a->v[i].text, pf_node_text(b, a->v[i].key.p)))
			return false;
	return true;
}

/* What { name, version, source } of a dependency stands for; version and source may be left out.
 * `specs`, or NULL, choose among several. */
static int find(const struct pf_node **out, struct walk *w, struct pf_str name,
		const struct pf_specset *specs, const struct pf_node *told, unsigned line,
		struct pf_err *err)
{
	struct pf_str version = pf_node_text(told, "version");
	const struct pf_node *source = pf_node_get(told, "source");
	struct versions *all = pf_map_get(&w->named, pf_name_canonical(&w->lock->arena, name));

	*out = NULL;
	specs = all && all->next ? specs : NULL;
	for (struct versions *v = all; v; v = v->next) {
		const struct pf_node *each = v->package;
		int here;

		if (count_steps(w, 1, each, err) < 0)
			return -1;
		if ((version.n && !pf_str_eq(pf_node_text(each, "version"), version)) ||
		    (source && !same_source(source, pf_node_get(each, "source"))) ||
		    (specs && !pf_lock_admits(specs, pf_node_text(each, "version"))))
			continue;
		here = is_here(w, each, err);
		if (here < 0)
			return -1;
		if (here && *out)
			return pf_fail(err, PF_EINTEGRITY,
				       "line %u: two versions of " PF_FMT
				       " are for this environment",
				       each->line, PF_ARG(pf_shown(name)));
		if (here)
			*out = each;
	}
	if (!*out)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is asked for, and not there", line,
			       PF_ARG(pf_shown(name)));
	return 0;
}

/* ---- from one to the next ---- */

static int meet(struct walk *w, const struct pf_node *package, struct pf_str extra,
		struct pf_err *err)
{
	struct pf_arena *a = &w->lock->arena;
	struct pf_str key = pf_name_canonical(a, pf_node_text(package, "name"));
	struct pf_str label = pf_format(a, PF_FMT "[" PF_FMT "]", PF_ARG(key),
					PF_ARG(pf_name_canonical(a, extra)));
	void **place = pf_map_put(a, &w->met, key), **seen;

	if (*place && *place != package)
		return pf_fail(err, PF_EINTEGRITY, "line %u: two versions of " PF_FMT
			       " are for this environment", package->line, PF_ARG(pf_shown(key)));
	*place = (void *)(uintptr_t)package;
	seen = pf_map_put(a, &w->met, label);
	if (!*seen)
		*PF_PUSH(a, &w->line) = (struct visit){ package, extra };
	*seen = (void *)(uintptr_t)package;
	return 0;
}

static int meet_all(struct walk *w, const struct pf_node *package, const struct pf_strs *extras,
		    struct pf_err *err)
{
	if (meet(w, package, PF_S(""), err) < 0)
		return -1;
	for (size_t i = 0; i < extras->n; i++)
		if (meet(w, package, extras->v[i], err) < 0)
			return -1;
	return 0;
}

static int follow_one(struct walk *w, const struct pf_node *told, struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(told, "extra"), *package;
	struct pf_strs extras = { 0 };
	int here =
		pf_lock_marker_holds(w->lock, w->t, pf_node_text(told, "marker"), told->line, err);

	if (here <= 0)
		return here;
	for (size_t i = 0; list && i < list->n; i++)
		*PF_PUSH(&w->lock->arena, &extras) = list->v[i].text;
	if (find(&package, w, pf_node_text(told, "name"), NULL, told, told->line, err) < 0)
		return -1;
	return meet_all(w, package, &extras, err);
}

static int follow(struct walk *w, const struct visit *v, struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(v->package, "dependencies");
	const struct pf_node *optional = pf_node_get(v->package, "optional-dependencies");

	if (count_steps(w, v->extra.n && optional ? optional->n : 0, v->package, err) < 0)
		return -1;
	if (v->extra.n)
		list = NULL;
	for (size_t i = 0; v->extra.n && optional && i < optional->n; i++)
		if (pf_name_eq(optional->v[i].key, v->extra))
			list = &optional->v[i];
	for (size_t i = 0; list && i < list->n; i++)
		if (follow_one(w, &list->v[i], err) < 0)
			return -1;
	return 0;
}

static void list_names(struct walk *w)
{
	for (size_t i = w->packages->n; i-- > 0;) {
		const struct pf_node *each = &w->packages->v[i];
		struct pf_str name = pf_name_canonical(&w->lock->arena, pf_node_text(each, "name"));
		struct versions *v = pf_alloc(&w->lock->arena, sizeof(*v));
		void **place = pf_map_put(&w->lock->arena, &w->named, name);

		*v = (struct versions){ each, *place };
		*place = v;
	}
}

static int meet_roots(struct walk *w, struct pf_err *err)
{
	for (size_t i = 0; i < w->packages->n; i++)
		if (is_root(&w->packages->v[i]) && meet(w, &w->packages->v[i], PF_S(""), err) < 0)
			return -1;
	return 0;
}

/* What is needed may be of the root's groups and extras, of which the lock does not tell whether
 * they are for here. What a lock with a root does not have at all is told of as of any lock. */
static int meet_needs(struct walk *w, bool rooted, struct pf_err *err)
{
	for (size_t i = 0; i < w->t->wanted->pip.n; i++) {
		const struct pf_need *need = &w->t->wanted->pip.v[i];
		const struct pf_node *package = pf_map_get(&w->met, need->req.key);

		if (need->constraint || !need->parsed ||
		    !pf_marker_eval(need->req.marker, w->t->env, PF_S("")) ||
		    (rooted && !pf_map_get(&w->named, need->req.key)))
			continue;
		if ((!package &&
		     find(&package, w, need->req.key, &need->req.specs, NULL, 1, err) < 0) ||
		    meet_all(w, package, &need->req.extras, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what it is ---- */

static int take_file(struct walk *w, struct pf_lock_package *p, const struct pf_node *n,
		     struct pf_str url, struct pf_err *err)
{
	struct pf_str hash = pf_node_text(n, "hash"), path = pf_node_text(n, "path");
	size_t colon = pf_str_find(hash, ':');
	struct pf_lock_file f = { .name = pf_node_text(n, "filename"),
				  .url = pf_node_text(n, "url") };

	p->line = n->line;
	if (url.n)
		f.url = url;
	if (!pf_uint64_read(pf_node_text(n, "size"), &f.size))
		f.size = 0;
	f.uploaded = pf_lock_time(pf_node_text(n, "upload-time"));
	if (hash.n && pf_lock_add_digest(&f.hashes, &w->lock->arena, pf_str_cut(hash, 0, colon),
					 pf_str_skip(hash, colon + 1), n->line, err) < 0)
		return -1;
	return pf_lock_add_file(w->lock, p, &f, path, w->t, err);
}

static int take_package(struct walk *w, const struct pf_node *n, struct pf_err *err)
{
	const struct pf_node *source = pf_node_get(n, "source"), *wheels = pf_node_get(n, "wheels");
	const struct pf_node *sdist = pf_node_get(n, "sdist");
	struct pf_str git = pf_node_text(source, "git");
	struct pf_lock_package p = {
		.line = n->line,
		.name = pf_name_canonical(&w->lock->arena, pf_node_text(n, "name")),
		.version = pf_node_text(n, "version"),
		.index = pf_node_text(source, "registry"),
		.direct = pf_node_text(source, "url"),
	};

	if (!pf_name_is_valid(p.name))
		return pf_fail(err, PF_EINTEGRITY, "line %u: a package without a name", n->line);
	if (git.n)
		return pf_lock_take_git_url(w->lock, &p, git, n->line, err) < 0
			       ? -1
			       : pf_lock_add_package(w->lock, &p, err);
	if (!p.index.n && !p.direct.n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is known by no digest: its source is " PF_FMT,
			       n->line, PF_ARG(pf_shown(p.name)),
			       PF_ARG(source && source->n ? pf_shown(source->v[0].key)
							  : PF_S("not told")));
	if (pf_node_text(source, "subdirectory").n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a folder within an archive is not built here", n->line);
	for (size_t i = 0; wheels && i < wheels->n; i++)
		if (take_file(w, &p, &wheels->v[i], p.direct, err) < 0)
			return -1;
	if (sdist && take_file(w, &p, sdist, p.direct, err) < 0)
		return -1;
	if (!p.files.n)
		return pf_fail(err, PF_EINTEGRITY, "line %u: nothing tells what " PF_FMT " is",
			       n->line, PF_ARG(pf_shown(p.name)));
	p.line = n->line;
	return pf_lock_add_package(w->lock, &p, err);
}

/* From what was met, and not gone on from yet. */
static int walk(size_t *next, struct walk *w, struct pf_err *err)
{
	while (*next < w->line.n) {
		const struct visit v = w->line.v[(*next)++];

		if (follow(w, &v, err) < 0 ||
		    (!v.extra.n && !is_root(v.package) && take_package(w, v.package, err) < 0))
			return -1;
	}
	return 0;
}

int pf_uvlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		   struct pf_err *err)
{
	struct walk w = { .lock = out, .t = t };
	struct pf_node *root = NULL;
	size_t next = 0;
	bool rooted;

	if (pf_toml_parse(&root, &out->arena, text, err) < 0)
		return -1;
	if (!pf_str_is(pf_node_text(root, "version"), "1"))
		return pf_fail(err, PF_EINTEGRITY, "its version is not 1, which is known");
	w.packages = pf_node_get(root, "package");
	if (!w.packages || w.packages->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EINTEGRITY, "it holds no list of packages");
	out->requires_python = pf_node_text(root, "requires-python");
	list_names(&w);
	if (meet_roots(&w, err) < 0)
		return -1;
	rooted = w.line.n > 0;
	return walk(&next, &w, err) < 0 || meet_needs(&w, rooted, err) < 0 ||
			       walk(&next, &w, err) < 0 ?
		       -1 :
		       0;
}
