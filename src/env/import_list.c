/* import_list.c - the list of an environment's modules, which spares its interpreter the search */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/import_list.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

/* What Python's path finder may take for one name, "numpy/core/multiarray": a package's
 * __init__.py, a module, or something else (an extension, byte code without source). */
struct claim {
	unsigned packages, modules, others;
};

struct listing {
	struct pf_arena arena;
	struct pf_str site;
	struct pf_map claims;	/* struct claim by name */
};

static struct claim *claim_of(struct listing *l, struct pf_str name)
{
	void **slot = pf_map_put_lent(&l->arena, &l->claims, name);

	if (!*slot)
		*slot = pf_alloc(&l->arena, sizeof(struct claim));
	return *slot;
}

/* "numpy/core/__init__" is called "numpy/core". */
static struct pf_str name_of(struct pf_str path)
{
	return pf_str_ends(path, "/__init__") ? pf_str_cut(path, 0, path.n - 9) : path;
}

static void take_file(struct listing *l, struct pf_str path)
{
	size_t slash = pf_str_rfind(path, '/');
	struct pf_str file = slash == PF_NPOS ? path : pf_str_skip(path, slash + 1);
	struct pf_str folder = slash == PF_NPOS ? PF_S("") : pf_str_cut(path, 0, slash);
	size_t dot = pf_str_find(file, '.');
	struct pf_str name;

	if (dot == PF_NPOS || pf_str_ends(folder, "__pycache__"))
		return;
	name = pf_str_cut(path, 0, path.n - file.n + dot);
	if (!pf_str_is(pf_str_skip(file, dot), ".py")) {
		if (pf_str_ends(file, ".so") || pf_str_ends(file, ".pyc"))
			claim_of(l, name_of(name))->others++;
	} else if (name_of(name).n != name.n) {
		claim_of(l, name_of(name))->packages++;
	} else {
		claim_of(l, name)->modules++;
	}
}

/* Is every folder above the name a package, and nothing else? */
static bool is_within_packages(struct listing *l, struct pf_str name)
{
	size_t slash = pf_str_rfind(name, '/');

	while (slash != PF_NPOS) {
		const struct claim *c;

		name = pf_str_cut(name, 0, slash);
		c = pf_map_get(&l->claims, name);
		if (!c || c->packages != 1 || c->modules || c->others)
			return false;
		slash = pf_str_rfind(name, '/');
	}
	return true;
}

static void put_name(struct pf_buf *out, struct listing *l, const struct pf_map_entry *e)
{
	const struct claim *c = e->value;

	if (c->packages + c->modules != 1 || c->others || pf_str_find(e->key, '/') == PF_NPOS ||
	    pf_str_find(e->key, '.') != PF_NPOS || pf_str_find(e->key, '\n') != PF_NPOS ||
	    !is_within_packages(l, e->key))
		return;
	for (size_t i = 0; i < e->key.n; i++)
		pf_buf_char(out, e->key.p[i] == '/' ? '.' : e->key.p[i]);
	pf_buf_str(out, c->packages ? PF_S("/\n") : PF_S("\n"));
}

static int make(struct pf_buf *out, struct listing *l, const struct pf_found_list *found,
		struct pf_err *err)
{
	pf_buf_add(out, l->site.p, l->site.n - 1);
	pf_buf_char(out, '\n');
	for (size_t i = 0; i < found->files.n; i++) {
		struct pf_str path = found->files.v[i].path;

		if (pf_str_starts(path, l->site.p))
			take_file(l, pf_str_skip(path, l->site.n));
	}
	for (size_t i = 0; i < l->claims.entries.n; i++)
		put_name(out, l, &l->claims.entries.v[i]);
	return pf_buf_check(out, PF_IMPORT_LIST, err);
}

int pf_import_list_write(int dir, const char *site, const struct pf_found_list *files,
			 struct pf_err *err)
{
	struct listing l = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE * 8);
	int rc;

	l.site = pf_format(&l.arena, "%s/", site);
	rc = make(&text, &l, files, err);
	if (rc == 0)
		rc = pf_write_atomic(dir, PF_IMPORT_LIST, pf_buf_view(&text), 0644, err);
	pf_arena_free(&l.arena);
	return rc;
}
