/* cmd_diff.c - diff: a model's needs against an interpreter */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "check/check.h"
#include "cli/cli.h"
#include "pipeline.h"

static const char *const formats[] = { "text", "mlflow", "json", "markdown", "html", NULL };

static void write_report(struct pf_buf *out, const struct pf_diff *d, const char *model, int format)
{
	switch (format) {
	case 0:
		pf_report_text(out, d, model);
		break;
	case 1:
		pf_report_mlflow(out, d);
		break;
	case 2:
		pf_report_json(out, d, model);
		break;
	case 3:
		pf_report_markdown(out, d, model);
		break;
	default:
		pf_report_html(out, d, model);
	}
}

static int choose_python(struct pf_python *out, const struct pf_args *args, const struct pf_opts *o,
			 struct pf_err *err)
{
	const char *dir = args->value[PF_OPT_in];

	if (dir && o->python)
		return pf_fail(err, PF_EUSAGE, "--in and --python name two interpreters");
	return dir ? pf_python_in(out, dir, o, err) : pf_python_current(out, o, err);
}

/* Is the verdict at least as severe as --fail-on says? What was not read counts as possible. */
static bool fails(enum pf_severity verdict, int fail_on)
{
	static const enum pf_severity least[] = { PF_SEV_FATAL, PF_SEV_LIKELY, PF_SEV_UNKNOWN,
						  PF_SEV_NOISE };

	return fail_on < (int)PF_COUNT(least) && verdict >= least[fail_on];
}

int pf_cmd_diff(const struct pf_args *args, struct pf_err *err)
{
	static const char *const severities[] = { "fatal", "likely", "possible",
						  "any",   "never",  NULL };
	const char *format = args->value[PF_OPT_format], *fail_on = args->value[PF_OPT_fail_on],
		   *uri;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(fetched) from = { 0 };
	PF_AUTO(model) model = { 0 };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };
	PF_AUTO(diff) diff = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE * 8);
	struct pf_opts o;
	int how, least;

	format = pf_args_has(args, PF_OPT_json) ? "json" : format ? format : "text";
	how = pf_opts_choice("--format", format, formats, err);
	least = how < 0 ? -1
			: pf_opts_choice("--fail-on", fail_on ? fail_on : "any", severities, err);
	if (least < 0 || pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    pf_read_model(&model, &from, uri, PF_LOOKS_OF_IT, &o, err) < 0 ||
	    choose_python(&python, args, &o, err) < 0 ||
	    pf_dists_read(&installed, &python.paths, python.prefix, err) < 0)
		return -1;
	pf_diff_make(&diff, &model, &python, &installed);
	pf_model_note_asked(&model);
	pf_cli_notes(&model);
	write_report(&text, &diff, uri, how);
	if (pf_buf_check(&text, "the report", err) < 0 ||
	    pf_cli_print(args, pf_buf_view(&text), err) < 0)
		return -1;
	return fails(diff.verdict, least) ? PF_EDIFF : 0;
}
