/* args.c - the parser and the help of the option table */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/near.h"
#include "formats/yaml.h"

struct option {
	const char *commands;
	enum pf_opt_id id;
	char short_name;
	const char *long_name;
	/* "" for a switch, "[=WORD]" for one with a value that may be left out */
	const char *metavar;
	const char *help;	/* NULL for an alias */
	const char *implied;	/* of an alias that takes no value */
	bool setting;
};

static const struct option options[] = {
#define OPT(commands, id, short_, long_, metavar, help) \
	{ commands, PF_OPT_##id, short_, long_, metavar, help, NULL, false },
#define SETTING(commands, id, short_, long_, metavar, help) \
	{ commands, PF_OPT_##id, short_, long_, metavar, help, NULL, true },
#define ALIAS(commands, id, short_, long_, value) \
	{ commands, PF_OPT_##id, short_, long_, "VALUE", NULL, value, false },
#include "cli/options.def"
#undef OPT
#undef SETTING
#undef ALIAS
};

void pf_args_free(struct pf_args *args)
{
	pf_arena_free(&args->arena);
}

/* A metavar such as "[=SECONDS]": a switch that a value may be tied to. */
static bool may_have_value(const struct option *o)
{
	return *o->metavar == '[';
}

/* A switch takes no value, nor does an alias that implies one. */
static bool takes_value(const struct option *o)
{
	return *o->metavar && !may_have_value(o) && !o->implied;
}

static bool belongs(const struct option *o, const char *command)
{
	struct pf_str rest = pf_s(o->commands), one;

	if (strcmp(o->commands, "*") == 0)
		return true;
	while (command && pf_str_next(&rest, ' ', &one))
		if (pf_str_is(one, command))
			return true;
	return false;
}

static const struct option *find_long(const char *command, struct pf_str name)
{
	for (size_t i = 0; i < PF_COUNT(options); i++)
		if (belongs(&options[i], command) && pf_str_is(name, options[i].long_name))
			return &options[i];
	return NULL;
}

/* The first that has it: a command's own -h or -t goes before that of others. */
static const struct option *find_short(const char *command, char name)
{
	for (size_t i = 0; i < PF_COUNT(options); i++)
		if (belongs(&options[i], command) && name && options[i].short_name == name)
			return &options[i];
	return NULL;
}

static void keep(struct pf_args *args, const struct option *o, const char *value)
{
	if (o->implied)
		value = o->implied;
	args->value[o->id] = value ? value : "";
	*PF_PUSH(&args->arena, &args->given) =
		(struct pf_given){ .id = o->id, .value = args->value[o->id] };
}

int pf_args_hint_near(struct pf_err *err, const char *command, const char *typed)
{
	struct pf_str name = pf_str_cut(pf_s(typed), 0, pf_str_find(pf_s(typed), '='));
	struct pf_near near = { .typed = pf_str_skip(name, 2) };

	for (size_t i = 0; pf_str_starts(name, "--") && i < PF_COUNT(options); i++)
		if (belongs(&options[i], command))
			pf_near_offer(&near, options[i].long_name);
	if (near.best)
		return pf_hint(err, "did you mean --%s?", near.best);
	return command ? pf_hint(err, "pyfunc-env %s --help lists the options", command) :
			 pf_hint(err, "pyfunc-env --help lists the commands");
}

static int fail_unknown(const char *command, const char *typed, struct pf_err *err)
{
	struct pf_str name = pf_str_cut(pf_s(typed), 0, pf_str_find(pf_s(typed), '='));

	pf_fail(err, PF_EUSAGE, "%s does not know the option " PF_FMT, command,
		PF_ARG(pf_shown(name)));
	return pf_args_hint_near(err, command, typed);
}

/* argv[*i] begins with "--"; moves *i past a value that stands apart. */
static int take_long(struct pf_args *args, int argc, char **argv, int *i, struct pf_err *err)
{
	struct pf_str text = pf_s(argv[*i] + 2);
	size_t eq = pf_str_find(text, '=');
	const struct option *o = find_long(args->command, pf_str_cut(text, 0, eq));

	if (!o)
		return fail_unknown(args->command, argv[*i], err);
	if (eq != PF_NPOS && !takes_value(o) && !may_have_value(o))
		return pf_fail(err, PF_EUSAGE, "--%s takes no value", o->long_name);
	if (eq != PF_NPOS)
		keep(args, o, argv[*i] + 2 + eq + 1);
	else if (!takes_value(o))
		keep(args, o, NULL);
	else if (*i + 1 < argc)
		keep(args, o, argv[++*i]);
	else
		return pf_fail(err, PF_EUSAGE, "--%s needs a value (%s)", o->long_name, o->metavar);
	return 0;
}

/* argv[*i] is "-x...", maybe several switches together, the last with its value. */
static int take_short(struct pf_args *args, int argc, char **argv, int *i, struct pf_err *err)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct option *o = find_short(args->command, *p);

		if (!o)
			return fail_unknown(args->command, argv[*i], err);
		if (!takes_value(o)) {
			keep(args, o, NULL);
			continue;
		}
		if (p[1])
			keep(args, o, p + 1);
		else if (*i + 1 < argc)
			keep(args, o, argv[++*i]);
		else
			return pf_fail(err, PF_EUSAGE, "-%c needs a value (%s)", *p, o->metavar);
		return 0;
	}
	return 0;
}

int pf_args_leading(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-') {
		struct pf_str text = pf_str_skip(pf_s(argv[i]), argv[i][1] == '-' ? 2 : 1);
		size_t eq = pf_str_find(text, '=');
		const struct option *o = argv[i][1] == '-' ?
						 find_long(NULL, pf_str_cut(text, 0, eq)) :
						 text.n == 1 ? find_short(NULL, text.p[0]) : NULL;

		if (!o)
			break;
		i += takes_value(o) && eq == PF_NPOS ? 2 : 1;
	}
	return i < argc ? i : argc;
}

