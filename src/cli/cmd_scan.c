/* cmd_scan.c - scan: what a model's files would import, without loading them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "check/check.h"
#include "cli/cli.h"
#include "pipeline.h"

static bool runs_code(const struct pf_artifact *artifact)
{
	for (size_t i = 0; i < artifact->names.n; i++)
		if (artifact->names.v[i].runs_code)
			return true;
	return false;
}

/* What could not be looked at is no clean result, whatever the rest is. */
static int judge(const struct pf_artifact *a, struct pf_err *err)
{
	char more[48] = "";

	if (!a->unread.n)
		return runs_code(a) ? PF_EDIFF : 0;
	if (a->unread.n > 1)
		snprintf(more, sizeof(more), " (and %zu more)", a->unread.n - 1);
	(void)!pf_fail(err, a->trouble,
		       "not read, so that what it names is not known: " PF_FMT "%s",
		       PF_ARG(pf_shown(a->unread.v[0])), more);
	if (a->trouble > PF_EDIFF && !runs_code(a))
		return -1;
	pf_warn("%s", err->msg);
	return PF_EDIFF;
}

int pf_cmd_scan(const struct pf_args *args, struct pf_err *err)
{
	static const char *const formats[] = { "text", "json", NULL };
	const char *format = args->value[PF_OPT_format], *uri;
	PF_AUTO(arena) a = { 0 };
	struct pf_opts o;
	PF_AUTO(fetched) from = { 0 };
	PF_AUTO(model) model = { 0 };
	PF_AUTO(artifact) artifact = PF_ARTIFACT_INIT;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_PROC_OUTPUT);
	int how;

	format = pf_args_has(args, PF_OPT_json) ? "json" : format ? format : "text";
	how = pf_opts_choice("--format", format, formats, err);
	if (how < 0 || pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    pf_read_model(&model, &from, uri, PF_LOOKS_OF_IT, &o, err) < 0)
		return -1;
	pf_artifact_of_model(&artifact, &model);
	if (how == 0)
		pf_scan_text(&text, &artifact);
	else
		pf_scan_json(&text, &artifact, uri);
	if (pf_buf_check(&text, "the list", err) < 0 ||
	    pf_cli_print(args, pf_buf_view(&text), err) < 0)
		return -1;
	return judge(&artifact, err);
}
