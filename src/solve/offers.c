/* offers.c - what package indexes offer, as the resolver asks for it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/offers.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/digest.h"
#include "req/name.h"
#include "req/wheel_name.h"
#include "solve/solver.h"

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
static struct pf_str digest_of(struct pf_offers *x, struct pf_file *file)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_DIST);
	char *path = file->sha256.n ? NULL : pf_file_path(&x->arena, file->url);
	char hex[PF_SHA256_HEX];
	struct pf_err ignored;

	if (path && pf_read_file(&bytes, AT_FDCWD, path, &ignored) == 0) {
		pf_sha256_hex(hex, bytes.p, bytes.n);
		file->sha256 = pf_s(pf_dupz(&x->arena, pf_s(hex)));
	}
	return file->sha256.n ? pf_format(&x->arena, "sha256:" PF_FMT, PF_ARG(file->sha256)) :
				PF_S("");
}

struct pf_str pf_offer_digest(struct pf_offers *x, const struct pf_offer *offer)
{
	return digest_of(x, offer->file);
}

/* ---- candidates ---- */

/* Does every requirement of the project that names digests name this file's? */
static const struct pf_need *who_forbids(struct pf_offers *x, const struct pf_need_list *needs,
					 struct pf_file *file)
{
	struct pf_str digest;

	for (size_t i = 0; needs && i < needs->n; i++) {
		const struct pf_need *need = needs->v[i];

		if (!need->hashes.n)
			continue;
		digest = digest_of(x, file);
		if (digest.n && !pf_strs_have(&need->hashes, digest))
			return need;
	}
	return NULL;
}

/* The best file that the needs' digests admit; *why is set when it is they that leave none. */
static struct pf_file *choose_file(struct pf_str *why, struct pf_offers *x,
				   const struct pf_need_list *needs, const struct pf_release *r)
{
	const struct pf_need *need = NULL;

	for (size_t i = 0; i < r->n; i++) {
		need = who_forbids(x, needs, &r->files[i]);
		if (!need)
			return &r->files[i];
	}
	if (need) {
		x->forbidden = true;
		*why = pf_format(&x->arena, "no file of it has a digest that " PF_FMT ", line %u names",
				 PF_ARG(need->file), need->line);
	}
	return r->n ? &r->files[0] : NULL;
}

static void make_candidate(struct pf_candidate *out, struct pf_offers *x,
			   const struct pf_need_list *needs, const struct pf_release *r)
{
	struct pf_offer *offer = pf_alloc(&x->arena, sizeof(*offer));
	struct pf_candidate c = { .version = r->version, .wheel = r->wheels > 0,
				  .sdist = r->n > r->wheels, .ref = offer };

	offer->file = choose_file(&c.unusable, x, needs, r);
	if (offer->file) {
		c.yanked = offer->file->is_yanked;
		c.yanked_why = offer->file->yanked;
		c.requires_python = offer->file->python;
		c.day = (int)(offer->file->uploaded / 86400);
	}
	*out = c;
}

static const struct pf_candidates *make_list(struct pf_offers *x, const struct pf_project *project)
{
	void **place = pf_map_put(&x->arena, &x->lists, project->name);
	const struct pf_need_list *needs = pf_map_get(&x->by_name, project->name);
	struct pf_candidates *list = *place;
	struct pf_candidate *v;

	if (list)
		return list;
	*place = list = pf_alloc(&x->arena, sizeof(*list));
	v = pf_alloc_array(&x->arena, project->n + 1, sizeof(*v));
	for (size_t i = 0; i < project->n; i++)
		make_candidate(&v[i], x, needs, &project->releases[i]);
	*list = (struct pf_candidates){ v, project->n };
	return list;
}

/* ---- pinned, and at hand ---- */

static const struct pf_version *pinned(struct pf_offers *x, struct pf_str name)
{
	const struct pf_need_list *needs = pf_map_get(&x->by_name, name);

	for (size_t i = 0; needs && i < needs->n; i++) {
		const struct pf_spec *pin = pf_specset_pin(&needs->v[i]->req.specs);

		if (pin && pin->version.release_count && pf_need_applies(needs->v[i], x->how))
			return &pin->version;
	}
	return NULL;
}

static bool is_stored(struct pf_offers *x, const struct pf_release *r)
{
	return r->n == 1 && r->wheels == 1 &&
	       access(pf_formatz(&x->arena, "%s/" PF_FMT "/manifest", x->wheels,
				 PF_ARG(r->files[0].sha256)), F_OK) == 0;
}

bool pf_offers_recall(struct pf_offers *x, struct pf_str name)
{
	const struct pf_version *pin = x->wheels ? pinned(x, name) : NULL;
	const struct pf_project *project = pin ? pf_index_chosen(x->index, name, pin) : NULL;

	if (!project || project->n != 1 || !is_stored(x, &project->releases[0]))
		return false;
	make_list(x, project);
	x->recalled = true;
	return true;
}

void pf_offers_forget(struct pf_offers *x)
{
	x->lists = (struct pf_map){ 0 };
	x->ahead = (struct pf_ahead){ 0 };
	x->wheels = NULL;
	x->recalled = x->forbidden = false;
}

