/* installed.c - the distributions an interpreter would see, read from disk, nothing imported */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/installed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "python/metadata.h"
#include "req/name.h"

#define MAX_FOLDERS 1000

void pf_dists_free(struct pf_dists *d)
{
	pf_arena_free(&d->arena);
	*d = (struct pf_dists){ 0 };
}

/* A reading in progress: folders grow while .pth files are read. */
struct reading {
	struct pf_dists *d;
	struct pf_strs folders;
	struct pf_strs eggs, links; /* entries of the folder in hand that come later */
};

/* ---- names ---- */

/* "numpy-1.26.4" and "PyYAML-6.0-py3.11" tell; "my-pkg-1.0" does not. */
static bool split_name(struct pf_str stem, bool egg, struct pf_str *name, struct pf_str *version)
{
	size_t dash = pf_str_find(stem, '-'), next;
	struct pf_str rest;

	if (dash == PF_NPOS)
		return false;
	rest = pf_str_skip(stem, dash + 1);
	next = pf_str_find(rest, '-');
	if (next != PF_NPOS && !(egg && pf_str_starts(pf_str_skip(rest, next + 1), "py")))
		return false;
	*name = pf_str_cut(stem, 0, dash);
	*version = pf_str_cut(rest, 0, next);
	if (!pf_name_is_valid(*name) || !version->n || !pf_is_digit(version->p[0]))
		return false;
	return pf_str_span(*version, ".+!") == version->n; /* '_' may stand for something else */
}

/* The metadata file of an entry: inside a folder, or (an old egg-info) the entry itself. */
static char *metadata_path(struct pf_arena *a, struct pf_str path, enum pf_dist_kind kind)
{
	char *entry = pf_dupz(a, path);

	if (kind == PF_DIST_INFO)
		return pf_join(a, entry, PF_S("METADATA"));
	return pf_is_dir(entry) ? pf_join(a, entry, PF_S("PKG-INFO")) : entry;
}

static void add_dist(struct reading *r, struct pf_str path, enum pf_dist_kind kind,
		     struct pf_str name, struct pf_str version)
{
	struct pf_arena *a = &r->d->arena;

	*PF_PUSH(a, &r->d->v) = (struct pf_dist){
		.name = pf_name_canonical(a, name),
		.shown = pf_dup(a, name),
		.version = pf_dup(a, version),
		.path = path,
		.kind = kind,
	};
}

static void add_from_metadata(struct reading *r, struct pf_str path, enum pf_dist_kind kind)
{
	struct pf_buf text = PF_BUF(PF_MAX_DIST_INFO);
	struct pf_arena a = { 0 };
	struct pf_metadata m = { 0 };
	struct pf_err err;

	if (pf_read_file(&text, AT_FDCWD, metadata_path(&a, path, kind), &err) < 0)
		pf_debug("passed over: %s", err.msg);
	else
		pf_metadata_read(&m, &a, pf_buf_view(&text));
	if (m.name.n && pf_name_is_valid(m.name))
		add_dist(r, path, kind, m.name, m.version);
	pf_buf_free(&text);
	pf_arena_free(&a);
}

/* ---- a folder on the path ---- */

static void add_info(struct reading *r, int fd, const char *folder, const char *entry)
{
	struct pf_str stem = pf_s(entry), name, version;
	struct pf_str path = pf_format(&r->d->arena, "%s/%s", folder, entry);
	char file[NAME_MAX + 16];

	stem.n -= strlen(".dist-info");
	if (!split_name(stem, false, &name, &version)) {
		add_from_metadata(r, path, PF_DIST_INFO);
		return;
	}
	snprintf(file, sizeof(file), "%s/METADATA", entry);
	if (faccessat(fd, file, F_OK, 0) == 0)
		add_dist(r, path, PF_DIST_INFO, name, version);
}

