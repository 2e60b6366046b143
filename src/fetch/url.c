/* url.c - URLs taken apart: where they lead, whose credentials they have, what is relative */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/url.h"

#include "base/str.h"
#include "fetch/secrets.h"

/* Neither white space, control bytes, backslashes nor what is beyond ASCII: parsers differ
 * there. */
static bool is_plain(struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' || c == '>')
			return false;
	}
	return true;
}

static size_t find_first(struct pf_str s, const char *any)
{
	size_t i = 0;

	while (i < s.n && !strchr(any, s.p[i]))
		i++;
	return i;
}

static bool is_host(struct pf_str host)
{
	bool literal = pf_str_starts(host, "[");

	if (pf_str_span(host, literal ? "[]:." : "-._") < host.n)
		return false;
	return host.n && (!literal || (host.n > 3 && host.p[host.n - 1] == ']'));
}

/* user:password@host:port */
static bool take_authority(struct pf_url *u, struct pf_str text)
{
	size_t at = pf_str_rfind(text, '@'), bracket, colon;
	uint64_t port;

	if (at != PF_NPOS) {
		u->user = pf_str_cut(text, 0, at);
		text = pf_str_skip(text, at + 1);
	}
	bracket = pf_str_rfind(text, ']');
	colon = pf_str_rfind(text, ':');
	if (colon != PF_NPOS && (bracket == PF_NPOS || colon > bracket)) {
		u->port = pf_str_skip(text, colon + 1);
		text = pf_str_cut(text, 0, colon);
		if (u->port.n && (!pf_str_u64(u->port, &port) || !port || port > 65535))
			return false;
	}
	u->host = text;
	return is_host(text);
}

static void take_path(struct pf_url *u, struct pf_str text)
{
	size_t n = find_first(text, "?#"), hash = pf_str_find(text, '#');

	u->path = pf_str_cut(text, 0, n);
	u->query = pf_str_cut(text, n, hash);
	u->fragment = hash == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(text, hash + 1);
}

/* Its parts; the authority comes back whole, a view of NULL where there is none. */
static struct pf_str take_parts(struct pf_url *u, struct pf_str text)
{
	size_t colon = find_first(text, ":/?#"), end;
	struct pf_str rest = pf_str_skip(text, colon + 1);

	*u = (struct pf_url){ .scheme = pf_str_cut(text, 0, colon) };
	if (!pf_str_starts(rest, "//")) {
		take_path(u, rest);
		return (struct pf_str){ 0 };
	}
	rest = pf_str_skip(rest, 2);
	end = find_first(rest, "/?#");
	take_path(u, pf_str_skip(rest, end));
	return pf_str_cut(rest, 0, end);
}

int pf_url_split(struct pf_url *out, struct pf_str text, struct pf_err *err)
{
	struct pf_url u;
	struct pf_str authority = take_parts(&u, text);

	if (!is_plain(text))
		return pf_fail(err, PF_EUSAGE, "bytes that belong in no URL");
	if (!authority.p || (!pf_url_is_http(&u) && !pf_str_ieq(u.scheme, "file")))
		return pf_fail(err, PF_EUSAGE, "neither an http:, https: nor file: URL");
	if (pf_str_ieq(u.scheme, "file") ? (authority.n && !pf_str_ieq(authority, "localhost"))
					 : !take_authority(&u, authority))
		return pf_fail(err, PF_EUSAGE, "a URL with a malformed host");
	*out = u;
	return 0;
}

int pf_url_split_any(struct pf_url *out, struct pf_str text, struct pf_err *err)
{
	struct pf_url u;
	struct pf_str authority = take_parts(&u, text);

	if (authority.n && !take_authority(&u, authority))
		return pf_fail(err, PF_EUSAGE, "a URI with a malformed host");
	*out = u;
	return 0;
}

bool pf_url_is_http(const struct pf_url *u)
{
	return pf_str_ieq(u->scheme, "http") || pf_str_ieq(u->scheme, "https");
}

static bool same_folded(struct pf_str a, struct pf_str b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++)
		if (pf_lower(a.p[i]) != pf_lower(b.p[i]))
			return false;
	return a.n == b.n;
}

static uint64_t port_of(const struct pf_url *u)
{
	uint64_t port = pf_str_ieq(u->scheme, "https") ? 443 : 80;

	return u->port.n && pf_str_u64(u->port, &port) ? port : port;
}

bool pf_url_same_origin(const struct pf_url *a, const struct pf_url *b)
{
	return same_folded(a->scheme, b->scheme) && same_folded(a->host, b->host) &&
	       port_of(a) == port_of(b);
}

char *pf_url_bare(struct pf_arena *a, const struct pf_url *u)
{
	return pf_formatz(a, PF_FMT "://" PF_FMT "%s" PF_FMT PF_FMT PF_FMT, PF_ARG(u->scheme),
			  PF_ARG(u->host), u->port.n ? ":" : "", PF_ARG(u->port), PF_ARG(u->path),
			  PF_ARG(u->query));
}

struct pf_str pf_url_bare_text(struct pf_arena *a, struct pf_str url)
{
	struct pf_url u;
	struct pf_err ignored;

	return pf_url_split(&u, url, &ignored) < 0 ? PF_S("") : pf_s(pf_url_bare(a, &u));
}

