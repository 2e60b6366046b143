/* output.c - where a result goes: standard output, a device, or a file, whole or not at all */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"

/* A reader that left early (a pager, head) is no error of ours: it ends quietly. */
static int write_stream(int fd, const char *name, struct pf_str text, struct pf_err *err)
{
	if (pf_write_fd(fd, text.p, text.n, err) == 0)
		return 0;
	if (errno == EPIPE)
		return pf_fail(err, PF_ESIGNAL + SIGPIPE, "%s was closed", name);
	return err->code < PF_ESIGNAL ? pf_wrap(err, "%s", name) : -1;
}

int pf_cli_print_stdout(struct pf_str text, struct pf_err *err)
{
	return write_stream(STDOUT_FILENO, "standard output", text, err);
}

static const char *output_of(const struct pf_args *args)
{
	const char *path = args->value[PF_OPT_output];

	return path && strcmp(path, "-") != 0 ? path : NULL;
}

void pf_cli_out_free(struct pf_cli_out *out)
{
	pf_atomic_free(&out->file);
	if (out->owned)
		close(out->fd);
	out->owned = false;
}

/* A device, a pipe: written to as it is; a new file in its place would take it away. Waits for the
 * reader of a FIFO. */
static int open_device(struct pf_cli_out *out, const char *path, struct pf_err *err)
{
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (out->fd < 0 && errno == EINTR && pf_signals_check(err) < 0)
		return -1;
	if (out->fd < 0)
		return pf_fail_errno(err, "cannot write %s", path);
	out->name = path;
	out->owned = true;
	return 0;
}

int pf_cli_out_open(struct pf_cli_out *out, const struct pf_args *args, struct pf_err *err)
{
	const char *path = output_of(args);
	PF_AUTO(arena) a = { 0 };
	struct stat st;
	char *real;

	*out = (struct pf_cli_out){ .fd = STDOUT_FILENO, .name = "standard output" };
	if (!path)
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return pf_fail(err, PF_EIO, "cannot write %s: it is a directory", path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return open_device(out, path, err);
	real = pf_realpath(&a, path); /* through links: they stay */
	out->name = path;
	return pf_atomic_open(&out->file, AT_FDCWD, real ? real : path, 0644, err);
}

int pf_cli_out_write(struct pf_cli_out *out, struct pf_str piece, struct pf_err *err)
{
	return write_stream(out->file.fd ? out->file.fd : out->fd, out->name, piece, err);
}

int pf_cli_out_commit(struct pf_cli_out *out, struct pf_err *err)
{
	return out->file.fd ? pf_atomic_commit(&out->file, err) : 0;
}

int pf_cli_print(const struct pf_args *args, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(cli_out) out = { 0 };

	if (pf_cli_out_open(&out, args, err) < 0 || pf_cli_out_write(&out, text, err) < 0)
		return -1;
	return pf_cli_out_commit(&out, err);
}

int pf_cli_check_output(const struct pf_args *args, struct pf_err *err)
{
	return pf_cli_check_path(output_of(args), err);
}

int pf_cli_check_path(const char *path, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct stat st;
	size_t slash;

	if (!path)
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return pf_fail(err, PF_EIO, "cannot write %s: it is a directory", path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	slash = pf_str_rfind(pf_s(path), '/');
	if (access(slash == PF_NPOS ? "."
		   : slash == 0	    ? "/"
				    : pf_dupz(&a, pf_str_cut(pf_s(path), 0, slash)),
		   W_OK | X_OK) < 0)
		return pf_fail_errno(err, "cannot write %s", path);
	return 0;
}
