/* wheel_place.c - where a wheel's members may go */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "env/wheel_check.h"

static int refuse(struct pf_err *err, struct pf_str path, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" %s", PF_ARG(pf_shown(path)), why);
}

/* ---- names ---- */

int pf_wheel_check_path(struct pf_str path, bool lenient, struct pf_err *err)
{
	struct pf_str rest = path, part;
	size_t depth = 0;

	if (!path.n)
		return pf_fail(err, PF_EINTEGRITY, "a member has no name");
	if (path.n > PF_MAX_WHEEL_PATH)
		return refuse(err, path, "is too long a name");
	if (path.p[0] == '/' || (path.n > 1 && path.p[1] == ':' && pf_is_alpha(path.p[0])))
		return refuse(err, path, "is an absolute name");
	if (pf_str_find(path, '\\') != PF_NPOS || pf_str_has_control(path))
		return refuse(err, path, "holds a backslash or a control character");
	if (!pf_str_is_utf8(path) && !lenient)
		return refuse(err, path, "is no UTF-8");
	while (pf_str_next(&rest, '/', &part)) {
		if (!part.n || pf_str_is(part, ".") || pf_str_is(part, ".."))
			return refuse(err, path, "has an empty part, \".\" or \"..\"");
		if (part.n > PF_MAX_NAME || ++depth > PF_MAX_WHEEL_DEPTH)
			return refuse(err, path, "is too long or too deep a name");
	}
	return 0;
}

/* python, python3, python3.11, python3.13t, pythonw; activate and its kin. */
bool pf_wheel_is_reserved(struct pf_str script)
{
	static const char *const names[] = { "activate", "activate_this.py", "deactivate",
					     "Activate.ps1", NULL };

	if (pf_str_in(script, names) || pf_str_starts(script, "activate."))
		return true;
	if (!pf_str_starts(script, "python"))
		return false;
	script = pf_str_skip(script, 6);
	while (script.n && (pf_is_digit(script.p[0]) || script.p[0] == '.'))
		script = pf_str_skip(script, 1);
	return !script.n || pf_str_is(script, "t") || pf_str_is(script, "w");
}

/* ---- places ---- */

static struct pf_str first_part(struct pf_str path)
{
	return pf_str_cut(path, 0, pf_str_find(path, '/'));
}

static int check_script(struct pf_str path, struct pf_str name, struct pf_err *err)
{
	if (pf_str_find(name, '/') != PF_NPOS)
		return refuse(err, path, "is a script in a folder");
	if (pf_wheel_is_reserved(name))
		return refuse(err, path, "would take the place of the environment's own");
	return 0;
}

bool pf_place_is_own(struct pf_str to)
{
	static const char *const files[] = { "manifest.json", "imports.txt", "pyvenv.cfg",
					     "activation.json", "pylock.toml", "conda-lock.yml",
					     NULL };

	return pf_str_in(to, files) || pf_str_is(first_part(to), "conda-meta") ||
	       pf_str_starts(to, "verified-");
}

/* What lies at the environment's top, and in its site-packages by the long way. */
static int check_data(struct pf_str path, struct pf_str to, struct pf_err *err)
{
	static const char *const folders[] = { "bin", "lib", "lib64", NULL };
	struct pf_str rest = to, part, above = { 0 };

	if (pf_place_is_own(to) || pf_str_in(to, folders))
		return refuse(err, path, "would take the place of the environment's own");
	if (pf_str_starts(to, "bin/") && check_script(path, pf_str_skip(to, 4), err) < 0)
		return -1;
	while (pf_str_next(&rest, '/', &part)) {
		if (pf_str_ends(above, "-packages") &&
		    (pf_str_ends(part, ".dist-info") || pf_str_ends(part, ".egg-info")))
			return refuse(err, path, "is the place of another distribution");
		above = part;
	}
	return 0;
}

static const struct {
	const char *key;
	enum pf_scheme scheme;
} KEYS[] = {
	{ "purelib", PF_SCHEME_LIB },     { "platlib", PF_SCHEME_LIB },
	{ "scripts", PF_SCHEME_SCRIPTS }, { "headers", PF_SCHEME_HEADERS },
	{ "data", PF_SCHEME_DATA },
};

static int place_data(struct pf_bundled *f, struct pf_str path, struct pf_str below,
		      struct pf_err *err)
{
	struct pf_str key = first_part(below), to = pf_str_skip(below, key.n + 1);

