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
#include "env/wheel.h"

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

int main(int argc, char **argv)
{
	struct pf_opts o = { 0 };
	struct pf_log_opts log = { .level = PF_LOG_NOTE };
	struct pf_err err = { 0 };
	bool lenient = false;
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	for (int c; (c = getopt(argc, argv, "s:l")) != -1;) {
		switch (c) {
		case 's': o.store = optarg; break;
		case 'l': lenient = true; break;
		default: return 2;
		}
	}
	pf_log_setup(&log);
	if (argc - optind < 2)
		return 2;
	if (strcmp(argv[optind], "get") == 0)
		rc = get_all(argv + optind + 1, lenient, &o, &err);
	else
		return 2;
	if (rc == 0)
		return 0;
	pf_log_error(&err);
	return err.code;
}
