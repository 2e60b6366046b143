/* offers.c - what package indexes offer, as the resolver asks for it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/offers.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/digest.h"
#include "index/needed.h"
#include "python/metadata.h"
#include "req/name.h"
#include "req/reqneed.h"
#include "req/wheel_name.h"
#include "solve/ranking.h"

void pf_offers_free(struct pf_offers *x)
{
	if (x->index->own)
		pf_index_listen(x->index, NULL);
	pf_arena_free(&x->arena);
	memset(x, 0, sizeof(*x));
}

void pf_offers_start(struct pf_offers *x)
{
	const struct pf_index_news news = { pf_ahead_project_came, pf_ahead_metadata_came, x };

	for (size_t i = 0; i < x->needs.pip.n; i++) {
		const struct pf_need *need = &x->needs.pip.v[i];
		void **list;

		if (!need->parsed)
			continue;
		list = pf_map_put(&x->arena, &x->by_name, need->req.key);
		if (!*list)
			*list = pf_alloc(&x->arena, sizeof(struct pf_need_list));
		*PF_PUSH(&x->arena, (struct pf_need_list *)*list) = need;
	}
	pf_index_listen(x->index, &news);
}

/* ---- digests ---- */

/* A folder of wheels tells no digests: they are looked at. Elsewhere what is not told stays unknown
 * until the file is here. */
struct pf_str pf_offer_file_digest(struct pf_arena *a, struct pf_file *file)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_DIST);
	char *path = file->sha256.n ? NULL : pf_url_local(a, file->url);
	char hex[PF_SHA256_HEX];
	struct pf_err ignored;

	if (path && pf_read_file(&bytes, AT_FDCWD, path, &ignored) == 0) {
		pf_sha256_hex(hex, bytes.p, bytes.n);
		file->sha256 = pf_s(pf_dupz(a, pf_s(hex)));
	}
	return file->sha256.n ? pf_format(a, "sha256:" PF_FMT, PF_ARG(file->sha256)) :
				PF_S("");
}

struct pf_str pf_offer_digest(struct pf_offers *x, const struct pf_offer *offer)
{
	return pf_offer_file_digest(&x->arena, offer->file);
}

/* ---- candidates ---- */

bool pf_hashes_have_other(const struct pf_strs *hashes)
{
	for (size_t i = 0; i < hashes->n; i++)
		if (!pf_str_starts(hashes->v[i], "sha256:"))
			return true;
	return false;
}

/* What counts for all files of a project. */
struct chooser {
	struct pf_offers *x;
	const struct pf_need_list *needs;
	bool wheels, sdists;
};

static struct chooser chooser_of(struct pf_offers *x, struct pf_str name)
{
	return (struct chooser){ x, pf_map_get(&x->by_name, name),
				 pf_resolve_takes_wheels(x->how, name),
				 pf_resolve_takes_sdists(x->how, name) };
}

/* Does every requirement of the project that names digests name this file's? */
static const struct pf_need *who_forbids(struct pf_offers *x, const struct pf_need_list *needs,
					 struct pf_file *file)
{
	struct pf_str digest;

	for (size_t i = 0; needs && i < needs->n; i++) {
		const struct pf_need *need = needs->v[i];

		if (!need->hashes.n)
			continue;
		digest = pf_offer_file_digest(&x->arena, file);
		if (digest.n && !pf_strs_have(&need->hashes, digest) &&
		    !pf_hashes_have_other(&need->hashes))
			return need;
	}
	return NULL;
}

/* Was it there by the day that counts, and is it for this interpreter, and not yanked? */
static bool is_ready(const struct pf_offers *x, const struct pf_file *f)
{
	int as_of = x->how->as_of;

	return !f->is_yanked && f->python_fits && (!as_of || f->uploaded / 86400 <= as_of);
}

/* The best file that the needs' digests admit, of the kinds that are wanted, and of wheels the best
 * that is ready, as another may have come later; *why is set when it is the digests that leave
 * none. */
static struct pf_file *choose_file(struct pf_str *why, const struct chooser *of,
				   const struct pf_release *r)
{
	struct pf_offers *x = of->x;
	const struct pf_need *need = NULL;
	struct pf_file *first = NULL, *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		struct pf_file *f = &r->files[i];

		if (!(f->wheel ? of->wheels : of->sdists) || (best && best->wheel && !f->wheel))
			continue;
		need = who_forbids(x, of->needs, f);
		if (!need && is_ready(x, f))
			return f;
		best = best || need ? best : f;
		first = first ? first : f;
	}
	if (best)
		return best;
	if (need) {
		x->forbidden = true;
		*why = pf_format(&x->arena,
				 "no file of it has a digest that " PF_FMT ", line %u names",
				 PF_ARG(need->file), need->line);
	}
	return first ? first : r->n ? &r->files[0] : NULL;
}