static void add_egg(struct reading *r, const char *folder, struct pf_str entry)
{
	struct pf_str stem = entry, name, version;
	struct pf_str path = pf_format(&r->d->arena, "%s/" PF_FMT, folder, PF_ARG(entry));

	stem.n -= pf_str_ends(stem, ".egg-info") ? strlen(".egg-info") : stem.n;
	if (split_name(stem, true, &name, &version))
		add_dist(r, path, PF_DIST_EGG, name, version);
	else
		add_from_metadata(r, path, PF_DIST_EGG);
}

static void add_folder(struct reading *r, struct pf_str path)
{
	struct pf_arena *a = &r->d->arena;
	struct pf_str copy = pf_dup(a, path);

	while (copy.n > 1 && copy.p[copy.n - 1] == '/')
		copy = pf_dup(a, pf_str_cut(copy, 0, copy.n - 1));
	if (r->folders.n < MAX_FOLDERS && !pf_strs_have(&r->folders, copy) && pf_is_dir(copy.p))
		*PF_PUSH(a, &r->folders) = copy;
}

/* Folders named by a .pth (each line) or .egg-link (the first line); the rest is not looked at,
 * least of all the lines that site.py would run. */
static void add_links(struct reading *r, int fd, const char *folder, struct pf_str entry)
{
	struct pf_buf text = PF_BUF(PF_KIB(64));
	struct pf_arena *a = &r->d->arena;
	struct pf_err err;
	struct pf_str rest, line;

	if (pf_read_file(&text, fd, entry.p, &err) < 0)
		pf_debug("passed over: %s", err.msg);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line)) {
		line = pf_str_trim(line);
		if (line.n && line.n < PF_MAX_PATH && line.p[0] != '#' &&
		    !memchr(line.p, '\0', line.n) && !pf_str_starts(line, "import ") &&
		    !pf_str_starts(line, "import\t"))
			add_folder(r, line.p[0] == '/'
					      ? line
					      : pf_format(a, "%s/" PF_FMT, folder, PF_ARG(line)));
		if (pf_str_ends(entry, ".egg-link"))
			break;
	}
	pf_buf_free(&text);
}

/* Entries whose name ends thus are what is looked for; all others cost a comparison. */
static void sort_entry(struct reading *r, int fd, const char *folder, const char *name, bool site)
{
	struct pf_arena *a = &r->d->arena;
	struct pf_str entry = pf_s(name);

	if (name[0] == '~' || name[0] == '.')
		return;
	if (pf_str_ends(entry, ".dist-info"))
		add_info(r, fd, folder, name);
	else if (pf_str_ends(entry, ".egg-info"))
		*PF_PUSH(a, &r->eggs) = pf_dup(a, entry);
	else if (pf_str_is(entry, "EGG-INFO") && pf_str_ends(pf_s(folder), ".egg"))
		*PF_PUSH(a, &r->eggs) = pf_dup(a, entry);
	else if (site && (pf_str_ends(entry, ".pth") || pf_str_ends(entry, ".egg-link")))
		*PF_PUSH(a, &r->links) = pf_dup(a, entry);
}

/* `site`: .pth files count there, as site.py has it. A folder that cannot be read is none. */
static int read_folder(struct reading *r, const char *folder, bool site, struct pf_err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir)
		return 0;
	r->eggs.n = r->links.n = 0;
	while ((e = readdir(dir)) && r->d->v.n + r->eggs.n <= PF_MAX_DISTS)
		sort_entry(r, dirfd(dir), folder, e->d_name, site);
	pf_strs_sort(&r->links);
	for (size_t i = 0; i < r->eggs.n; i++)
		add_egg(r, folder, r->eggs.v[i]);
	for (size_t i = 0; i < r->links.n; i++)
		add_links(r, dirfd(dir), folder, r->links.v[i]);
	closedir(dir);
	if (r->d->v.n > PF_MAX_DISTS)
		return pf_fail(err, PF_ELIMIT, "%s: more than %d distributions", folder,
			       PF_MAX_DISTS);
	return 0;
}

