/* bytecode.c - byte code of wheels: compiled once for an interpreter, kept in the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/bytecode.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/walk.h"
#include "solve/solve.h"

static const char PROGRAM[] =
#include "env/compile.inc"
	;

struct compiling {
	struct pf_workdir w;
	const struct pf_python *python;
	bool deep;          /* what is there is looked at whole */
	char *tag;          /* "cpython-311" */
	char *folder;       /* "pyc-cpython-311" */
	struct pf_buf jobs; /* SOURCE \t TARGET \t NAME \n */
};

/* One wheel's byte code on the way. */
struct batch {
	struct pf_wheel *wheel;
	char *dir;          /* in the working folder */
	struct pf_map made; /* folders */
	PF_VEC(struct pf_bundled) files;
};

static char *tag_of(struct pf_arena *a, const struct pf_python *p)
{
	return pf_formatz(a, PF_FMT "%s%d%d", PF_ARG(p->implementation),
			  pf_str_is(p->implementation, "cpython") ? "-" : "", p->major, p->minor);
}

/* Releases of one minor version share their byte code's format; what comes before does not. */
static void name_folder(struct compiling *c)
{
	const struct pf_python *p = c->python;
	struct pf_arena *a = &c->w.arena;
	bool release = pf_str_is(p->implementation, "cpython");

	for (size_t i = 0; i < p->version.n; i++)
		release &= pf_is_digit(p->version.p[i]) || p->version.p[i] == '.';
	c->tag = tag_of(a, p);
	c->folder = pf_formatz(a, "pyc-%s", c->tag);
	if (!release)
		c->folder = pf_formatz(a, "pyc-%s-" PF_FMT, c->tag, PF_ARG(p->version));
}

/* What tests and templates hold is not imported, may not even be valid, and is half of the work. */
static bool is_module(struct pf_str path)
{
	static const char *const skipped[] = { "test",      "tests",       "testing",
					       "templates", "__pycache__", NULL };
	struct pf_str rest = path, part;

	if (!pf_str_ends(path, ".py"))
		return false;
	while (pf_str_next(&rest, '/', &part))
		if (rest.p && pf_str_in(part, skipped))
			return false;
	return true;
}

static bool is_wanted(const struct pf_bundled *f)
{
	return (f->scheme == PF_SCHEME_ROOT || f->scheme == PF_SCHEME_LIB ||
		f->scheme == PF_SCHEME_SITE) &&
	       is_module(pf_s(f->to));
}

/* ---- jobs ---- */

static int make_folders(struct compiling *c, struct batch *b, int tree, const char *path,
			struct pf_err *err)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct pf_str above = { path, (size_t)(slash - path) };
		void **made = pf_map_put(&c->w.arena, &b->made, above);
		char *dir = pf_dupz(&c->w.arena, above);

		if (*made)
			continue;
		*made = b;
		if (mkdirat(tree, dir, 0755) < 0 || fchmodat(tree, dir, 0755, 0) < 0)
			return pf_fail_errno(err, "cannot create %s", dir);
	}
	return 0;
}

/* "sklearn/base.py": "sklearn/__pycache__/base.cpython-311.pyc" */
static char *target_of(struct pf_arena *a, struct pf_str source, const char *tag)
{
	size_t slash = pf_str_rfind(source, '/'), at = slash == PF_NPOS ? 0 : slash + 1;
	struct pf_str name = pf_str_cut(source, at, source.n - strlen(".py"));

	return pf_formatz(a, PF_FMT "__pycache__/" PF_FMT ".%s.pyc",
			  PF_ARG(pf_str_cut(source, 0, at)), PF_ARG(name), tag);
}

