/* git_url.c - requirements that name a commit of a repository, taken apart and put together */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/git.h"
#include "fetch/url.h"

static bool is_inside(struct pf_str folder)
{
	struct pf_str part;

	if (!folder.n || folder.p[0] == '/' || pf_str_find(folder, '\0') != PF_NPOS)
		return false;
	while (pf_str_next(&folder, '/', &part))
		if (pf_str_is(part, "..") || pf_str_ieq(part, ".git"))
			return false;
	return true;
}

static int read_fragment(struct pf_git_source *out, struct pf_arena *a, struct pf_str fragment,
			 struct pf_err *err)
{
	struct pf_str one = pf_url_subdirectory(fragment);

	if (!one.n)
		return 0;
	out->subdirectory = pf_url_decode(a, pf_str_skip(one, 13));
	if (!is_inside(out->subdirectory))
		return pf_fail(err, PF_EUSAGE, "'" PF_FMT "' is no folder of a repository",
			       PF_ARG(pf_shown(one)));
	return 0;
}

bool pf_git_is_commit(struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (pf_hex_digit(text.p[i]) < 0)
			return false;
	return text.n == PF_GIT_COMMIT - 1;
}

/* Where the host begins, and the path: of "https://user@host/repo". */
static size_t find_path(struct pf_str url, size_t *host)
{
	size_t slash;

	*host = pf_str_find_str(url, "://") + 3;
	slash = pf_str_find(pf_str_skip(url, *host), '/');
	return slash == PF_NPOS ? url.n : *host + slash;
}

/* "v1" of ".../repo@v1"; the @ of a user stands before the path. */
static int take_revision(struct pf_git_source *s, struct pf_arena *a, struct pf_err *err)
{
	size_t host, path = find_path(s->url, &host), at = pf_str_rfind(s->url, '@');

	if (at == PF_NPOS || at < path)
		return 0;
	s->rev = pf_url_decode(a, pf_str_skip(s->url, at + 1));
	s->url = pf_str_cut(s->url, 0, at);
	if (!s->rev.n || s->rev.p[0] == '-')
		return pf_fail(err, PF_EUSAGE, "%s names no revision",
			       pf_dupz(a, pf_git_bare(a, s->url)));
	if (pf_git_is_commit(s->rev)) {
		char *low = pf_dupz(a, s->rev);

		for (char *p = low; *p; p++)
			*p = pf_lower(*p);
		s->commit = pf_s(low);
	}
	return 0;
}

/* ssh has an agent, and a place that a line names is no place for passwords. */
static int check_user(const struct pf_git_source *s, struct pf_arena *a, struct pf_err *err)
{
	size_t host, path = find_path(s->url, &host);
	struct pf_str authority = pf_str_cut(s->url, host, path);
	struct pf_str user = pf_str_cut(authority, 0, pf_str_rfind(authority, '@'));

	if (pf_str_find(authority, '@') == PF_NPOS || pf_str_find(user, ':') == PF_NPOS ||
	    !pf_str_starts(s->url, "ssh:"))
		return 0;
	return pf_fail(err, PF_EUSAGE,
		       "%s is asked for with a password, and the keys of the ssh agent are "
		       "what is used",
		       pf_dupz(a, pf_git_bare(a, s->url)));
}

/* Lines of files are made of it. */
static bool is_clean(struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
			return false;
	return true;
}

int pf_git_split(struct pf_git_source *out, struct pf_arena *a, struct pf_str text,
		 struct pf_err *err)
{
	static const char *const schemes[] = { "https", "http", "ssh", "file", NULL };
	struct pf_git_source s = { .url = pf_str_skip(text, 4) };
	size_t scheme = pf_str_find_str(s.url, "://"), hash;

	if (!is_clean(text))
		return pf_fail(err, PF_EUSAGE, "bytes that belong in no URL");
	if (!pf_str_starts(text, "git+") || scheme == PF_NPOS ||
	    !pf_str_in(pf_str_cut(s.url, 0, scheme), schemes))
		return pf_fail(err, PF_EUSAGE,
			       "%s is not fetched: git+https, git+http, git+ssh and "
			       "git+file are",
			       pf_url_shown(a, text));
	hash = pf_str_find(s.url, '#');
	if (hash != PF_NPOS && read_fragment(&s, a, pf_str_skip(s.url, hash + 1), err) < 0)
		return -1;
	s.url = pf_str_cut(s.url, 0, hash);
	if (take_revision(&s, a, err) < 0 || check_user(&s, a, err) < 0)
		return -1;
	*out = s;
	return 0;
}

struct pf_str pf_git_bare(struct pf_arena *a, struct pf_str url)
{
	size_t host, path = find_path(url, &host);
	size_t at = pf_str_rfind(pf_str_cut(url, 0, path), '@');

	if (at == PF_NPOS || at < host || pf_str_is(pf_str_cut(url, host, at), "git"))
		return url;
	return pf_format(a, PF_FMT PF_FMT, PF_ARG(pf_str_cut(url, 0, host)),
			 PF_ARG(pf_str_skip(url, at + 1)));
}

static struct pf_str put_together(struct pf_arena *a, struct pf_str url,
				  const struct pf_git_source *s)
{
	return pf_format(a, "git+" PF_FMT "@" PF_FMT "%s" PF_FMT, PF_ARG(url), PF_ARG(s->commit),
			 s->subdirectory.n ? "#subdirectory=" : "",
			 PF_ARG(pf_url_encode(a, s->subdirectory, "/")));
}

struct pf_str pf_git_pinned(struct pf_arena *a, const struct pf_git_source *s)
{
	return put_together(a, s->url, s);
}

struct pf_str pf_git_place(struct pf_arena *a, const struct pf_git_source *s)
{
	return put_together(a, pf_git_bare(a, s->url), s);
}

struct pf_str pf_git_label(struct pf_arena *a, struct pf_str name, struct pf_str commit)
{
	return pf_format(a, PF_FMT "@" PF_FMT, PF_ARG(name), PF_ARG(pf_str_cut(commit, 0, 12)));
}
