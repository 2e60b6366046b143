/* to_server.c - files that a tracking server takes itself: mlflow-artifacts: */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/refusal.h"
#include "fetch/setting.h"
#include "fetch/tracking.h"
#include "publish/upload.h"

/* MLflow's (mlflow/environment_variables.py). */
#define MIN_PARTED ((uint64_t)500 << 20)
#define PART ((uint64_t)10 << 20)

struct server {
	struct pf_tracking tracking;
	struct pf_url url;   /* of the place: its host, where it names one */
	struct pf_str files; /* "https://host/api/2.0/mlflow-artifacts/artifacts" */
	struct pf_str root;  /* path of the folder below it, decoded */
	enum { NOT_ASKED, NO_PARTS, PARTS } parts;
};

static int open_server(struct pf_upload *u, const struct pf_where *w, struct pf_err *err)
{
	struct server *s = pf_alloc(&u->arena, sizeof(*s));

	if (pf_tracking_open(&s->tracking, &u->arena, &u->pool, PF_TRACKING, err) < 0)
		return -1;
	s->url = w->url;
	s->files = pf_tracking_artifacts(&u->arena, &s->tracking, &w->url, "artifacts");
	s->root = pf_dup(&u->arena, w->path);
	u->own = s;
	return 0;
}

static struct pf_str encoded(struct pf_arena *a, const struct server *s, struct pf_str path)
{
	return pf_url_encode(
		a,
		pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(s->root), path.n ? "/" : "", PF_ARG(path)),
		"/");
}

static void ask(struct pf_transfer *t, struct pf_upload *u, const struct pf_upload_file *f,
		const struct pf_upload_part *part)
{
	struct server *s = u->own;

	if (part) { /* somebody else's, who knows us by the URL */
		t->url = part->url;
		t->foreign = true;
		t->secret = part->secret;
		for (size_t i = 0; i < part->headers.n; i++)
			*PF_PUSH(&t->arena, &t->headers) = part->headers.v[i];
		return;
	}
	t->url = pf_formatz(&t->arena, PF_FMT "/" PF_FMT, PF_ARG(s->files),
			    PF_ARG(encoded(&t->arena, s, f->path)));
	*PF_PUSH(&t->arena, &t->headers) =
		pf_format(&t->arena, "Content-Type: %s", pf_upload_type(f->path));
	pf_tracking_sign(&s->tracking, t);
}

/* ---- parts, which go to where the server keeps them ---- */

static uint64_t number(const char *name, uint64_t otherwise)
{
	uint64_t n = 0;

	return pf_str_u64(pf_s(pf_setting(name)), &n) && n ? n : otherwise;
}

/* What servers since MLflow 3.10 tell of themselves; others do not know the question. */
static bool offers_parts(struct pf_upload *u, struct server *s)
{
	PF_AUTO(arena) a = { 0 };
	const char *service = "/api/2.0/mlflow-artifacts/artifacts";
	struct pf_tracking_call what = { .url = NULL };
	const struct pf_node *told;
	struct pf_node *answer;
	struct pf_err ignored;

	if (pf_setting("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"))
		return pf_setting_is_true("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD");
	what.url = pf_formatz(&a, PF_FMT "/api/3.0/mlflow/server-info",
			      PF_ARG(pf_str_cut(s->files, 0, s->files.n - strlen(service))));
	if (pf_tracking_call(&answer, &a, &u->pool, &s->tracking, &what, &ignored) < 0)
		return false;
	told = pf_node_get(answer, "multipart_uploads_enabled");
	return told && told->kind == PF_NODE_BOOL && told->truth;
}

static uint64_t part_size(struct pf_upload *u, uint64_t size)
{
	struct server *s = u->own;
	uint64_t part = number("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", PART);

	if (!size || size < number("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", MIN_PARTED))
		return 0;
	if (s->parts == NOT_ASKED)
		s->parts = offers_parts(u, s) ? PARTS : NO_PARTS;
	if (s->parts == NO_PARTS)
		return 0;
	return size / part < PF_MAX_UPLOAD_PARTS ? part : size / (PF_MAX_UPLOAD_PARTS - 1);
}

/* One call of "mpu/..." about a file, whose name is in the body: {"path": name, MORE}. */
static int call(struct pf_node **out, struct pf_upload *u, const struct pf_upload_file *f,
		const char *service, struct pf_str more, struct pf_err *err)
{
	struct server *s = u->own;
	struct pf_arena *a = &u->arena;
	size_t slash = pf_str_rfind(f->path, '/');
	struct pf_str folder = slash == PF_NPOS ? PF_S("") : pf_str_cut(f->path, 0, slash),
		      base = pf_tracking_artifacts(a, &s->tracking, &s->url, service);
	PF_AUTO(buf) body = PF_BUF(PF_MAX_REST);
	struct pf_tracking_call what = { .method = "POST" };

	pf_buf_cstr(&body, "{\"path\":");
	pf_json_quote(&body, pf_str_skip(f->path, slash + 1));
	pf_buf_printf(&body, "," PF_FMT "}", PF_ARG(more));
	what.url = pf_formatz(a, PF_FMT "/" PF_FMT, PF_ARG(base), PF_ARG(encoded(a, s, folder)));
	what.body = pf_buf_view(&body);
	return pf_tracking_call(out, a, &u->pool, &s->tracking, &what, err);
}

