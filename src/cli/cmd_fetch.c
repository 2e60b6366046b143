/* cmd_fetch.c - fetch: a model brought here */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "fetch/fetch.h"

static void write_result(struct pf_buf *out, const struct pf_fetched *f, const char *path,
			 bool json)
{
	struct pf_json_out w = { .buf = out };

	if (json) {
		pf_json_open(&w, '{');
		pf_json_field(&w, "path", pf_s(path));
		pf_json_field(&w, "source", f->source);
		pf_json_close(&w, '}');
	} else {
		pf_buf_cstr(out, path);
	}
	pf_buf_char(out, '\n');
}

int pf_cmd_fetch(const struct pf_args *args, struct pf_err *err)
{
	const char *to = args->value[PF_OPT_output_dir], *uri;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(fetched) f = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_opts o;
	struct pf_fetch_opts how;

	pf_signals_catch();
	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	how = (struct pf_fetch_opts){
		.store = o.store, .offline = o.offline, .max_bytes = o.max_model
	};
	if (pf_fetch_model(&f, uri, &how, err) < 0 || (to && pf_place_copy(f.dir, to, err) < 0))
		return -1;
	write_result(&text, &f, to ? to : f.dir, pf_args_has(args, PF_OPT_json));
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}
