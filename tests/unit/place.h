/* place.h - a folder of files that requirements files of tests refer to */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "folder.h"

struct place {
	char dir[FOLDER_SIZE];
	int root;
};

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

	folder_new(p->dir);
	p->root = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->root >= 0);
	for (size_t i = 0; i < PF_COUNT(files); i++)
		folder_put(p->dir, files[i].name, pf_s(files[i].text));
}

static inline void close_place(struct place *p)
{
	close(p->root);
	folder_remove(p->dir);
}
