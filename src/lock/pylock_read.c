/* pylock_read.c - pylock.toml (PEP 751) read for one environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "formats/toml.h"
#include "lock/parts.h"

bool pf_pylock_is(struct pf_str text)
{
	return pf_lock_has_line(text, "lock-version") || pf_lock_has_line(text, "[[packages]]");
}

struct reader {
	struct pf_lock *lock;
	const struct pf_lock_target *t;
	bool ours; /* paths are relative to the model */
};

static int fail_kind(const struct pf_node *n, const char *wanted, struct pf_err *err)
{
	return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is %s, where %s is wanted", n->line,
		       PF_ARG(pf_shown(n->key)), pf_node_kind_name(n->kind), wanted);
}

/* A list of texts; absent is fine. */
static int take_strings(struct pf_strs *out, struct pf_arena *a, const struct pf_node *list,
			struct pf_err *err)
{
	if (list && list->kind != PF_NODE_LIST)
		return fail_kind(list, "a list", err);
	for (size_t i = 0; list && i < list->n; i++) {
		if (list->v[i].kind != PF_NODE_STRING)
			return fail_kind(list, "a list of texts", err);
		*PF_PUSH(a, out) = list->v[i].text;
	}
	return 0;
}

/* ---- files ---- */

static int take_file(struct reader *r, struct pf_lock_package *p, const struct pf_node *n,
		     struct pf_err *err)
{
	const struct pf_node *hashes = pf_node_get(n, "hashes");
	struct pf_lock_file f = { .name = pf_node_text(n, "name"), .url = pf_node_text(n, "url") };
	struct pf_lock_target t = *r->t;

	if (n->kind != PF_NODE_MAP)
		return fail_kind(n, "a table", err);
	if (r->ours)
		t.base = t.model_dir;
	p->line = n->line;
	if (!pf_uint64_read(pf_node_text(n, "size"), &f.size))
		f.size = 0;
	f.uploaded = pf_lock_time(pf_node_text(n, "upload-time"));
	for (size_t i = 0; hashes && i < hashes->n; i++)
		if (pf_lock_add_digest(&f.hashes, &r->lock->arena, hashes->v[i].key,
				       hashes->v[i].text, hashes->v[i].line, err) < 0)
			return -1;
	return pf_lock_add_file(r->lock, p, &f, pf_node_text(n, "path"), &t, err);
}

static int take_files(struct reader *r, struct pf_lock_package *p, const struct pf_node *n,
		      struct pf_err *err)
{
	const struct pf_node *wheels = pf_node_get(n, "wheels"), *sdist = pf_node_get(n, "sdist");

	if (wheels && wheels->kind != PF_NODE_LIST)
		return fail_kind(wheels, "a list", err);
	for (size_t i = 0; wheels && i < wheels->n; i++)
		if (take_file(r, p, &wheels->v[i], err) < 0)
			return -1;
	return sdist ? take_file(r, p, sdist, err) : 0;
}

/* What was asked for by its address, or lies beneath the model. */
static int take_archive(struct reader *r, struct pf_lock_package *p, const struct pf_node *archive,
			struct pf_err *err)
{
	if (pf_node_text(archive, "subdirectory").n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a folder within an archive is not built here",
			       archive->line);
	p->direct = PF_S("?");
	if (take_file(r, p, archive, err) < 0)
		return -1;
	p->direct = p->files.v[p->files.n - 1].url;
	return 0;
}

/* Ours alone: a file of a folder of this machine is known by its digests, not by its place. */
static int take_own(struct reader *r, struct pf_lock_package *p, const struct pf_node *n,
		    struct pf_err *err)
{
	const struct pf_node *own = pf_node_get(pf_node_get(n, "tool"), "pyfunc-env");
	struct pf_strs texts = { 0 };

	if (take_strings(&texts, &r->lock->arena, pf_node_get(own, "hashes"), err) < 0)
		return -1;
	return pf_lock_add_digests(&p->hashes, &r->lock->arena, &texts, n->line, err);
}

/* { type = "git", url = "https://h/r", requested-revision = "v1", commit-id = "...", subdirectory
 * = "x" } */
static int take_vcs(struct reader *r, struct pf_lock_package *p, const struct pf_node *vcs,
		    struct pf_err *err)
{
	struct pf_str type = pf_node_text(vcs, "type");
	struct pf_git_source from = {
		.url = pf_node_text(vcs, "url"),
		.rev = pf_node_text(vcs, "requested-revision"),
		.commit = pf_node_text(vcs, "commit-id"),
		.subdirectory = pf_node_text(vcs, "subdirectory"),
	};

	if (!pf_str_is(type, "git"))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is in version control of another kind than "
			       "git: " PF_FMT,
			       vcs->line, PF_ARG(pf_shown(p->name)), PF_ARG(pf_shown(type)));
	if (!from.url.n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: of the repository of " PF_FMT " no URL is told", vcs->line,
			       PF_ARG(pf_shown(p->name)));
	return pf_lock_take_git(r->lock, p, &from, vcs->line, err);
}