/* ---- conda-meta: NAME-VERSION-BUILD.json, neither of the last two with a dash ---- */

static void add_conda(struct reading *r, const char *folder, const char *entry)
{
	struct pf_arena *a = &r->d->arena;
	struct pf_str stem = pf_s(entry);
	size_t build, version;

	stem.n -= strlen(".json");
	build = pf_str_rfind(stem, '-');
	version = build == PF_NPOS ? PF_NPOS : pf_str_rfind(pf_str_cut(stem, 0, build), '-');
	if (version == PF_NPOS || version == 0)
		return;
	*PF_PUSH(a, &r->d->v) = (struct pf_dist){
		.name = pf_dup(a, pf_str_cut(stem, 0, version)),
		.shown = pf_dup(a, pf_str_cut(stem, 0, version)),
		.version = pf_dup(a, pf_str_cut(stem, version + 1, build)),
		.build = pf_dup(a, pf_str_skip(stem, build + 1)),
		.path = pf_format(a, "%s/%s", folder, entry),
		.kind = PF_DIST_CONDA,
	};
}

static int read_conda(struct reading *r, struct pf_str prefix, struct pf_err *err)
{
	char *folder = pf_formatz(&r->d->arena, PF_FMT "/conda-meta", PF_ARG(prefix));
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir)
		return 0;
	while ((e = readdir(dir)) && r->d->v.n <= PF_MAX_DISTS)
		if (pf_str_ends(pf_s(e->d_name), ".json"))
			add_conda(r, folder, e->d_name);
	closedir(dir);
	if (r->d->v.n > PF_MAX_DISTS)
		return pf_fail(err, PF_ELIMIT, "%s: more than %d packages", folder, PF_MAX_DISTS);
	return 0;
}

/* ---- all of it ---- */

static int compare_dists(const void *l, const void *r)
{
	const struct pf_dist *a = l, *b = r;

	if ((a->kind == PF_DIST_CONDA) != (b->kind == PF_DIST_CONDA))
		return a->kind == PF_DIST_CONDA ? 1 : -1;
	return pf_str_cmp(a->name, b->name);
}

static struct pf_map *map_of(struct pf_dists *d, const struct pf_dist *dist)
{
	return dist->kind == PF_DIST_CONDA ? &d->conda_by_name : &d->by_name;
}

/* Keeps the first of each name, then sorts; the maps point into the final order. */
static void index_names(struct pf_dists *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->v.n; i++) {
		struct pf_dist one = d->v.v[i];
		void **place = pf_map_put(&d->arena, map_of(d, &one), one.name);

		if (*place)
			continue;
		*place = d; /* seen; set right below */
		d->v.v[kept++] = one;
	}
	d->v.n = kept;
	if (kept)
		qsort(d->v.v, kept, sizeof(*d->v.v), compare_dists);
	for (size_t i = 0; i < kept; i++)
		*pf_map_put(&d->arena, map_of(d, &d->v.v[i]), d->v.v[i].name) = &d->v.v[i];
}

int pf_dists_read(struct pf_dists *out, const struct pf_strs *paths, struct pf_str prefix,
		  struct pf_err *err)
{
	PF_AUTO(dists) d = { 0 };
	struct reading r = { .d = &d };

	for (size_t i = 0; i < paths->n; i++) {
		size_t next = r.folders.n;

		add_folder(&r, paths->v[i]);
		for (bool site = true; next < r.folders.n; next++, site = false)
			if (read_folder(&r, r.folders.v[next].p, site, err) < 0)
				return -1;
	}
	if (prefix.n && read_conda(&r, prefix, err) < 0)
		return -1;
	index_names(&d);
	pf_dists_free(out);
	*out = PF_TAKE(d);
	return 0;
}

/* ---- one, in full ---- */

