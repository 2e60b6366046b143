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

static bool is_new(struct pf_seen *seen, dev_t device, uint64_t inode)
{
	uint64_t key[2] = { device, inode };
	void **place;

	if (!inode)
		return true;
	if (!seen)
		return false;
	place = pf_map_put(&seen->arena, &seen->files, (struct pf_str){ (char *)key, sizeof(key) });
	if (*place)
		return false;
	*place = seen;
	return true;
}

static void add_one(struct pf_usage *u, struct pf_seen *seen, dev_t device, uint64_t inode,
		    uint64_t size)
{
	if (!is_new(seen, device, inode))
		return;
	u->files++;
	u->bytes += size;
}

int pf_usage_add(struct pf_usage *u, struct pf_seen *seen, int at, const char *path,
		 struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };
	PF_FD(dir) = -1;
	struct stat st;

	if (fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode)) {
		add_one(u, seen, st.st_dev, st.st_nlink > 1 ? st.st_ino : 0, (uint64_t)st.st_size);
		return 0;
	}
	dir = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", path);
	if (pf_walk(&list, dir, err) < 0)
		return errno == ENOENT ? 0 : -1; /* somebody is just removing it */
	for (size_t i = 0; i < list.files.n; i++)
		add_one(u, seen, st.st_dev, list.files.v[i].inode, list.files.v[i].size);
	return 0;
}