static int take_headers(struct pf_upload_part *part, struct pf_arena *a, const struct pf_node *map,
			struct pf_err *err)
{
	for (size_t i = 0; map && i < map->n; i++) {
		struct pf_str line = pf_format(a, PF_FMT ": " PF_FMT, PF_ARG(map->v[i].key),
					       PF_ARG(map->v[i].text));

		if (pf_str_has_control(line))
			return pf_fail(err, PF_EINTEGRITY,
				       "the tracking server's answer has a header of two lines");
		*PF_PUSH(a, &part->headers) = line;
	}
	return 0;
}

/* {"url", "part_number", "headers"}; what signs it is in the URL's query. */
static int take_part(struct pf_upload *u, struct pf_upload_file *f, const struct pf_node *told,
		     struct pf_err *err)
{
	const struct server *s = u->own;
	struct pf_str url = pf_node_text(told, "url");
	size_t query = pf_str_find(url, '?');
	struct pf_upload_part *part;
	struct pf_url parts;
	uint64_t n = 0;

	if (!pf_str_u64(pf_node_text(told, "part_number"), &n) || !n || n > f->part_count ||
	    f->parts[n - 1].url || pf_url_split(&parts, url, err) < 0 || !pf_url_is_http(&parts) ||
	    parts.user.p)
		return pf_fail(err, PF_ETRANSFER,
			       "the tracking server says of no part where it goes");
	if (pf_str_ieq(s->tracking.url.scheme, "https") && !pf_str_ieq(parts.scheme, "https"))
		return pf_fail(err, PF_EINTEGRITY,
			       "the tracking server sends parts of files on "
			       "by http, while it has https itself");
	part = &f->parts[n - 1];
	part->url = pf_dupz(&u->arena, pf_str_cut(url, 0, query));
	if (query != PF_NPOS)
		part->secret = pf_dup(&u->arena, pf_str_skip(url, query + 1));
	return take_headers(part, &u->arena, pf_node_get(told, "headers"), err);
}

static bool has_no_parts(const struct pf_err *err)
{
	return strstr(err->msg, "Multipart upload is not supported") || err->gone;
}

static int begin(struct pf_upload *u, struct pf_upload_file *f, struct pf_err *err)
{
	struct server *s = u->own;
	struct pf_node *answer;
	const struct pf_node *list;

	if (call(&answer, u, f, "mpu/create",
		 pf_format(&u->arena, "\"num_parts\":%zu", f->part_count), err) < 0) {
		if (!has_no_parts(err))
			return -1;
		s->parts = NO_PARTS;
		pf_debug("the tracking server takes no files in parts");
		return 1;
	}
	f->id = pf_node_text(answer, "upload_id");
	f->parts = pf_alloc_array(&u->arena, f->part_count, sizeof(*f->parts));
	list = pf_node_get(answer, "credentials");
	if (!list || list->n != f->part_count)
		return pf_fail(err, PF_ETRANSFER,
			       "the tracking server tells where other parts go than there are");
	for (size_t i = 0; i < list->n; i++)
		if (take_part(u, f, &list->v[i], err) < 0)
			return -1;
	return 0;
}

static void add_id(struct pf_json_out *w, const struct pf_upload_file *f)
{
	if (f->id.n)
		pf_json_field(w, "upload_id", f->id);
}

static int end(struct pf_upload *u, const struct pf_upload_file *f, struct pf_err *err)
{
	PF_AUTO(buf) more = PF_BUF(PF_MAX_REST);
	struct pf_json_out w = { .buf = &more };
	struct pf_node *answer;
	struct pf_str inner;

	pf_json_open(&w, '{');
	add_id(&w, f);
	pf_json_key(&w, "parts");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < f->part_count; i++) {
		const struct pf_upload_part *part = &f->parts[i];

		pf_json_open(&w, '{');
		pf_json_key(&w, "part_number");
		pf_json_int(&w, (int64_t)i + 1);
		pf_json_field(&w, "etag", part->mark.n ? part->mark : PF_S(""));
		pf_json_field(&w, "url",
			      pf_format(&u->arena, "%s%s" PF_FMT, part->url,
					part->secret.n ? "?" : "", PF_ARG(part->secret)));
		pf_json_close(&w, '}');
	}
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	if (pf_buf_check(&more, "the list of a file's parts", err) < 0)
		return -1;
	inner = pf_buf_view(&more);
	return call(&answer, u, f, "mpu/complete", pf_str_cut(inner, 1, inner.n - 1), err);
}

static void drop(struct pf_upload *u, const struct pf_upload_file *f)
{
	PF_AUTO(buf) more = PF_BUF(PF_KIB(16));
	struct pf_node *answer;
	struct pf_err ignored;

	pf_buf_cstr(&more, "\"upload_id\":");
	pf_json_quote(&more, f->id);
	(void)!call(&answer, u, f, "mpu/abort", pf_buf_view(&more), &ignored);
}

/* Of a part somebody else speaks, who says it in XML. */
static void explain(const struct pf_transfer *t, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	if (!t->secret.n)
		pf_tracking_refusal(t, err);
	else
		(void)pf_refusal_xml(NULL, &a, pf_buf_view(&t->problem), err);
}

const struct pf_upload_kind pf_upload_server = {
	.schemes = { "mlflow-artifacts" },
	.open = open_server,
	.part_size = part_size,
	.begin = begin,
	.ask = ask,
	.explain = explain,
	.end = end,
	.drop = drop,
};
