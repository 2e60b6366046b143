/* build.c - a source distribution to its metadata, or to a wheel: kept, or made in a folder of its own */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "build/hook.h"
#include "build/kept.h"
#include "build/source.h"
#include "build/tools.h"
#include "env/wheel.h"
#include "formats/hasher.h"
#include "python/metadata.h"
#include "req/name.h"
#include "req/wheel_name.h"

/* What is being built, from the innermost outwards. */
struct above {
	const struct above *above;
	struct pf_str name;
	unsigned depth;
};

struct building {
	const struct pf_sdist *s;
	const struct pf_build_for *whom;
	struct above here;
	struct pf_builder deeper;	/* for what it is built with */
	struct pf_opts o;
	struct pf_workdir w;		/* opened when something has to be done */
	struct pf_kept kept;
	int lock;			/* 0: none */
	int archive;			/* 0: not here yet */
	char *work, *source;		/* what it may write, and its own folder in there */
	struct pf_backend backend;
	struct pf_tools tools;
	struct pf_confine confine;
	struct pf_hook hook;
};

static void building_free(struct building *b)
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

static int check_above(const struct building *b, const struct above *above, struct pf_err *err)
{
	for (const struct above *x = above; x; x = x->above)
		if (pf_str_eq(x->name, b->s->name))
			return pf_fail(err, PF_ESOLVE, PF_FMT " has to be built to build itself",
				       PF_ARG(pf_shown(b->s->name)));
	if (above && above->depth >= PF_MAX_BUILD_DEPTH)
		return pf_fail(err, PF_ELIMIT, "more than %d builds wait for one another",
			       PF_MAX_BUILD_DEPTH);
	return 0;
}

/* ---- the archive ---- */

static int digest_file(char out[PF_HASHER_HEX], int fd, struct pf_err *err)
{
	struct pf_hasher h = { 0 };
	char bytes[PF_KIB(64)];
	off_t at = 0;
	ssize_t n;

	pf_hasher_start(&h);
	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		pf_hasher_add(&h, bytes, (size_t)n);
		at += n;
	}
	pf_hasher_end(&h, out);
	pf_hasher_free(&h);
	return n < 0 ? pf_fail_errno(err, "cannot be read") : 0;
}

/* Kept beside the working folders, from which it is swept, until it is built: what tells a version's
 * dependencies is often what is built in the end. */
static char *archive_path(struct building *b, struct pf_str sha256)
{
	return pf_formatz(&b->w.arena, "%s/tmp/source-" PF_FMT, b->w.store, PF_ARG(sha256));
}

static int fetch_archive(struct building *b, struct pf_str *sha256, struct pf_err *err)
{
	char *path = pf_join(&b->w.arena, b->w.path, PF_S("archive"));
	char hex[PF_HASHER_HEX];

	b->archive = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->archive < 0)
		return b->archive = 0, pf_fail_errno(err, "cannot create %s", path);
	if (b->s->fetch(b->s->from, b->archive, err) < 0)
		return -1;
	if (!sha256->n) {
		if (digest_file(hex, b->archive, err) < 0)
			return -1;
		*sha256 = pf_dup(&b->w.arena, pf_s(hex));
	}
	if (rename(path, archive_path(b, *sha256)) < 0)
		return pf_fail_errno(err, "cannot move %s", path);
	return 0;
}

