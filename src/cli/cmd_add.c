/* cmd_add.c - add: the python_function flavor of an MLmodel that is there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "save/save.h"

static int print(const char *path, struct pf_str flavor, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_TEXT_FILE);
	struct pf_json_out w = { .buf = &text };

	pf_json_begin(&w, "add");
	pf_json_field(&w, "path", pf_s(path));
	pf_json_key(&w, "flavor");
	pf_json_raw(&w, flavor);
	pf_json_close(&w, '}');
	pf_buf_char(&text, '\n');
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}

int pf_cmd_add(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) flavor = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_save_flavor f = {
		.loader_module = args->value[PF_OPT_loader_module],
		.data = args->value[PF_OPT_data],
		.code = args->value[PF_OPT_code],
		.conda_env = args->value[PF_OPT_env_file],
		.python_env = args->value[PF_OPT_python_env],
		.model_config = args->value[PF_OPT_model_config],
		.python_version = args->value[PF_OPT_python_version],
		.json = &flavor,
	};
	struct pf_opts o;

	pf_signals_catch();
	if (!args->rest_count)
		return pf_fail(err, PF_EUSAGE, "add needs an MLmodel, or the folder it is in");
	f.mlmodel = args->rest[0];
	for (size_t i = 1; i < args->rest_count; i++)
		*PF_PUSH(&a, &f.more) = pf_s(args->rest[i]);
	if (pf_cli_opts(&o, args, &a, err) < 0 || pf_save_add(&f, &o, err) < 0)
		return -1;
	return pf_args_has(args, PF_OPT_json) ? print(f.mlmodel, pf_buf_view(&flavor), err) : 0;
}
