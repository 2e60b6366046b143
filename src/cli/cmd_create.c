/* cmd_create.c - create: the model's environment, made or found */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/cli.h"
#include "pipeline.h"

static void print_json(struct pf_buf *out, const struct pf_job *job)
{
	struct pf_json_out w = { .buf = out };

	pf_json_begin(&w, "create");
	pf_json_field(&w, "path", pf_s(job->env.dir));
	pf_json_field(&w, "python", job->python.version);
	pf_json_key(&w, "fresh");
	pf_json_bool(&w, job->env.fresh);
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
}

int pf_cmd_create(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_opts o;
	const char *uri;

	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	if (o.env_manager == PF_ENV_LOCAL)
		return pf_fail(err, PF_EUSAGE,
			       "create makes an environment; --env-manager local has none");
	if (pf_prepare(&job, uri, &o, err) < 0)
		return -1;
	if (pf_args_has(args, PF_OPT_json))
		print_json(&text, &job);
	else
		pf_buf_printf(&text, "%s\n", job.env.dir);
	return pf_cli_print(args, pf_buf_view(&text), err);
}
