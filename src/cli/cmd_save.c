/* cmd_save.c - save: a model directory written, or copied with another environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "fetch/fetch.h"
#include "save/save.h"

static struct pf_save arguments(const struct pf_args *args, struct pf_arena *a)
{
	struct pf_save s = {
		.path = args->value[PF_OPT_save_dir],
		.loader_module = args->value[PF_OPT_loader_module],
		.data_path = args->value[PF_OPT_data_path],
		.conda_env = args->value[PF_OPT_conda_env],
		.pip_requirements_file = args->value[PF_OPT_pip_requirements],
		.signature = args->value[PF_OPT_signature],
		.input_example = args->value[PF_OPT_input_example],
		.metadata = args->value[PF_OPT_metadata],
		.model_config = args->value[PF_OPT_model_config],
		.streamable = pf_args_has(args, PF_OPT_streamable),
		.python_version = args->value[PF_OPT_python_version],
	};

	pf_args_list(&s.code_paths, args, a, PF_OPT_code_path);
	pf_args_list(&s.pip_requirements, args, a, PF_OPT_pip_requirement);
	pf_args_list(&s.extra_pip_requirements, args, a, PF_OPT_extra_pip_requirement);
	return s;
}

int pf_cli_print_path(const struct pf_args *args, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &text };

	if (pf_args_has(args, PF_OPT_json)) {
		pf_json_open(&w, '{');
		pf_json_field(&w, "schema", PF_S("pyfunc-env/1"));
		pf_json_field(&w, "kind", pf_s(args->command));
		pf_json_field(&w, "path", pf_s(path));
		pf_json_close(&w, '}');
	} else {
		pf_buf_cstr(&text, path);
	}
	pf_buf_char(&text, '\n');
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}

int pf_cmd_save(const struct pf_args *args, struct pf_err *err)
{
	const char *model = args->value[PF_OPT_mlflow_model];
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(fetched) from = { 0 };
	struct pf_save s = arguments(args, &a);
	struct pf_opts o;

	pf_signals_catch();
	if (args->rest_count)
		return pf_fail(err, PF_EUSAGE, "save takes options alone; there is also %s",
			       args->rest[0]);
	if (!s.path)
		return pf_fail(err, PF_EUSAGE, "save needs -o DIR, the folder to write");
	if (pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	if (model) {
		struct pf_fetch_opts how = { .store = o.store, .offline = o.offline };

		if (pf_fetch_model(&from, model, &how, err) < 0)
			return -1;
		s.model = from.dir;
	}
	return pf_save_model(&s, &o, err) < 0 ? -1 : pf_cli_print_path(args, s.path, err);
}
