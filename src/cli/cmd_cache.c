/* cmd_cache.c - cache: where the store is, how much it takes, and less of it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "env/env.h"

int pf_cmd_cache(const struct pf_args *args, struct pf_err *err)
{
	static const char *const actions[] = { "dir", "size", "prune", "clean", NULL };
	enum { DIR_, SIZE, PRUNE, CLEAN };
	const char *word = args->rest_count ? args->rest[0] : NULL;
	int action = word ? pf_opts_choice("the action", word, actions, err) : -1, days, rc = -1;
	bool json = pf_args_has(args, PF_OPT_json), dry = pf_args_has(args, PF_OPT_dry_run);
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_PROC_OUTPUT);
	struct pf_strs names = { 0 };
	struct pf_opts o;

	if (!word)
		return pf_fail(err, PF_EUSAGE, "cache needs one of dir, size, prune, clean");
	if (action < 0 || pf_cli_days(&days, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	for (size_t i = 1; i < args->rest_count; i++)
		*PF_PUSH(&a, &names) = pf_s(args->rest[i]);
	if (names.n && action != CLEAN)
		return pf_fail(err, PF_EUSAGE, "cache %s takes no name", word);
	pf_signals_catch();
	switch (action) {
	case DIR_:
		rc = pf_store_cache_dir(&text, &o, json, err);
		break;
	case SIZE:
		rc = pf_store_cache_size(&text, &o, json, err);
		break;
	case PRUNE:
		rc = pf_store_cache_prune(&text, days, dry, &o, json, err);
		break;
	case CLEAN:
		rc = pf_store_cache_clean(&text, &names, dry, &o, json, err);
		break;
	}
	return rc < 0 ? -1 : pf_cli_print(args, pf_buf_view(&text), err);
}
