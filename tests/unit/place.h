/* place.h - a folder of files that requirements files of tests refer to */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

struct place {
	char dir[64];
	int root;
};

static inline void put_file(const struct place *p, const char *name, struct pf_str text)
{
	struct pf_arena a = { 0 };
	struct pf_err err;
	struct pf_str path = pf_s(name);
	size_t slash = pf_str_rfind(path, '/');

	if (slash != PF_NPOS)
		assert_int_equal(pf_mkdir_p(pf_formatz(&a, "%s/" PF_FMT, p->dir,
						       PF_ARG(pf_str_cut(path, 0, slash))),
					    0755, &err), 0);
	assert_int_equal(pf_write_atomic(p->root, name, text, 0644, &err), 0);
	pf_arena_free(&a);
}

static inline void open_place(struct place *p)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "sub.txt", "flask>=2\n-c deepcons.txt\n" },
		{ "deepcons.txt", "werkzeug<3\n" },
		{ "sub/deep.txt", "-r deeper.txt\nclick\n" },
		{ "sub/deeper.txt", "jinja2\n-f ./rel\n" },
		{ "cons.txt", "numpy<2\nscipy==1.11.4 ; python_version>=\"3.9\"\n" },
		{ "cyc.txt", "itsdangerous\n-r cyc2.txt\n" },
		{ "cyc2.txt", "-r cyc.txt\n" },
		{ "pkg/setup.py", "" },
		{ "links/x", "" },
		{ "links2/x", "" },
		{ "dir with space/x", "" },
		{ "sub/rel/x", "" },
		{ "wheels/name-1.0-py3-none-any.whl", "" },
	};

	snprintf(p->dir, sizeof(p->dir), "/tmp/pf-reqfile-%d", (int)getpid());
	assert_int_equal(mkdir(p->dir, 0755), 0);
	p->root = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->root >= 0);
	for (size_t i = 0; i < PF_COUNT(files); i++)
		put_file(p, files[i].name, pf_s(files[i].text));
}

static inline void close_place(struct place *p)
{
	struct pf_err err;

	close(p->root);
	assert_int_equal(pf_remove_tree(AT_FDCWD, p->dir, &err), 0);
}