/* "no-progress" becomes PYFUNC_ENV_NO_PROGRESS. */
static const char *from_environment(const char *long_name)
{
	char name[64] = "PYFUNC_ENV_";
	size_t n = strlen(name);

	for (const char *p = long_name; *p && n + 1 < sizeof(name); p++)
		name[n++] = *p == '-' ? '_' : (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	name[n] = '\0';
	return getenv(name);
}

/* Reads $XDG_CONFIG_HOME/pyfunc-env/config.yaml; an absent file is an empty one. */
static int read_config(struct pf_node **out, struct pf_arena *a, struct pf_err *err)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = pf_home();
	struct pf_buf text __attribute__((cleanup(pf_buf_free))) = PF_BUF(PF_MAX_TEXT_FILE);
	const char *path;

	if (!(base && *base == '/') && !home)
		return 0;
	path = base && *base == '/' ? pf_formatz(a, "%s/pyfunc-env/config.yaml", base) :
				      pf_formatz(a, "%s/.config/pyfunc-env/config.yaml", home);
	if (pf_read_file(&text, AT_FDCWD, path, err) < 0)
		return err->code == PF_EIO && (errno == ENOENT || errno == ENOTDIR) ? 0 : -1;
	if (pf_yaml_parse(out, a, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, "%s", path);
	if ((*out)->kind != PF_NODE_MAP && (*out)->kind != PF_NODE_NULL)
		return pf_fail(err, PF_EUSAGE, "%s: must be a map of settings", path);
	for (size_t i = 0; i < (*out)->n; i++) {
		struct pf_str key = (*out)->v[i].key;
		bool known = false;

		for (size_t j = 0; j < PF_COUNT(options); j++)
			known |= options[j].setting && pf_str_is(key, options[j].long_name);
		if (!known)
			return pf_fail(err, PF_EUSAGE, "%s: line %u: there is no setting " PF_FMT,
				       path, (*out)->v[i].line, PF_ARG(pf_shown(key)));
	}
	return 0;
}

static int take_settings(struct pf_args *args, struct pf_err *err)
{
	static const char *const no[] = { "", "0", "false", "no", "off", NULL };
	struct pf_node *config = NULL;

	if (read_config(&config, &args->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(options); i++) {
		const struct option *o = &options[i];
		const char *value;

		if (!o->setting || args->value[o->id] || !belongs(o, args->command))
			continue;
		value = from_environment(o->long_name);
		if (!value && config && pf_node_get(config, o->long_name))
			value = pf_node_text(config, o->long_name).p;
		if (value && *o->metavar && *value)
			args->value[o->id] = value;
		else if (value && !*o->metavar && !pf_str_in_any_case(pf_s(value), no))
			args->value[o->id] = "";
	}
	return 0;
}

int pf_args_parse(struct pf_args *out, const char *command, int argc, char **argv,
		  struct pf_err *err)
{
	PF_AUTO(args) args = { .command = command };
	bool options_end = false;

	args.rest = pf_alloc_array(&args.arena, (size_t)argc + 1, sizeof(*args.rest));
	for (int i = 0; i < argc; i++) {
		int rc = 0;

		if (!options_end && strcmp(argv[i], "--") == 0)
			options_end = true;
		else if (!options_end && strncmp(argv[i], "--", 2) == 0)
			rc = take_long(&args, argc, argv, &i, err);
		else if (!options_end && argv[i][0] == '-' && argv[i][1])
			rc = take_short(&args, argc, argv, &i, err);
		else
			args.rest[args.rest_count++] = argv[i];
		if (rc < 0)
			return -1;
	}
	if (take_settings(&args, err) < 0)
		return -1;
	*out = PF_TAKE(args);
	return 0;
}

bool pf_args_has(const struct pf_args *args, enum pf_opt_id id)
{
	return args->value[id] != NULL;
}

void pf_args_list(struct pf_strs *out, const struct pf_args *args, struct pf_arena *a,
		  enum pf_opt_id id)
{
	for (size_t i = 0; i < args->given.n; i++)
		if (args->given.v[i].id == id)
			*PF_PUSH(a, out) = pf_s(args->given.v[i].value);
}

/* Wraps the help text at 80 columns behind an indent of 8. */
static void wrap_text(struct pf_buf *out, const char *text)
{
	struct pf_str rest = pf_s(text), word;
	size_t column = 0;

	while (pf_str_next(&rest, ' ', &word)) {
		if (column && column + 1 + word.n > 80) {
			pf_buf_char(out, '\n');
			column = 0;
		}
		pf_buf_printf(out, "%s" PF_FMT, column ? " " : "        ", PF_ARG(word));
		column += (column ? 1 : 8) + word.n;
	}
	pf_buf_char(out, '\n');
}

static void print_aliases(struct pf_buf *out, const struct option *of, const char *command)
{
	for (size_t i = 0; i < PF_COUNT(options); i++) {
		const struct option *o = &options[i];

		if (o->id != of->id || o->help || !belongs(o, command))
			continue;
		if (o->implied)
			pf_buf_printf(out, "        --%s is --%s %s.\n", o->long_name,
				      of->long_name, o->implied);
		else
			pf_buf_printf(out, "        Also spelled --%s.\n", o->long_name);
	}
}

void pf_args_help(struct pf_buf *out, const char *command)
{
	for (size_t i = 0; i < PF_COUNT(options); i++) {
		const struct option *o = &options[i];

		if (!o->help || !belongs(o, command))
			continue;
		pf_buf_cstr(out, "  ");
		if (o->short_name && find_short(command, o->short_name) == o)
			pf_buf_printf(out, "-%c, ", o->short_name);
		pf_buf_printf(out, "--%s%s%s\n", o->long_name, takes_value(o) ? " " : "",
			      o->metavar);
		wrap_text(out, o->help);
		print_aliases(out, o, command);
	}
}
