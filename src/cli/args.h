/* args.h - a parsed command line: options by number, the rest in order */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

enum pf_opt_id {
#define OPT(commands, id, short_, long_, metavar, help) PF_OPT_##id,
#define SETTING OPT
#define ALIAS(commands, id, short_, long_, value)
#include "cli/options.def"
#undef OPT
#undef SETTING
#undef ALIAS
	PF_OPT_COUNT
};

struct pf_given {
	enum pf_opt_id id;
	const char *value;
};

struct pf_args {
	struct pf_arena arena;
	const char *command;
	const char *value[PF_OPT_COUNT]; /* the last one given, "" for a switch; NULL: not given */
	PF_VEC(struct pf_given) given;		/* all, in order */
	const char **rest;
	size_t rest_count;
};

void pf_args_free(struct pf_args *args);

/* Parses what follows the command's name. Options may stand anywhere before "--". Settings that
 * were not given are then looked up in $PYFUNC_ENV_<LONG>, then in the configuration file. */
int pf_args_parse(struct pf_args *out, const char *command, int argc, char **argv,
		  struct pf_err *err) PF_MUST_USE;

/* How many words of a command line are options of every command, before the command itself. */
int pf_args_leading(int argc, char **argv);

/* Hints at the option of the command (NULL: of every command) that was meant by "--typed[=...]", else
 * at where they are listed. */
int pf_args_hint_near(struct pf_err *err, const char *command, const char *typed);

bool pf_args_has(const struct pf_args *args, enum pf_opt_id id);
/* All values of a repeatable option, in order. */
void pf_args_list(struct pf_strs *out, const struct pf_args *args, struct pf_arena *a,
		  enum pf_opt_id id);

/* Prints the options of a command (NULL: those of every command) for --help. */
void pf_args_help(struct pf_buf *out, const char *command);
