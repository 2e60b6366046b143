/* direct.c - what is asked for by its address: a wheel, an archive, a commit of a repository */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "index/needed.h"
#include "python/metadata.h"
#include "req/reqneed.h"
#include "req/wheel_name.h"
#include "solve/offers.h"
#include "solve/ranking.h"
#include "base/workdir.h"

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

/* All of them, of any kind. */
static void list_asked(struct pf_strs *out, struct pf_arena *a, const struct pf_need *need,
		       struct pf_str fragment)
{
	struct pf_str one;

	while (pf_str_next(&fragment, '&', &one))
		if (pf_str_starts(one, "sha") && pf_str_find(one, '=') == 6)
			*PF_PUSH(a, out) =
				pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(pf_str_cut(one, 0, 6)),
					  PF_ARG(pf_str_skip(one, 7)));
	for (size_t i = 0; i < need->hashes.n; i++)
		*PF_PUSH(a, out) = need->hashes.v[i];
}

static int refuse(const struct pf_need *need, const char *why, struct pf_err *err)
{
	pf_fail(err, PF_ESOLVE, PF_FMT ", line %u: " PF_FMT " %s", PF_ARG(need->file), need->line,
		PF_ARG(pf_shown(need->req.key)), why);
	return pf_hint(err, "use --env-manager uv or virtualenv for it");
}

static int take_wheel(struct pf_release *r, struct pf_offers *x, const struct pf_need *need,
		      struct pf_err *err)
{
	struct pf_wheel_name wheel;

	if (pf_wheel_name_parse(&wheel, &x->arena, r->files->name, err) < 0)
		return -1;
	if (!fits(x, &wheel))
		return refuse(need, "is a wheel for another interpreter or platform", err);
	r->version = wheel.version;
	r->files->wheel = true;
	r->wheels = 1;
	return 0;
}

static bool is_archive(struct pf_str name)
{
	static const char *const endings[] = { ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz",
					       ".tar",	  NULL };

	return pf_str_ends_in(name, endings);
}

/* Its name tells the version, or its metadata does: ".../archive/v1.0.tar.gz" is as good as any. */
static int take_archive(struct pf_release *r, struct pf_offers *x, const struct pf_need *need,
			struct pf_err *err)
{
	struct pf_sdist_name sdist;
	struct pf_metadata m = { 0 };
	struct pf_str text;

	if (!is_archive(r->files->name))
		return refuse(need, "is neither a wheel nor an archive of sources", err);
	if (pf_sdist_name_parse(&sdist, &x->arena, r->files->name, err) == 0 &&
	    pf_str_eq(sdist.name, need->req.key)) {
		r->version = sdist.version;
		return 0;
	}
	if (!pf_resolve_takes_sdists(x->how, need->req.key))
		return refuse(need, "has to be built, which is not to be done", err);
	if (pf_offer_ask_builder(&text, x, r->files, NULL, err) < 0)
		return pf_wrap(err, PF_FMT ", line %u", PF_ARG(need->file), need->line);
	pf_metadata_read(&m, &x->arena, text);
	if (!pf_version_read(&r->version, &x->arena, m.version))
		return refuse(need, "has a version that is none", err);
	return 0;
}

/* A project of one version, which has one file. */
static struct pf_release *new_release(struct pf_offers *x, const struct pf_need *need)
{
	struct pf_release *r = pf_alloc(&x->arena, sizeof(*r));
	struct pf_file *file = pf_alloc(&x->arena, sizeof(*file));
	struct pf_project *project = pf_alloc(&x->arena, sizeof(*project));

	*project = (struct pf_project){ .name = need->req.key, .releases = r, .n = 1 };
	*r = (struct pf_release){ .project = project, .files = file, .n = 1 };
	file->python_fits = true;
	file->release = r;
	return r;
}

static int take_url(struct pf_candidates *out, struct pf_offers *x, const struct pf_need *need,
		    struct pf_str link, struct pf_err *err)
{
	struct pf_release *r = new_release(x, need);
	struct pf_file *file = r->files;
	struct pf_offer *offer;
	struct pf_url url;

	if (pf_url_split(&url, link, err) < 0)
		return refuse(need, "is at an address that only other installers understand", err);
	if (pf_url_subdirectory(url.fragment).n)
		return refuse(need, "is a folder within an archive, which is not built here", err);
	file->name = pf_url_decode(&x->arena, pf_url_file(&url));
	file->url = pf_offer_url(&x->arena, link);
	file->sha256 = pf_s(pf_dupz(&x->arena, digest_asked(need, url.fragment)));
	if (pf_str_ends(file->name, ".whl") ? take_wheel(r, x, need, err) < 0 :
					      take_archive(r, x, need, err) < 0)
		return -1;
	offer = pf_offer_only(out, x, r->project);
	offer->direct = link;
	list_asked(&offer->asked_hashes, &x->arena, need, url.fragment);
	return 0;
}

