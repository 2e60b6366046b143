/* usage.c - how much room files take, each counted once whatever its names */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/walk.h"

void pf_seen_free(struct pf_seen *s)
{
	pf_arena_free(&s->arena);
	memset(s, 0, sizeof(*s));
}

/* The place of a file in `seen`: NULL as long as it is not there. */
static void **place_of(struct pf_seen *seen, dev_t device, const struct pf_found *f)
{
	uint64_t key[2] = { device, f->inode };

	return pf_map_put(&seen->arena, &seen->files, (struct pf_str){ (char *)key, sizeof(key) });
}

typedef bool counts_fn(struct pf_seen *seen, dev_t device, const struct pf_found *f);

static bool is_first(struct pf_seen *seen, dev_t device, const struct pf_found *f)
{
	void **place = f->inode ? place_of(seen, device, f) : NULL;

	if (!place)
		return true;
	if (*place)
		return false;
	*place = seen;
	return true;
}

static bool is_last(struct pf_seen *seen, dev_t device, const struct pf_found *f)
{
	void **place = f->inode ? place_of(seen, device, f) : NULL;
	uint64_t *names;

	if (!place)
		return true;
	if (!*place)
		*place = pf_alloc(&seen->arena, sizeof(*names));
	names = *place;
	return ++*names == f->names;
}

static void add_one(struct pf_usage *u, struct pf_seen *seen, counts_fn *counts, dev_t device,
		    const struct pf_found *f)
{
	if (!counts(seen, device, f))
		return;
	u->files++;
	u->bytes += f->size;
}

static int add(struct pf_usage *u, struct pf_seen *seen, counts_fn *counts, int at,
	       const char *path, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };
	PF_FD(dir) = -1;
	struct stat st;

	if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode)) {
		struct pf_found f = { .size = (uint64_t)st.st_size, .names = st.st_nlink,
				      .inode = st.st_nlink > 1 ? st.st_ino : 0 };

		add_one(u, seen, counts, st.st_dev, &f);
		return 0;
	}
	dir = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", path);
	if (pf_walk(&list, dir, err) < 0)
		return errno == ENOENT ? 0 : -1; /* somebody is just removing it */
	for (size_t i = 0; i < list.files.n; i++)
		add_one(u, seen, counts, st.st_dev, &list.files.v[i]);
	return 0;
}

int pf_usage_add(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		 struct pf_err *err)
{
	return add(u, seen, is_first, at, path, err);
}

int pf_usage_add_last(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		      struct pf_err *err)
{
	return add(u, seen, is_last, at, path, err);
}
