/* native.c - needs resolved by ourselves, and the wheels of a plan fetched */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/native.h"

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "req/reqfile.h"
#include "solve/offers.h"
#include "solve/reasons.h"
#include "solve/reqlines.h"

/* ---- indexes ---- */

void pf_native_free(struct pf_native *n)
{
	pf_index_free(&n->index);
	pf_indexes_free(&n->settings);
	pf_arena_free(&n->arena);
	memset(n, 0, sizeof(*n));
}

/* As uv has it: what was added is asked before the main one, and the first that knows a name has
 * it. */
static void list_urls(struct pf_native *n)
{
	for (size_t i = 0; i < n->settings.extra.n; i++)
		*PF_PUSH(&n->arena, &n->urls) = pf_index_url_bare(n->settings.extra.v[i]);
	if (n->settings.index.n)
		*PF_PUSH(&n->arena, &n->urls) = pf_index_url_bare(n->settings.index);
}

int pf_native_open(struct pf_native *out, const struct pf_needs *needs,
		   const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	const struct pf_needs nothing = { 0 };
	struct pf_tag_target target;
	char *store;
	struct pf_index_settings settings = { .offline = o->offline, .refresh = o->refresh };

	memset(out, 0, sizeof(*out));
	out->whom = (struct pf_build_for){ .python = python, .needs = needs, .o = o };
	store = pf_store_root(&out->arena, o->store, err);
	if (!store)
		return -1;
	out->as_of = needs ? needs->as_of : 0;
	pf_indexes_read(&out->settings, needs ? needs : &nothing, python, o);
	list_urls(out);
	pf_python_tag_target(&target, python);
	pf_tags_make(&out->tags, &out->arena, &target);
	settings.urls = out->urls;
	settings.find_links = out->settings.find_links;
	settings.net = out->settings.net;
	settings.no_index = out->settings.no_index;
	settings.tags = &out->tags.v;
	settings.python = python->version;
	settings.cache = pf_join(&out->arena, store, PF_S("index"));
	out->wheels = pf_join(&out->arena, store, PF_S("wheels"));
	if (pf_index_open(&out->index, &settings, err) == 0)
		return 0;
	pf_native_free(out);
	return -1;
}

/* ---- needs ---- */

/* Where the model wrote it: a line is its text, with digests behind. */
static void put_place(struct pf_need *need, const struct pf_needs *whole)
{
	for (size_t i = 0; i < whole->pip.n; i++) {
		const struct pf_need *from = &whole->pip.v[i];

		if (from->constraint == need->constraint &&
		    pf_str_eq(pf_str_trim(from->text), pf_str_trim(need->text))) {
			need->file = from->file;
			need->line = from->line;
			return;
		}
	}
	need->file = PF_S("the environment's own needs");
}

static int read_lines(struct pf_needs *out, struct pf_arena *a, const struct pf_strs *lines,
		      bool constraint, struct pf_err *err)
{
	for (size_t i = 0; i < lines->n; i++)
		if (pf_reqfile_read_text(out, a, -1, lines->v[i], PF_S("requirements.txt"),
					 constraint, err) < 0)
			return -1;
	return 0;
}

static int read_needs(struct pf_needs *out, struct pf_arena *a, const struct pf_strs *const *wanted,
		      const struct pf_strs *constraints, const struct pf_needs *whole,
		      struct pf_err *err)
{
	for (; *wanted; wanted++)
		if (read_lines(out, a, *wanted, false, err) < 0)
			return -1;
	if (read_lines(out, a, constraints, true, err) < 0)
		return -1;
	for (size_t i = 0; i < out->pip.n; i++)
		put_place(&out->pip.v[i], whole);
	return 0;
}

int pf_native_wanted(struct pf_needs *out, struct pf_arena *a, const struct pf_needs *needs,
		     const char *model_dir, const struct pf_python *python, struct pf_err *err)
{
	PF_AUTO(reqlines) lines = { 0 };

	if (pf_reqlines_read(&lines, needs, model_dir, python, err) < 0)
		return -1;
	for (size_t i = 0; i < lines.requirements.n; i++)
		lines.requirements.v[i] = pf_dup(a, lines.requirements.v[i]);
	for (size_t i = 0; i < lines.constraints.n; i++)
		lines.constraints.v[i] = pf_dup(a, lines.constraints.v[i]);
	return read_needs(out, a, (const struct pf_strs *[]){ &lines.requirements, NULL },
			  &lines.constraints, needs, err);
}

/* ---- the plan ---- */

static struct pf_str bare(struct pf_arena *a, struct pf_str url)
{
	return pf_str_starts(url, "git+") ? pf_dup(a, url) : pf_url_bare_text(a, url);
}

/* Which packages of the plan one of them asks for. */
static void list_depends(struct pf_strs *out, struct pf_arena *a, const struct pf_chosen *c,
			 const struct pf_marker_env *env)
{
	const struct pf_depends *d = &((const struct pf_offer *)c->candidate->ref)->depends;

	for (size_t i = 0; i < d->n; i++) {
		const struct pf_requirement *r = &d->v[i];
		bool holds = pf_marker_eval(r->marker, env, PF_S(""));

		for (size_t k = 0; !holds && k < c->extras.n; k++)
			holds = pf_marker_eval(r->marker, env, c->extras.v[k]);
		if (holds && !pf_str_eq(r->key, c->name) && !pf_strs_have(out, r->key))
			*PF_PUSH(a, out) = pf_dup(a, r->key);
	}
}

