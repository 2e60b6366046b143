/* link.c - an environment filled with wheels of the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/link_inside.h"
#include "env/venv.h"

/* ---- folders ---- */

static int open_root(struct pf_linking *l, enum pf_scheme scheme, const char *path,
		     struct pf_err *err)
{
	l->roots[scheme] = openat(l->o->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->roots[scheme] < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	l->prefixes[scheme] =
		pf_str_is(pf_s(path), ".") ? PF_S("") : pf_format(&l->arena, "%s/", path);
	return 0;
}

static int open_roots(struct pf_linking *l, struct pf_err *err)
{
	char *site = pf_venv_site(&l->arena, l->o->python);

	return open_root(l, PF_SCHEME_ROOT, site, err) < 0 ||
			       open_root(l, PF_SCHEME_LIB, site, err) < 0 ||
			       open_root(l, PF_SCHEME_SCRIPTS, "bin", err) < 0 ||
			       open_root(l, PF_SCHEME_DATA, ".", err) < 0
		       ? -1
		       : 0;
}

/* A folder is for everybody to read; only where the umask is stricter has that to be said. */
static int open_dir(struct pf_linking *l, int root, const char *path, struct pf_err *err)
{
	struct stat st;

	if (!l->folder_mode)
		l->folder_mode = fstatat(root, path, &st, 0) == 0 ? st.st_mode & 0777 : 0700;
	if (l->folder_mode != 0755 && fchmodat(root, path, 0755, 0) < 0)
		return pf_fail_errno(err, "cannot protect %s", path);
	return 0;
}

static int make_dir(struct pf_linking *l, int root, const char *path, struct pf_err *err)
{
	struct stat st;

	if (mkdirat(root, path, 0755) == 0)
		return open_dir(l, root, path, err);
	if (errno != EEXIST)
		return pf_fail_errno(err, "cannot create %s", path);
	if (fstatat(root, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "%s is a folder of one wheel and a file of another",
		       path);
}

/* Each distribution has a folder of its own for headers. */
static int open_headers(struct pf_linking *l, const struct pf_bundle *b, struct pf_err *err)
{
	const struct pf_python *p = l->o->python;
	char *path =
		pf_formatz(&l->arena, "include/site/python%d.%d/%s", p->major, p->minor, b->shown);
	bool any = false;

	pf_fd_close(&l->roots[PF_SCHEME_HEADERS]);
	for (size_t i = 0; i < b->files.n; i++)
		any |= b->files.v[i].scheme == PF_SCHEME_HEADERS;
	if (!any)
		return 0;
	for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (make_dir(l, l->o->dir, path, err) < 0)
			return -1;
	}
	return make_dir(l, l->o->dir, path, err) < 0 ? -1
						     : open_root(l, PF_SCHEME_HEADERS, path, err);
}

/* ---- files ---- */

static int link_one(struct pf_linking *l, int tree, const struct pf_bundled *f, struct pf_err *err)
{
	if (f->kind == PF_BUNDLED_SCRIPT)
		return pf_link_script(l, tree, f, err);
	if (l->claimed && f->scheme != PF_SCHEME_HEADERS && /* who shares one shares many */
	    pf_link_is_claimed(l, pf_link_place(l, f)))
		return pf_link_clash(l, f, err);
	switch (pf_link_file(l, tree, f, err)) {
	case PF_LINKED:
		pf_link_note(l, f, true);
		return 0;
	case PF_LINK_EXISTS:
		return pf_link_clash(l, f, err);
	default:
		return -1;
	}
}

/* "a/__pycache__/b.cpython-311.pyc" is of "a/b.py". */
static bool is_lost(struct pf_linking *l, const char *path)
{
	const char *folder = strstr(path, "__pycache__/"), *name, *dot;
	struct pf_str place;

	if (!l->claimed || !folder)
		return false;
	name = folder + strlen("__pycache__/");
	dot = strchr(name, '.');
	place = pf_format(&l->arena, PF_FMT "%.*s%.*s.py", PF_ARG(l->prefixes[PF_SCHEME_ROOT]),
			  (int)(folder - path), path, dot ? (int)(dot - name) : 0, name);
	return pf_map_get(&l->lost, place) || pf_link_is_claimed(l, place);
}

/* Where there is byte code already, a wheel brought it along, or shares the module. It is in no
 * RECORD: who removes a module removes what was compiled of it. */
static int link_code(struct pf_linking *l, int tree, const struct pf_bundled *f, struct pf_err *err)
{
	enum pf_link_result result =
		is_lost(l, f->to) ? PF_LINK_EXISTS : pf_link_file(l, tree, f, err);

	if (result == PF_LINKED)
		pf_link_placed(l, f, true);
	return result == PF_LINK_FAILED ? -1 : 0;
}

static int open_tree(struct pf_linking *l, const struct pf_bundle *b, struct pf_err *err)
{
	char *path = pf_formatz(&l->arena, "%s/tree", b->dir);
	int tree = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	l->tree = path;
	return tree < 0 ? pf_fail_errno(err, "cannot open %s", path) : tree;
}

static int link_files(struct pf_linking *l, const struct pf_bundle *b, struct pf_err *err)
{
	PF_FD(tree) = open_tree(l, b, err);

	if (tree < 0)
		return -1;
	for (size_t i = 0; i < b->dirs.n; i++)
		if (make_dir(l, l->roots[b->dirs.v[i].scheme], b->dirs.v[i].to, err) < 0)
			return -1;
	for (size_t i = 0; i < b->files.n; i++)
		if (link_one(l, tree, &b->files.v[i], err) < 0)
			return -1;
	return pf_signals_check(err);
}

/* The folders around __pycache__ are those of the modules. */
static int link_byte_code(struct pf_linking *l, const struct pf_bundle *b, struct pf_err *err)
{
	PF_FD(tree) = open_tree(l, b, err);

	if (tree < 0)
		return -1;
	for (size_t i = 0; i < b->dirs.n; i++)
		if (pf_str_ends(pf_s(b->dirs.v[i].to), "__pycache__") &&
		    make_dir(l, l->roots[PF_SCHEME_ROOT], b->dirs.v[i].to, err) < 0)
			return -1;
	for (size_t i = 0; i < b->files.n; i++)
		if (link_code(l, tree, &b->files.v[i], err) < 0)
			return -1;
	return pf_signals_check(err);
}

static int link_wheel(struct pf_linking *l, struct pf_err *err)
{
	const struct pf_wheel *w = l->links[l->current].wheel;

	pf_buf_free(&l->record);
	l->record = PF_BUF(PF_MAX_RECORD);
	if (open_headers(l, &w->files, err) < 0 || link_files(l, &w->files, err) < 0 ||
	    pf_link_entries(l, err) < 0 || pf_link_info(l, err) < 0)
		return -1;
	return w->byte_code.dir ? link_byte_code(l, &w->byte_code, err) : 0;
}

int pf_wheels_link(struct pf_found_list *placed, const struct pf_link *links, size_t n,
		   const struct pf_link_opts *o, struct pf_err *err)
{
	struct pf_linking l = { .o = o, .links = links, .placed = placed };
	int rc;

	for (size_t i = 0; i < PF_SCHEMES; i++)
		l.roots[i] = -1;
	rc = open_roots(&l, err);
	for (; rc == 0 && l.current < n; l.current++) {
		const struct pf_bundle *b = &links[l.current].wheel->files;

		if (link_wheel(&l, err) < 0)
			rc = pf_wrap(err, "%s %s", b->shown, b->version);
	}
	for (size_t i = 0; i < PF_SCHEMES; i++)
		pf_fd_close(&l.roots[i]);
	pf_buf_free(&l.record);
	pf_arena_free(&l.arena);
	return rc;
}
