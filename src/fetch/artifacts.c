/* artifacts.c - mlflow-artifacts: a folder that a tracking server hands out */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/remote.h"
#include "fetch/tracking.h"
#include "fetch/tree.h"
#include "formats/digest.h"

struct artifacts {
	struct pf_tracking server;
	struct pf_str base; /* "https://host/api/2.0/mlflow-artifacts/artifacts" */
	struct pf_str root; /* path of the folder below it, decoded */
	struct pf_strs folders; /* still to be listed, below the root */
};

static int open_artifacts(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct artifacts *f = pf_alloc(&r->arena, sizeof(*f));

	if (pf_tracking_open(&f->server, &r->arena, r->pool, PF_TRACKING, err) < 0)
		return -1;
	f->base = pf_tracking_artifacts(&r->arena, &f->server, &w->url, "artifacts");
	f->root = pf_dup(&r->arena, w->path);
	r->own = f;
	r->source = pf_format(&r->arena, PF_FMT "/" PF_FMT, PF_ARG(f->base), PF_ARG(f->root));
	return 0;
}

static struct pf_str join(struct pf_arena *a, struct pf_str folder, struct pf_str name)
{
	return folder.n ? pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(folder), PF_ARG(name)) : name;
}

/* ---- lists ---- */

/* Paths are relative to the folder that was asked about. */
static int take_entry(struct pf_remote_files *out, struct pf_remote *r, struct pf_str folder,
		      const struct pf_node *entry, struct pf_err *err)
{
	struct artifacts *f = r->own;
	const struct pf_node *is_folder = pf_node_get(entry, "is_dir");
	struct pf_str name = pf_node_text(entry, "path"), size = pf_node_text(entry, "file_size");
	struct pf_remote_file *file;

	if (pf_tree_check_path(name, err) < 0) /* before anything is asked for by it */
		return -1;
	name = join(&r->arena, folder, name);
	if (is_folder && is_folder->truth) {
		if (f->folders.n >= PF_MAX_PAGES || name.n >= PF_MAX_PATH)
			return pf_fail(err, PF_ELIMIT, "the model has folders without end");
		*PF_PUSH(&r->arena, &f->folders) = name;
		return 0;
	}
	file = PF_PUSH(&r->arena, out);
	*file = (struct pf_remote_file){ .path = name };
	file->sized = pf_str_u64(size, &file->size);
	return 0;
}

static int take_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_str folder,
		     const struct pf_transfer *t, struct pf_err *err)
{
	const struct pf_node *files;
	struct pf_node *root;

	if (pf_json_parse(&root, &r->arena, pf_dup(&r->arena, pf_buf_view(&t->body)), err) < 0) {
		err->code = PF_ETRANSFER;
		return pf_wrap(err, "the answer of %s", t->url);
	}
	files = pf_node_get(root, "files");
	for (size_t i = 0; files && i < files->n; i++)
		if (take_entry(out, r, folder, &files->v[i], err) < 0)
			return -1;
	return 0;
}

static void start_list(struct pf_transfer *t, struct pf_remote *r, struct pf_str folder)
{
	struct artifacts *f = r->own;
	struct pf_str path = join(&r->arena, f->root, folder);

	t->url = pf_formatz(
		&r->arena, PF_FMT "?" PF_FMT, PF_ARG(f->base),
		PF_ARG(pf_url_query(&r->arena, "path", folder.n ? path : f->root)));
	t->accept = "application/json";
	t->body = PF_BUF(PF_MAX_LISTING);
	t->max = PF_MAX_LISTING;
	pf_tracking_sign(&f->server, t);
	pf_pool_start(r->pool, t);
}

/* The folders of one level are asked about at once. */
static int list_level(struct pf_remote_files *out, struct pf_remote *r, size_t from,
		      struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct artifacts *f = r->own;
	size_t n = f->folders.n - from;
	struct pf_transfer *lists = pf_alloc_array(&a, n, sizeof(*lists));
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		start_list(&lists[i], r, f->folders.v[from + i]);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = pf_pool_wait(r->pool, &lists[i], err) < 0 ||
		     take_list(out, r, f->folders.v[from + i], &lists[i], err) < 0 ? -1 : 0;
	for (size_t i = 0; i < n; i++)
		pf_transfer_free(r->pool, &lists[i]);
	return rc;
}

/* The server tells sizes alone; MLmodel, which holds when the model was made, tells models
 * apart. */
static int mark_model(struct pf_remote_files *files, struct pf_remote *r, struct pf_err *err);

static int list_artifacts(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	struct artifacts *f = r->own;

	*PF_PUSH(&r->arena, &f->folders) = PF_S("");
	for (size_t from = 0, to; from < f->folders.n; from = to) {
		to = f->folders.n;
		if (list_level(out, r, from, err) < 0)
			return -1;
	}
	if (!out->n) {
		pf_fail(err, PF_EMODEL, "nothing is there");
		return pf_hint(err, "look at the run's or the model's artifacts on the server");
	}
	return mark_model(out, r, err);
}

/* ---- files ---- */

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	const struct artifacts *f = r->own;
	struct pf_str path = join(&r->arena, f->root, file->path);

	(void)err;
	t->url = pf_formatz(&r->arena, PF_FMT "/" PF_FMT, PF_ARG(f->base),
			    PF_ARG(pf_url_encode(&r->arena, path, "/")));
	pf_tracking_sign(&f->server, t);
	return 0;
}

static int mark_model(struct pf_remote_files *files, struct pf_remote *r, struct pf_err *err)
{
	struct pf_transfer t = { .body = PF_BUF(PF_MAX_TEXT_FILE), .max = PF_MAX_TEXT_FILE };
	struct pf_remote_file *model = NULL;
	char hex[PF_SHA256_HEX];
	int rc;

	for (size_t i = 0; i < files->n; i++)
		if (pf_str_is(files->v[i].path, "MLmodel"))
			model = &files->v[i];
	if (!model)
		return 0;
	rc = ask(&t, r, model, err);
	if (rc == 0) {
		pf_pool_start(r->pool, &t);
		rc = pf_pool_wait(r->pool, &t, err);
	}
	if (rc == 0) {
		pf_sha256_hex(hex, t.body.p ? t.body.p : "", t.body.n);
		model->mark = pf_dup(&r->arena, pf_s(hex));
		model->bytes = pf_dup(&r->arena, pf_buf_view(&t.body));
		model->size = t.body.n;
		model->sized = true;
	}
	pf_transfer_free(r->pool, &t);
	return rc;
}

const struct pf_remote_kind pf_remote_artifacts = {
	.schemes = { "mlflow-artifacts" },
	.rules = 0,
	.open = open_artifacts,
	.list = list_artifacts,
	.ask = ask,
};
