/* cmd_fetch.c - fetch: a model brought here */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
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

static int place_file(const char *from, const char *to, struct pf_err *err)
{
	PF_FD(fd) = pf_open_file(AT_FDCWD, from, err);
	PF_AUTO(atomic) out = { 0 };

	if (fd < 0)
		return -1;
	if (access(to, F_OK) == 0)
		return pf_fail(err, PF_EUSAGE, "%s is there already", to);
	if (pf_atomic_open(&out, AT_FDCWD, to, 0666, err) < 0 ||
	    pf_copy_fd(out.fd, fd, true, err) < 0)
		return -1;
	return pf_atomic_commit(&out, err);
}

/* A file or a folder that is no model: it is in no store. */
static int fetch_any(struct pf_fetched *f, const char *uri, const char *to,
		     const struct pf_fetch_opts *how, struct pf_err *err)
{
	if (!to)
		return pf_fail(err, PF_EUSAGE, "--artifact needs -o, where it is to be copied to");
	if (pf_fetch_any(f, uri, how, err) < 0)
		return -1;
	return pf_is_dir(f->dir) ? pf_place_copy(f->dir, to, err) : place_file(f->dir, to, err);
}

static int fetch_model(struct pf_fetched *f, const char *uri, const char *to,
		       const struct pf_fetch_opts *how, struct pf_err *err)
{
	if (pf_fetch_model(f, uri, how, err) < 0)
		return -1;
	return to ? pf_place_copy(f->dir, to, err) : 0;
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
	if ((pf_args_has(args, PF_OPT_any) ? fetch_any : fetch_model)(&f, uri, to, &how, err) < 0)
		return -1;
	write_result(&text, &f, to ? to : f.dir, pf_args_has(args, PF_OPT_json));
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}
