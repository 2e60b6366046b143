/* git.c - packages of a lock that are commits of repositories: the commit is the digest */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"

/* Where others can reach it, too. */
static bool is_remote(struct pf_str url)
{
	return pf_str_starts(url, "https://") || pf_str_starts(url, "http://") ||
	       pf_str_starts(url, "ssh://");
}

bool pf_lock_is_plain(struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
			return false;
	return true;
}

int pf_lock_take_git(struct pf_lock *l, struct pf_lock_package *p, const struct pf_git_source *from,
		     unsigned line, struct pf_err *err)
{
	struct pf_git_source checked = { 0 };
	struct pf_str shown = pf_git_bare(&l->arena, from->url);

	if (!is_remote(from->url))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is a place of one machine",
			       line, PF_ARG(pf_shown(shown)));
	if (!pf_git_is_commit(from->commit))
		return pf_fail(err, PF_EINTEGRITY, "line %u: of " PF_FMT " no commit is named",
			       line, PF_ARG(pf_shown(p->name)));
	p->direct = pf_git_pinned(&l->arena, from);
	if (!pf_lock_is_plain(from->rev) || pf_git_split(&checked, &l->arena, p->direct, err) < 0 ||
	    !pf_str_eq(checked.url, from->url) ||
	    !pf_str_eq(checked.subdirectory, from->subdirectory))
		return pf_fail(err, PF_EINTEGRITY, "line %u: the repository of " PF_FMT " is none",
			       line, PF_ARG(pf_shown(p->name)));
	p->direct = pf_git_pinned(&l->arena, &checked); /* the commit as git writes it */
	p->revision = from->rev;
	p->git = true;
	return 0;
}

/* "rev=v1&subdirectory=x" */
static void take_query(struct pf_git_source *from, struct pf_arena *a, struct pf_str query)
{
	static const char *const revisions[] = { "rev", "tag", "branch", NULL };
	struct pf_str one;

	while (pf_str_next(&query, '&', &one)) {
		size_t eq = pf_str_find(one, '=');
		struct pf_str value =
			eq == PF_NPOS ? PF_S("") : pf_url_decode(a, pf_str_skip(one, eq + 1));

		if (pf_str_in(pf_str_cut(one, 0, eq), revisions))
			from->rev = value;
		else if (pf_str_is(pf_str_cut(one, 0, eq), "subdirectory"))
			from->subdirectory = value;
	}
}

int pf_lock_take_git_url(struct pf_lock *l, struct pf_lock_package *p, struct pf_str text,
			 unsigned line, struct pf_err *err)
{
	size_t hash = pf_str_find(text, '#');
	struct pf_str front = pf_str_cut(text, 0, hash);
	size_t mark = pf_str_find(front, '?');
	struct pf_git_source from = { .url = pf_str_cut(front, 0, mark) };

	from.commit = hash == PF_NPOS ? PF_S("") : pf_str_skip(text, hash + 1);
	if (mark != PF_NPOS)
		take_query(&from, &l->arena, pf_str_skip(front, mark + 1));
	return pf_lock_take_git(l, p, &from, line, err);
}

/* A branch may have moved: what was asked for is what counts, where the lock tells it. One of our
 * own tells it of all its packages. */
bool pf_lock_is_commit_of(const struct pf_lock *l, const struct pf_lock_package *p,
			  struct pf_str link)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source asked = { 0 }, locked = { 0 };
	struct pf_err ignored;

	if (!p->git || pf_git_split(&asked, &a, link, &ignored) < 0 ||
	    pf_git_split(&locked, &a, p->direct, &ignored) < 0 ||
	    !pf_str_eq(pf_git_bare(&a, asked.url), pf_git_bare(&a, locked.url)) ||
	    !pf_str_eq(asked.subdirectory, locked.subdirectory))
		return false;
	if (asked.commit.n)
		return pf_str_eq(asked.commit, locked.commit);
	return pf_str_eq(asked.rev, p->revision) || pf_git_is_commit(p->revision) ||
	       (!p->revision.n && !l->needs.n);
}

bool pf_lock_has_git(const struct pf_plan *plan)
{
	for (size_t i = 0; i < plan->packages.n; i++)
		if (pf_planned_is_git(&plan->packages.v[i]))
			return true;
	return false;
}

/* Does the plan's place mean the same elsewhere, and what is it there? */
bool pf_lock_git_of(struct pf_git_source *out, struct pf_arena *a, const struct pf_planned *one)
{
	struct pf_err ignored;

	if (!pf_planned_is_git(one) || pf_git_split(out, a, one->url, &ignored) < 0 ||
	    !out->commit.n || !is_remote(out->url))
		return false;
	out->url = pf_git_bare(a, out->url);
	return true;
}
