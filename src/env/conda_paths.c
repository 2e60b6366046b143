/* conda_paths.c - the files of a conda package that are to be linked, by either way to list them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_paths.h"

#include <errno.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/wheel_check.h"

static int refuse(struct pf_err *err, struct pf_str path, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" %s", PF_ARG(pf_shown(path)), why);
}

int pf_conda_path_check(struct pf_str path, struct pf_err *err)
{
	if (pf_wheel_check_path(path, true, err) < 0)
		return -1;
	if (!pf_str_is_utf8(path))
		return refuse(err, path, "is no UTF-8");
	/* info is who lists what a package ships. */
	if (pf_place_is_own(path) || pf_str_is(pf_str_cut(path, 0, pf_str_find(path, '/')), "info"))
		return refuse(err, path, "is a place of the environment's own");
	return 0;
}

void pf_conda_paths_open(struct pf_conda_paths *p, const struct pf_archive_kept *kept)
{
	for (size_t i = 0; i < kept->members.n; i++) {
		struct pf_archived *m = &kept->members.v[i];

		if (!pf_str_starts(pf_s(m->path), "info/"))
			*pf_map_put(p->arena, &p->there, pf_s(m->path)) = m;
	}
}

static enum pf_scheme scheme_of(const struct pf_conda_info *info, struct pf_str path)
{
	if (!pf_str_is(info->noarch, "python"))
		return PF_SCHEME_ENV;
	return pf_str_starts(path, "site-packages/")  ? PF_SCHEME_SITE
	       : pf_str_starts(path, "python-scripts/") ? PF_SCHEME_BIN
							: PF_SCHEME_ENV;
}

/* TEXT, BINARY, or PLAIN where nothing is to be replaced; -1. */
static int kind_of_prefix(const struct pf_conda_path *one, struct pf_err *err)
{
	static const char *const modes[] = { "text", "binary", NULL };

	if (!one->has_prefix)
		return one->no_link ? PF_BUNDLED_COPY : PF_BUNDLED_PLAIN;
	if (one->placeholder.n < 2 || one->placeholder.p[0] != '/' ||
	    pf_str_has_control(one->placeholder) || !pf_str_is_utf8(one->placeholder))
		return refuse(err, one->path, "has a prefix to be replaced that is none");
	if (!pf_str_in(one->mode, modes))
		return refuse(err, one->path, "is neither a text nor binary");
	return pf_str_is(one->mode, "text") ? PF_BUNDLED_TEXT : PF_BUNDLED_BINARY;
}

static int fill(struct pf_bundled *f, struct pf_conda_paths *p, const struct pf_archived *m,
		const struct pf_conda_path *one, struct pf_err *err)
{
	int kind = m->target ? PF_BUNDLED_LINK : kind_of_prefix(one, err);

	if (kind < 0)
		return -1;
	*f = (struct pf_bundled){ .path = m->path, .size = m->size, .digest = m->digest };
	f->scheme = scheme_of(p->info, one->path);
	f->to = pf_scheme_path(f->scheme, f->path);
	f->kind = (enum pf_bundled_kind)kind;
	if (kind == PF_BUNDLED_LINK)
		f->more = m->target;
	else if (m->executable)
		f->kind++; /* the executable one of each kind follows */
	if (kind == PF_BUNDLED_TEXT || kind == PF_BUNDLED_BINARY)
		f->more = pf_dupz(p->arena, one->placeholder);
	return 0;
}

/* A link's digest is what is said of the file it leads to. */
static void take_link_digest(struct pf_bundled *f, struct pf_arena *a, struct pf_str sha256)
{
	unsigned char raw[32] = { 0 };
	char *digest = pf_alloc(a, PF_SHA256_TEXT);

	for (size_t i = 0; i < sizeof(raw) && sha256.n == 2 * sizeof(raw); i++)
		raw[i] = (unsigned char)((pf_hex_digit(sha256.p[2 * i]) & 15) << 4 |
					 (pf_hex_digit(sha256.p[2 * i + 1]) & 15));
	pf_base64url(digest, raw, sizeof(raw));
	f->digest = digest;
}

static int check_target(struct pf_str target, struct pf_str path, struct pf_err *err)
{
	return pf_str_has_control(target) || !pf_str_is_utf8(target)
		       ? refuse(err, path, "leads to what is no name")
		       : 0;
}