	for (size_t i = 0; i < PF_COUNT(KEYS); i++) {
		if (!pf_str_is(key, KEYS[i].key) || !to.n)
			continue;
		f->scheme = KEYS[i].scheme;
		f->to = pf_scheme_path(f->scheme, f->path);
		if (f->scheme == PF_SCHEME_SCRIPTS)
			return check_script(path, to, err);
		if (f->scheme == PF_SCHEME_LIB && pf_str_ends(first_part(to), ".dist-info"))
			return refuse(err, path, "is the place of another distribution");
		return f->scheme == PF_SCHEME_DATA ? check_data(path, to, err) : 0;
	}
	return refuse(err, path, "is of no known kind of data");
}

/* Written by whoever installs. */
static bool is_own(struct pf_str name)
{
	static const char *const names[] = { "RECORD", "INSTALLER", "REQUESTED", "direct_url.json",
					     NULL };

	return pf_str_in(name, names);
}

static int place_one(struct pf_wheel_check *c, struct pf_wheel_item *item, struct pf_err *err)
{
	struct pf_str path = item->member->name, top = first_part(path), stem = c->info;
	struct pf_bundled *f = &item->file;

	stem.n -= strlen(".dist-info");
	f->path = f->to = pf_dupz(&c->arena, path);
	f->scheme = PF_SCHEME_ROOT;
	if (pf_str_eq(top, c->info) && path.n > top.n)
		item->own = is_own(pf_str_skip(path, top.n + 1));
	else if (pf_str_ends(top, ".dist-info"))
		return refuse(err, path, "is the place of another distribution");
	else if (pf_str_ends(top, ".data") && path.n > top.n)
		return pf_str_eq(pf_str_cut(top, 0, top.n - 5), stem)
			       ? place_data(f, path, pf_str_skip(path, top.n + 1), err)
			       : refuse(err, path, "is the place of another distribution");
	return 0;
}

/* ---- one place, one file ---- */

static const char *const SCHEME_KEYS[PF_SCHEMES] = {
	[PF_SCHEME_ROOT] = "lib",        [PF_SCHEME_LIB] = "lib",   [PF_SCHEME_SCRIPTS] = "bin",
	[PF_SCHEME_HEADERS] = "headers", [PF_SCHEME_DATA] = "data",
};

/* purelib and platlib are one folder here: they may both have a file, if it is the same. Whether it
 * is, its digest tells once it was read. */
static int share(struct pf_wheel_item *item, const struct pf_wheel_item *other, struct pf_err *err)
{
	if (item->member->size != other->member->size || item->member->crc != other->member->crc)
		return refuse(err, item->member->name, "is another member's place too");
	item->twin = other;
	return 0;
}

static int claim(struct pf_wheel_check *c, struct pf_map *places, struct pf_wheel_item *item,
		 struct pf_err *err)
{
	static struct pf_wheel_item folder; /* a mark: neither read nor written */
	struct pf_str key =
		pf_format(&c->arena, "%s:%s", SCHEME_KEYS[item->file.scheme], item->file.to);
	void **place;

	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] != '/')
			continue;
		place = pf_map_put(&c->arena, places, pf_str_cut(key, 0, i));
		if (*place && *place != &folder)
			return refuse(err, item->member->name, "lies inside a file");
		*place = &folder;
	}
	place = pf_map_put(&c->arena, places, key);
	if (*place == &folder)
		return refuse(err, item->member->name, "is a file and a folder");
	if (*place)
		return share(item, *place, err);
	*place = item;
	return 0;
}

/* A script that an entry point makes too is an old builder's stand-in for it. */
static bool is_stand_in(const struct pf_wheel_check *c, const struct pf_bundled *f)
{
	if (f->scheme != PF_SCHEME_SCRIPTS)
		return false;
	for (size_t i = 0; i < c->entries.n; i++)
		if (strcmp(c->entries.v[i].name, f->to) == 0)
			return true;
	return false;
}

int pf_wheel_place(struct pf_wheel_check *c, struct pf_err *err)
{
	struct pf_map places = { 0 };

	for (size_t i = 0; i < c->items.n; i++) {
		struct pf_wheel_item *item = &c->items.v[i];

		if (place_one(c, item, err) < 0 || claim(c, &places, item, err) < 0)
			return -1;
		item->own |= is_stand_in(c, &item->file);
	}
	return 0;
}
