/* checkout.c - a commit of a repository brought here, to be built in place of an archive */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "build/inside.h"
#include "fetch/fetch.h"
#include "formats/digest.h"

/* Where it comes from is part of it: the tags that versions are made of are each repository's
 * own. */
struct pf_str pf_checkout_digest(struct pf_arena *a, const struct pf_git_source *git)
{
	struct pf_str place = pf_git_place(a, git);
	char hex[PF_SHA256_HEX];

	pf_sha256_hex(hex, place.p, place.n);
	return pf_s(pf_dupz(a, pf_s(hex)));
}

/* Links within the repository may lead there, none out of it. */
static int enter(struct pf_building *b, const char *root, struct pf_err *err)
{
	char *folder = pf_dupz(&b->w.arena, b->s->git->subdirectory);
	PF_FD(dir) = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(inside) = -1;

	b->source = pf_dupz(&b->w.arena, pf_s(root));
	if (!*folder)
		return 0;
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", root);
	inside = pf_open_dir_beneath(dir, folder, err);
	if (inside < 0)
		return pf_fail(err, PF_EINTEGRITY, "its repository has no folder %s", folder);
	b->source = pf_join(&b->w.arena, root, pf_s(folder));
	return 0;
}

int pf_building_checkout(struct pf_building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	const struct pf_git_source *git = b->s->git;
	char *root = pf_formatz(a, "%s/source/" PF_FMT, b->work, PF_ARG(b->s->name));
	struct pf_git_found found = { 0 };

	if (b->whom->o->offline && !pf_str_starts(git->url, "file:"))
		return pf_fail(err, PF_ETRANSFER, "offline, and " PF_FMT " was not built before",
			       PF_ARG(pf_git_place(a, git)));
	pf_step("fetching " PF_FMT, PF_ARG(b->s->file));
	if (pf_git_clone(&found, root, git, err) < 0)
		return -1;
	if (found.submodules)
		pf_note("%s of " PF_FMT " not fetched: what it builds is without",
			found.submodules == 1 ? "the submodule" : "the submodules",
			PF_ARG(b->s->file));
	return enter(b, root, err);
}
