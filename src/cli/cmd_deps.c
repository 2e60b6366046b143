/* cmd_deps.c - deps: the environment a model was trained in */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/cli.h"
#include "model/model.h"
#include "pipeline.h"

int pf_cmd_deps(const struct pf_args *args, struct pf_err *err)
{
	static const char *const formats[] = { "pip", "conda", "json", NULL };
	static int (*const writers[])(struct pf_buf *, struct pf_model *, struct pf_err *) = {
		pf_model_deps_pip, pf_model_deps_conda, pf_model_deps_json
	};
	const char *format = args->value[PF_OPT_format], *uri;
	PF_AUTO(arena) a = { 0 };
	struct pf_opts o;
	PF_AUTO(fetched) from = { 0 };
	PF_AUTO(model) model = { 0 };
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_TEXT_FILE);
	int choice;

	format = pf_args_has(args, PF_OPT_json) ? "json" : format ? format : "pip";
	choice = pf_opts_choice("--format", format, formats, err);
	if (choice < 0 || pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    pf_read_model(&model, &from, uri, PF_TEXTS_OF_IT, &o, err) < 0 ||
	    writers[choice](&text, &model, err) < 0)
		return -1;
	if (choice != 2) /* the object holds them */
		pf_cli_notes(&model);
	if (text.n && text.p[text.n - 1] != '\n') /* MLflow writes no last newline */
		pf_buf_char(&text, '\n');
	return pf_cli_print(args, pf_buf_view(&text), err);
}
