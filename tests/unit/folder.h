/* folder.h - folders that unit tests make, fill and remove */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define FOLDER_SIZE 4096

static inline void folder_new(char dir[FOLDER_SIZE])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, FOLDER_SIZE, "%s/pf-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
}

/* Puts a file below the folder; a path that ends in "/" is a folder. */
static inline void folder_put(const char *dir, const char *path, struct pf_str text)
{
	struct pf_arena a = { 0 };
	struct pf_err err;
	char *whole = pf_join(&a, dir, pf_s(path)), *slash = strrchr(whole, '/');

	*slash = '\0';
	assert_int_equal(pf_mkdir_p(whole, 0755, &err), 0);
	*slash = '/';
	if (slash[1])
		assert_int_equal(pf_write_atomic(AT_FDCWD, whole, text, 0644, &err), 0);
	pf_arena_free(&a);
}

static inline void folder_remove(const char *dir)
{
	struct pf_err err;

	assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
}

/* One for all tests: cmocka_run_group_tests(tests, folder_set_up, folder_tear_down). */
static char folder_path[FOLDER_SIZE];
static int folder_fd = -1;

static inline int folder_set_up(void **state)
{
	(void)state;
	folder_new(folder_path);
	folder_fd = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd < 0 ? -1 : 0;
}

static inline int folder_tear_down(void **state)
{
	(void)state;
	close(folder_fd);
	folder_remove(folder_path);
	return 0;
}