static void make_candidate(struct pf_candidate *out, const struct chooser *of,
			   const struct pf_release *r)
{
	struct pf_offer *offer = pf_alloc(&of->x->arena, sizeof(*offer));
	struct pf_candidate c = { .version = r->version, .wheel = r->wheels > 0,
				  .sdist = r->n > r->wheels, .ref = offer };

	offer->file = choose_file(&c.unusable, of, r);
	if (offer->file) {
		c.yanked = offer->file->is_yanked;
		c.yanked_why = offer->file->yanked;
		c.requires_python = offer->file->python;
		c.day = (int)(offer->file->uploaded / 86400);
	}
	*out = c;
}

const struct pf_candidates *pf_offers_list(struct pf_offers *x, const struct pf_project *project)
{
	void **place = pf_map_put(&x->arena, &x->lists, project->name);
	const struct chooser of = chooser_of(x, project->name);
	struct pf_candidates *list = *place;
	struct pf_candidate *v;

	if (list)
		return list;
	*place = list = pf_alloc(&x->arena, sizeof(*list));
	v = pf_alloc_array(&x->arena, project->n + 1, sizeof(*v));
	for (size_t i = 0; i < project->n; i++)
		make_candidate(&v[i], &of, &project->releases[i]);
	*list = (struct pf_candidates){ v, project->n };
	return list;
}

struct pf_offer *pf_offer_only(struct pf_candidates *out, struct pf_offers *x,
			       const struct pf_project *one)
{
	const struct chooser of = chooser_of(x, one->name);
	struct pf_candidate *c = pf_alloc(&x->arena, sizeof(*c));

	make_candidate(c, &of, &one->releases[0]);
	*out = (struct pf_candidates){ c, 1 };
	return (struct pf_offer *)c->ref;
}

bool pf_offers_known(struct pf_offers *x, struct pf_candidates *out, struct pf_str name)
{
	const struct pf_candidates *list = pf_map_get(&x->lists, name);
	const struct pf_project *project = list ? NULL : pf_index_peek(x->index, name);

	if (project)
		list = pf_offers_list(x, project);
	if (list)
		*out = *list;
	return list != NULL;
}

int pf_offers_candidates(void *ctx, struct pf_candidates *out, struct pf_str name,
			 struct pf_err *err)
{
	struct pf_offers *x = ctx;
	const struct pf_project *project;
	int rc;

