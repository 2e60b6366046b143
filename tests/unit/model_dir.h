/* model_dir.h - model directories that unit tests make and remove */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define MODEL_DIR_SIZE 4096

static inline void model_dir_make(char dir[MODEL_DIR_SIZE])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, MODEL_DIR_SIZE, "%s/pf-model-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
}

/* Puts a file below the directory; a path that ends in "/" is a folder. */
static inline void model_dir_put(const char *dir, const char *path, struct pf_str text)
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

static inline void model_dir_remove(const char *dir)
{
	struct pf_err err;

	assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
}
