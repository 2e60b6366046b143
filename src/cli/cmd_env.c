/* cmd_env.c - env: look after the environments that were made */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "env/env.h"
#include "run/warm.h"

/* What an action does with one key, or with NULL where it may do without. */
struct action {
	const char *name;
	enum { NO_KEY, SOME_KEYS, MAYBE_KEYS } keys;
	int (*run)(struct pf_buf *out, const char *key, const struct pf_args *args,
		   const struct pf_opts *o, struct pf_err *err);
};

static int list(struct pf_buf *out, const char *key, const struct pf_args *args,
		const struct pf_opts *o, struct pf_err *err)
{
	(void)key;
	return pf_store_list(out, o, pf_args_has(args, PF_OPT_json), err);
}

static int show(struct pf_buf *out, const char *key, const struct pf_args *args,
		const struct pf_opts *o, struct pf_err *err)
{
	return pf_store_show(out, key, o, pf_args_has(args, PF_OPT_json), err);
}

static int rm(struct pf_buf *out, const char *key, const struct pf_args *args,
	      const struct pf_opts *o, struct pf_err *err)
{
	return pf_store_remove(out, key, o, pf_args_has(args, PF_OPT_json), err);
}

static int gc(struct pf_buf *out, const char *key, const struct pf_args *args,
	      const struct pf_opts *o, struct pf_err *err)
{
	bool dry = pf_args_has(args, PF_OPT_dry_run);
	int days;

	(void)key;
	if (pf_cli_days(&days, args, err) < 0)
		return -1;
	if (!dry)
		pf_warm_sweep(o->store);
	return pf_store_gc(out, days, dry, o, pf_args_has(args, PF_OPT_json), err);
}

static int verify(struct pf_buf *out, const char *key, const struct pf_args *args,
		  const struct pf_opts *o, struct pf_err *err)
{
	size_t broken = 0;

	if (pf_store_verify(out, &broken, key, o, pf_args_has(args, PF_OPT_json), err) < 0)
		return -1;
	return broken ? PF_EINTEGRITY : 0;
}

static const struct action actions[] = {
	{ "list", NO_KEY, list },	{ "show", SOME_KEYS, show },	 { "rm", SOME_KEYS, rm },
	{ "gc", NO_KEY, gc },		{ "verify", MAYBE_KEYS, verify },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; name && i < PF_COUNT(actions); i++)
		if (strcmp(name, actions[i].name) == 0)
			return &actions[i];
	return NULL;
}

static int check_keys(const struct action *what, size_t count, struct pf_err *err)
{
	if (what->keys == NO_KEY && count)
		return pf_fail(err, PF_EUSAGE, "env %s takes no key", what->name);
	if (what->keys == SOME_KEYS && !count)
		return pf_fail(err, PF_EUSAGE, "env %s needs a key (see env list)", what->name);
	return 0;
}

int pf_cmd_env(const struct pf_args *args, struct pf_err *err)
{
	const struct action *what = find_action(args->rest_count ? args->rest[0] : NULL);
	size_t count = args->rest_count ? args->rest_count - 1 : 0;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_PROC_OUTPUT);
	struct pf_opts o;
	int worst = 0;

	if (!what)
		return pf_fail(err, PF_EUSAGE, "env needs one of list, show, rm, gc, verify");
	if (check_keys(what, count, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	o.release = pf_warm_end_all;
	pf_signals_catch();
	for (size_t i = 0; i < (count ? count : 1); i++) {
		int rc = what->run(&text, count ? args->rest[i + 1] : NULL, args, &o, err);

		if (rc < 0)
			return -1;
		worst = rc > worst ? rc : worst;
	}
	return pf_cli_print(args, pf_buf_view(&text), err) < 0 ? -1 : worst;
}
