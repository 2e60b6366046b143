/* build.c - a source distribution to its metadata, or to a wheel: kept, or made in a folder */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/build.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "build/inside.h"
#include "build/source.h"
#include "env/wheel.h"

static void pf_building_free(struct pf_building *b)
{
	if (b->archive > 0)
		close(b->archive);
	pf_tools_free(&b->tools);
	if (b->w.path)
		pf_workdir_free(&b->w);
	if (b->lock > 0)
		close(b->lock);
}

/* ---- may it be built? ---- */

static int check_above(const struct pf_building *b, const struct pf_above *above,
		       struct pf_err *err)
{
	for (const struct pf_above *x = above; x; x = x->above)
		if (pf_str_eq(x->name, b->s->name))
			return pf_fail(err, PF_ESOLVE, PF_FMT " has to be built to build itself",
				       PF_ARG(pf_shown(b->s->name)));
	if (above && above->depth >= PF_MAX_BUILD_DEPTH)
		return pf_fail(err, PF_ELIMIT, "more than %d builds wait for one another",
			       PF_MAX_BUILD_DEPTH);
	return 0;
}

/* ---- its name in the store, and its turn ---- */

static int open_workdir(struct pf_building *b, struct pf_err *err)
{
	struct pf_str name = pf_str_cut(b->s->name, 0, 60);
	char prefix[80];

	if (b->w.path)
		return 0;
	snprintf(prefix, sizeof(prefix), "build-" PF_FMT ".", PF_ARG(name));
	return pf_workdir_open(&b->w, prefix, b->whom->o->store, err);
}

/* It becomes a path, and may be a stranger's word. */
static int check_digest(struct pf_str s, struct pf_err *err)
{
	bool good = s.n == 64;

	for (size_t i = 0; good && i < s.n; i++)
		good = pf_is_digit(s.p[i]) || (s.p[i] >= 'a' && s.p[i] <= 'f');
	return good ? 0 : pf_fail(err, PF_EINTEGRITY, "no SHA-256: " PF_FMT, PF_ARG(pf_shown(s)));
}

static int identify(struct pf_building *b, struct pf_arena *a, struct pf_err *err)
{
	struct pf_str sha256 = b->s->sha256;
	char *store = pf_store_root(a, b->whom->o->store, err);

	if (!store)
		return -1;
	if (b->s->git)
		sha256 = pf_checkout_digest(a, b->s->git);
	if (sha256.n && check_digest(sha256, err) < 0)
		return -1;
	if (!sha256.n && (open_workdir(b, err) < 0 || pf_building_fetch(b, &sha256, err) < 0))
		return -1;
	pf_kept_name(&b->kept, a, store, sha256, b->whom);
	return 0;
}

static void tell_waiting(const char *path)
{
	(void)path;
	pf_note("waiting for another process that builds the same");
}

static int take_turn(struct pf_building *b, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	bool without = false; /* told of by who makes the environment */

	if (open_workdir(b, err) < 0)
		return -1;
	b->lock = pf_lock_if_any(AT_FDCWD,
				 pf_formatz(&a, "%s/locks/built-%s.lock", b->w.store, b->kept.name),
				 PF_WAIT_LOCK, tell_waiting, &without, err);
	if (b->lock >= 0)
		return 0;
	b->lock = 0;
	return -1;
}

/* ---- the source, and what builds it ---- */

static int make_tools(struct pf_building *b, const char *name, const struct pf_tools *before,
		      struct pf_err *err)
{
	struct pf_build_for whom = { .python = b->whom->python,
				     .needs = b->whom->needs,
				     .o = &b->o };
	PF_AUTO(tools) tools = { 0 };
	int same = pf_tools_make(&tools, before, name, &b->backend.requires, b->backend.assumed,
				 &b->w, &whom, err);

	if (same)
		return same < 0 ? -1 : 0;
	pf_tools_free(&b->tools);
	b->tools = PF_TAKE(tools);
	b->hook.python = b->tools.python;
	return 0;
}

/* What the backend asks for beyond what pyproject.toml says. */
static int add_required(struct pf_building *b, struct pf_err *err)
{
	struct pf_node *more = NULL;
	size_t n = b->backend.requires.n;

	if (pf_hook_call(&more, &b->hook, "get_requires_for_build_wheel", b->work, &b->w, err) < 0)
		return -1;
	for (size_t i = 0; more->kind == PF_NODE_LIST && i < more->n; i++) {
		if (pf_backend_check(more->v[i].text, err) < 0)
			return -1;
		*PF_PUSH(&b->w.arena, &b->backend.requires) = more->v[i].text;
	}
	return b->backend.requires.n == n ? 0 : make_tools(b, "tools2", &b->tools, err);
}