static int take_source(struct reader *r, struct pf_lock_package *p, const struct pf_node *n,
		       struct pf_err *err)
{
	const struct pf_node *archive = pf_node_get(n, "archive"), *vcs = pf_node_get(n, "vcs");
	const struct pf_node *own = pf_node_get(pf_node_get(n, "tool"), "pyfunc-env");

	if (pf_node_get(n, "directory"))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is known by no digest (directory)", n->line,
			       PF_ARG(pf_shown(p->name)));
	if (vcs) {
		p->version = p->version.n ? p->version : pf_node_text(own, "version");
		return take_vcs(r, p, vcs, err);
	}
	if (archive ? take_archive(r, p, archive, err) < 0 :
		      take_files(r, p, n, err) < 0 || take_own(r, p, n, err) < 0)
		return -1;
	if (!p->files.n && !p->hashes.n)
		return pf_fail(err, PF_EINTEGRITY, "line %u: nothing tells what " PF_FMT " is",
			       n->line, PF_ARG(pf_shown(p->name)));
	return 0;
}

/* ---- packages ---- */

static int take_depends(struct reader *r, struct pf_lock_package *p, const struct pf_node *list,
			struct pf_err *err)
{
	if (list && list->kind != PF_NODE_LIST)
		return fail_kind(list, "a list", err);
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_str name = pf_node_text(&list->v[i], "name");

		if (name.n)
			*PF_PUSH(&r->lock->arena, &p->depends) =
				pf_name_canonical(&r->lock->arena, name);
	}
	return 0;
}

static int take_package(struct reader *r, const struct pf_node *n, struct pf_err *err)
{
	struct pf_str name = pf_node_text(n, "name");
	struct pf_lock_package p = {
		.name = pf_name_canonical(&r->lock->arena, name),
		.version = pf_node_text(n, "version"),
		.requires_python = pf_node_text(n, "requires-python"),
		.index = pf_node_text(n, "index"),
	};
	int here;

	if (n->kind != PF_NODE_MAP || !pf_name_is_valid(name))
		return pf_fail(err, PF_EINTEGRITY, "line %u: a package without a name", n->line);
	here = pf_lock_marker_holds(r->lock, r->t, pf_node_text(n, "marker"), n->line, err);
	if (here < 0)
		return -1;
	if (!here && (pf_node_get(n, "vcs") || pf_node_get(n, "directory")))
		return 0;
	if (take_source(r, &p, n, err) < 0 ||
	    take_depends(r, &p, pf_node_get(n, "dependencies"), err) < 0)
		return -1;
	p.line = n->line;
	return here ? pf_lock_add_package(r->lock, &p, err) : 0;
}

/* ---- the head ---- */

static int check_version(const struct pf_node *root, struct pf_err *err)
{
	struct pf_str version = pf_node_text(root, "lock-version");

	if (!version.n)
		return pf_fail(err, PF_EINTEGRITY, "it tells no lock-version");
	if (!pf_str_starts(version, "1.") && !pf_str_is(version, "1"))
		return pf_fail(err, PF_EINTEGRITY,
			       "its lock-version is " PF_FMT ", where 1.0 is known",
			       PF_ARG(pf_shown(version)));
	if (!pf_str_is(version, "1.0") && !pf_str_is(version, "1"))
		pf_warn("a lock of version " PF_FMT " is read as 1.0", PF_ARG(pf_shown(version)));
	return 0;
}

/* Those it was made for; without any, it is for all. */
static int check_environments(struct reader *r, const struct pf_node *list, struct pf_err *err)
{
	struct pf_strs texts = { 0 };

	if (take_strings(&texts, &r->lock->arena, list, err) < 0)
		return -1;
	for (size_t i = 0; i < texts.n; i++) {
		int here = pf_lock_marker_holds(r->lock, r->t, texts.v[i], list->line, err);

		if (here)
			return here < 0 ? -1 : 0;
	}
	if (!texts.n)
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "it is for another Python or platform: " PF_FMT,
		       PF_ARG(pf_shown(texts.v[0])));
}

int pf_pylock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		   struct pf_err *err)
{
	struct reader r = { .lock = out, .t = t };
	struct pf_node *root = NULL;
	const struct pf_node *packages, *own;

	if (pf_toml_parse(&root, &out->arena, text, err) < 0 || check_version(root, err) < 0)
		return -1;
	packages = pf_node_get(root, "packages");
	own = pf_node_get(pf_node_get(root, "tool"), "pyfunc-env");
	r.ours = own != NULL;
	out->requires_python = pf_node_text(root, "requires-python");
	out->needs = pf_node_text(own, "needs");
	if (take_strings(&out->left_out, &out->arena, pf_node_get(own, "left-out"), err) < 0 ||
	    check_environments(&r, pf_node_get(root, "environments"), err) < 0)
		return -1;
	if (!packages || packages->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EINTEGRITY, "it holds no list of packages");
	for (size_t i = 0; i < packages->n; i++)
		if (take_package(&r, &packages->v[i], err) < 0)
			return -1;
	return 0;
}
