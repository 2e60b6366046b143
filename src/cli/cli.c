/* cli.c - the command line: finds the command, prints its result or its error */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "cli/near.h"
#include "config.h"
#include "model/model.h"
#include "run/run.h"

struct command {
	const char *name, *args, *summary;
	int (*run)(const struct pf_args *args, struct pf_err *err);
};

static const struct command commands[] = {
#define CMD(id, args_, summary_) \
	{ .name = #id, .args = args_, .summary = summary_, .run = pf_cmd_##id },
#define CMD_ALIAS(id, name)
#define ACTION(command, name, args, summary)
#include "cli/commands.def"
#undef CMD
#undef CMD_ALIAS
#undef ACTION
};

static const char *const aliases[][2] = {
#define CMD(id, args, summary)
#define CMD_ALIAS(id, name) { name, #id },
#define ACTION(command, name, args, summary)
#include "cli/commands.def"
#undef CMD
#undef CMD_ALIAS
#undef ACTION
};

static const struct {
	const char *command, *name, *args, *summary;
} actions[] = {
#define CMD(id, args, summary)
#define CMD_ALIAS(id, name)
#define ACTION(command, name, args, summary) { #command, #name, args, summary },
#include "cli/commands.def"
#undef CMD
#undef CMD_ALIAS
#undef ACTION
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < PF_COUNT(aliases); i++)
		if (strcmp(name, aliases[i][0]) == 0)
			name = aliases[i][1];
	for (size_t i = 0; i < PF_COUNT(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int fail_unknown(const char *word, struct pf_err *err)
{
	struct pf_near near = { .typed = pf_s(word) };

	for (size_t i = 0; i < PF_COUNT(commands); i++)
		pf_near_offer(&near, commands[i].name);
	for (size_t i = 0; i < PF_COUNT(aliases); i++)
		pf_near_offer(&near, aliases[i][0]);
	pf_fail(err, PF_EUSAGE, "there is no command " PF_FMT, PF_ARG(pf_shown(near.typed)));
	return near.best ? pf_hint(err, "did you mean %s?", near.best) :
			   pf_hint(err, "pyfunc-env --help lists the commands");
}

static void print_usage(struct pf_buf *out)
{
	pf_buf_cstr(out,
		    "usage: pyfunc-env COMMAND [OPTION...] [ARGUMENT...]\n\n"
		    "Rebuild the Python environment an MLflow model was trained in, and predict\n"
		    "with it.\n\ncommands:\n");
	for (size_t i = 0; i < PF_COUNT(commands); i++)
		pf_buf_printf(out, "  %-7s %s\n", commands[i].name, commands[i].summary);
	pf_buf_cstr(out, "\noptions of every command:\n");
	pf_args_help(out, NULL);
	pf_buf_cstr(out, "\npyfunc-env COMMAND --help tells the rest; so does man pyfunc-env.\n");
}

static void print_command_help(struct pf_buf *out, const struct command *c)
{
	bool any = false;

	pf_buf_printf(out, "usage: pyfunc-env %s [OPTION...] %s\n\n%s\n", c->name, c->args,
		      c->summary);
	for (size_t i = 0; i < PF_COUNT(actions); i++) {
		if (strcmp(actions[i].command, c->name) != 0)
			continue;
		pf_buf_printf(out, "%s  %-6s %-9s  %s\n", any ? "" : "\nactions:\n",
			      actions[i].name, actions[i].args, actions[i].summary);
		any = true;
	}
	pf_buf_cstr(out, "\noptions:\n");
	pf_args_help(out, c->name);
}

int pf_cli_model(const char **out, const struct pf_args *args, struct pf_err *err)
{
	const char *model = args->value[PF_OPT_model];
	size_t extra = model ? 0 : 1;

	if (!model && args->rest_count)
		model = args->rest[0];
	if (!model || !*model)
		return pf_fail(err, PF_EUSAGE, "%s needs a model: a folder or a URI",
			       args->command);
	if (args->rest_count > extra)
		return pf_fail(err, PF_EUSAGE, "%s takes one model; there is also %s",
			       args->command, args->rest[extra]);
	*out = model;
	return 0;
}

void pf_cli_notes(const struct pf_model *model)
{
	for (size_t i = 0; i < model->notes.n; i++)
		pf_note(PF_FMT, PF_ARG(model->notes.v[i]));
}

int pf_cli_days(int *out, const struct pf_args *args, struct pf_err *err)
{
	const char *text = args->value[PF_OPT_older_than];
	uint64_t days = 0;

	if (text && (!pf_str_u64(pf_s(text), &days) || days > 36500))
		return pf_fail(err, PF_EUSAGE, "--older-than takes a number of days");
	*out = text ? (int)days : -1;
	return 0;
}

int pf_cli_size(uint64_t *out, const char *what, const char *word, struct pf_err *err)
{
	static const char units[] = "KMG";
	struct pf_str s = pf_s(word);
	char last = s.n ? s.p[s.n - 1] : '\0';
	const char *unit = strchr(units, last >= 'a' ? last - 32 : last);
	unsigned shift = unit && *unit ? 10 * (unsigned)(unit - units + 1) : 0;

	*out = 0;
	if (!word)
		return 0;
	if (!pf_str_u64(pf_str_cut(s, 0, s.n - (shift ? 1 : 0)), out) || !*out ||
	    *out > UINT64_MAX >> shift)
		return pf_fail(err, PF_EUSAGE, "%s takes a size such as 512M, not " PF_FMT, what,
			       PF_ARG(pf_shown(s)));
	*out <<= shift;
	return 0;
}

int pf_cli_seconds(double *out, const char *text, struct pf_err *err)
{
	*out = 0;
	if (text && (!pf_double_read(pf_s(text), out) || !(*out > 0) || !isfinite(*out)))
		return pf_fail(err, PF_EUSAGE, "--timeout takes seconds, more than 0, not " PF_FMT,
			       PF_ARG(pf_shown(pf_s(text))));
	return 0;
}

static int read_loader(struct pf_opts *out, const char *word, struct pf_err *err)
{
	static const char *const words[] = { [PF_LOADER_AUTO] = "auto",
					     [PF_LOADER_MLFLOW] = "mlflow",
					     [PF_LOADER_LIGHT] = "light",
					     NULL };
	int loader = word ? pf_opts_choice("--loader", word, words, err) : 0;

	if (loader < 0)
		return -1;
	out->loader = (enum pf_loader)loader;
	return 0;
}

static int read_warm(struct pf_opts *out, const char *word, struct pf_err *err)
{
	uint64_t seconds = PF_AGE_WARM;

	if (!word)
		return 0;
	if (*word && (!pf_str_u64(pf_s(word), &seconds) || seconds > PF_MAX_AGE_WARM))
		return pf_fail(err, PF_EUSAGE, "--keep-warm takes seconds, at most %d, not " PF_FMT,
			       PF_MAX_AGE_WARM, PF_ARG(pf_shown(pf_s(word))));
	out->keep_warm = true;
	out->warm_seconds = (unsigned)seconds;
	return 0;
}

int pf_cli_opts(struct pf_opts *out, const struct pf_args *args, struct pf_arena *a,
		struct pf_err *err)
{
	struct pf_opts o = {
		.store = args->value[PF_OPT_store],
		.python = args->value[PF_OPT_python],
		.python_mirror = args->value[PF_OPT_python_mirror],
		.lock = args->value[PF_OPT_lock],
		.strict_python = pf_args_has(args, PF_OPT_strict_python),
		.offline = pf_args_has(args, PF_OPT_offline),
		.refresh = pf_args_has(args, PF_OPT_refresh),
		.repair = pf_args_has(args, PF_OPT_repair),
		.allow_model_index = pf_args_has(args, PF_OPT_allow_model_index),
		.allow_urls = pf_args_has(args, PF_OPT_allow_urls),
		.no_bytecode = pf_args_has(args, PF_OPT_no_bytecode),
		.no_build = pf_args_has(args, PF_OPT_no_build),
		.allow_scripts = pf_args_has(args, PF_OPT_allow_scripts),
		.lenient_record = pf_args_has(args, PF_OPT_lenient_record),
		.mlflow_compat = pf_args_has(args, PF_OPT_mlflow_compat),
		.stream = pf_args_has(args, PF_OPT_stream),
	};

	if (pf_opts_manager(&o, "--env-manager", args->value[PF_OPT_env_manager], err) < 0 ||
	    pf_opts_as_of(&o, "--as-of", args->value[PF_OPT_as_of], err) < 0 ||
	    pf_opts_link_mode(&o, "--link-mode", args->value[PF_OPT_link_mode], err) < 0 ||
	    read_loader(&o, args->value[PF_OPT_loader], err) < 0 ||
	    read_warm(&o, args->value[PF_OPT_keep_warm], err) < 0 ||
	    pf_cli_size(&o.max_memory, "--max-memory", args->value[PF_OPT_max_memory], err) < 0 ||
	    pf_cli_size(&o.max_model, "--max-model", args->value[PF_OPT_max_model], err) < 0)
		return -1;
	if (args->value[PF_OPT_other_config] &&
	    pf_config_read(&o.model_config, a, args->value[PF_OPT_other_config], err) < 0)
		return -1;
	pf_args_list(&o.channels, args, a, PF_OPT_channel);
	pf_args_list(&o.pass_env, args, a, PF_OPT_pass_env);
	pf_args_list(&o.set_env, args, a, PF_OPT_env);
	for (size_t i = 0; i < o.set_env.n; i++)
		if (pf_str_find(o.set_env.v[i], '=') + 1 <= 1)
			return pf_fail(err, PF_EUSAGE, "--env takes NAME=VALUE, not " PF_FMT,
				       PF_ARG(pf_shown(o.set_env.v[i])));
	*out = o;
	return 0;
}

/* `color` as in --color: 0 auto, 1 always, 2 never. */
static struct pf_log_opts suit_terminal(int color)
{
	const char *term = getenv("TERM");
	bool tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

	return (struct pf_log_opts){
		.level = PF_LOG_NOTE,
		.color = color == 1 || (color == 0 && tty && !getenv("NO_COLOR")),
		.progress = tty && !getenv("CI"),
	};
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/* Errors of the command line itself must already come out in the form that was asked for. */
static void setup_log(int argc, char **argv)
{
	struct pf_log_opts o = suit_terminal(0);

	o.json = has_word(argc, argv, "--json");
	pf_log_setup(&o);
}

static int setup_log_again(const struct pf_args *args, struct pf_err *err)
{
	static const char *const whens[] = { "auto", "always", "never", NULL };
	const char *when = args->value[PF_OPT_color];
	int choice = when ? pf_opts_choice("--color", when, whens, err) : 0;
	struct pf_log_opts o = suit_terminal(choice);

	if (choice < 0)
		return -1;
	if (pf_args_has(args, PF_OPT_verbose))
		o.level = PF_LOG_DEBUG;
	if (pf_args_has(args, PF_OPT_quiet))
		o.level = PF_LOG_QUIET;
	o.json = pf_args_has(args, PF_OPT_json);
	o.progress &= !pf_args_has(args, PF_OPT_no_progress);
	pf_log_setup(&o);
	return 0;
}

/* Who loads the runner into a process of its own has to know where it is. */
static int print_version(bool json, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &out };
	char *runner = json ? pf_run_find(&a, err) : NULL;

	if (!json)
		return pf_cli_print_stdout(PF_S("pyfunc-env " PF_VERSION "\n"), err);
	if (!runner)
		return -1;
	pf_json_begin(&w, "version");
	pf_json_field(&w, "version", PF_S(PF_VERSION));
	pf_json_field(&w, "runner", pf_s(runner));
	pf_json_close(&w, '}');
	pf_buf_char(&out, '\n');
	return pf_cli_print_stdout(pf_buf_view(&out), err);
}

static int run_command(const struct command *c, int argc, char **argv, struct pf_err *err)
{
	PF_AUTO(args) args = { 0 };
	PF_AUTO(buf) help = PF_BUF((size_t)1 << 20);

	if (pf_args_parse(&args, c->name, argc, argv, err) < 0 || setup_log_again(&args, err) < 0)
		return -1;
	if (pf_args_has(&args, PF_OPT_help)) {
		print_command_help(&help, c);
		return pf_cli_print_stdout(pf_buf_view(&help), err);
	}
	if (pf_args_has(&args, PF_OPT_version))
		return print_version(pf_args_has(&args, PF_OPT_json), err);
	return c->run(&args, err);
}

static int run(int argc, char **argv, struct pf_err *err)
{
	PF_AUTO(buf) usage = PF_BUF((size_t)1 << 20);
	int lead = pf_args_leading(argc - 1, argv + 1) + 1;
	const char *word = lead < argc ? argv[lead] : argc > 1 ? argv[argc - 1] : "";
	const struct command *c = lead < argc ? find_command(word) : NULL;

	if (c) { /* options that stand before the command are as good as behind it */
		memmove(argv + 2, argv + 1, (size_t)(lead - 1) * sizeof(*argv));
		return run_command(c, argc - 2, argv + 2, err);
	}
	print_usage(&usage);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return pf_cli_print_stdout(pf_buf_view(&usage), err);
	if (strcmp(word, "help") == 0 && argc > 2 && (c = find_command(argv[2])))
		return run_command(c, 1, (char *[]){ "--help", NULL }, err);
	if (strcmp(word, "help") == 0 && argc == 2)
		return pf_cli_print_stdout(pf_buf_view(&usage), err);
	if (strcmp(word, "version") == 0 || has_word(argc, argv, "--version"))
		return print_version(has_word(argc, argv, "--json"), err);
	if (lead < argc && *word != '-')
		return fail_unknown(word, err);
	if (lead < argc) {
		pf_fail(err, PF_EUSAGE, "there is no option " PF_FMT " before the command",
			PF_ARG(pf_shown(pf_s(word))));
		return pf_args_hint_near(err, NULL, word);
	}
	pf_fail(err, PF_EUSAGE, "a command is needed");
	return pf_hint(err, "pyfunc-env --help lists the commands");
}

int pf_cli_main(int argc, char **argv)
{
	struct pf_err err = { 0 };
	int rc;

	setup_log(argc, argv);
	rc = run(argc, argv, &err);
	pf_step_done();
	if (rc >= 0)
		return rc;
	if (err.code != PF_ESIGNAL + SIGPIPE)
		pf_log_error(&err);
	return err.code;
}