/* Everything up to the hook that does the work. */
static int prepare(struct pf_building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	PF_FD(root) = open(b->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (b->hook.python)
		return 0;
	if (root < 0)
		return pf_fail_errno(err, "cannot open %s", b->source);
	if (pf_backend_read(&b->backend, a, root, err) < 0)
		return -1;
	b->deeper = *pf_build_builder();
	b->deeper.above = &b->here;
	b->o = *b->whom->o;
	b->o.builder = &b->deeper;
	b->hook.backend = &b->backend;
	b->hook.work = b->work;
	b->hook.confine = &b->confine;
	if (make_tools(b, "tools", NULL, err) < 0)
		return -1;
	pf_confine_make(&b->confine, a, b->work, pf_join(a, b->work, PF_S("shm")), b->source);
	if (b->confine.how != PF_CONFINED)
		pf_note("this kernel does not keep the build of " PF_FMT " %s", PF_ARG(b->s->file),
			b->confine.how == PF_CONFINED_WRITES
				? "off the network"
				: "to its folder, nor off the network");
	return add_required(b, err);
}

/* ---- its metadata ---- */

static int build_wheel(struct pf_kept_wheel *out, struct pf_building *b, struct pf_arena *a,
		       struct pf_err *err);

/* 1: the backend cannot tell without a build. */
static int ask_backend(struct pf_str *out, struct pf_building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *folder = pf_join(a, b->work, PF_S("metadata"));
	struct pf_node *info = NULL;

	if (pf_hook_call(&info, &b->hook, "prepare_metadata_for_build_wheel", folder, &b->w, err) <
	    0)
		return -1;
	if (info->kind != PF_NODE_STRING)
		return 1;
	return pf_building_read(out, a, folder,
				pf_formatz(a, PF_FMT "/METADATA", PF_ARG(info->text)), err);
}

static int fail_vanished(const struct pf_building *b, struct pf_err *err)
{
	return pf_fail(err, PF_EIO, "STORE/built/%s.metadata vanished", b->kept.name);
}

static int make_metadata(struct pf_str *out, struct pf_building *b, struct pf_arena *a,
			 struct pf_err *err)
{
	struct pf_kept_wheel built;
	struct pf_str text = { 0 };
	PF_FD(root) = -1;
	int rc = 0;

	/* It is what will be installed, and its repository is fetched once. */
	if (b->s->git) {
		if (build_wheel(&built, b, a, err) < 0)
			return -1;
		return pf_kept_metadata(out, a, &b->kept) ? 0 : fail_vanished(b, err);
	}
	if (pf_building_unpack(b, err) < 0)
		return -1;
	root = open(b->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!pf_source_metadata(&text, a, root)) {
		pf_step("asking " PF_FMT " what it needs", PF_ARG(b->s->file));
		rc = prepare(b, err) < 0 ? -1 : ask_backend(&text, b, err);
	}
	if (rc == 0)
		rc = pf_building_check(b, text, err) < 0
			     ? -1
			     : pf_kept_put_metadata(&b->kept, text, err);
	if (rc > 0) { /* which leaves its metadata */
		rc = build_wheel(&built, b, a, err);
		if (rc == 0 && !pf_kept_metadata(&text, a, &b->kept))
			rc = fail_vanished(b, err);
	}
	pf_step_done();
	*out = pf_dup(a, text);
	return rc;
}

static int start(struct pf_building *b, struct pf_arena *a, struct pf_err *err)
{
	const struct pf_above *above = b->whom->o->builder->above;

	b->here = (struct pf_above){ .above = above,
				     .name = b->s->name,
				     .depth = above ? above->depth + 1 : 1 };
	return check_above(b, above, err) < 0 ? -1 : identify(b, a, err);
}

static int metadata(struct pf_str *out, struct pf_arena *a, const struct pf_sdist *s,
		    const struct pf_build_for *whom, struct pf_err *err)
{
	struct pf_building b = { .s = s, .whom = whom };
	int rc = start(&b, a, err);

	if (rc == 0 && !pf_kept_metadata(out, a, &b.kept)) {
		rc = take_turn(&b, err);
		if (rc == 0 && !pf_kept_metadata(out, a, &b.kept))
			rc = make_metadata(out, &b, a, err);
	}
	if (rc == 0)
		rc = pf_building_check(&b, *out, err);
	pf_building_free(&b);
	return rc;
}

/* ---- its wheel ---- */

static int build_wheel(struct pf_kept_wheel *out, struct pf_building *b, struct pf_arena *a,
		       struct pf_err *err)
{
	struct pf_node *file = NULL;
	char *folder;

	if (!b->source && pf_building_unpack(b, err) < 0)
		return -1;
	pf_step("building " PF_FMT, PF_ARG(b->s->file));
	if (prepare(b, err) < 0)
		return -1;
	folder = pf_join(&b->w.arena, b->work, PF_S("wheel"));
	if (pf_hook_call(&file, &b->hook, "build_wheel", folder, &b->w, err) < 0 ||
	    pf_building_take(out, b, a, file->text, err) < 0)
		return -1;
	pf_step_done();
	return 0;
}

/* Recorded, and there still. */
static int find(struct pf_kept_wheel *out, struct pf_building *b, struct pf_arena *a,
		struct pf_err *err)
{
	PF_AUTO(wheel) wheel = { 0 };

	return pf_kept_wheel(out, a, &b->kept) ?
		       pf_wheel_find(&wheel, out->sha256.p, out->file, true, b->whom->o, err) : 0;
}

static int wheel(struct pf_str *file, struct pf_str *sha256, struct pf_arena *a,
		 const struct pf_sdist *s, const struct pf_build_for *whom, struct pf_err *err)
{
	struct pf_building b = { .s = s, .whom = whom };
	struct pf_kept_wheel built = { 0 };
	int rc = start(&b, a, err), found = rc < 0 ? -1 : find(&built, &b, a, err);

	if (found == 0 && take_turn(&b, err) == 0)
		found = find(&built, &b, a, err);
	if (found == 0)
		rc = b.lock ? build_wheel(&built, &b, a, err) : -1;
	pf_building_free(&b);
	if (rc < 0 || found < 0)
		return -1;
	*file = built.file;
	*sha256 = built.sha256;
	return 0;
}

const struct pf_builder *pf_build_builder(void)
{
	static const struct pf_builder builder = { .metadata = metadata, .wheel = wheel };

	return &builder;
}