static void plan_one(struct pf_plan *plan, struct pf_offers *offers, const struct pf_chosen *c,
		     const struct pf_marker_env *env)
{
	const struct pf_offer *offer = c->candidate->ref;
	struct pf_str digest = pf_offer_digest(offers, offer);
	struct pf_planned one = {
		.name = pf_dup(&plan->arena, c->name),
		.version = pf_dup(&plan->arena, c->candidate->version.text),
		.url = pf_dup(&plan->arena, offer->direct),
		.revision = pf_dup(&plan->arena, offer->revision),
		.file = pf_dup(&plan->arena, offer->file->name),
		.from = bare(&plan->arena, offer->file->url),
		.index = pf_dup(&plan->arena, offer->file->release->project->where),
		.requires_python = pf_dup(&plan->arena, offer->file->python),
		.size = offer->file->size,
		.uploaded = offer->file->uploaded,
	};

	list_depends(&one.depends, &plan->arena, c, env);
	if (digest.n)
		*PF_PUSH(&plan->arena, &one.hashes) = pf_dup(&plan->arena, digest);
	for (size_t i = 0; !digest.n && i < offer->asked_hashes.n; i++)
		*PF_PUSH(&plan->arena, &one.hashes) =
			pf_dup(&plan->arena, offer->asked_hashes.v[i]);
	*PF_PUSH(&plan->arena, &plan->packages) = one;
}

static int resolve(struct pf_resolution *out, struct pf_offers *offers, struct pf_err *err)
{
	const struct pf_supply source = { .ctx = offers, PF_OFFERS };
	int rc;

	pf_offers_start(offers);
	rc = pf_resolve(out, &source, offers->needs.pip.v, offers->needs.pip.n, offers->how, err);
	/* What was left unread may tell more of why, or of another way. */
	if (rc < 0 && err->code == PF_ESOLVE && offers->recalled) {
		pf_debug("once more, with the page of every project: %s", err->msg);
		pf_offers_forget(offers);
		rc = pf_resolve(out, &source, offers->needs.pip.v, offers->needs.pip.n, offers->how,
				err);
	}
	if (rc < 0 && err->code == PF_ESOLVE && offers->forbidden)
		err->code = PF_EINTEGRITY;
	if (rc < 0 && offers->native->hint && !*err->hint)
		pf_hint(err, "%s", offers->native->hint);
	return rc;
}

int pf_native_resolve(struct pf_plan *out, struct pf_native *n, const struct pf_strs *const *wanted,
		      const struct pf_strs *constraints, const struct pf_needs *whole,
		      const struct pf_python *python, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(resolution) found = { 0 };
	struct pf_marker_env env;
	struct pf_resolve_opts kept, how = {
		.env = &env,
		.pre = n->settings.pre,
		.no_build = !n->whom.o->builder,
		.no_binary = n->settings.no_binary,
		.only_binary = n->settings.only_binary,
		.as_of = n->as_of,
		.facts = whole->facts.v,
		.fact_count = whole->facts.n,
	};
	PF_AUTO(offers) offers = { .index = &n->index, .tags = &n->tags, .how = &kept,
				   .native = n, .wheels = n->wheels };

	pf_python_markers(&env, &offers.arena, python);
	kept = how;
	pf_offers_prefer_kept(&kept, &offers);
	if (read_needs(&offers.needs, &offers.arena, wanted, constraints, whole, err) < 0 ||
	    resolve(&found, &offers, err) < 0)
		return -1;
	pf_debug("resolved in %zu steps, %zu conflicts", found.steps, found.conflicts);
	for (size_t i = 0; i < found.no_such_extra.n; i++)
		pf_warn("there is no extra " PF_FMT, PF_ARG(found.no_such_extra.v[i]));
	for (size_t i = 0; i < found.v.n; i++) {
		if (pf_offer_is_kept(&offers, &found.v.v[i]))
			continue;
		pf_offers_remember(&offers, &found.v.v[i]);
		plan_one(&plan, &offers, &found.v.v[i], &env);
	}
	if (pf_reasons_tell(&plan, &offers, &found, &how, err) < 0)
		return -1;
	*out = PF_TAKE(plan);
	return 0;
}

/* ---- wheels ---- */

void pf_native_fetch(struct pf_transfer *t, int fd, struct pf_native *n,
		     const struct pf_planned *one)
{
	struct pf_file file = { .name = one->file, .url = pf_s(pf_dupz(&n->arena, one->from)) };

	if (one->url.n) /* with its credentials */
		file.url = pf_offer_url(&n->arena, one->url);

	if (one->hashes.n == 1 && pf_str_starts(one->hashes.v[0], "sha256:"))
		file.sha256 = pf_s(pf_dupz(&n->arena, pf_str_skip(one->hashes.v[0], 7)));
	pf_index_fetch_start(t, fd, &n->index, &file);
}

int pf_native_wait(struct pf_native *n, struct pf_transfer *t, struct pf_err *err)
{
	return pf_pool_wait(pf_index_pool(&n->index), t, err);
}

int pf_native_get(char sha256[PF_DIGEST_HEX], int fd, struct pf_native *n,
		  const struct pf_planned *one, struct pf_err *err)
{
	struct pf_transfer t = { 0 };
	int rc;

	pf_native_fetch(&t, fd, n, one);
	rc = pf_native_wait(n, &t, err);
	pf_transfer_free(pf_index_pool(&n->index), &t);
	return rc < 0 ? -1 : pf_digest_fd(sha256, PF_S("sha256"), fd, err);
}
