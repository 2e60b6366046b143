/* artifacts.c - mlflow-artifacts: a folder that a tracking server hands out */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/artifacts.h"
#include "fetch/tree.h"
#include "formats/digest.h"


static int open_artifacts(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct pf_artifacts *f = pf_alloc(&r->arena, sizeof(*f));

	if (pf_tracking_open(&f->server, &r->arena, r->pool, PF_TRACKING, err) < 0)
		return -1;
	f->base = pf_tracking_artifacts(&r->arena, &f->server, &w->url, "artifacts");
	f->root = pf_dup(&r->arena, w->path);
	r->own = f;
	r->source = pf_artifacts_source(&r->arena, f);
	return 0;
}

struct pf_str pf_artifacts_source(struct pf_arena *a, const struct pf_artifacts *f)
{
	if (f->run.n)
		return pf_format(a, PF_FMT "/get-artifact?" PF_FMT, PF_ARG(f->base),
				 PF_ARG(pf_url_query(a, "path", f->root, "run_uuid", f->run)));
	return pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(f->base), PF_ARG(f->root));
}

/* Either may be empty. */
static struct pf_str join(struct pf_arena *a, struct pf_str folder, struct pf_str name)
{
	if (!name.n)
		return folder;
	return folder.n ? pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(folder), PF_ARG(name)) : name;
}

/* ---- lists ---- */

/* One list under way. */
struct listing {
	struct pf_remote_files *out;
	struct pf_remote *r;
	struct pf_artifacts *f;
	struct pf_err *err;
};

/* Paths are relative to the folder that was asked about; a run's, to the run. */
static int take_name(struct pf_str *name, const struct listing *l, struct pf_str folder)
{
	struct pf_arena *a = &l->r->arena;
	struct pf_str above = pf_format(a, PF_FMT "/", PF_ARG(join(a, l->f->root, folder)));

	if (l->f->run.n) {
		if (name->n < above.n || memcmp(name->p, above.p, above.n) != 0)
			return pf_fail(l->err, PF_EINTEGRITY,
				       "the server lists \"" PF_FMT "\", which was not asked for",
				       PF_ARG(pf_shown(*name)));
		*name = pf_str_skip(*name, above.n);
	}
	if (pf_tree_check_path(*name, l->err) < 0) /* before anything is asked for by it */
		return -1;
	*name = join(a, folder, *name);
	return 0;
}

static int take_entry(const struct listing *l, struct pf_str folder, const struct pf_node *entry)
{
	struct pf_artifacts *f = l->f;
	const struct pf_node *is_folder = pf_node_get(entry, "is_dir");
	struct pf_str name = pf_node_text(entry, "path"), size = pf_node_text(entry, "file_size");
	struct pf_remote_file *file;

	if (take_name(&name, l, folder) < 0)
		return -1;
	if (is_folder && is_folder->truth) {
		if (f->folders.n >= PF_MAX_PAGES || name.n >= PF_MAX_PATH)
			return pf_fail(l->err, PF_ELIMIT, "the model has folders without end");
		*PF_PUSH(&l->r->arena, &f->folders) = name;
		return 0;
	}
	if (l->out->n >= PF_MAX_MODEL_FILES)
		return pf_fail(l->err, PF_ELIMIT, "the model has files without end");
	file = PF_PUSH(&l->r->arena, l->out);
	*file = (struct pf_remote_file){ .path = name };
	file->sized = pf_str_u64(size, &file->size);
	return 0;
}

static int take_list(const struct listing *l, struct pf_str folder, const struct pf_transfer *t)
{
	struct pf_arena *a = &l->r->arena;
	const struct pf_node *files;
	struct pf_node *root;

	if (pf_json_parse(&root, a, pf_dup(a, pf_buf_view(&t->body)), l->err) < 0) {
		l->err->code = PF_ETRANSFER;
		return pf_wrap(l->err, "the answer of %s", t->url);
	}
	if (pf_node_text(root, "next_page_token").n)
		return pf_fail(l->err, PF_ETRANSFER, "the server lists the files in parts");
	files = pf_node_get(root, "files");
	for (size_t i = 0; files && i < files->n; i++)
		if (take_entry(l, folder, &files->v[i]) < 0)
			return -1;
	return 0;
}

