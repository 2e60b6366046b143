/* conda_made.c - what micromamba, mamba or conda made, moved to where it will stay */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_made.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/workdir.h"
#include "env/conda_made_inside.h"
#include "env/conda_scripts.h"
#include "env/prefix.h"
#include "env/seal.h"

/* ---- is it what was planned? ---- */

static const struct pf_conda_record *find(const struct pf_plan *plan, struct pf_str name)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		if (pf_str_eq(plan->conda.v[i].record.name, name))
			return &plan->conda.v[i].record;
	return NULL;
}

/* A program may know one digest of a package only. */
static bool differs(struct pf_str l, struct pf_str r)
{
	return l.n && r.n && !pf_str_ieq(l, r.p);
}

static bool is_planned(const struct pf_conda_record *there, const struct pf_conda_record *planned)
{
	return planned && pf_str_eq(there->version, planned->version) &&
	       pf_str_eq(there->build, planned->build) &&
	       pf_str_eq(there->subdir, planned->subdir) &&
	       !differs(there->sha256, planned->sha256) && !differs(there->md5, planned->md5);
}

static int compare(const struct pf_plan *plan, const char *prefix, struct pf_err *err)
{
	PF_AUTO(plan) there = { 0 };

	if (pf_conda_read_prefix(&there, prefix, err) < 0)
		return -1;
	for (size_t i = 0; i < there.conda.n; i++) {
		const struct pf_conda_record *r = &there.conda.v[i].record;

		if (!is_planned(r, find(plan, r->name)))
			return pf_fail(err, PF_EINTEGRITY, PF_FMT " was installed, which is not "
				       "planned", PF_ARG(pf_shown(r->fn)));
	}
	for (size_t i = 0; i < plan->conda.n; i++)
		if (!find(&there, plan->conda.v[i].record.name))
			return pf_fail(err, PF_EINTEGRITY, PF_FMT " was not installed, though "
				       "planned", PF_ARG(plan->conda.v[i].record.name));
	return 0;
}

/* ---- moved ---- */

struct moving {
	int dir;
	struct pf_str from, to;	/* "tmp/NAME/env", "envs/KEY" */
	struct pf_arena *a;
};

/* A link that names the place of now. */
static int move_link(struct moving *m, const struct pf_found *f, struct pf_err *err)
{
	char target[PF_MAX_PATH];
	ssize_t n = readlinkat(m->dir, f->path.p, target, sizeof(target) - 1);
	PF_AUTO(buf) moved = PF_BUF(PF_MAX_PATH);

	if (n < 0)
		return pf_fail_errno(err, "cannot read the link %s", f->path.p);
	if (pf_seal_text(&moved, (struct pf_str){ target, (size_t)n }, m->from.p, m->to.p) == 0)
		return 0;
	if (unlinkat(m->dir, f->path.p, 0) < 0 || symlinkat(moved.p, m->dir, f->path.p) < 0)
		return pf_fail_errno(err, "cannot make the link %s", f->path.p);
	return 0;
}

/* Texts and byte code are pf_seal's. */
static bool is_binary(const struct moving *m, const struct pf_found *f, struct pf_str bytes)
{
	return !pf_str_ends(f->path, ".pyc") && pf_str_find_str(bytes, m->from.p) != PF_NPOS &&
	       pf_str_find(bytes, '\0') != PF_NPOS;
}

/* `bytes` is a mapping of our own. */
static int move_bytes(struct moving *m, const struct pf_found *f, char *bytes, struct pf_err *err)
{
	struct pf_str view = { bytes, f->size };

	if (is_binary(m, f, view)) {
		if (pf_prefix_binary(bytes, f->size, m->from, m->to, err) < 0)
			return pf_wrap(err, "%s", f->path.p);
		return pf_seal_replace(m->dir, f->path.p, view, err);
	}
	/* a file that it shares with the program's cache */
	return f->inode ? pf_seal_replace(m->dir, f->path.p, view, err) : 0;
}

static int move_file(struct moving *m, const struct pf_found *f, struct pf_err *err)
{
	PF_FD(fd) = -1;
	void *p;
	int rc;

	if (S_ISLNK(f->mode))
		return move_link(m, f, err);
	if (!S_ISREG(f->mode))
		return pf_fail(err, PF_EINTEGRITY, "%s is neither a file nor a link", f->path.p);
	if (!f->size)
		return f->inode ? pf_seal_replace(m->dir, f->path.p, PF_S(""), err) : 0;
	fd = openat(m->dir, f->path.p, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", f->path.p);
	p = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return pf_fail_errno(err, "cannot read %s", f->path.p);
	rc = move_bytes(m, f, p, err);
	munmap(p, f->size);
	return rc;
}

/* The store's own path may be spelt in several ways, below it there is one. */
static int move(int dir, const char *from, const struct pf_conda_place_of *where,
		struct pf_workdir *w, struct pf_err *err)
{
	struct pf_arena *a = &w->arena;
	size_t n = strlen(w->store) + 1;
	struct moving m = { .dir = dir, .a = a, .from = pf_s(from + n),
			    .to = pf_s(where->final + n) };
	PF_AUTO(found_list) list = { 0 };

	if (pf_walk(&list, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++)
		if (move_file(&m, &list.files.v[i], err) < 0)
			return -1;
	if (pf_seal(dir, m.from.p, m.to.p, pf_formatz(a, "%s/bin/python", where->final), err) < 0)
		return -1;
	return pf_conda_made_retell(dir, a, err);
}

/* ---- all of it ---- */

/* What was made to solve, the first time; else anew. `*from`: the place it was made for. */
static int get(const char **from, const char *path, const struct pf_plan *plan,
	       struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	if (plan->made) {
		*from = pf_join(&w->arena, plan->made->path, PF_S("env"));
		if (rename(*from, path) == 0)
			return 0;
		if (errno != ENOENT)
			return pf_fail_errno(err, "cannot move %s", *from);
	}
	*from = path;
	return pf_install_conda(path, plan, w, o, err);
}

int pf_conda_made_take(struct pf_python *python, const struct pf_conda_place_of *where,
		       const struct pf_plan *plan, struct pf_workdir *w, const struct pf_opts *o,
		       struct pf_err *err)
{
	PF_FD(dir) = -1;
	const char *from;

	if (get(&from, where->path, plan, w, o, err) < 0)
		return -1;
	dir = open(where->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fchmod(dir, 0755) < 0)
		return pf_fail_errno(err, "the conda program made no %s", where->path);
	if (compare(plan, where->path, err) < 0 ||
	    pf_conda_python_set(python, find(plan, PF_S("python")), PF_S(""), where->path, err) <
		    0 ||
	    move(dir, from, where, w, err) < 0)
		return -1;
	return pf_conda_made_replace(dir, python, plan, &w->arena, err);
}

int pf_conda_made_activate(struct pf_found_list *list, const struct pf_conda_place_of *where,
			   struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_conda_scripts s = { .dir = where->dir, .path = where->path,
				      .final = where->final, .w = w, .o = o };

	pf_conda_scripts_find_listed(&s, list);
	return pf_conda_scripts_run(list, &s, err);
}
