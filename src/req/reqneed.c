/* reqneed.c - one requirement line: a name, a URL or a path, plain or editable */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqneed.h"

#include "base/fs.h"
#include "base/str.h"
#include "req/pytext.h"
#include "req/wheel_name.h"

struct reader {
	struct pf_need *need;
	struct pf_arena *a;
	int root;
	bool *outside;
	struct pf_err *err;
};

/* ---- what is there ---- */

static bool is_dir(const struct reader *r, struct pf_str path)
{
	struct pf_err ignored;
	PF_FD(fd) =
		r->root < 0 ? -1 : pf_open_dir_beneath(r->root, path.n ? path.p : ".", &ignored);

	return fd >= 0;
}

static bool is_project(const struct reader *r, struct pf_str dir)
{
	static const char *const files[] = { "pyproject.toml", "setup.py" };
	struct pf_str path;

	for (size_t i = 0; i < PF_COUNT(files); i++)
		if (pf_reqpath_join(&path, r->a, dir, pf_s(files[i])) &&
		    pf_exists_beneath(r->root, path.p))
			return true;
	return false;
}

static bool has_suffix(struct pf_str path, const char *suffix)
{
	size_t n = strlen(suffix);

	return path.n > n && pf_str_ieq(pf_str_skip(path, path.n - n), suffix) &&
	       path.p[path.n - n - 1] != '/';
}

static bool is_archive(struct pf_str path)
{
	static const char *const suffixes[] = {
		".zip", ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz",	    ".tar",
		".tar.xz", ".txz", ".tlz",  ".tar.lz", ".tar.lzma",
	};

	for (size_t i = 0; i < PF_COUNT(suffixes); i++)
		if (has_suffix(path, suffixes[i]))
			return true;
	return false;
}

static bool looks_like_path(struct pf_str name)
{
	return pf_str_find(name, '/') != PF_NPOS || pf_str_starts(name, ".");
}

/* ---- parts of the text ---- */

/* "PATH[a,b]": takes the brackets off; the extras in lower case. */
static int strip_extras(struct pf_str *bare, struct pf_strs *extras, struct reader *r,
			struct pf_str text)
{
	struct pf_str inside = pf_str_cut(text, 0, text.n ? text.n - 1 : 0);
	size_t open = pf_str_rfind(inside, '[');
	struct pf_requirement q;
	char *low;

	*bare = text;
	if (!pf_str_ends(text, "]") || open == PF_NPOS || open == 0 || open + 1 == inside.n ||
	    pf_str_find(pf_str_skip(inside, open), ']') != PF_NPOS)
		return 0;
	*bare = pf_str_cut(text, 0, open);
	while (bare->n && pf_is_space(bare->p[bare->n - 1]))
		bare->n--;
	low = pf_formatz(r->a, "placeholder" PF_FMT, PF_ARG(pf_str_skip(text, open)));
	for (char *p = low; *p; p++)
		*p = pf_lower(*p);
	if (pf_requirement_parse(&q, r->a, pf_s(low), r->err) < 0)
		return -1;
	*extras = q.extras;
	return 0;
}

/* The last part of a URL's path, its %XX decoded. */
static struct pf_str url_file(struct pf_arena *a, struct pf_str url)
{
	struct pf_str path = pf_str_skip(url, pf_url_scheme(url).n + 1);
	size_t n = 0, at;
	char *out;

	for (at = 0; at < path.n && path.p[at] != '?' && path.p[at] != '#';)
		at++;
	path.n = at;
	if (pf_str_starts(path, "//")) {
		path = pf_str_skip(path, 2);
		at = pf_str_find(path, '/');
		path = pf_str_skip(path, at == PF_NPOS ? path.n : at);
	}
	out = pf_alloc(a, path.n + 1);
	for (at = 0; at < path.n; at++) {
		int high = at + 2 < path.n ? pf_hex_digit(path.p[at + 1]) : -1;
		int low = at + 2 < path.n ? pf_hex_digit(path.p[at + 2]) : -1;

		if (path.p[at] == '%' && high >= 0 && low >= 0) {
			out[n++] = (char)(high << 4 | low);
			at += 2;
		} else {
			out[n++] = path.p[at];
		}
	}
	path = (struct pf_str){ out, n };
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	at = pf_str_rfind(path, '/');
	return at == PF_NPOS ? path : pf_str_skip(path, at + 1);
}