int pf_conda_path_take(const struct pf_archived **member, struct pf_conda_paths *p,
		       const struct pf_conda_path *one, struct pf_err *err)
{
	struct pf_archived *m = pf_map_get(&p->there, one->path);
	void **listed;
	struct pf_bundled f = { 0 };

	if (pf_conda_path_check(one->path, err) < 0)
		return -1;
	if (!m)
		return refuse(err, one->path, "is listed and not there");
	listed = pf_map_put(p->arena, &p->listed, one->path);
	if (*listed)
		return refuse(err, one->path, "is listed twice");
	*listed = m;
	if (fill(&f, p, m, one, err) < 0)
		return -1;
	if (pf_conda_path_check(pf_s(f.to), err) < 0)
		return -1;
	if (f.scheme == PF_SCHEME_BIN && pf_wheel_is_reserved(pf_s(f.to)))
		return refuse(err, one->path, "would take the interpreter's place");
	if (m->target) {
		if (check_target(pf_s(m->target), one->path, err) < 0)
			return -1;
		take_link_digest(&f, p->arena, one->sha256);
	}
	*PF_PUSH(p->arena, &p->info->files) = f;
	*member = m;
	return 0;
}

/* ---- before paths.json ---- */

/* 1, or 0 when there is none. */
static int read_text(struct pf_str *out, struct pf_arena *a, int tree, const char *name,
		     struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_CONDA_INFO);

	if (pf_read_file(&text, tree, name, err) < 0)
		return errno == ENOENT ? 0 : -1;
	*out = pf_dup(a, pf_buf_view(&text));
	return 1;
}

/* A word, or one in quotes. False: it does not end. */
static bool take_word(struct pf_str *rest, struct pf_str *out)
{
	struct pf_str s = pf_str_trim(*rest);
	char quote = s.n && (s.p[0] == '"' || s.p[0] == '\'') ? s.p[0] : ' ';
	size_t end;

	if (quote != ' ')
		s = pf_str_skip(s, 1);
	end = pf_str_find(s, quote);
	if (end == PF_NPOS && quote != ' ')
		return false;
	*out = pf_str_cut(s, 0, end);
	*rest = pf_str_trim(pf_str_skip(s, end == PF_NPOS ? s.n : end + 1));
	return out->n > 0;
}

/* "PATH" is a text with the prefix of the first days. */
static bool take_prefix(struct pf_conda_path *out, struct pf_str line)
{
	static const char first[] = "/opt/anaconda1anaconda2anaconda3";
	struct pf_str rest = line, words[3] = { 0 };
	size_t n = 0;

	for (; rest.n; n++)
		if (n == PF_COUNT(words) || !take_word(&rest, &words[n]))
			return false;
	*out = (struct pf_conda_path){ .path = words[0],
				       .placeholder = pf_s(first),
				       .mode = PF_S("text"),
				       .has_prefix = true };
	if (n == PF_COUNT(words)) {
		out->placeholder = words[0];
		out->mode = words[1];
		out->path = words[2];
	}
	return n == 1 || n == PF_COUNT(words);
}

static int read_prefixes(struct pf_map *out, struct pf_conda_paths *p, int tree,
			 struct pf_err *err)
{
	struct pf_str rest = { 0 }, line;

	if (read_text(&rest, p->arena, tree, "info/has_prefix", err) < 0)
		return -1;
	while (pf_str_next_line(&rest, &line)) {
		struct pf_conda_path *one = pf_alloc(p->arena, sizeof(*one));

		if (!pf_str_trim(line).n)
			continue;
		if (!take_prefix(one, pf_str_trim(line)))
			return pf_fail(err, PF_EINTEGRITY, "info/has_prefix: \"" PF_FMT "\"",
				       PF_ARG(pf_shown(line)));
		*pf_map_put(p->arena, out, one->path) = one;
	}
	return 0;
}

static int read_no_link(struct pf_map *out, struct pf_conda_paths *p, int tree,
			struct pf_err *err)
{
	struct pf_str rest = { 0 }, line;

	if (read_text(&rest, p->arena, tree, "info/no_link", err) < 0)
		return -1;
	while (pf_str_next_line(&rest, &line))
		*pf_map_put(p->arena, out, pf_str_trim(line)) = p;
	return 0;
}

int pf_conda_paths_old(struct pf_conda_paths *p, int tree, struct pf_err *err)
{
	struct pf_map prefixes = { 0 }, copies = { 0 };
	struct pf_str rest = { 0 }, line;
	int found = read_text(&rest, p->arena, tree, "info/files", err);

	if (found <= 0)
		return found < 0 ? -1
				 : pf_fail(err, PF_EINTEGRITY,
					   "there is neither info/paths.json nor info/files");
	if (read_prefixes(&prefixes, p, tree, err) < 0 ||
	    read_no_link(&copies, p, tree, err) < 0)
		return -1;
	while (pf_str_next_line(&rest, &line)) {
		struct pf_str path = pf_str_trim(line);
		const struct pf_conda_path *known = pf_map_get(&prefixes, path);
		struct pf_conda_path one = known ? *known : (struct pf_conda_path){ .path = path };
		const struct pf_archived *m;

		if (!path.n || pf_str_starts(path, "info/"))
			continue;
		one.no_link = pf_map_get(&copies, path) != NULL;
		if (pf_conda_path_take(&m, p, &one, err) < 0)
			return pf_wrap(err, "info/files");
	}
	return 0;
}
