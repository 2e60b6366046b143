/* cli.h - the command line: finds the command, prints its result or its error */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/fs.h"
#include "cli/args.h"
#include "opts.h"

/* Runs the program; returns its exit status. */
int pf_cli_main(int argc, char **argv);

/* One command, in cmd_NAME.c. Returns an exit status (0 or PF_EDIFF), or -1 with err. */
#define CMD(id, args, summary) int pf_cmd_##id(const struct pf_args *args_, struct pf_err *err);
#define CMD_ALIAS(id, name)
#define ACTION(command, name, args, summary)
#include "cli/commands.def"
#undef CMD
#undef CMD_ALIAS
#undef ACTION

/* The stages' options out of the parsed ones; lists live in `a`. */
int pf_cli_opts(struct pf_opts *out, const struct pf_args *args, struct pf_arena *a,
		struct pf_err *err) PF_MUST_USE;
/* The model named on the command line, as an argument or by -m. */
int pf_cli_model(const char **out, const struct pf_args *args, struct pf_err *err) PF_MUST_USE;
/* Prints what a reader of the model should know, as notes on stderr. */
struct pf_model;
void pf_cli_notes(const struct pf_model *model);
/* The days of --older-than, -1 where it is not given. */
int pf_cli_days(int *out, const struct pf_args *args, struct pf_err *err) PF_MUST_USE;
/* 1000, 64K, 512M, 2G: powers of 1024; 0 for a word of NULL. */
int pf_cli_size(uint64_t *out, const char *what, const char *word, struct pf_err *err) PF_MUST_USE;
/* Seconds of --timeout, more than 0. */
int pf_cli_seconds(double *out, const char *text, struct pf_err *err) PF_MUST_USE;
/* Writes a result to the file of --output, whole or not at all, or to standard output. */
int pf_cli_print(const struct pf_args *args, struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* The same for a result that comes in pieces. */
struct pf_cli_out {
	struct pf_atomic file;
	int fd;			/* a device, a pipe or standard output, when there is no file */
	const char *name;
	bool owned;		/* fd is to be closed */
};
void pf_cli_out_free(struct pf_cli_out *out);
int pf_cli_out_open(struct pf_cli_out *out, const struct pf_args *args,
		    struct pf_err *err) PF_MUST_USE;
int pf_cli_out_write(struct pf_cli_out *out, struct pf_str piece, struct pf_err *err) PF_MUST_USE;
int pf_cli_out_commit(struct pf_cli_out *out, struct pf_err *err) PF_MUST_USE;
int pf_cli_print_stdout(struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* What was written: its path and a newline, or with --json an object of the command's kind. */
int pf_cli_print_path(const struct pf_args *args, const char *path,
		      struct pf_err *err) PF_MUST_USE;
/* Can it be written there? For commands whose result takes long. */
int pf_cli_check_output(const struct pf_args *args, struct pf_err *err) PF_MUST_USE;
int pf_cli_check_path(const char *path, struct pf_err *err) PF_MUST_USE; /* NULL: none is given */