char *pf_url_shown(struct pf_arena *a, struct pf_str text)
{
	struct pf_err err;
	struct pf_url u;

	if (pf_url_split(&u, text, &err) == 0)
		return pf_dupz(a, pf_url_open_part(a, pf_s(pf_url_bare(a, &u))));
	return pf_dupz(a, pf_str_find(text, '@') == PF_NPOS ? pf_url_open_part(a, text)
							    : PF_S("a malformed URL"));
}

/* ---- relative ---- */

/* RFC 3986, 5.2.4, on a path that begins with a slash. */
static struct pf_str remove_dots(struct pf_arena *a, struct pf_str path)
{
	char *out = pf_alloc(a, path.n + 2);
	struct pf_str rest = pf_str_skip(path, 1), part;
	size_t n = 0;
	bool last_dots = false;

	while (pf_str_next(&rest, '/', &part)) {
		last_dots = pf_str_is(part, ".") || pf_str_is(part, "..");
		if (pf_str_is(part, ".."))
			while (n && out[--n] != '/')
				;
		if (last_dots)
			continue;
		out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
	}
	if (last_dots || !n)
		out[n++] = '/';
	return (struct pf_str){ out, n };
}

static bool has_scheme(struct pf_str link)
{
	size_t n = find_first(link, ":/?#");

	return n < link.n && link.p[n] == ':' && n && pf_is_alpha(link.p[0]);
}

static struct pf_str join_path(struct pf_arena *a, const struct pf_url *base, struct pf_str link)
{
	size_t n = find_first(link, "?#"), slash = pf_str_rfind(base->path, '/');
	struct pf_str path = pf_str_cut(link, 0, n), folder = pf_str_cut(base->path, 0, slash + 1);

	if (slash == PF_NPOS)
		folder = PF_S("/");
	if (!path.n)
		path = base->path.n ? base->path : PF_S("/");
	else if (path.p[0] == '/')
		path = remove_dots(a, path);
	else
		path = remove_dots(a, pf_format(a, PF_FMT PF_FMT, PF_ARG(folder), PF_ARG(path)));
	return pf_format(a, PF_FMT PF_FMT, PF_ARG(path), PF_ARG(pf_str_skip(link, n)));
}

int pf_url_join(struct pf_str *out, struct pf_arena *a, const struct pf_url *base,
		struct pf_str link, struct pf_err *err)
{
	struct pf_str whole = link;
	struct pf_url u;

	if (!has_scheme(link) && pf_str_starts(link, "//"))
		whole = pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(base->scheme), PF_ARG(link));
	else if (!has_scheme(link))
		whole = pf_format(a, PF_FMT "://" PF_FMT "%s" PF_FMT PF_FMT, PF_ARG(base->scheme),
				  PF_ARG(base->host), base->port.n ? ":" : "", PF_ARG(base->port),
				  PF_ARG(join_path(a, base, link)));
	if (pf_url_split(&u, whole, err) < 0)
		return -1;
	*out = whole;
	return 0;
}

/* ---- percent signs ---- */

struct pf_str pf_url_decode(struct pf_arena *a, struct pf_str text)
{
	char *out;
	size_t n = 0;

	if (pf_str_find(text, '%') == PF_NPOS)
		return text.p ? text : PF_S("");
	out = pf_alloc(a, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		int high, low;

		if (text.p[i] != '%') {
			out[n++] = text.p[i];
			continue;
		}
		high = i + 2 < text.n ? pf_hex_digit(text.p[i + 1]) : -1;
		low = i + 2 < text.n ? pf_hex_digit(text.p[i + 2]) : -1;
		if (high < 0 || low < 0 || high * 16 + low < 0x20)
			return (struct pf_str){ 0 };
		out[n++] = (char)(high * 16 + low);
		i += 2;
	}
	return (struct pf_str){ out, n };
}

struct pf_str pf_url_encode(struct pf_arena *a, struct pf_str text, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = pf_alloc(a, text.n * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (pf_is_alnum((char)c) || (c && (strchr("-._~", c) || strchr(keep, c)))) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	return (struct pf_str){ out, n };
}

struct pf_str pf_url_of_path(struct pf_arena *a, const char *path)
{
	return pf_format(a, "file://" PF_FMT, PF_ARG(pf_url_encode(a, pf_s(path), "/")));
}

char *pf_url_local(struct pf_arena *a, struct pf_str url)
{
	struct pf_str path;
	struct pf_err err;
	struct pf_url u;

	if (pf_url_split(&u, url, &err) < 0 || pf_url_is_http(&u))
		return NULL;
	path = pf_url_decode(a, u.path);
	return path.p ? pf_dupz(a, path) : NULL;
}

struct pf_str pf_url_file(const struct pf_url *u)
{
	size_t slash = pf_str_rfind(u->path, '/');

	return slash == PF_NPOS ? u->path : pf_str_skip(u->path, slash + 1);
}

struct pf_str pf_url_subdirectory(struct pf_str fragment)
{
	struct pf_str one;

	while (pf_str_next(&fragment, '&', &one))
		if (pf_str_starts(one, "subdirectory="))
			return one;
	return (struct pf_str){ 0 };
}