	if (pf_map_get(&x->lists, name) || pf_offers_recall(x, name)) {
		*out = *(struct pf_candidates *)pf_map_get(&x->lists, name);
		return 0;
	}
	rc = pf_index_project(&project, x->index, name, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	*out = *pf_offers_list(x, project);
	return 0;
}

void pf_offers_want_project(void *ctx, struct pf_str name, const struct pf_requirement *why)
{
	pf_ahead_want(ctx, name, why);
}

/* ---- what has to be built ---- */

struct source {
	struct pf_index *index;
	const struct pf_file *file;
};

static int fetch_source(void *from, int fd, struct pf_err *err)
{
	const struct source *s = from;

	return pf_index_fetch(fd, s->index, s->file, err);
}

/* What fails is the machine's or the interpreter's more often than a version's: so do older ones,
 * each after minutes. */
static int fail_unbuilt(struct pf_native *n, const struct pf_file *file, struct pf_err *err)
{
	struct pf_str name = file->release->project->name;
	void **count = pf_map_put(&n->arena, &n->in_vain, pf_dup(&n->arena, name));

	*pf_map_put(&n->arena, &n->unbuilt, file->url) = pf_dupz(&n->arena, pf_s(err->msg));
	n->hint = *err->hint ? pf_dupz(&n->arena, pf_s(err->hint)) : n->hint;
	*count = (void *)((uintptr_t)*count + 1);
	return -1;
}

/* The metadata of a source distribution. What could not be built is not built again. */
int pf_offer_ask_builder(struct pf_str *out, struct pf_offers *x, struct pf_file *file,
			 const struct pf_git_source *git, struct pf_err *err)
{
	struct pf_native *n = x->native;
	struct source source = { x->index, file };
	struct pf_sdist s = { .file = file->name, .name = file->release->project->name,
			      .version = file->release->version.text,
			      .fetch = fetch_source, .from = &source, .git = git };
	const char *why = pf_map_get(&n->unbuilt, file->url);

	if (why)
		return pf_fail(err, PF_ESOLVE, "%s", why);
	if ((uintptr_t)pf_map_get(&n->in_vain, s.name) >= PF_MAX_BUILDS_IN_VAIN)
		return pf_fail(err, PF_ESOLVE, "not tried, as %d other versions could not "
			       "be built", PF_MAX_BUILDS_IN_VAIN);
	(void)pf_offer_file_digest(&x->arena, file);
	s.sha256 = file->sha256;
	if (n->whom.o->builder->metadata(out, &x->arena, &s, &n->whom, err) == 0)
		return 0;
	return pf_is_sdists_fault(err) ? fail_unbuilt(n, file, err) : -1;
}

/* ---- dependencies ---- */

void pf_offers_want_depends(void *ctx, const struct pf_candidate *of)
{
	struct pf_offers *x = ctx;
	const struct pf_offer *offer = of->ref;

	if (offer->file && !offer->asked)
		pf_index_want_metadata(x->index, offer->file);
}

static void set_depends(struct pf_offers *x, struct pf_depends *d, const struct pf_needed *needed)
{
	struct pf_requirement *v = pf_alloc_array(&x->arena, needed->requires.n + 1, sizeof(*v));
	struct pf_err why;

	for (size_t i = 0; i < needed->requires.n; i++) {
		if (pf_requirement_parse_published(&v[i], &x->arena, needed->requires.v[i], &why) <
		    0) {
			d->unusable =
				pf_format(&x->arena, "its metadata cannot be read: %s", why.msg);
			return;
		}
	}
	d->v = v;
	d->n = needed->requires.n;
	for (size_t i = 0; i < needed->extras.n; i++)
		*PF_PUSH(&x->arena, &d->extras) = pf_name_canonical(&x->arena, needed->extras.v[i]);
}

void pf_offer_set_needed(struct pf_offers *x, struct pf_offer *offer,
			 const struct pf_needed *needed)
{
	set_depends(x, &offer->depends, needed);
	offer->asked = true;
}

/* By the index, else by the builder. */
static int find_needed(const struct pf_needed **out, struct pf_offers *x, struct pf_file *file,
		       struct pf_err *err)
{
	struct pf_needed *needed;
	struct pf_str text;
	int rc = pf_index_metadata(out, x->index, file, err);

	if (rc <= 0)
		return rc;
	if (!pf_resolve_takes_sdists(x->how, file->release->project->name))
		return pf_fail(err, PF_ESOLVE, "only building it can tell what it needs");
	needed = pf_alloc(&x->arena, sizeof(*needed));
	if (pf_offer_ask_builder(&text, x, file, NULL, err) < 0 ||
	    pf_needed_read(needed, &x->arena, text, file, err) < 0)
		return -1;
	*out = needed;
	return 0;
}

bool pf_offers_told(struct pf_offers *x, struct pf_depends *out, const struct pf_candidate *of)
{
	struct pf_offer *offer = (struct pf_offer *)of->ref;
	const struct pf_needed *needed = offer->asked ? NULL :
					 pf_index_peek_metadata(x->index, offer->file);

	if (!offer->asked && !needed)
		return false;
	if (needed)
		set_depends(x, &offer->depends, needed);
	offer->asked = true;
	*out = offer->depends;
	return true;
}

int pf_offers_depends(void *ctx, struct pf_depends *out, const struct pf_candidate *of,
		      struct pf_err *err)
{
	struct pf_offers *x = ctx;
	struct pf_offer *offer = (struct pf_offer *)of->ref;
	const struct pf_needed *needed = NULL;
	int rc = 0;

	if (!offer->asked && offer->file)
		rc = find_needed(&needed, x, offer->file, err);
	if (rc < 0 && !(offer->file->wheel ? err->code == PF_EINTEGRITY : pf_is_sdists_fault(err)))
		return -1;
	if (rc < 0)
		offer->depends.unusable = pf_format(&x->arena, "%s", err->msg);
	else if (needed)
		set_depends(x, &offer->depends, needed);
	offer->asked = true;
	*out = offer->depends;
	return 0;
}
