/* open_dirs.c - folders held open along a path, for files that come in the order of their paths */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/open_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void leave(struct pf_dirs *d, size_t n)
{
	while (d->n > n)
		close(d->v[--d->n].fd);
}

void pf_dirs_close(struct pf_dirs *d)
{
	leave(d, 0);
}

static int fail(const char *what, const char *path, struct pf_err *err)
{
	if (errno == ENOTDIR || errno == ELOOP)
		return pf_fail(err, PF_EINTEGRITY, "%s lies below a file or a link", path);
	return pf_fail_errno(err, "cannot %s a folder of %s", what, path);
}

/* `path` up to `end` is one part longer than what is open. */
static int push(struct pf_dirs *d, const char *path, size_t end, struct pf_err *err)
{
	int above = d->n ? d->v[d->n - 1].fd : d->root;
	size_t start = d->n ? d->v[d->n - 1].end + 1 : 0;
	const char *name = d->path + start;

	if (d->n == PF_COUNT(d->v) || end >= sizeof(d->path))
		return pf_fail(err, PF_ELIMIT, "%s is too deep", path);
	memcpy(d->path + start, path + start, end - start);
	d->path[end] = '\0';
	if (d->make && mkdirat(above, name, 0755) < 0) {
		if (errno != EEXIST)
			return fail("create", path, err);
	} else if (d->make && d->strict && fchmodat(above, name, 0755, 0) < 0) {
		return fail("protect", path, err);
	}
	d->v[d->n].fd = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->v[d->n].fd < 0)
		return fail("open", path, err);
	d->v[d->n++].end = end;
	return 0;
}

/* How many of the open ones the path goes through. */
static size_t shared(const struct pf_dirs *d, const char *path)
{
	size_t n = 0, at = 0;

	for (; n < d->n; n++) {
		size_t end = d->v[n].end;

		if (strncmp(path + at, d->path + at, end - at) != 0 || path[end] != '/')
			break;
		at = end + 1;
	}
	return n;
}

int pf_dirs_enter(const char **name, struct pf_dirs *d, const char *path, struct pf_err *err)
{
	const char *slash;

	leave(d, shared(d, path));
	*name = path + (d->n ? d->v[d->n - 1].end + 1 : 0);
	while ((slash = strchr(*name, '/'))) {
		if (push(d, path, (size_t)(slash - path), err) < 0)
			return -1;
		*name = slash + 1;
	}
	return d->n ? d->v[d->n - 1].fd : d->root;
}