void pf_offers_remember(struct pf_offers *x, const struct pf_chosen *chosen)
{
	const struct pf_version *pin = pinned(x, chosen->name);
	const struct pf_offer *offer = chosen->candidate->ref;
	const struct pf_project *known = pin ? pf_index_chosen(x->index, chosen->name, pin) : NULL;

	if (pin && offer->file->wheel && !offer->direct.n && offer->file->release->project != known)
		pf_index_choose(x->index, pin, offer->file);
}

/* ---- what is known of projects ---- */

bool pf_offers_known(struct pf_offers *x, struct pf_candidates *out, struct pf_str name)
{
	const struct pf_candidates *list = pf_map_get(&x->lists, name);
	const struct pf_project *project = list ? NULL : pf_index_peek(x->index, name);

	if (project)
		list = make_list(x, project);
	if (list)
		*out = *list;
	return list != NULL;
}

int pf_offers_candidates(void *ctx, struct pf_candidates *out, struct pf_str name, struct pf_err *err)
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
	*out = *make_list(x, project);
	return 0;
}

void pf_offers_want_project(void *ctx, struct pf_str name, const struct pf_requirement *why)
{
	pf_ahead_want(ctx, name, why);
}

/* ---- a URL ---- */

static bool fits(const struct pf_offers *x, const struct pf_wheel_name *wheel)
{
	for (size_t i = 0; i < wheel->tags.n; i++)
		if (pf_tags_rank(x->tags, wheel->tags.v[i]) != PF_TAG_NONE)
			return true;
	return false;
}

struct pf_str pf_offer_url(struct pf_arena *a, struct pf_str asked)
{
	return pf_s(pf_dupz(a, pf_str_cut(asked, 0, pf_str_find(asked, '#'))));
}

/* "#sha256=..." of the URL, else the one digest that stands beside it. */
static struct pf_str digest_asked(const struct pf_need *need, struct pf_str fragment)
{
	struct pf_str one;

	while (pf_str_next(&fragment, '&', &one))
		if (pf_str_starts(one, "sha256="))
			return pf_str_skip(one, 7);
	if (need->hashes.n == 1 && pf_str_starts(need->hashes.v[0], "sha256:"))
		return pf_str_skip(need->hashes.v[0], 7);
	return PF_S("");
}

static int refuse(const struct pf_need *need, const char *why, struct pf_err *err)
{
	pf_fail(err, PF_ESOLVE, PF_FMT ", line %u: " PF_FMT " %s", PF_ARG(need->file), need->line,
		PF_ARG(pf_shown(need->req.key)), why);
	return pf_hint(err, "use --env-manager uv or virtualenv for it");
}

int pf_offers_direct(void *ctx, struct pf_candidates *out, const struct pf_need *need,
		     struct pf_err *err)
{
	struct pf_offers *x = ctx;
	struct pf_release *r = pf_alloc(&x->arena, sizeof(*r));
	struct pf_file *file = pf_alloc(&x->arena, sizeof(*file));
	struct pf_project *project = pf_alloc(&x->arena, sizeof(*project));
	struct pf_candidate *c = pf_alloc(&x->arena, sizeof(*c));
	struct pf_wheel_name wheel;
	struct pf_url url;

	if (pf_url_split(&url, need->link.n ? need->link : need->req.url, err) < 0)
		return refuse(need, "is at an address that only other installers understand", err);
	file->name = pf_url_decode(&x->arena, pf_url_file(&url));
	if (!pf_str_ends(file->name, ".whl"))
		return refuse(need, "is no wheel", err);
	if (pf_wheel_name_parse(&wheel, &x->arena, file->name, err) < 0)
		return -1;
	if (!fits(x, &wheel))
		return refuse(need, "is a wheel for another interpreter or platform", err);
	file->url = pf_offer_url(&x->arena, need->link.n ? need->link : need->req.url);
	file->sha256 = pf_s(pf_dupz(&x->arena, digest_asked(need, url.fragment)));
	file->wheel = file->python_fits = true;
	file->release = r;
	*project = (struct pf_project){ .name = need->req.key, .releases = r, .n = 1 };
	*r = (struct pf_release){ .project = project, .version = wheel.version, .files = file,
				  .n = 1, .wheels = 1 };
	make_candidate(c, x, NULL, r);
	((struct pf_offer *)c->ref)->direct = need->link.n ? need->link : need->req.url;
	*out = (struct pf_candidates){ c, 1 };
	return 0;
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
		if (pf_requirement_parse(&v[i], &x->arena, needed->requires.v[i], &why) < 0) {
			d->unusable = pf_format(&x->arena, "its metadata cannot be read: %s", why.msg);
			return;
		}
	}
	d->v = v;
	d->n = needed->requires.n;
	for (size_t i = 0; i < needed->extras.n; i++)
		*PF_PUSH(&x->arena, &d->extras) = pf_name_canonical(&x->arena, needed->extras.v[i]);
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
		rc = pf_index_metadata(&needed, x->index, offer->file, err);
	if (rc < 0 && err->code != PF_EINTEGRITY)
		return -1;
	if (rc < 0)
		offer->depends.unusable = pf_format(&x->arena, "%s", err->msg);
	else if (rc > 0)
		offer->depends.unusable = PF_S("only building it can tell what it needs");
	else if (needed)
		set_depends(x, &offer->depends, needed);
	offer->asked = true;
	*out = offer->depends;
	return 0;
}
