/* presence.c - is a module's file there, below the package that is installed? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/presence.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

/* Packages whose modules come about when they are imported, not from files of their name. */
static const char *const DYNAMIC[] = { "tensorflow", "keras", "pkg_resources", "setuptools", "six",
				       "py", NULL };

static bool is_regular_package(int dir)
{
	return faccessat(dir, "__init__.py", F_OK, 0) == 0;
}

/* name.cpython-311-x86_64-linux-gnu.so, name.abi3.so, name.pyc: whatever follows the first dot. */
static bool has_file_of(int dir, struct pf_str name)
{
	PF_FD(own) = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = own < 0 ? NULL : fdopendir(own);
	struct dirent *e;
	bool found = !list; /* cannot be told: taken for there */

	if (!list)
		return true;
	own = -1;
	while (!found && (e = readdir(list)))
		found = pf_str_starts(pf_s(e->d_name), ".")
				? false
				: pf_str_eq(pf_str_cut(pf_s(e->d_name), 0,
						       pf_str_find(pf_s(e->d_name), '.')),
					    name);
	closedir(list);
	return found;
}

bool pf_module_is_absent(const char *site, struct pf_str module)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str part;
	PF_FD(dir) = open(site, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int next;

	if (dir < 0 || !pf_str_next(&module, '.', &part) || pf_str_in(part, DYNAMIC))
		return false;
	for (;;) {
		next = openat(dir, pf_dupz(&a, part), O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return false; /* a module in one file, or a package that lies elsewhere */
		close(dir);
		dir = next;
		if (!is_regular_package(dir) || !pf_str_next(&module, '.', &part))
			return false;
		if (!has_file_of(dir, part))
			return true;
	}
}