/* The file's text, empty when it is not there. */
static int read_part(struct pf_buf *text, const char *path, struct pf_err *err)
{
	text->n = 0;
	if (pf_read_file(text, AT_FDCWD, path, err) < 0 && errno != ENOENT && errno != ENOTDIR)
		return -1;
	return 0;
}

static int read_conda_json(struct pf_dists *d, struct pf_dist *dist, struct pf_str text,
			   struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct pf_node *root;
	const struct pf_node *depends;
	int rc = pf_json_parse(&root, &a, text, err);

	if (rc == 0) {
		dist->channel = pf_dup(&d->arena, pf_node_text(root, "channel"));
		dist->url = pf_dup(&d->arena, pf_node_text(root, "url"));
		depends = pf_node_get(root, "depends");
		for (size_t i = 0; depends && i < depends->n; i++)
			*PF_PUSH(&d->arena, &dist->requires) =
				pf_dup(&d->arena, depends->v[i].text);
	}
	pf_arena_free(&a);
	return rc;
}

static void read_direct_url(struct pf_dists *d, struct pf_dist *dist, struct pf_str text)
{
	struct pf_arena a = { 0 };
	struct pf_node *root;
	struct pf_err ignored;

	if (text.n && pf_json_parse(&root, &a, text, &ignored) == 0) {
		const struct pf_node *vcs = pf_node_get(root, "vcs_info");

		dist->url = pf_dup(&d->arena, pf_node_text(root, "url"));
		dist->commit = pf_dup(&d->arena, pf_node_text(vcs, "commit_id"));
		dist->revision = pf_dup(&d->arena, pf_node_text(vcs, "requested_revision"));
	}
	pf_arena_free(&a);
}

static int read_dist(struct pf_dists *d, struct pf_dist *dist, struct pf_buf *text,
		     struct pf_err *err)
{
	static const char *const lists[] = { "RECORD", "installed-files.txt" };
	struct pf_arena *a = &d->arena;
	const char *dir = pf_dupz(a, dist->path);
	struct pf_metadata m = { 0 };

	if (read_part(text, metadata_path(a, dist->path, dist->kind), err) < 0)
		return -1;
	pf_metadata_read(&m, a, pf_buf_view(text));
	dist->requires = m.requires;
	dist->extras = m.extras;
	dist->shown = m.name.n ? m.name : dist->shown;
	if (dist->kind == PF_DIST_EGG && !m.requires.n) {
		if (read_part(text, pf_join(a, dir, PF_S("requires.txt")), err) < 0)
			return -1;
		pf_metadata_read_egg_requires(&dist->requires, a, pf_buf_view(text));
	}
	if (read_part(text, pf_join(a, dir, PF_S("direct_url.json")), err) < 0)
		return -1;
	read_direct_url(d, dist, pf_buf_view(text));
	if (read_part(text, pf_join(a, dir, PF_S("top_level.txt")), err) < 0)
		return -1;
	pf_metadata_read_top_level(&dist->modules, a, pf_buf_view(text));
	if (dist->modules.n)
		return 0;
	if (read_part(text, pf_join(a, dir, pf_s(lists[dist->kind == PF_DIST_EGG])), err) < 0)
		return -1;
	pf_metadata_read_files(&dist->modules, a, pf_buf_view(text));
	return 0;
}

int pf_dist_read(struct pf_dists *d, struct pf_dist *dist, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_RECORD);
	int rc;

	if (dist->read)
		return 0;
	if (dist->kind == PF_DIST_CONDA) {
		rc = read_part(&text, pf_dupz(&d->arena, dist->path), err);
		if (rc == 0)
			rc = read_conda_json(d, dist, pf_buf_view(&text), err);
	} else {
		rc = read_dist(d, dist, &text, err);
	}
	pf_buf_free(&text);
	dist->read = rc == 0;
	return rc < 0 ? pf_wrap(err, PF_FMT, PF_ARG(dist->path)) : 0;
}