static void start_list(struct pf_transfer *t, const struct listing *l, struct pf_str folder)
{
	struct pf_artifacts *f = l->f;
	struct pf_arena *a = &l->r->arena;
	struct pf_str path = join(a, f->root, folder);

	t->url = f->run.n ? pf_formatz(a, PF_FMT "/api/2.0/mlflow/artifacts/list?" PF_FMT,
				       PF_ARG(f->base),
				       PF_ARG(pf_url_query(a, "run_id", f->run, "path", path)))
			  : pf_formatz(a, PF_FMT "?" PF_FMT, PF_ARG(f->base),
				       PF_ARG(pf_url_query(a, "path", path)));
	t->accept = "application/json";
	t->body = PF_BUF(PF_MAX_LISTING);
	t->max = PF_MAX_LISTING;
	pf_tracking_sign(&f->server, t);
	pf_pool_start(l->r->pool, t);
}

/* The folders of one level are asked about at once. */
static int list_level(const struct listing *l, size_t from)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_pool *pool = l->r->pool;
	size_t n = l->f->folders.n - from;
	struct pf_transfer *lists = pf_alloc_array(&a, n, sizeof(*lists));
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		start_list(&lists[i], l, l->f->folders.v[from + i]);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = pf_pool_wait(pool, &lists[i], l->err) < 0 ||
		     take_list(l, l->f->folders.v[from + i], &lists[i]) < 0 ? -1 : 0;
	for (size_t i = 0; i < n; i++)
		pf_transfer_free(pool, &lists[i]);
	return rc;
}

/* ---- files ---- */

void pf_artifacts_ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_artifacts *f,
		      struct pf_str path)
{
	struct pf_arena *a = &r->arena;

	path = join(a, f->root, path);
	t->url = f->run.n ? pf_formatz(a, PF_FMT "/get-artifact?" PF_FMT, PF_ARG(f->base),
				       PF_ARG(pf_url_query(a, "path", path, "run_uuid", f->run)))
			  : pf_formatz(a, PF_FMT "/" PF_FMT, PF_ARG(f->base),
				       PF_ARG(pf_url_encode(a, path, "/")));
	pf_tracking_sign(&f->server, t);
}

/* The server tells sizes alone; MLmodel, which holds when the model was made, tells models
 * apart. */
static int mark_model(const struct listing *l)
{
	struct pf_transfer t = { .body = PF_BUF(PF_MAX_TEXT_FILE), .max = PF_MAX_TEXT_FILE };
	struct pf_remote_file *model = pf_tree_mlmodel(l->out);
	struct pf_remote *r = l->r;
	char hex[PF_SHA256_HEX];
	int rc;

	if (!model)
		return 0;
	pf_artifacts_ask(&t, r, l->f, model->path);
	pf_pool_start(r->pool, &t);
	rc = pf_pool_wait(r->pool, &t, l->err);
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

int pf_artifacts_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_artifacts *f,
		      struct pf_err *err)
{
	const struct listing l = { .out = out, .r = r, .f = f, .err = err };

	*PF_PUSH(&r->arena, &f->folders) = PF_S("");
	for (size_t from = 0, to; from < f->folders.n; from = to) {
		to = f->folders.n;
		if (list_level(&l, from) < 0)
			return -1;
	}
	return mark_model(&l);
}

/* ---- by their own scheme ---- */

static int list(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	if (pf_artifacts_list(out, r, r->own, err) < 0)
		return -1;
	if (out->n)
		return 0;
	pf_fail(err, PF_EMODEL, "nothing is there");
	return pf_hint(err, "look at the run's or the model's artifacts on the server");
}

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	(void)err;
	pf_artifacts_ask(t, r, r->own, file->path);
	return 0;
}

const struct pf_remote_kind pf_remote_artifacts = {
	.schemes = { "mlflow-artifacts" },
	.rules = PF_WHERE_TEXT,
	.open = open_artifacts,
	.list = list,
	.ask = ask,
};
