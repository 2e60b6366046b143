/* archive.c - a source distribution brought here, and unpacked to be built */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "build/inside.h"
#include "build/source.h"
#include "formats/digest.h"

/* Kept beside the working folders, from which it is swept, until it is built: what tells a
 * version's dependencies is often what is built in the end. */
static char *archive_path(struct pf_building *b, struct pf_str sha256)
{
	return pf_formatz(&b->w.arena, "%s/tmp/source-" PF_FMT, b->w.store, PF_ARG(sha256));
}

int pf_building_fetch(struct pf_building *b, struct pf_str *sha256, struct pf_err *err)
{
	char *path = pf_join(&b->w.arena, b->w.path, PF_S("archive"));
	char hex[PF_DIGEST_HEX];

	b->archive = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (b->archive < 0)
		return b->archive = 0, pf_fail_errno(err, "cannot create %s", path);
	if (b->s->fetch(b->s->from, b->archive, err) < 0)
		return -1;
	if (!sha256->n) {
		if (pf_digest_fd(hex, PF_S("sha256"), b->archive, err) < 0)
			return -1;
		*sha256 = pf_dup(&b->w.arena, pf_s(hex));
	}
	if (rename(path, archive_path(b, *sha256)) < 0)
		return pf_fail_errno(err, "cannot move %s", path);
	return 0;
}

/* One that was cut off, by a machine that went down, is fetched again. */
static int get_archive(struct pf_building *b, struct pf_err *err)
{
	struct pf_str sha256 = pf_s(b->kept.sha256);
	char hex[PF_DIGEST_HEX];
	PF_FD(fd) = b->archive > 0 ? -1 : open(archive_path(b, sha256), O_RDONLY | O_CLOEXEC);

	if (b->archive > 0)
		return 0;
	if (fd < 0 || pf_digest_fd(hex, PF_S("sha256"), fd, err) < 0 ||
	    strcmp(hex, b->kept.sha256) != 0)
		return pf_building_fetch(b, &sha256, err);
	b->archive = pf_fd_take(&fd);
	return 0;
}

void pf_building_drop_archive(struct pf_building *b)
{
	if (!b->s->git)
		unlink(archive_path(b, pf_s(b->kept.sha256)));
}

/* ---- its folder ---- */

static int make_folders(struct pf_building *b, struct pf_err *err)
{
	static const char *const names[] = { "",     "/source", "/home",    "/tmp",
					     "/shm", "/wheel",	"/metadata" };
	struct pf_arena *a = &b->w.arena;

	b->work = pf_join(a, b->w.path, PF_S("work"));
	for (size_t i = 0; i < PF_COUNT(names); i++)
		if (mkdir(pf_formatz(a, "%s%s", b->work, names[i]), 0755) < 0)
			return pf_fail_errno(err, "cannot create %s%s", b->work, names[i]);
	return 0;
}

int pf_building_unpack(struct pf_building *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *parent, *root;
	PF_FD(dir) = -1;

	if (b->s->git)
		return make_folders(b, err) < 0 ? -1 : pf_building_checkout(b, err);
	if (get_archive(b, err) < 0 || make_folders(b, err) < 0)
		return -1;
	parent = pf_join(a, b->work, PF_S("source"));
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", parent);
	if (pf_source_unpack(&root, a, dir, b->archive, b->s->file, err) < 0)
		return -1;
	b->source = pf_join(a, parent, pf_s(root));
	return 0;
}
