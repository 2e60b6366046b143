/* tree_list.c - what a server says is in a folder, judged before any of it is asked for */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "fetch/tree.h"

static int refuse(struct pf_err *err, struct pf_str path, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "the server lists \"" PF_FMT "\", which %s",
		       PF_ARG(pf_shown(path)), why);
}

int pf_tree_check_path(struct pf_str path, struct pf_err *err)
{
	struct pf_str rest = path, part;
	size_t depth = 0;

	if (!path.n || path.n >= PF_MAX_PATH / 2)
		return refuse(err, path, "is no name, or too long a one");
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f || path.p[i] == '\\')
			return refuse(err, path, "holds a control character or a backslash");
	while (pf_str_next(&rest, '/', &part)) {
		if (!part.n || pf_str_is(part, ".") || pf_str_is(part, ".."))
			return refuse(err, path, "leads out of its folder");
		if (part.n > PF_MAX_NAME || ++depth > PF_MAX_WHEEL_DEPTH)
			return refuse(err, path, "is too long or too deep a name");
	}
	return 0;
}

struct pf_remote_file *pf_tree_mlmodel(const struct pf_remote_files *files)
{
	struct pf_remote_file *found = NULL;

	for (size_t i = 0; i < files->n; i++) {
		struct pf_str path = files->v[i].path;
		size_t slash = pf_str_find(path, '/');

		if (slash == PF_NPOS && pf_str_is(path, "MLmodel"))
			return &files->v[i];
		if (slash != PF_NPOS && pf_str_is(pf_str_skip(path, slash + 1), "MLmodel"))
			found = &files->v[i];
	}
	return found;
}

/* ---- what was asked for ---- */

/* What an environment is told by. */
static bool is_text(const struct pf_remote_file *f)
{
	static const char *const ends[] = { ".yaml", ".yml", ".txt", ".toml", ".lock", ".in" };

	if (pf_str_find(f->path, '/') != PF_NPOS || (f->sized && f->size > PF_MAX_TEXT_FILE))
		return false;
	for (size_t i = 0; i < PF_COUNT(ends); i++)
		if (pf_str_ends(f->path, ends[i]))
			return true;
	return pf_str_is(f->path, "MLmodel");
}

static bool is_wanted(const struct pf_remote *r, const struct pf_remote_file *f)
{
	if (r->archive || r->kind->bring)
		return true;
	if (r->o->texts)
		return is_text(f);
	return !r->o->max_file || !f->sized || f->size <= r->o->max_file;
}

/* ---- the list ---- */

static int by_path(const void *a, const void *b)
{
	const struct pf_remote_file *x = a, *y = b;

	return pf_str_cmp(x->path, y->path);
}

static int by_size(const void *a, const void *b)
{
	const struct pf_remote_file *x = a, *y = b;

	return x->size != y->size ? (x->size < y->size ? 1 : -1) : by_path(a, b);
}

/* In the order of their paths a file's folder, if it were a file, would stand before it; between
 * them may be "a-b" and "a.b" of "a" and "a/b". */
static int check_names(const struct pf_remote_files *files, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_map names = { 0 };

	for (size_t i = 0; i < files->n; i++) {
		void **place = pf_map_put(&a, &names, files->v[i].path);

		if (*place)
			return refuse(err, files->v[i].path, "is there twice");
		*place = &files->v[i];
	}
	for (size_t i = 0; i < files->n; i++) {
		struct pf_str path = files->v[i].path;

		for (size_t at = 0; at < path.n; at++)
			if (path.p[at] == '/' && pf_map_get(&names, pf_str_cut(path, 0, at)))
				return refuse(err, path, "lies in a file");
	}
	return 0;
}

int pf_tree_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	struct pf_remote_files all = { 0 };
	uint64_t bytes = 0, max = pf_remote_max(r);

	if (r->kind->list(&all, r, err) < 0)
		return -1;
	if (all.n > PF_MAX_MODEL_FILES)
		return pf_fail(err, PF_ELIMIT, "the model has more than %d files",
			       PF_MAX_MODEL_FILES);
	for (size_t i = 0; i < all.n; i++) {
		if (pf_tree_check_path(all.v[i].path, err) < 0)
			return -1;
		if (all.v[i].sized && all.v[i].size > max - bytes)
			return pf_fail(err, PF_ELIMIT, "the model has more than %llu bytes",
				       (unsigned long long)max);
		bytes += all.v[i].sized ? all.v[i].size : 0;
	}
	if (check_names(&all, err) < 0)
		return -1;
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_size);
	*out = all;
	return 0;
}

bool pf_tree_leave_out(struct pf_remote_files *files, const struct pf_remote *r)
{
	size_t n = 0, before = files->n;

	for (size_t i = 0; i < before; i++)
		if (is_wanted(r, &files->v[i]))
			files->v[n++] = files->v[i];
	files->n = n;
	return n < before;
}

void pf_tree_key(char key[PF_SHA256_HEX], const struct pf_remote *r,
		 const struct pf_remote_files *files)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_GIB(1));
	struct pf_remote_file *sorted = pf_alloc_array(&a, files->n + 1, sizeof(*sorted));

	if (files->n) {
		memcpy(sorted, files->v, files->n * sizeof(*sorted));
		qsort(sorted, files->n, sizeof(*sorted), by_path);
	}
	pf_buf_printf(&text, "1\n" PF_FMT PF_FMT "\n", PF_ARG(r->source), PF_ARG(r->more));
	for (size_t i = 0; i < files->n; i++)
		pf_buf_printf(&text, "%lld\t" PF_FMT "\t" PF_FMT "\n",
			      sorted[i].sized ? (long long)sorted[i].size : -1,
			      PF_ARG(sorted[i].mark), PF_ARG(sorted[i].path));
	pf_sha256_hex(key, text.p, text.n);
}
