/* diff_pip.c - requirements and constraints against the distributions that are installed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/diff.h"
#include "req/reqneed.h"

#define MAX_EXTRA_DEPTH 8 /* extras that ask for extras */

static struct pf_dist *installed_as(const struct pf_compare *c, struct pf_str key)
{
	return pf_map_get(&c->dists->by_name, key);
}

static void read_dist(struct pf_compare *c, struct pf_dist *dist)
{
	struct pf_err ignored;

	if (!dist->read && pf_dist_read(c->dists, dist, &ignored) < 0)
		dist->read = true;
}

static bool admits(struct pf_arena *a, const struct pf_specset *specs, struct pf_str version)
{
	struct pf_version v = { 0 };

	if (!specs->n)
		return true;
	if (!pf_version_read(&v, a, version))
		v = (struct pf_version){ .text = version };
	return pf_specset_admits(specs, &v, PF_PRE_DEFAULT);
}

/* ---- URLs: direct_url.json has them without "git+", revision and user (PEP 610) ---- */

/* `revision`: what stood behind the last @, if anything did. */
static struct pf_str plain_url(struct pf_str *revision, struct pf_arena *a, struct pf_str url)
{
	struct pf_url_parts parts;
	size_t at;

	*revision = PF_S("");
	if (pf_str_starts(url, "git+"))
		url = pf_str_skip(url, 4);
	url = pf_str_cut(url, 0, pf_str_find(url, '#'));
	if (!pf_requrl_split(&parts, url))
		return url;
	at = pf_str_rfind(parts.rest, '@');
	if (at != PF_NPOS && pf_str_find(pf_str_skip(parts.rest, at), '/') == PF_NPOS) {
		*revision = pf_str_skip(parts.rest, at + 1);
		parts.rest = pf_str_cut(parts.rest, 0, at);
	}
	return pf_format(a, PF_FMT PF_FMT PF_FMT, PF_ARG(parts.scheme), PF_ARG(parts.host),
			 PF_ARG(parts.rest));
}

static bool begins(struct pf_str commit, struct pf_str asked)
{
	return asked.n >= 4 && asked.n <= commit.n &&
	       pf_str_eq(pf_str_cut(commit, 0, asked.n), asked);
}

/* Of a branch nobody here knows where it is now: it is as good as when it was installed. */
static bool is_revision(const struct pf_dist *dist, struct pf_str asked)
{
	if (!asked.n || !dist->commit.n || begins(dist->commit, asked) ||
	    pf_str_eq(asked, dist->revision))
		return true;
	return !dist->revision.n && asked.n < dist->commit.n;
}

static struct pf_str shown_place(struct pf_arena *a, const struct pf_dist *dist)
{
	if (!dist->url.n)
		return PF_S("a package index");
	if (!dist->commit.n)
		return dist->url;
	return pf_format(a, PF_FMT "@" PF_FMT "%s" PF_FMT "%s", PF_ARG(dist->url),
			 PF_ARG(dist->commit), dist->revision.n ? " (" : "", PF_ARG(dist->revision),
			 dist->revision.n ? ")" : "");
}

static bool check_url(struct pf_compare *c, const struct pf_need *need, struct pf_dist *dist)
{
	struct pf_weight w = pf_weigh(&c->weights, need->req.key, true);
	struct pf_arena *a = &c->d->arena;
	struct pf_str link = need->req.url, asked, ignored;

	if (!link.n && !need->editable && pf_url_is_vcs(need->link))
		link = need->link;
	if (!link.n)
		return true;
	read_dist(c, dist);
	if (pf_str_eq(plain_url(&asked, a, link), plain_url(&ignored, a, dist->url)) &&
	    is_revision(dist, asked))
		return true;
	w.why = pf_format(a, "installed from " PF_FMT "; " PF_FMT, PF_ARG(shown_place(a, dist)),
			  PF_ARG(w.why));
	pf_diff_add(c, need->req.name, need->text, dist->version, w);
	return false;
}

/* ---- extras: what they bring must be there, too ---- */

struct extra {
	struct pf_str key, extra;
	unsigned depth;
};

struct extras {
	struct pf_compare *c;
	const struct pf_need *need;
	PF_VEC(struct extra) queue;
};

static void add_extra_difference(struct extras *x, struct pf_str extra, struct pf_str dependency,
				 struct pf_str key, struct pf_dist *dist)
{
	struct pf_compare *c = x->c;
	struct pf_weight w = pf_weigh(&c->weights, key, dist != NULL);
	struct pf_dist *own = installed_as(c, x->need->req.key);

