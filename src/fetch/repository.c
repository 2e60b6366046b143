/* repository.c - git+https:, git+ssh: and git+file: URIs: a model in a commit of a repository */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "base/workdir.h"
#include "fetch/git.h"
#include "fetch/remote.h"

/* "...#sub/dir" as well as pip's "...#subdirectory=sub/dir". */
static struct pf_str with_folder(struct pf_arena *a, const struct pf_where *w)
{
	struct pf_str uri = w->uri, fragment = w->url.fragment;

	if (!fragment.n || pf_str_find(fragment, '=') != PF_NPOS)
		return uri;
	return pf_format(a, PF_FMT "subdirectory=" PF_FMT,
			 PF_ARG(pf_str_cut(uri, 0, uri.n - fragment.n)), PF_ARG(fragment));
}

static bool is_odd_reference(struct pf_str rev)
{
	return pf_str_find_str(rev, "..") != PF_NPOS || pf_str_ends(rev, ".lock");
}

/* A folder that is none is told before anything is made of it. */
static bool is_repository(struct pf_arena *a, struct pf_str url)
{
	struct pf_str path = pf_url_decode(a, pf_str_skip(url, strlen("file://")));

	return access(pf_formatz(a, PF_FMT "/HEAD", PF_ARG(path)), F_OK) == 0 ||
	       access(pf_formatz(a, PF_FMT "/.git", PF_ARG(path)), F_OK) == 0;
}

static int check_repository(const struct pf_where *w, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source git;

	if (pf_git_split(&git, &a, with_folder(&a, w), err) < 0)
		return -1;
	if (is_odd_reference(git.rev))
		return pf_fail(err, PF_EUSAGE, "no branch, tag or commit is called " PF_FMT,
			       PF_ARG(pf_shown(git.rev)));
	if (pf_str_starts(git.url, "file:") && !is_repository(&a, git.url))
		return pf_fail(err, PF_EUSAGE, PF_FMT " is no repository",
			       PF_ARG(pf_shown(git.url)));
	return 0;
}

static int open_repository(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct pf_git_source *git = pf_alloc(&r->arena, sizeof(*git));

	if (pf_git_split(git, &r->arena, pf_dup(&r->arena, with_folder(&r->arena, w)), err) < 0)
		return -1;
	r->own = git;
	r->fixed = git->commit.n > 0;
	r->source = git->commit.n ? pf_git_place(&r->arena, git) : w->shown;
	return 0;
}

/* The one thing to know is which commit it is now. */
static int find_commit(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	PF_AUTO(workdir) scratch = { 0 };
	struct pf_git_source *git = r->own;
	char commit[PF_GIT_COMMIT];

	if (!git->commit.n) {
		pf_step("asking " PF_FMT " for " PF_FMT, PF_ARG(pf_git_bare(&r->arena, git->url)),
			PF_ARG(git->rev.n ? git->rev : PF_S("HEAD")));
		if (pf_workdir_open(&scratch, "git.", r->o->store, err) < 0 ||
		    pf_git_find(commit, pf_join(&scratch.arena, scratch.path, PF_S("scratch")), git,
				err) < 0)
			return -1;
		git->commit = pf_dup(&r->arena, pf_s(commit));
	}
	r->source = pf_git_place(&r->arena, git);
	*PF_PUSH(&r->arena, out) =
		(struct pf_remote_file){ .path = PF_S("commit"), .mark = git->commit };
	return 0;
}

/* Links within the repository may lead to the folder, none out of it. */
static int move_folder(int part, const char *folder, struct pf_err *err)
{
	PF_FD(clone) = openat(part, "clone", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	PF_FD(inside) = -1;
	struct stat st;

	if (clone < 0)
		return pf_fail_errno(err, "cannot open the clone");
	if (!*folder)
		return renameat(part, "clone", part, "tree") < 0 ?
			       pf_fail_errno(err, "cannot move the clone") : 0;
	inside = pf_open_dir_beneath(clone, folder, err);
	if (inside < 0 || fstatat(clone, folder, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode))
		return pf_fail(err, PF_EMODEL, "the repository has no folder %s", folder);
	return renameat(clone, folder, part, "tree") < 0
		       ? pf_fail_errno(err, "cannot move the folder")
		       : 0;
}

static int bring(int part, const char *path, struct pf_remote *r, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source *git = r->own;
	struct pf_git_found found = { 0 };

	if (pf_remove_tree(part, "clone", err) < 0 || pf_remove_tree(part, "tree", err) < 0)
		return -1;
	pf_step("fetching " PF_FMT, PF_ARG(pf_git_place(&a, git)));
	if (pf_git_clone(&found, pf_join(&a, path, PF_S("clone")), git, err) < 0)
		return -1;
	if (found.submodules)
		pf_note("the repository's submodules are not fetched");
	if (pf_remove_tree(part, "clone/.git", err) < 0 ||
	    move_folder(part, pf_dupz(&a, git->subdirectory), err) < 0)
		return -1;
	return pf_remove_tree(part, "clone", err);
}

const struct pf_remote_kind pf_remote_git = {
	.schemes = { "git+https", "git+ssh", "git+file", "git+http" },
	.rules = PF_WHERE_FRAGMENT | PF_WHERE_USER,
	.check = check_repository,
	.open = open_repository,
	.list = find_commit,
	.bring = bring,
};