/* "#egg=NAME" or "&egg=NAME"; empty when there is none. */
static int find_egg(struct pf_str *out, struct pf_str url, struct pf_err *err)
{
	struct pf_str rest = url, shown;
	size_t at;

	*out = (struct pf_str){ 0 };
	while ((at = pf_str_find_str(rest, "egg=")) != PF_NPOS) {
		if (at && (rest.p[at - 1] == '#' || rest.p[at - 1] == '&')) {
			*out = pf_str_skip(rest, at + 4);
			*out = pf_str_cut(*out, 0, pf_str_find(*out, '&'));
			shown = pf_shown(*out);
			if (!pf_name_is_valid(*out))
				return pf_fail(err, PF_EMODEL,
					       "'" PF_FMT "' after egg= is not a name",
					       PF_ARG(shown));
			return 0;
		}
		rest = pf_str_skip(rest, at + 1);
	}
	return 0;
}

/* ---- the kinds of lines ---- */

/* A wheel's name and version become "name==version"; another archive may tell by egg=. */
static int read_link(struct reader *r, struct pf_str file, struct pf_str url)
{
	struct pf_wheel_name wheel;
	struct pf_str text;

	if (pf_str_ends(file, ".whl") && file.n > 4) {
		if (pf_wheel_name_parse(&wheel, r->a, file, r->err) < 0)
			return -1;
		text = pf_format(r->a, PF_FMT "==" PF_FMT, PF_ARG(wheel.name),
				 PF_ARG(pf_version_print(r->a, &wheel.version)));
	} else if (find_egg(&text, url, r->err) < 0) {
		return -1;
	} else if (!text.n) {
		return 0;
	}
	r->need->parsed = true;
	return pf_requirement_parse(&r->need->req, r->a, text, r->err);
}

/* Is the text a path to something (1), to a place outside (2), or none (0)? */
static int find_path(struct pf_str *path, struct reader *r, struct pf_str bare)
{
	bool inside = pf_reqpath_join(path, r->a, PF_S(""), bare);
	size_t at = pf_str_find(bare, '@');

	if (looks_like_path(bare) && inside && is_dir(r, *path)) {
		if (is_project(r, *path))
			return 1;
		return pf_fail(r->err, PF_EMODEL, "folder '" PF_FMT "' holds no project (no "
			       "pyproject.toml, no setup.py)", PF_ARG(pf_shown(bare)));
	}
	if (!is_archive(bare)) {
		bool climbs = !inside && (pf_str_starts(bare, "/") || pf_str_starts(bare, "."));

		return climbs ? 2 : 0;
	}
	if (at != PF_NPOS && !looks_like_path(pf_str_cut(bare, 0, at)) &&
	    !(inside && pf_exists_beneath(r->root, path->p)))
		return 0;
	return inside ? 1 : 2;
}

static int fail_requirement(struct reader *r, struct pf_str name)
{
	bool operator = false;

	for (size_t i = 0; i + 1 < name.n; i++)
		operator |= name.p[i + 1] == '=' && name.p[i] && strchr("~=!<>", name.p[i]);
	operator |= pf_str_find(name, '<') != PF_NPOS || pf_str_find(name, '>') != PF_NPOS;
	if (!operator && pf_str_find(name, '=') != PF_NPOS)
		pf_hint(r->err, "a version is pinned with == in a requirements file");
	return -1;
}

static int read_named(struct reader *r, struct pf_str name, struct pf_strs *extras)
{
	struct pf_need *need = r->need;

	if (pf_requirement_parse(&need->req, r->a, name, r->err) < 0)
		return fail_requirement(r, name);
	need->parsed = true;
	need->link = need->req.url;
	if (extras->n)
		need->req.extras = *extras;
	return 0;
}