	w.why = pf_format(&c->d->arena,
			  "its extra " PF_FMT " needs " PF_FMT ", %s" PF_FMT "; " PF_FMT,
			  PF_ARG(extra), PF_ARG(dependency),
			  dist ? "here is " : "which is not installed",
			  PF_ARG(dist ? dist->version : PF_S("")), PF_ARG(w.why));
	pf_diff_add(c, x->need->req.name, x->need->text, own->version, w);
}

/* One Requires-Dist of a distribution whose extra was asked for. */
static void take_dependency(struct extras *x, struct extra e, struct pf_str text)
{
	struct pf_compare *c = x->c;
	struct pf_arena *a = &c->d->arena;
	struct pf_requirement req;
	struct pf_dist *dist;
	struct pf_err ignored;

	if (pf_requirement_parse(&req, a, text, &ignored) < 0 || !req.marker ||
	    !pf_marker_has_extra(req.marker) ||
	    !pf_marker_eval(req.marker, &c->weights.env, e.extra))
		return;
	dist = installed_as(c, req.key);
	if (!dist || !admits(a, &req.specs, dist->version))
		add_extra_difference(x, e.extra, req.name, req.key, dist);
	for (size_t i = 0; dist && e.depth < MAX_EXTRA_DEPTH && i < req.extras.n; i++)
		*PF_PUSH(a, &x->queue) = (struct extra){ req.key, req.extras.v[i], e.depth + 1 };
}

static void check_extras(struct pf_compare *c, const struct pf_need *need)
{
	struct extras x = { .c = c, .need = need };

	for (size_t i = 0; i < need->req.extras.n; i++)
		*PF_PUSH(&c->d->arena, &x.queue) =
			(struct extra){ need->req.key, need->req.extras.v[i], 0 };
	for (size_t i = 0; i < x.queue.n && i < 1000; i++) {
		struct pf_dist *dist = installed_as(c, x.queue.v[i].key);

		read_dist(c, dist);
		for (size_t k = 0; k < dist->requires.n; k++)
			take_dependency(&x, x.queue.v[i], dist->requires.v[k]);
	}
}

/* ---- one need ---- */

static void check_requirement(struct pf_compare *c, const struct pf_need *need)
{
	const struct pf_requirement *req = &need->req;
	struct pf_dist *dist = installed_as(c, req->key);

	if (!pf_marker_eval(req->marker, &c->weights.env, pf_s("")))
		return;
	if (!dist) {
		pf_diff_add(c, req->name, need->text, (struct pf_str){ 0 },
			    pf_weigh(&c->weights, req->key, false));
		return;
	}
	if (!admits(&c->d->arena, &req->specs, dist->version))
		pf_diff_add(c, req->name, need->text, dist->version,
			    pf_weigh(&c->weights, req->key, true));
	else if (check_url(c, need, dist))
		check_extras(c, need);
}

/* A constraint asks for nothing: it counts for what is required, or came along with that. */
static void check_constraint(struct pf_compare *c, const struct pf_need *need)
{
	const struct pf_requirement *req = &need->req;
	struct pf_dist *dist = installed_as(c, req->key);
	struct pf_weight w;

	if (!dist || !pf_map_get(&c->weights.needed, req->key) ||
	    !pf_marker_eval(req->marker, &c->weights.env, pf_s("")) ||
	    admits(&c->d->arena, &req->specs, dist->version))
		return;
	w = pf_weigh(&c->weights, req->key, true);
	w.why = pf_format(&c->d->arena, PF_FMT " constrains it; " PF_FMT, PF_ARG(need->file),
			  PF_ARG(w.why));
	pf_diff_add(c, req->name, need->text, dist->version, w)->constraint = true;
}

void pf_diff_pip(struct pf_compare *c)
{
	for (size_t i = 0; i < c->m->needs.pip.n; i++) {
		const struct pf_need *need = &c->m->needs.pip.v[i];

		if (!need->parsed)
			*PF_PUSH(&c->d->arena, &c->d->notes) = pf_format(
				&c->d->arena,
				PF_FMT ":%u: " PF_FMT " names no distribution and was not compared",
				PF_ARG(need->file), need->line, PF_ARG(need->text));
		else if (need->constraint)
			check_constraint(c, need);
		else
			check_requirement(c, need);
	}
}