/* ---- a repository ---- */

static int ask_repository(char commit[PF_GIT_COMMIT], struct pf_offers *x,
			  const struct pf_git_source *git, struct pf_err *err)
{
	const struct pf_opts *o = x->native->whom.o;
	PF_AUTO(workdir) w = { 0 };

	if (git->commit.n)
		return pf_git_find(commit, "", git, err);
	if (o->offline && !pf_str_starts(git->url, "file:"))
		return pf_fail(err, PF_ETRANSFER,
			       "offline, and only its repository can tell which commit %s is",
			       git->rev.n ? pf_dupz(&x->arena, git->rev) : "HEAD");
	if (pf_workdir_open(&w, "git.", o->store, err) < 0)
		return -1;
	pf_step("asking " PF_FMT " for " PF_FMT, PF_ARG(pf_git_bare(&x->arena, git->url)),
		PF_ARG(git->rev.n ? git->rev : PF_S("HEAD")));
	return pf_git_find(commit, pf_join(&w.arena, w.path, PF_S("scratch")), git, err);
}

/* Once a run: it is one commit, whatever happens to the branch meanwhile. */
static int find_commit(struct pf_git_source *git, struct pf_offers *x, struct pf_err *err)
{
	struct pf_native *n = x->native;
	void **known = pf_map_put(
		&n->arena, &n->commits,
		pf_format(&x->arena, PF_FMT " " PF_FMT, PF_ARG(git->url), PF_ARG(git->rev)));
	char commit[PF_GIT_COMMIT];

	if (!*known) {
		if (ask_repository(commit, x, git, err) < 0)
			return -1;
		*known = pf_dupz(&n->arena, pf_s(commit));
	}
	git->commit = pf_s(*known);
	return 0;
}

/* Only its build tells the version. */
static int take_git(struct pf_candidates *out, struct pf_offers *x, const struct pf_need *need,
		    struct pf_str link, struct pf_err *err)
{
	struct pf_release *r = new_release(x, need);
	struct pf_file *file = r->files;
	struct pf_git_source git = { 0 };
	struct pf_metadata m = { 0 };
	struct pf_needed needed = { 0 };
	struct pf_offer *offer;
	struct pf_str text;

	if (need->hashes.n)
		return pf_fail(err, PF_ESOLVE,
			       PF_FMT ", line %u: a commit of " PF_FMT
				      " has no digest to be compared",
			       PF_ARG(need->file), need->line, PF_ARG(pf_shown(need->req.key)));
	if (!pf_resolve_takes_sdists(x->how, need->req.key))
		return pf_fail(err, PF_ESOLVE,
			       PF_FMT ", line %u: " PF_FMT
				      " has to be built, which is not to be done",
			       PF_ARG(need->file), need->line, PF_ARG(pf_shown(need->req.key)));
	if (pf_git_split(&git, &x->arena, link, err) < 0 || find_commit(&git, x, err) < 0)
		return pf_wrap(err, PF_FMT ", line %u", PF_ARG(need->file), need->line);
	file->name = pf_git_label(&x->arena, need->req.key, git.commit);
	file->url = pf_git_place(&x->arena, &git);
	if (pf_offer_ask_builder(&text, x, file, &git, err) < 0)
		return pf_wrap(err, PF_FMT ", line %u", PF_ARG(need->file), need->line);
	pf_metadata_read(&m, &x->arena, text);
	if (!pf_version_read(&r->version, &x->arena, m.version))
		return refuse(need, "has a version that is none", err);
	if (pf_needed_read(&needed, &x->arena, text, file, err) < 0)
		return pf_wrap(err, PF_FMT ", line %u", PF_ARG(need->file), need->line);
	file->python = needed.python;
	offer = pf_offer_only(out, x, r->project);
	offer->direct = pf_git_pinned(&x->arena, &git);
	offer->revision = git.rev;
	pf_offer_set_needed(x, offer, &needed);
	return 0;
}

int pf_offers_direct(void *ctx, struct pf_candidates *out, const struct pf_need *need,
		     struct pf_err *err)
{
	struct pf_str link = need->link.n ? need->link : need->req.url;

	if (pf_str_starts(link, "git+"))
		return take_git(out, ctx, need, link, err);
	if (pf_url_is_vcs(link))
		return refuse(need, "is in version control of another kind than git", err);
	return take_url(out, ctx, need, link, err);
}
