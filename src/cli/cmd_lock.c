/* cmd_lock.c - lock: the model's environment as a file, every package with its digest */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/cli.h"
#include "lock/lock.h"
#include "pipeline.h"

int pf_cmd_lock(const struct pf_args *args, struct pf_err *err)
{
	const char *format = args->value[PF_OPT_format], *uri;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
	struct pf_opts o;

	format = pf_args_has(args, PF_OPT_json) ? "json" : format;
	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	if (o.env_manager == PF_ENV_LOCAL)
		return pf_fail(err, PF_EUSAGE,
			       "lock is of an environment; --env-manager local has none");
	if ((format && pf_lock_check_format(format, err) < 0) ||
	    pf_cli_check_output(args, err) < 0 ||
	    pf_write_lock(&text, uri, format, &o, err) < 0)
		return -1;
	return pf_cli_print(args, pf_buf_view(&text), err);
}
