/* where.c - a model's URI, judged before anything is asked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/where.h"

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "fetch/remote.h"
#include "fetch/secrets.h"

struct pf_str pf_where_scheme(struct pf_str uri)
{
	size_t colon = pf_str_find(uri, ':');

	return uri.n && pf_is_alnum(uri.p[0]) && pf_str_span(uri, "+-.") == colon
		       ? pf_str_cut(uri, 0, colon)
		       : PF_S("");
}

bool pf_where_is_local(struct pf_str uri)
{
	struct pf_str scheme = pf_where_scheme(uri);

	return !scheme.n || pf_str_ieq(scheme, "file");
}

static int refuse(struct pf_err *err, struct pf_str uri, const char *why)
{
	PF_AUTO(arena) a = { 0 };

	return pf_fail(err, PF_EUSAGE, PF_FMT " %s", PF_ARG(pf_shown(pf_url_open_part(&a, uri))),
		       why);
}

/* ---- bytes ---- */

/* Marks that turn what follows around, or cannot be seen at all. */
static bool is_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x80, 0x9f },	    { 0xad, 0xad },	{ 0x61c, 0x61c },   { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < PF_COUNT(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static bool is_visible_text(struct pf_str s)
{
	if (!pf_str_is_utf8(s))
		return false;
	for (const char *p = s.p, *end = s.p + s.n; p < end;) {
		size_t n = pf_utf8_length(p, end);

		if (is_hidden(pf_utf8_get(p, n)))
			return false;
		p += n;
	}
	return true;
}

static bool is_ascii(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return true;
}

static int check_bytes(struct pf_str uri, const struct pf_remote_kind *kind, struct pf_err *err)
{
	size_t host = pf_str_find_str(uri, "://");
	struct pf_str shown = uri;

	/* A login is not yet told apart from the rest. */
	if (host != PF_NPOS && pf_str_find(pf_str_skip(uri, host), '@') != PF_NPOS)
		shown = pf_str_cut(uri, 0, host + 3);
	if (pf_str_find(uri, '\\') != PF_NPOS)
		return refuse(err, shown, "has a backslash");
	if (kind->rules & PF_WHERE_TEXT ? !is_visible_text(uri) : !is_ascii(uri))
		return refuse(err, shown, kind->rules & PF_WHERE_TEXT ?
			"has bytes that are no visible text" :
			"has blanks or bytes beyond ASCII: write them as %XX");
	return 0;
}

/* ---- host and user ---- */

/* "0177.0.0.1" and "127.1": what one reader takes for another address than the next. */
static bool is_odd_address(struct pf_str host)
{
	struct pf_str rest = host, part;
	size_t parts = 0;
	bool odd = false;

	for (size_t i = 0; i < host.n; i++)
		if (!pf_is_digit(host.p[i]) && host.p[i] != '.')
			return pf_str_starts(host, "0x") || pf_str_starts(host, "0X");
	while (pf_str_next(&rest, '.', &part)) {
		uint64_t n = 256;

		odd |= !pf_str_u64(part, &n) || n > 255 || (part.n > 1 && part.p[0] == '0');
		parts++;
	}
	return odd || parts != 4;
}

static int check_host(const struct pf_where *w, struct pf_str uri, struct pf_err *err)
{
	unsigned rules = w->kind->rules;

	if (rules & PF_WHERE_HOST && !w->url.host.n)
		return refuse(err, uri, "names no host, or no bucket, behind \"//\"");
	if (w->url.host.n && (w->url.host.p[0] == '-' || is_odd_address(w->url.host)))
		return refuse(err, uri, "has an address that is read in more than one way");
	if (!w->url.user.p)
		return 0;
	if (rules & PF_WHERE_CONTAINER)
		return pf_str_find(w->url.user, ':') == PF_NPOS ? 0 :
			pf_fail(err, PF_EUSAGE, "credentials have no place in a " PF_FMT ": URI",
				PF_ARG(w->url.scheme));
	if (!(rules & PF_WHERE_USER))
		return pf_fail(err, PF_EUSAGE, "credentials have no place in a " PF_FMT ": URI",
			       PF_ARG(w->url.scheme));
	if (pf_str_find(w->url.user, '@') != PF_NPOS || pf_str_starts(w->url.user, "-") ||
	    (pf_str_find(w->url.user, ':') == PF_NPOS && pf_str_find(w->url.user, '.') != PF_NPOS))
		return pf_fail(err, PF_EUSAGE, "a user that looks like a host, before an \"@\"");
	return 0;
}

/* ---- path ---- */

static bool is_still_encoded(struct pf_str part)
{
	for (size_t i = 0; i + 2 < part.n; i++)
		if (part.p[i] == '%' && pf_hex_digit(part.p[i + 1]) >= 0 &&
		    pf_hex_digit(part.p[i + 2]) >= 0)
			return true;
	return false;
}

static int check_parts(struct pf_str path, struct pf_str uri, struct pf_err *err)
{
	struct pf_str rest = path, part;

	while (path.n && pf_str_next(&rest, '/', &part)) {
		if (!part.n || pf_str_is(part, ".") || pf_str_is(part, ".."))
			return refuse(err, uri, "has a part that is empty, \".\" or \"..\"");
		if (is_still_encoded(part))
			return refuse(err, uri, "has percent signs that are encoded twice");
		if (part.n > PF_MAX_NAME)
			return refuse(err, uri, "has a part that is too long");
	}
	return 0;
}

/* A slash that was encoded would be one part for us, and two for the next reader. */
static bool has_encoded_slash(struct pf_str path)
{
	for (size_t i = 0; i + 2 < path.n; i++)
		if (path.p[i] == '%' && path.p[i + 1] == '2' && pf_lower(path.p[i + 2]) == 'f')
			return true;
	return false;
}

static struct pf_str without_slashes(struct pf_str path)
{
	while (pf_str_starts(path, "/"))
		path = pf_str_skip(path, 1);
	while (pf_str_ends(path, "/"))
		path.n--;
	return path;
}

/* "100% sure" is a name that people make: a percent sign that begins no %XX stands for itself. */
static struct pf_str with_bare_percents(struct pf_arena *a, struct pf_str path)
{
	char *out = pf_alloc(a, path.n * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < path.n; i++) {
		out[n++] = path.p[i];
		if (path.p[i] != '%' || (i + 2 < path.n && pf_hex_digit(path.p[i + 1]) >= 0 &&
					 pf_hex_digit(path.p[i + 2]) >= 0))
			continue;
		out[n++] = '2';
		out[n++] = '5';
	}
	return (struct pf_str){ out, n };
}

static int take_path(struct pf_where *w, struct pf_arena *a, struct pf_str uri, struct pf_err *err)
{
	unsigned rules = w->kind->rules;
	struct pf_str path = w->url.path;

	if (w->url.query.n && !(rules & PF_WHERE_QUERY))
		return refuse(err, uri, "has a \"?\", which has no meaning there");
	if (w->url.fragment.p && !(rules & PF_WHERE_FRAGMENT))
		return refuse(err, uri, "has a \"#\", which has no meaning there");
	if (pf_str_find(path, ';') != PF_NPOS)
		return refuse(err, uri, "has a \";\", which has no meaning there");
	if (has_encoded_slash(path))
		return refuse(err, uri, "has a slash that is encoded");
	w->path = without_slashes(path);
	path = pf_url_decode(a, rules & PF_WHERE_TEXT ? with_bare_percents(a, w->path) : w->path);
	if (!path.p)
		return refuse(err, uri, "has a malformed %XX");
	if (pf_str_find(path, '\\') != PF_NPOS)
		return refuse(err, uri, "has a backslash");
	if (!(rules & PF_WHERE_RAW))
		w->path = without_slashes(path);
	if (!w->path.n && !(rules & PF_WHERE_EMPTY))
		return refuse(err, uri, "has no path");
	return check_parts(path, uri, err);
}

/* ---- all of it ---- */

static struct pf_str without_user(struct pf_arena *a, const struct pf_where *w, struct pf_str uri)
{
	size_t at;

	if (!w->url.user.p ||
	    (w->kind->rules & PF_WHERE_CONTAINER && pf_str_find(w->url.user, ':') == PF_NPOS))
		return pf_dup(a, uri);
	at = (size_t)(w->url.user.p - uri.p);
	return pf_format(a, PF_FMT PF_FMT, PF_ARG(pf_str_cut(uri, 0, at)),
			 PF_ARG(pf_str_skip(uri, at + w->url.user.n + 1)));
}

static int find_kind(struct pf_where *w, struct pf_str scheme, struct pf_err *err)
{
	w->kind = pf_remote_kind_of(scheme);
	if (!w->kind) {
		pf_fail(err, PF_EUSAGE, "unknown scheme " PF_FMT ":", PF_ARG(pf_shown(scheme)));
		return pf_hint(err, "download the model first, then give its local directory");
	}
	if (w->kind->resolve || w->kind->open)
		return 0;
	pf_fail(err, PF_EUSAGE, PF_FMT ": models are not fetched", PF_ARG(scheme));
	return pf_hint(err, "%s", w->kind->way);
}

int pf_where_read(struct pf_where *out, struct pf_arena *a, struct pf_str uri, struct pf_err *err)
{
	struct pf_where w = { 0 };
	char *scheme = pf_dupz(a, pf_where_scheme(uri));

	for (char *p = scheme; *p; p++)
		*p = pf_lower(*p);
	if (uri.n >= PF_MAX_PATH)
		return pf_fail(err, PF_EUSAGE, "a model's URI is at most %d bytes, not %zu",
			       PF_MAX_PATH - 1, uri.n);
	if (find_kind(&w, pf_s(scheme), err) < 0 || check_bytes(uri, w.kind, err) < 0)
		return -1;
	if (pf_url_split_any(&w.url, uri, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_s(pf_url_shown(a, uri))));
	w.uri = uri;
	w.url.scheme = pf_s(scheme);
	w.shown = pf_url_open_part(a, without_user(a, &w, uri));
	w.secrets = pf_url_secrets(a, w.url.query);
	if (check_host(&w, w.shown, err) < 0 || take_path(&w, a, w.shown, err) < 0 ||
	    (w.kind->check && w.kind->check(&w, err) < 0))
		return -1;
	*out = w;
	return 0;
}
