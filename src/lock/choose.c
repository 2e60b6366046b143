/* choose.c - of a lock's packages the files that one interpreter takes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/wheel_name.h"
#include "solve/native.h"

struct chooser {
	struct pf_plan *plan;
	const struct pf_lock_for *whom;
	struct pf_tags tags;
	struct pf_arena arena;
	struct pf_native native;	/* opened when something is to be looked up */
	bool opened;
	size_t looked_up;
};

static void free_chooser(struct chooser *c)
{
	if (c->opened)
		pf_native_free(&c->native);
	pf_arena_free(&c->arena);
}

/* ---- among the files that the lock has ---- */

static size_t rank(struct chooser *c, struct pf_str file)
{
	struct pf_wheel_name wheel;
	struct pf_err ignored;
	size_t best = PF_TAG_NONE;

	if (pf_wheel_name_parse(&wheel, &c->arena, file, &ignored) < 0)
		return PF_TAG_NONE;
	for (size_t i = 0; i < wheel.tags.n; i++) {
		size_t each = pf_tags_rank(&c->tags, wheel.tags.v[i]);

		best = each < best ? each : best;
	}
	return best;
}

/* The wheel whose tag is the best; without one a source distribution; else NULL. */
static const struct pf_lock_file *best_file(struct chooser *c, const struct pf_lock_package *p)
{
	const struct pf_lock_file *best = NULL;
	size_t best_rank = PF_TAG_NONE;

	for (size_t i = 0; i < p->files.n; i++) {
		const struct pf_lock_file *f = &p->files.v[i];
		size_t each = pf_str_ends(f->name, ".whl") ? rank(c, f->name) : PF_TAG_NONE;

		if (each < best_rank || (!best && !pf_str_ends(f->name, ".whl"))) {
			best = f;
			best_rank = each;
		}
	}
	return best;
}

/* ---- in the index ---- */

/* A file that lies within the model itself. */
static bool is_own(struct chooser *c, const struct pf_lock_package *p)
{
	char *path = pf_url_local(&c->arena, p->direct);
	char *real = path ? pf_realpath(&c->arena, path) : NULL;
	size_t n = strlen(c->whom->model_dir);

	return real && strncmp(real, c->whom->model_dir, n) == 0 && real[n] == '/';
}

static bool follows(struct chooser *c, const struct pf_lock_package *p)
{
	const struct pf_opts *o = c->whom->o;

	return !c->whom->stranger || o->allow_urls || (o->allow_model_index && p->index.n) ||
	       is_own(c, p);
}

/* By its digests, those of its files among them. */
static int look_up(struct pf_planned *one, struct chooser *c, const struct pf_lock_package *p,
		   struct pf_err *err)
{
	struct pf_strs hashes = { 0 };

	if (p->direct.n)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is asked for by its address",
			       PF_ARG(pf_shown(p->name)));
	for (size_t i = 0; i < p->hashes.n; i++)
		*PF_PUSH(&c->arena, &hashes) = p->hashes.v[i];
	for (size_t i = 0; i < p->files.n; i++)
		for (size_t k = 0; k < p->files.v[i].hashes.n; k++)
			*PF_PUSH(&c->arena, &hashes) = p->files.v[i].hashes.v[k];
	return pf_native_pin(one, &c->plan->arena, &c->native, p->name, p->version, &hashes, err);
}

static bool is_looked_up(struct chooser *c, const struct pf_lock_package *p)
{
	return !p->git && (!p->files.n || !follows(c, p));
}

/* All pages are asked for at once. */
static int open_index(struct chooser *c, const struct pf_lock *l, struct pf_err *err)
{
	struct pf_strs names = { 0 };

	for (size_t i = 0; i < l->packages.n; i++)
		if (is_looked_up(c, &l->packages.v[i]))
			*PF_PUSH(&c->arena, &names) = l->packages.v[i].name;
	if (!names.n)
		return 0;
	if (pf_native_open(&c->native, c->whom->needs, c->whom->python, c->whom->o, err) < 0)
		return -1;
	c->opened = true;
	pf_index_want(&c->native.index, names.v, names.n);
	return 0;
}

/* ---- the plan ---- */

static int take_file(struct pf_planned *one, struct chooser *c, const struct pf_lock_package *p,
		     struct pf_err *err)
{
	const struct pf_lock_file *f = best_file(c, p);

	if (!f)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: none of the files of " PF_FMT
			       " is for this interpreter and platform",
			       p->line, PF_ARG(pf_shown(p->name)));
	one->file = f->name;
	one->from = pf_url_bare_text(&c->arena, f->url);
	one->hashes = f->hashes;
	one->size = f->size;
	one->uploaded = f->uploaded;
	return 0;
}

/* A lock holds no secrets: they are those of the requirement that asks for the same repository. */
static struct pf_str with_login(struct chooser *c, struct pf_str url)
{
	const struct pf_needs *needs = c->whom->needs;
	struct pf_git_source asked = { 0 };
	struct pf_err ignored;

	for (size_t i = 0; i < needs->pip.n; i++)
		if (pf_git_split(&asked, &c->arena, needs->pip.v[i].link, &ignored) == 0 &&
		    pf_str_eq(pf_git_bare(&c->arena, asked.url), url))
			return asked.url;
	return url;
}

/* It is known by its commit. */
static int take_git(struct pf_planned *one, struct chooser *c, const struct pf_lock_package *p,
		    struct pf_err *err)
{
	struct pf_git_source git = { 0 };

	if (!follows(c, p))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is of a repository, which only --allow-urls "
			       "lets a model name",
			       p->line, PF_ARG(pf_shown(p->name)));
	if (pf_git_split(&git, &c->arena, p->direct, err) < 0)
		return -1;
	one->file = pf_git_label(&c->arena, p->name, git.commit);
	one->from = pf_git_place(&c->arena, &git);
	one->revision = p->revision;
	git.url = with_login(c, git.url);
	one->url = pf_git_pinned(&c->arena, &git);
	return 0;
}

static int plan_one(struct chooser *c, const struct pf_lock_package *p, struct pf_err *err)
{
	struct pf_planned one = {
		.name = p->name, .version = p->version, .url = p->direct, .index = p->index,
		.requires_python = p->requires_python, .depends = p->depends,
	};

	if (p->requires_python.n &&
	    pf_lock_check_python(p->requires_python, c->whom->python, err) < 0)
		return pf_wrap(err, "line %u: " PF_FMT, p->line, PF_ARG(pf_shown(p->name)));
	if (is_looked_up(c, p) ? look_up(&one, c, p, err) < 0 :
	    p->git	       ? take_git(&one, c, p, err) < 0 : take_file(&one, c, p, err) < 0)
		return -1;
	*PF_PUSH(&c->plan->arena, &c->plan->packages) = pf_planned_copy(&c->plan->arena, &one);
	return 0;
}

int pf_lock_choose(struct pf_plan *out, const struct pf_lock *l, const struct pf_lock_for *whom,
		   struct pf_err *err)
{
	__attribute__((cleanup(free_chooser))) struct chooser c = { .plan = out, .whom = whom };
	struct pf_tag_target target;

	pf_python_tag_target(&target, whom->python);
	pf_tags_make(&c.tags, &c.arena, &target);
	if (open_index(&c, l, err) < 0)
		return -1;
	for (size_t i = 0; i < l->packages.n; i++)
		if (plan_one(&c, &l->packages.v[i], err) < 0)
			return -1;
	return 0;
}
