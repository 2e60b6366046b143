/* cmd_log.c - log: a model put on a tracking server */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "fetch/fetch.h"
#include "publish/publish.h"

/* An empty one is null. */
static void field(struct pf_json_out *w, const char *key, struct pf_str s)
{
	pf_json_field(w, key, s.n ? s : (struct pf_str){ 0 });
}

/* Objects of key and value; of no logged model there are none. */
static void pairs(struct pf_json_out *w, const char *key, const struct pf_published *p,
		  const struct pf_node *list)
{
	pf_json_key(w, key);
	if (!p->model.n) {
		pf_json_null(w);
		return;
	}
	pf_json_open(w, '[');
	for (size_t i = 0; list && i < list->n; i++) {
		pf_json_open(w, '{');
		pf_json_field(w, "key", pf_node_text(&list->v[i], "key"));
		pf_json_field(w, "value", pf_node_text(&list->v[i], "value"));
		pf_json_close(w, '}');
	}
	pf_json_close(w, ']');
}

static void write_json(struct pf_buf *out, const struct pf_published *p,
		       const struct pf_publish_opts *o)
{
	struct pf_json_out w = { .buf = out };

	pf_json_begin(&w, "log");
	pf_json_field(&w, "uri", p->uri);
	field(&w, "model_id", p->model);
	field(&w, "run_id", p->run);
	pf_json_field(&w, "experiment_id", p->experiment);
	pf_json_field(&w, "artifact_uri", p->place);
	pf_json_key(&w, "registered_model");
	pf_json_cstr(&w, o->registered);
	field(&w, "version", p->version);
	pf_json_key(&w, "aliases");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < o->aliases.n; i++)
		pf_json_str(&w, o->aliases.v[i]);
	pf_json_close(&w, ']');
	field(&w, "creation_timestamp", p->created);
	pairs(&w, "params", p, p->params);
	pairs(&w, "tags", p, p->tags);
	pf_json_close(&w, '}');
}

static int read_opts(struct pf_publish_opts *out, const struct pf_args *args, struct pf_arena *a,
		     struct pf_err *err)
{
	const char *path = args->value[PF_OPT_artifact_path],
		   *name = args->value[PF_OPT_model_name], *step = args->value[PF_OPT_step];

	if (path && name)
		return pf_fail(err, PF_EUSAGE,
			       "Both `artifact_path` (deprecated) and `name` parameters were "
			       "specified. Please only specify `name`.");
	*out = (struct pf_publish_opts){
		.run = args->value[PF_OPT_run_id],
		.experiment = args->value[PF_OPT_experiment],
		.name = name ? name : path,
		.model = args->value[PF_OPT_model_id],
		.type = args->value[PF_OPT_model_type],
		.registered = args->value[PF_OPT_registered_model_name],
	};
	if (step && !pf_int64_read(pf_s(step), &out->step))
		return pf_fail(err, PF_EUSAGE, "--step takes a number, not %s", step);
	pf_args_list(&out->aliases, args, a, PF_OPT_alias);
	pf_args_list(&out->tags, args, a, PF_OPT_tag);
	pf_args_list(&out->params, args, a, PF_OPT_model_param);
	return 0;
}

int pf_cmd_log(const struct pf_args *args, struct pf_err *err)
{
	const char *uri;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(fetched) from = { 0 };
	PF_AUTO(published) made = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_fetch_opts how;
	struct pf_publish_opts what;
	struct pf_opts o;

	pf_signals_catch();
	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    read_opts(&what, args, &a, err) < 0)
		return -1;
	if (o.offline)
		return pf_fail(err, PF_EUSAGE, "a tracking server is not reached offline");
	how = (struct pf_fetch_opts){ .store = o.store };
	if (pf_fetch_model(&from, uri, &how, err) < 0 ||
	    pf_publish_model(&made, from.dir, &what, err) < 0)
		return -1;
	if (pf_args_has(args, PF_OPT_json))
		write_json(&text, &made, &what);
	else
		pf_buf_str(&text, made.uri);
	pf_buf_char(&text, '\n');
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}