static int add_jobs(struct compiling *c, struct batch *b, struct pf_err *err)
{
	const struct pf_bundle *from = &b->wheel->files;
	struct pf_arena *a = &c->w.arena;
	PF_FD(tree) = -1;

	b->dir = pf_join(a, c->w.path, pf_s(b->wheel->sha256));
	if (mkdir(b->dir, 0755) < 0 || chmod(b->dir, 0755) < 0 ||
	    mkdir(pf_join(a, b->dir, PF_S("tree")), 0755) < 0 ||
	    (tree = open(pf_join(a, b->dir, PF_S("tree")), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) <
		    0 ||
	    fchmod(tree, 0755) < 0)
		return pf_fail_errno(err, "cannot create %s", b->dir);
	for (size_t i = 0; i < from->files.n; i++) {
		const struct pf_bundled *f = &from->files.v[i];
		char *target = is_wanted(f) ? target_of(a, pf_s(f->to), c->tag) : NULL;

		if (!target)
			continue;
		if (make_folders(c, b, tree, target, err) < 0)
			return -1;
		*PF_PUSH(a, &b->files) = (struct pf_bundled){ .path = target, .to = target };
		pf_buf_printf(&c->jobs, "%s/tree/%s\t%s/tree/%s\t%s\n", from->dir, f->path, b->dir,
			      target, f->to);
	}
	return 0;
}

/* -I -S -B: nothing of the user's, no site-packages, nothing written beside what is asked for. A
 * module that the compiler breaks down on costs the byte code (0), not the environment: 1. */
static int run(struct pf_workdir *w, const struct pf_python *python, char *tag,
	       const struct pf_buf *jobs, struct pf_err *err)
{
	char *exe = pf_dupz(&w->arena, python->base_exe);
	char *argv[] = { exe, "-I", "-S", "-B", "-c", (char *)(uintptr_t)PROGRAM, tag, NULL };
	char *list = pf_workdir_file(w, "jobs", pf_buf_view(jobs), err);
	PF_FD(in) = list ? pf_open_file(AT_FDCWD, list, err) : -1;
	struct pf_spawn what = { .path = exe,
				 .argv = argv,
				 .in = in,
				 .out = -1,
				 .err = -1,
				 .cwd = w->path,
				 .new_group = true };
	PF_AUTO(proc) proc = { 0 };
	int status = 0, ended;
	char text[64];

	if (in < 0 || pf_proc_start(&proc, &what, err) < 0)
		return -1;
	ended = pf_proc_wait(&proc, PF_WAIT_DRIVER * 1000, &status, err);
	if (ended < 0 || pf_signals_check(err) < 0)
		return -1;
	if (!ended)
		return pf_fail(err, PF_ELIMIT, "byte code was not ready in %d s", PF_WAIT_DRIVER);
	if (status)
		pf_warn("%s does not compile (%s): modules are compiled when they are imported",
			exe, pf_status_text(text, sizeof(text), status));
	return status == 0;
}

/* ---- into the cache ---- */

/* What was made: 1 with digest and size, or 0. */
static int take_made(struct compiling *c, int tree, struct pf_bundled *f, struct pf_err *err)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_SCRIPT * 4);
	char digest[PF_DIGEST_TEXT];

	if (faccessat(tree, f->path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (fchmodat(tree, f->path, 0444, 0) < 0)
		return pf_fail_errno(err, "cannot protect %s", f->path);
	if (pf_read_file(&bytes, tree, f->path, err) < 0)
		return -1;
	(void)pf_digest_text(digest, PF_S("sha256"), bytes.p ? bytes.p : "", bytes.n);
	f->size = bytes.n;
	f->digest = pf_dupz(&c->w.arena, pf_s(digest));
	return 1;
}

/* Another process may have been quicker: its byte code is as good, unless it is damaged. */
static int put_in_place(struct compiling *c, struct batch *b, struct pf_err *err)
{
	char *final = pf_join(&c->w.arena, b->wheel->files.dir, pf_s(c->folder));
	char *old = pf_formatz(&c->w.arena, "%s.old", b->dir);
	int found = 0;

	if (rename(b->dir, final) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return pf_fail_errno(err, "cannot create %s", final);
		found = pf_bundle_load(&b->wheel->byte_code, final, c->deep, err);
		if (!found && (rename(final, old) < 0 || rename(b->dir, final) < 0))
			return pf_fail_errno(err, "cannot replace %s", final);
	}
	if (!found)
		found = pf_bundle_load(&b->wheel->byte_code, final, c->deep, err);
	return found < 0 ? -1 : 0;
}

static int keep(struct compiling *c, struct batch *b, struct pf_err *err)
{
	PF_FD(dir) = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(tree) = dir < 0 ? -1 : openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;

	if (tree < 0)
		return pf_fail_errno(err, "cannot open %s", b->dir);
	for (size_t i = 0; i < b->files.n; i++) {
		int made = take_made(c, tree, &b->files.v[i], err);

		if (made < 0)
			return -1;
		if (made)
			b->files.v[n++] = b->files.v[i];
	}
	if (pf_bundle_write(dir, PF_S(""), b->files.v, n, err) < 0)
		return -1;
	return put_in_place(c, b, err);
}

static int compile_all(struct compiling *c, struct batch *batches, size_t n, struct pf_err *err)
{
	int made;

	for (size_t i = 0; i < n; i++)
		if (add_jobs(c, &batches[i], err) < 0)
			return -1;
	if (pf_buf_check(&c->jobs, "the list of modules", err) < 0)
		return -1;
	made = c->jobs.n ? run(&c->w, c->python, c->tag, &c->jobs, err) : 1;
	if (made < 0)
		return -1;
	for (size_t i = 0; made && i < n; i++)
		if (keep(c, &batches[i], err) < 0)
			return -1;
	return 0;
}

/* Those that are in the cache; the others are counted. */
static int find(struct compiling *c, struct batch *missing, size_t *count, struct pf_wheel *w,
		struct pf_err *err)
{
	int found;

	pf_bundle_free(&w->byte_code);
	found = pf_bundle_load(&w->byte_code, pf_join(&c->w.arena, w->files.dir, pf_s(c->folder)),
			       c->deep, err);
	if (!found)
		missing[(*count)++].wheel = w;
	return found < 0 ? -1 : 0;
}

int pf_wheels_compiled(bool *all, struct pf_wheel *wheels, size_t n,
		       const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	struct compiling c = { .python = python, .deep = o->repair };
	struct batch *missing = pf_alloc_array(&c.w.arena, n, sizeof(*missing));
	size_t count = 0;
	int rc = 0;

	name_folder(&c);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = find(&c, missing, &count, &wheels[i], err);
	pf_arena_free(&c.w.arena);
	*all = !count;
	return rc;
}

int pf_wheels_compile(struct pf_wheel *wheels, size_t n, const struct pf_python *python,
		      const struct pf_opts *o, struct pf_err *err)
{
	struct compiling c = { .python = python,
			       .deep = o->repair,
			       .jobs = PF_BUF(PF_MAX_MANIFEST) };
	struct pf_arena a = { 0 };
	struct batch *missing = pf_alloc_array(&a, n, sizeof(*missing));
	size_t count = 0;
	int rc = 0;

	name_folder(&c);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = find(&c, missing, &count, &wheels[i], err);
	pf_arena_free(&c.w.arena);
	if (rc == 0 && count) {
		pf_step("compiling");
		rc = pf_workdir_open(&c.w, "pyc.", o->store, err);
		name_folder(&c);
	}
	if (rc == 0 && count)
		rc = compile_all(&c, missing, count, err);
	pf_workdir_free(&c.w);
	pf_buf_free(&c.jobs);
	pf_arena_free(&a);
	return rc;
}

/* ---- in place ---- */

/* What is there already is as good. */
static int add_module(struct pf_buf *jobs, struct pf_arena *a, const struct pf_modules *m,
		      struct pf_str source, const char *tag, struct pf_err *err)
{
	char *target = target_of(a, source, tag);
	char *cache = pf_dupz(a, pf_str_cut(pf_s(target), 0, pf_str_rfind(pf_s(target), '/')));

	if (faccessat(m->dir, target, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (mkdirat(m->dir, cache, 0755) < 0 && errno != EEXIST)
		return pf_fail_errno(err, "cannot create %s", cache);
	pf_buf_printf(jobs, "%s/" PF_FMT "\t%s/%s\t%s/" PF_FMT "\n", m->path, PF_ARG(source),
		      m->path, target, m->final, PF_ARG(source));
	return 0;
}

int pf_modules_compile(const struct pf_modules *m, const struct pf_python *python,
		       struct pf_workdir *w, struct pf_err *err)
{
	PF_AUTO(buf) jobs = PF_BUF(PF_MAX_MANIFEST);
	PF_AUTO(found_list) list = { 0 };
	char *tag = tag_of(&w->arena, python);
	char *below = pf_formatz(&w->arena, "%s/", m->site);

	if (pf_walk(&list, m->dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++) {
		struct pf_str path = list.files.v[i].path;

		if (S_ISREG(list.files.v[i].mode) && pf_str_starts(path, below) &&
		    is_module(pf_str_skip(path, strlen(below))) && !pf_str_has_control(path) &&
		    add_module(&jobs, &w->arena, m, path, tag, err) < 0)
			return -1;
	}
	if (pf_buf_check(&jobs, "the list of modules", err) < 0)
		return -1;
	return jobs.n && run(w, python, tag, &jobs, err) < 0 ? -1 : 0;
}