static int read_plain(struct reader *r)
{
	struct pf_str text = r->need->text, name = text, bare, path, marker_text = { 0 };
	bool url = pf_url_known(text);
	size_t at = pf_str_find_str(text, url ? "; " : ";");
	struct pf_marker *marker = NULL;
	struct pf_strs extras = { 0 };
	int is_path = 0;

	if (at != PF_NPOS) {
		marker_text = pf_py_strip(pf_str_skip(text, at + (url ? 2 : 1)));
		name = pf_str_cut(text, 0, at);
	}
	if (marker_text.n && pf_marker_parse(&marker, r->a, marker_text, r->err) < 0)
		return -1;
	name = pf_py_strip(name);
	if (url) {
		r->need->link = name;
		if (read_link(r, url_file(r->a, name), name) < 0)
			return -1;
	} else {
		if (strip_extras(&bare, &extras, r, name) < 0)
			return -1;
		is_path = find_path(&path, r, bare);
		if (is_path < 0)
			return -1;
		*r->outside = is_path == 2;
		if (is_path == 1) {
			at = pf_str_rfind(path, '/');
			r->need->path = path.n ? path : PF_S(".");
			if (read_link(r, at == PF_NPOS ? path : pf_str_skip(path, at + 1),
				      (struct pf_str){ 0 }) < 0)
				return -1;
			r->need->req.extras = extras;
		} else if (!is_path && read_named(r, name, &extras) < 0) {
			return -1;
		}
	}
	if (marker)
		r->need->req.marker = marker;
	return 0;
}

/* "name[extras] @ URL ; marker" */
static bool read_editable_named(struct reader *r)
{
	struct pf_requirement q;
	struct pf_err ignored;

	if (pf_requirement_parse(&q, r->a, r->need->text, &ignored) < 0 || !q.url.n)
		return false;
	r->need->link = q.url;
	r->need->req = q;
	r->need->parsed = true;
	return true;
}

static int fail_editable(struct reader *r, const char *why)
{
	struct pf_str shown = pf_shown(r->need->text);

	return pf_fail(r->err, PF_EMODEL, "editable requirement '" PF_FMT "' %s", PF_ARG(shown),
		       why);
}

/* An editable's URL: "git:..." is short for "git+git:...". */
static int read_editable_url(struct reader *r)
{
	static const char *const systems[] = { "bzr", "git", "hg", "svn" };
	struct pf_str url = r->need->text, scheme = pf_url_scheme(url);

	for (size_t i = 0; i < PF_COUNT(systems); i++)
		if (pf_str_ieq(scheme, systems[i]))
			url = pf_format(r->a, "%s+" PF_FMT, systems[i], PF_ARG(url));
	if (!pf_url_is_vcs(url))
		return fail_editable(r, "is neither a project's folder nor a VCS URL");
	r->need->link = url;
	if (read_link(r, PF_S(""), url) < 0)
		return -1;
	return r->need->parsed ? 0 : fail_editable(r, "does not tell its name (add #egg=NAME)");
}

static int read_editable(struct reader *r)
{
	struct pf_str bare, path;
	struct pf_strs extras = { 0 };
	bool inside;

	if (r->need->constraint)
		return fail_editable(r, "cannot be a constraint");
	if (read_editable_named(r)) {
		if (pf_url_is_vcs(r->need->link) || pf_str_starts(r->need->link, "file:"))
			return 0;
		return fail_editable(r, "is neither a project's folder nor a VCS URL");
	}
	if (strip_extras(&bare, &extras, r, r->need->text) < 0)
		return -1;
	r->need->req.extras = extras;
	inside = pf_reqpath_join(&path, r->a, PF_S(""), bare);
	if (inside && is_dir(r, path)) {
		r->need->path = path.n ? path : PF_S(".");
		return 0;
	}
	if (!inside && !pf_url_scheme(bare).n) {
		*r->outside = true;
		return 0;
	}
	if (pf_str_ieq(pf_str_cut(bare, 0, 5), "file:")) {
		r->need->link = bare;
		if (read_link(r, PF_S(""), bare) < 0)
			return -1;
		r->need->req.extras = extras;
		return 0;
	}
	r->need->req.extras = (struct pf_strs){ 0 };
	return read_editable_url(r);
}

int pf_need_read(struct pf_need *need, bool *outside, struct pf_arena *a, int root,
		 struct pf_err *err)
{
	struct reader r = { .need = need, .a = a, .root = root, .outside = outside, .err = err };

	*outside = false;
	return need->editable ? read_editable(&r) : read_plain(&r);
}
