/* changes.h - the system calls that change the disk, for those that count them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "base/common.h"

/* Those that need room there, and those that do not. Of `openat` those that may create, of `write`
 * those that go to no standard stream. */
static const long GROWS[] = {
	SYS_openat, SYS_openat2, SYS_write, SYS_pwrite64, SYS_mkdirat, SYS_linkat, SYS_symlinkat,
	SYS_ftruncate, SYS_copy_file_range,
#ifdef SYS_mkdir
	SYS_mkdir, SYS_link, SYS_symlink,
#endif
};
static const long MOVES[] = {
	SYS_renameat2, SYS_renameat, SYS_unlinkat, SYS_fchmod, SYS_fchmodat, SYS_utimensat,
#ifdef SYS_rename
	SYS_rename, SYS_unlink, SYS_rmdir, SYS_chmod,
#endif
};

static inline bool is_any_of(const long *list, size_t n, long number)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == number)
			return true;
	return false;
}

static inline bool is_growth(long number, const uint64_t *args)
{
	if (number == SYS_openat)
		return args[2] & O_CREAT;
	if (number == SYS_write || number == SYS_pwrite64)
		return args[0] > 2;
	return is_any_of(GROWS, PF_COUNT(GROWS), number);
}

static inline bool is_change(long number, const uint64_t *args)
{
	return is_growth(number, args) || is_any_of(MOVES, PF_COUNT(MOVES), number);
}
