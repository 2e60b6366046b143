/* wheel_tool.c - environments made of wheel files alone, for the scenarios of the installer */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/bytecode.h"
#include "env/link.h"
#include "env/venv.h"

static int get(struct pf_wheel *out, const char *path, bool lenient, const struct pf_opts *o,
	       struct pf_err *err)
{
	const char *slash = strrchr(path, '/');
	PF_FD(fd) = pf_open_file(AT_FDCWD, path, err);
	struct pf_wheel_source s = { .fd = fd, .file = pf_s(slash ? slash + 1 : path),
				     .lenient = lenient };

	return fd < 0 ? -1 : pf_wheel_get(out, &s, o, err);
}

/* get FILE...: prints where each lies. */
static int get_all(char **paths, bool lenient, const struct pf_opts *o, struct pf_err *err)
{
	for (; *paths; paths++) {
		PF_AUTO(wheel) w = { 0 };

		if (get(&w, *paths, lenient, o, err) < 0)
			return -1;
		printf("%s\n", w.files.dir);
	}
	return 0;
}

struct making {
	struct pf_arena arena;
	struct pf_wheel *wheels;
	struct pf_link *links;
	size_t n;
	struct pf_link_opts link;
	bool byte_code, lenient;
	const char *url;	/* that the first one came from */
};

static int fill(struct making *m, const char *dir, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(placed_list) placed = { 0 };
	PF_FD(fd) = -1;

	if (m->byte_code && pf_wheels_compile(m->wheels, m->n, m->link.python, o, err) < 0)
		return -1;
	if (pf_venv_make(dir, m->link.python, err) < 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", dir);
	m->link.dir = fd;
	m->link.exe = pf_formatz(&m->arena, "%s/bin/python", dir);
	if (pf_wheels_link(&placed, m->links, m->n, &m->link, err) < 0)
		return -1;
	printf("%zu files\n", placed.files.n);
	return 0;
}

/* env DIR FILE...: an environment of them, in this order. */
static int make(struct making *m, const char *dir, char **paths, const struct pf_opts *o,
		struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	int rc = pf_python_current(&python, o, err);

	while (paths[m->n])
		m->n++;
	m->wheels = pf_alloc_array(&m->arena, m->n, sizeof(*m->wheels));
	m->links = pf_alloc_array(&m->arena, m->n, sizeof(*m->links));
	m->link.python = &python;
	for (size_t i = 0; rc == 0 && i < m->n; i++) {
		m->links[i] = (struct pf_link){ .wheel = &m->wheels[i], .requested = true,
						.url = pf_s(i ? NULL : m->url) };
		rc = get(&m->wheels[i], paths[i], m->lenient, o, err);
	}
	if (rc == 0)
		rc = fill(m, dir, o, err);
	for (size_t i = 0; i < m->n; i++)
		pf_wheel_free(&m->wheels[i]);
	pf_arena_free(&m->arena);
	return rc;
}

int main(int argc, char **argv)
{
	struct pf_opts o = { 0 };
	struct pf_log_opts log = { .level = PF_LOG_NOTE };
	struct pf_err err = { 0 };
	struct making m = { 0 };
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	for (int c; (c = getopt(argc, argv, "s:p:u:lcb1")) != -1;) {
		switch (c) {
		case 's': o.store = optarg; break;
		case 'p': o.python = optarg; break;
		case 'u': m.url = optarg; break;
		case 'l': m.lenient = true; break;
		case 'c': m.link.mode = PF_LINK_COPY; break;
		case 'b': m.byte_code = true; break;
		case '1': m.link.first_wins = true; break;
		default: return 2;
		}
	}
	pf_log_setup(&log);
	if (argc - optind < 2)
		return 2;
	if (strcmp(argv[optind], "get") == 0)
		rc = get_all(argv + optind + 1, m.lenient, &o, &err);
	else if (strcmp(argv[optind], "env") == 0)
		rc = make(&m, argv[optind + 1], argv + optind + 2, &o, &err);
	else
		return 2;
	if (rc == 0)
		return 0;
	pf_log_error(&err);
	return err.code;
}
