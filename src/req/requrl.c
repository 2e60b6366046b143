/* requrl.c - URLs and paths of requirement lines, as far as their text tells */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqneed.h"

#include "base/str.h"

static const char *const vcs_schemes[] = {
	"git+http",  "git+https", "git+ssh",  "git+git",	"git+file", "bzr+http", "bzr+https",
	"bzr+ssh",   "bzr+sftp",  "bzr+ftp",  "bzr+lp",		"bzr+file", "hg+file",	"hg+http",
	"hg+https",  "hg+ssh",	  "hg+static-http", "svn+ssh",	"svn+http", "svn+https",
	"svn+svn",   "svn+file",  NULL,
};
static const char *const plain_schemes[] = { "http", "https", "file", "ftp", NULL };

struct pf_str pf_url_scheme(struct pf_str url)
{
	size_t at = pf_str_span(url, "+-.");

	if (!url.n || !pf_is_alpha(url.p[0]))
		return (struct pf_str){ 0 };
	return at < url.n && url.p[at] == ':' ? pf_str_cut(url, 0, at) : (struct pf_str){ 0 };
}

bool pf_requrl_split(struct pf_url_parts *out, struct pf_str url)
{
	struct pf_str scheme = pf_url_scheme(url), rest = pf_str_skip(url, scheme.n);
	size_t end = 3, at;

	if (!scheme.n || !pf_str_starts(rest, "://"))
		return false;
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	out->scheme = pf_str_cut(url, 0, scheme.n + 3);
	out->rest = pf_str_skip(rest, end);
	out->host = pf_str_cut(rest, 3, end);
	at = pf_str_rfind(out->host, '@');
	out->user = pf_str_cut(out->host, 0, at == PF_NPOS ? 0 : at);
	out->host = pf_str_skip(out->host, at == PF_NPOS ? 0 : at + 1);
	return true;
}

bool pf_url_is_vcs(struct pf_str url)
{
	return pf_str_in_any_case(pf_url_scheme(url), vcs_schemes);
}

bool pf_url_known(struct pf_str url)
{
	return pf_str_in_any_case(pf_url_scheme(url), plain_schemes) || pf_url_is_vcs(url);
}

bool pf_requrl_is_http(struct pf_str url)
{
	return pf_str_starts(url, "https://") || pf_str_starts(url, "http://");
}

bool pf_reqpath_join(struct pf_str *out, struct pf_arena *a, struct pf_str dir, struct pf_str path)
{
	char *text = pf_alloc(a, dir.n + path.n + 2);
	struct pf_str both = { text, dir.n + 1 + path.n }, part;
	char *to = pf_alloc(a, both.n + 1);
	size_t n = 0;

	if ((path.n && path.p[0] == '/') || pf_str_find(path, '\0') != PF_NPOS)
		return false;
	memcpy(text, dir.n ? dir.p : "", dir.n);
	text[dir.n] = '/';
	memcpy(text + dir.n + 1, path.n ? path.p : "", path.n);
	while (pf_str_next(&both, '/', &part)) {
		if (!part.n || pf_str_is(part, "."))
			continue;
		if (pf_str_is(part, "..")) {
			if (!n)
				return false;
			while (n && to[--n] != '/')
				;
			continue;
		}
		if (n)
			to[n++] = '/';
		memcpy(to + n, part.p, part.n);
		n += part.n;
	}
	to[n] = '\0';
	*out = (struct pf_str){ to, n };
	return true;
}