static int get_archive(struct building *b, struct pf_err *err)
{
	struct pf_str sha256 = pf_s(b->kept.sha256);
	int fd = b->archive > 0 ? b->archive : open(archive_path(b, sha256), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fetch_archive(b, &sha256, err);
	b->archive = fd;
	return 0;
}

/* ---- its name in the store, and its turn ---- */

static int open_workdir(struct building *b, struct pf_err *err)
{
	char prefix[80];

	if (b->w.path)
		return 0;
	snprintf(prefix, sizeof(prefix), "build-%.60s.", pf_dupz(&b->w.arena, b->s->name));
	return pf_workdir_open(&b->w, prefix, b->whom->o, err);
}

static int identify(struct building *b, struct pf_arena *a, struct pf_err *err)
{
	struct pf_str sha256 = b->s->sha256;
	char *store = pf_store_root(a, b->whom->o->store, err);

	if (!store)
		return -1;
	if (!sha256.n && (open_workdir(b, err) < 0 || fetch_archive(b, &sha256, err) < 0))
		return -1;
	pf_kept_name(&b->kept, a, store, sha256, b->whom);
	return 0;
}

static void tell_waiting(const char *path)
{
	(void)path;
	pf_note("waiting for another process that builds the same");
}

static int take_turn(struct building *b, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	if (open_workdir(b, err) < 0)
		return -1;
	b->lock = pf_lock(AT_FDCWD, pf_formatz(&a, "%s/locks/built-%s.lock", b->w.store, b->kept.name),
			  PF_WAIT_LOCK, tell_waiting, err);
	if (b->lock >= 0)
		return 0;
	b->lock = 0;
	return -1;
}

/* ---- the source, and what builds it ---- */

static int make_folders(struct building *b, struct pf_err *err)
{
	static const char *const names[] = { "", "/source", "/home", "/tmp", "/shm", "/wheel", "/metadata" };
	struct pf_arena *a = &b->w.arena;

	b->work = pf_join(a, b->w.path, PF_S("work"));
	for (size_t i = 0; i < PF_COUNT(names); i++)
		if (mkdir(pf_formatz(a, "%s%s", b->work, names[i]), 0755) < 0)
			return pf_fail_errno(err, "cannot create %s%s", b->work, names[i]);
	return 0;
}

static int unpack(struct building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *parent, *root;
	PF_FD(dir) = -1;

	if (get_archive(b, err) < 0 || make_folders(b, err) < 0)
		return -1;
	parent = pf_join(a, b->work, PF_S("source"));
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", parent);
	if (pf_source_unpack(&root, a, dir, b->archive, b->s->file, err) < 0)
		return -1;
	b->source = pf_join(a, parent, pf_s(root));
	return 0;
}

static int make_tools(struct building *b, const char *name, const struct pf_tools *before,
		      struct pf_err *err)
{
	struct pf_build_for whom = { .python = b->whom->python, .needs = b->whom->needs, .o = &b->o };
	PF_AUTO(tools) tools = { 0 };
	int same = pf_tools_make(&tools, before, name, &b->backend.requires, b->backend.assumed, &b->w,
				 &whom, err);

	if (same)
		return same < 0 ? -1 : 0;
	pf_tools_free(&b->tools);
	b->tools = PF_TAKE(tools);
	b->hook.python = b->tools.python;
	return 0;
}

/* What the backend asks for beyond what pyproject.toml says. */
static int add_required(struct building *b, struct pf_err *err)
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
static int prepare(struct building *b, struct pf_err *err)
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
			b->confine.how == PF_CONFINED_WRITES ? "off the network" :
							       "to its folder, nor off the network");
	return add_required(b, err);
}

/* ---- its metadata ---- */

static int check_metadata(const struct building *b, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_metadata m = { 0 };
	struct pf_version asked, found;

	pf_metadata_read(&m, &a, text);
	if (!pf_name_is_valid(m.name) || !pf_name_eq(m.name, b->s->name) ||
	    !pf_version_read(&found, &a, m.version) ||
	    (b->s->version.n && (!pf_version_read(&asked, &a, b->s->version) ||
				 pf_version_cmp(&asked, &found) != 0)))
		return pf_fail(err, PF_EINTEGRITY, "it calls itself " PF_FMT " " PF_FMT,
			       PF_ARG(pf_shown(m.name)), PF_ARG(pf_shown(m.version)));
	return 0;
}

