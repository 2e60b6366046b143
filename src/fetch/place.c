/* place.c - a copy of a folder, whole or not there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/place.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/staged.h"

static int copy_file(int dir, const char *name, const FTSENT *e, struct pf_err *err)
{
	PF_FD(from) = pf_open_file(AT_FDCWD, e->fts_accpath, err);
	PF_FD(to) = -1;

	if (from < 0)
		return -1;
	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    e->fts_statp->st_mode & 0111 ? 0777 : 0666);
	if (to < 0)
		return pf_fail_errno(err, "cannot create %s", name);
	return pf_copy_fd(to, from, true, err) < 0 ? pf_wrap(err, "%s", name) : 0;
}

static int copy_link(int dir, const char *name, const FTSENT *e, struct pf_err *err)
{
	char target[PF_MAX_PATH];
	ssize_t n = readlink(e->fts_accpath, target, sizeof(target) - 1);

	if (n < 0)
		return pf_fail_errno(err, "cannot read %s", name);
	target[n] = '\0';
	return symlinkat(target, dir, name) < 0 ? pf_fail_errno(err, "cannot link %s", name) : 0;
}

static int copy_one(int dir, const char *name, const FTSENT *e, struct pf_err *err)
{
	switch (e->fts_info) {
	case FTS_D:
		return *name && mkdirat(dir, name, 0777) < 0 ?
			       pf_fail_errno(err, "cannot create %s", name) : 0;
	case FTS_DP:
		return 0;
	case FTS_F:
		return copy_file(dir, name, e, err);
	case FTS_SL:
	case FTS_SLNONE:
		return copy_link(dir, name, e, err);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = e->fts_errno;
		return pf_fail_errno(err, "cannot read %s", name);
	default:
		return pf_fail(err, PF_EMODEL, "%s is neither a file nor a folder", name);
	}
}

static int copy_all(int dir, const char *from, struct pf_err *err)
{
	char *const roots[] = { (char *)(uintptr_t)from, NULL };
	size_t above = strlen(from);
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int rc = 0;

	if (!tree)
		return pf_fail_errno(err, "cannot read %s", from);
	for (FTSENT *e; rc == 0 && (e = fts_read(tree));) {
		const char *name =
			e->fts_path + (strlen(e->fts_path) > above ? above : strlen(e->fts_path));

		while (*name == '/')
			name++;
		rc = copy_one(dir, name, e, err);
		if (rc == 0)
			rc = pf_signals_check(err);
	}
	fts_close(tree);
	return rc;
}

int pf_place_copy(const char *from, const char *to, struct pf_err *err)
{
	PF_AUTO(staged) place = { 0 };

	if (pf_staged_open(&place, to, err) < 0 || copy_all(place.dir, from, err) < 0)
		return -1;
	return pf_staged_commit(&place, err);
}
