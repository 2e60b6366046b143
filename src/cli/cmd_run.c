/* cmd_run.c - run: predict with a model in its own environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/cli.h"
#include "pipeline.h"

/* The request's format: as told, else by the suffix of its file, else json. */
static int choose_format(const char **out, const struct pf_args *args, struct pf_err *err)
{
	static const char *const formats[] = { "json", "csv", NULL };
	const char *told = args->value[PF_OPT_content_type], *input = args->value[PF_OPT_input];
	int choice;

	if (!told)
		told = input && pf_str_ends(pf_s(input), ".csv") ? "csv" : "json";
	choice = pf_opts_choice("--content-type", told, formats, err);
	if (choice < 0)
		return -1;
	*out = formats[choice];
	return 0;
}

/* A misspelled input is told before an environment is made for it. */
static int check_input(const struct pf_args *args, struct pf_err *err)
{
	const char *path = args->value[PF_OPT_input];

	if (path && strcmp(path, "-") != 0 && access(path, R_OK) < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	return 0;
}

static int open_input(const char *path, struct pf_err *err)
{
	struct stat st;
	int fd;

	if (!path || strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			pf_note("reading the request from the terminal; "
				"Ctrl-D ends it (or give --input)");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? pf_fail_errno(err, "cannot read standard input") : fd;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC); /* waits for the writer of a FIFO */
	if (fd < 0 && errno == EINTR && pf_signals_check(err) < 0)
		return -1;
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return pf_fail(err, PF_EIO, "%s is a directory", path);
	}
	return fd;
}

/* Reads the whole request. A first block with a NUL is no text: an endless device is not read to
 * the ceiling. */
static int read_input(struct pf_buf *out, const char *path, struct pf_err *err)
{
	const char *name = path && strcmp(path, "-") != 0 ? path : "standard input";
	PF_FD(fd) = open_input(path, err);
	char *room;
	ssize_t n;

	if (fd < 0)
		return -1;
	room = pf_buf_room(out, PF_KIB(64));
	do
		n = read(fd, room, PF_KIB(64));
	while (n < 0 && errno == EINTR && !pf_signals_pending());
	if (pf_signals_check(err) < 0)
		return -1;
	if (n < 0)
		return pf_fail_errno(err, "cannot read %s", name);
	if (memchr(room, 0, (size_t)n))
		return pf_fail(err, PF_EMODEL, "%s is no text: it holds a NUL byte", name);
	out->n += (size_t)n;
	return n ? pf_read_fd(out, fd, name, err) : 0;
}

int pf_cmd_run(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	PF_AUTO(runner) runner = { 0 };
	PF_AUTO(buf) body = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(buf) answer = PF_BUF(PF_MAX_ANSWER);
	struct pf_input input = { .params = pf_s(args->value[PF_OPT_params]) };
	struct pf_opts o;
	const char *uri;

	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    choose_format(&input.format, args, err) < 0 ||
	    pf_cli_seconds(&input.seconds, args->value[PF_OPT_timeout], err) < 0 || check_input(args, err) < 0 ||
	    pf_cli_check_output(args, err) < 0 ||
	    pf_prepare(&job, uri, &o, err) < 0 ||
	    pf_job_start(&runner, &job, &o, err) < 0 ||
	    read_input(&body, args->value[PF_OPT_input], err) < 0)
		return -1;
	input.text = pf_buf_view(&body);
	if (pf_job_predict(&answer, &runner, &job, &o, &input, err) < 0 ||
	    pf_signals_check(err) < 0) /* asked to stop while the answer came */
		return -1;
	pf_buf_char(&answer, '\n');
	if (pf_cli_print(args, pf_buf_view(&answer), err) < 0)
		return -1;
	if (!o.keep_warm || !pf_runner_stay(&runner, job.hold))
		pf_runner_leave(&runner);
	return 0;
}
