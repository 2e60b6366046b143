/* to_path.c - files copied to a folder that a tracking server keeps on this machine */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "publish/upload.h"

static int copy_file(int to, int root, const struct pf_upload_file *f, struct pf_err *err)
{
	PF_FD(from) = -1;
	PF_FD(fd) = -1;

	if (pf_make_parents(to, f->path.p, err) < 0)
		return -1;
	fd = pf_create_beneath(to, f->path.p, 0666, err);
	if (fd < 0 || f->bytes.p)
		return fd < 0 ? -1 : pf_write_fd(fd, f->bytes.p, f->bytes.n, err);
	from = pf_open_beneath(root, f->path.p, err);
	return from < 0 ? -1 : pf_copy_fd(fd, from, true, err);
}

static int copy_all(int to, int root, const struct pf_upload_files *files, struct pf_err *err)
{
	for (size_t i = 0; i < files->n; i++)
		if (copy_file(to, root, &files->v[i], err) < 0)
			return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(files->v[i].path)));
	return 0;
}

/* Over nothing, or over an empty folder. */
static int copy_beside(int parent, const char *last, int root, const struct pf_upload_files *files,
		       struct pf_err *err)
{
	struct pf_err ignored;
	char name[128];
	PF_FD(dir) = -1;
	int rc;

	if (pf_mkdtemp_at(parent, ".pyfunc-env.", name, sizeof(name), err) < 0)
		return -1;
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = dir < 0 ? pf_fail_errno(err, "cannot open %s", name) : copy_all(dir, root, files, err);
	if (rc == 0 && fchmod(dir, 0755) < 0)
		rc = pf_fail_errno(err, "cannot open %s to others", name);
	if (rc == 0 && renameat(parent, name, parent, last) < 0)
		rc = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
			     ? pf_fail(err, PF_EUSAGE, "%s is there already", last)
			     : pf_fail_errno(err, "cannot put the copy at %s", last);
	if (rc < 0)
		(void)!pf_remove_tree(parent, name, &ignored);
	return rc;
}

int pf_upload_copy(const char *place, int root, const struct pf_upload_files *files,
		   struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str whole = pf_s(place);
	size_t slash = pf_str_rfind(whole, '/');
	char *above = pf_dupz(&a, pf_str_cut(whole, 0, slash));
	PF_FD(parent) = -1;

	if (slash == PF_NPOS || !slash || pf_mkdir_p(above, 0777, err) < 0)
		return slash == PF_NPOS || !slash
			       ? pf_fail(err, PF_EUSAGE, "%s is no folder", place)
			       : -1;
	parent = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return pf_fail_errno(err, "cannot open %s", above);
	return copy_beside(parent, place + slash + 1, root, files, err);
}