static int read_beneath(struct pf_str *out, struct pf_arena *a, const char *dir, const char *path,
			struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_DIST_INFO);
	PF_FD(root) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(fd) = root < 0 ? -1 : pf_open_beneath(root, path, err);

	if (root < 0)
		return pf_fail_errno(err, "cannot open %s", dir);
	if (fd < 0 || pf_read_fd(&text, fd, path, err) < 0) {
		err->code = PF_ESOLVE;
		return -1;
	}
	*out = pf_dup(a, pf_buf_view(&text));
	return 0;
}

static int build_wheel(struct pf_kept_wheel *out, struct building *b, struct pf_arena *a,
		       struct pf_err *err);

/* 1: the backend cannot tell without a build. */
static int ask_backend(struct pf_str *out, struct building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *folder = pf_join(a, b->work, PF_S("metadata"));
	struct pf_node *info = NULL;

	if (pf_hook_call(&info, &b->hook, "prepare_metadata_for_build_wheel", folder, &b->w, err) < 0)
		return -1;
	if (info->kind != PF_NODE_STRING)
		return 1;
	return read_beneath(out, a, folder, pf_formatz(a, PF_FMT "/METADATA", PF_ARG(info->text)), err);
}

static int make_metadata(struct pf_str *out, struct building *b, struct pf_arena *a, struct pf_err *err)
{
	struct pf_kept_wheel built;
	struct pf_str text = { 0 };
	PF_FD(root) = -1;
	int rc = 0;

	if (unpack(b, err) < 0)
		return -1;
	root = open(b->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!pf_source_metadata(&text, a, root)) {
		pf_step("asking " PF_FMT " what it needs", PF_ARG(b->s->file));
		rc = prepare(b, err) < 0 ? -1 : ask_backend(&text, b, err);
	}
	if (rc == 0)
		rc = check_metadata(b, text, err) < 0 ? -1 : pf_kept_put_metadata(&b->kept, text, err);
	if (rc > 0) { /* which leaves its metadata */
		rc = build_wheel(&built, b, a, err);
		if (rc == 0 && !pf_kept_metadata(&text, a, &b->kept))
			rc = pf_fail(err, PF_EIO, "STORE/built/%s.metadata vanished", b->kept.name);
	}
	pf_step_done();
	*out = pf_dup(a, text);
	return rc;
}

static int start(struct building *b, struct pf_arena *a, struct pf_err *err)
{
	const struct above *above = b->whom->o->builder->above;

	b->here = (struct above){ .above = above, .name = b->s->name, .depth = above ? above->depth + 1 : 1 };
	return check_above(b, above, err) < 0 ? -1 : identify(b, a, err);
}

static int metadata(struct pf_str *out, struct pf_arena *a, const struct pf_sdist *s,
		    const struct pf_build_for *whom, struct pf_err *err)
{
	struct building b = { .s = s, .whom = whom };
	int rc = start(&b, a, err);

	if (rc == 0 && !pf_kept_metadata(out, a, &b.kept)) {
		rc = take_turn(&b, err);
		if (rc == 0 && !pf_kept_metadata(out, a, &b.kept))
			rc = make_metadata(out, &b, a, err);
	}
	if (rc == 0)
		rc = check_metadata(&b, *out, err);
	building_free(&b);
	return rc;
}

/* ---- its wheel ---- */

/* Of what was asked for, and for this interpreter? */
static int check_file(struct building *b, struct pf_str file, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_wheel_name wheel;
	struct pf_tag_target target;
	struct pf_tags tags = { 0 };
	struct pf_version asked;

	if (pf_str_find(file, '/') != PF_NPOS || pf_wheel_name_parse(&wheel, &a, file, err) < 0)
		return pf_fail(err, PF_EINTEGRITY, "its build makes no wheel, but " PF_FMT,
			       PF_ARG(pf_shown(file)));
	if (!pf_str_eq(wheel.name, b->s->name) ||
	    (b->s->version.n && (!pf_version_read(&asked, &a, b->s->version) ||
				 pf_version_cmp(&asked, &wheel.version) != 0)))
		return pf_fail(err, PF_EINTEGRITY, "its build makes the wheel of another, " PF_FMT,
			       PF_ARG(pf_shown(file)));
	pf_python_tag_target(&target, b->whom->python);
	pf_tags_make(&tags, &a, &target);
	for (size_t i = 0; i < wheel.tags.n; i++)
		if (pf_tags_rank(&tags, wheel.tags.v[i]) != PF_TAG_NONE)
			return 0;
	return pf_fail(err, PF_EINTEGRITY, "its build makes a wheel for another interpreter, " PF_FMT,
		       PF_ARG(pf_shown(file)));
}

/* From now on it is a wheel like any other; its METADATA is kept too. */
static int take_wheel(struct pf_kept_wheel *out, struct building *b, struct pf_arena *a,
		      struct pf_str file, struct pf_err *err)
{
	static const char *const confined[] = {
		[PF_CONFINED_NOT] = "no", [PF_CONFINED_WRITES] = "writes", [PF_CONFINED] = "yes",
	};
	char *folder = pf_join(&b->w.arena, b->work, PF_S("wheel"));
	PF_FD(dir) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(fd) = dir < 0 ? -1 : pf_open_beneath(dir, pf_dupz(a, file), err);
	struct pf_wheel_source source = { .fd = fd, .file = file, .lenient = true };
	PF_AUTO(wheel) wheel = { 0 };
	struct pf_str text;

	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", folder);
	if (fd < 0 || pf_wheel_get(&wheel, &source, b->whom->o, err) < 0 ||
	    read_beneath(&text, &b->w.arena, wheel.files.dir,
			 pf_formatz(a, "tree/%s/METADATA", wheel.files.info), err) < 0 ||
	    check_metadata(b, text, err) < 0 || pf_kept_put_metadata(&b->kept, text, err) < 0)
		return -1;
	*out = (struct pf_kept_wheel){
		.file = pf_dup(a, file),
		.sha256 = pf_dup(a, pf_s(wheel.sha256)),
		.source = b->s->file,
		.tools = &b->tools.plan,
		.confined = confined[b->confine.how],
	};
	if (pf_kept_put_wheel(&b->kept, out, err) < 0)
		return -1;
	unlink(archive_path(b, pf_s(b->kept.sha256)));
	return 0;
}

static int build_wheel(struct pf_kept_wheel *out, struct building *b, struct pf_arena *a,
		       struct pf_err *err)
{
	struct pf_node *file = NULL;
	char *folder;

	pf_step("building " PF_FMT, PF_ARG(b->s->file));
	if ((!b->source && unpack(b, err) < 0) || prepare(b, err) < 0)
		return -1;
	folder = pf_join(&b->w.arena, b->work, PF_S("wheel"));
	if (pf_hook_call(&file, &b->hook, "build_wheel", folder, &b->w, err) < 0 ||
	    check_file(b, file->text, err) < 0 || take_wheel(out, b, a, file->text, err) < 0)
		return -1;
	pf_step_done();
	return 0;
}

/* Recorded, and there still. */
static int find(struct pf_kept_wheel *out, struct building *b, struct pf_arena *a, struct pf_err *err)
{
	PF_AUTO(wheel) wheel = { 0 };

	return pf_kept_wheel(out, a, &b->kept) ?
		       pf_wheel_find(&wheel, out->sha256.p, out->file, true, b->whom->o, err) : 0;
}

static int wheel(struct pf_str *file, struct pf_str *sha256, struct pf_arena *a, const struct pf_sdist *s,
		 const struct pf_build_for *whom, struct pf_err *err)
{
	struct building b = { .s = s, .whom = whom };
	struct pf_kept_wheel built = { 0 };
	int rc = start(&b, a, err), found = rc < 0 ? -1 : find(&built, &b, a, err);

	if (found == 0 && take_turn(&b, err) == 0)
		found = find(&built, &b, a, err);
	if (found == 0)
		rc = b.lock ? build_wheel(&built, &b, a, err) : -1;
	building_free(&b);
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
