/* registry.c - runs: and models: URIs, and where a tracking server says that their files are */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/remote.h"
#include "fetch/tracking.h"

/* One resolution: whom to ask, and where the answers live. */
struct asking {
	struct pf_arena *a;
	struct pf_pool *pool;
	struct pf_tracking server;
	struct pf_err *err;
};

static const struct pf_node *get(struct asking *q, const char *what, struct pf_str query)
{
	struct pf_node *root;
	struct pf_str path =
		pf_format(q->a, "%s%s" PF_FMT, what, query.n ? "?" : "", PF_ARG(query));

	return pf_tracking_ask(&root, q->a, q->pool, &q->server, path, (struct pf_str){ 0 },
			       q->err) < 0
		       ? NULL
		       : root;
}

static const struct pf_node *post(struct asking *q, const char *what, const struct pf_buf *body)
{
	struct pf_node *root;

	return pf_tracking_ask(&root, q->a, q->pool, &q->server, pf_s(what), pf_buf_view(body),
			       q->err) < 0
		       ? NULL
		       : root;
}

static int fail_answer(struct pf_err *err, const char *what)
{
	return pf_fail(err, PF_ETRANSFER, "the tracking server's answer has no %s", what);
}

/* ---- where the files are ---- */

/* A server may name a place elsewhere, and never one on this machine. */
static int take_place(char **to, struct asking *q, struct pf_str place, struct pf_str below)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err ignored;
	struct pf_where w;
	char *whole;

	while (pf_str_ends(place, "/"))
		place.n--;
	if (!place.n)
		return fail_answer(q->err, "place of the files");
	whole = pf_formatz(q->a, PF_FMT "%s" PF_FMT, PF_ARG(place), below.n ? "/" : "",
			   PF_ARG(below));
	if (!pf_where_scheme(place).n || pf_str_ieq(pf_where_scheme(place), "file")) {
		pf_fail(q->err, PF_EINTEGRITY,
			"the tracking server says that the model is at " PF_FMT
			", a path on some machine",
			PF_ARG(pf_shown(place)));
		return pf_hint(q->err, "if that is this one, give the path itself");
	}
	if (pf_where_read(&w, &a, pf_s(whole), &ignored) < 0) {
		pf_fail(q->err, PF_EINTEGRITY, "the tracking server says where the model is: %s",
			ignored.msg);
		return *ignored.hint ? pf_hint(q->err, "%s", ignored.hint) : -1;
	}
	if (w.url.user.p)
		return pf_fail(q->err, PF_EINTEGRITY,
			       "the tracking server's answer has credentials in it");
	*to = whole;
	return 0;
}

/* ---- models: ---- */

/* "NAME/SUFFIX/BELOW", "NAME@ALIAS/BELOW" or "ID". */
struct model_name {
	struct pf_str name, suffix, alias, below;
};

static struct pf_str take_part(struct pf_str *rest)
{
	struct pf_str part = { 0 };

	if (rest->n)
		(void)pf_str_next(rest, '/', &part);
	return part;
}

static void split_name(struct model_name *out, struct pf_str path)
{
	struct pf_str rest = path, first = take_part(&rest);
	size_t at = pf_str_rfind(first, '@');

	*out = (struct model_name){ .name = pf_str_cut(first, 0, at) };
	if (at != PF_NPOS)
		out->alias = pf_str_skip(first, at + 1);
	else
		out->suffix = take_part(&rest);
	out->below = rest.p ? rest : PF_S("");
}

static bool is_number(struct pf_str s)
{
	uint64_t n;

	return pf_str_u64(s, &n);
}

/* A path below is told from one segment too many by what stands before it. */
static bool may_have_below(struct pf_str suffix)
{
	static const char *const words[] = { "latest", "production", "staging", "archived",
					     "none" };

	for (size_t i = 0; i < PF_COUNT(words); i++)
		if (pf_str_ieq(suffix, words[i]))
			return true;
	return is_number(suffix);
}

static bool is_proper(const struct pf_where *w, const struct model_name *m)
{
	if (!m->name.n || w->url.host.n || pf_str_find(m->name, ':') != PF_NPOS ||
	    pf_str_find(m->name, '@') != PF_NPOS)
		return false;
	if (pf_str_find(w->path, '@') != PF_NPOS)
		return m->alias.n && !m->below.n;
	return !m->below.n || may_have_below(m->suffix);
}

static int check_models(const struct pf_where *w, struct pf_err *err)
{
	struct model_name m;

	split_name(&m, w->path);
	if (is_proper(w, &m))
		return 0;
	pf_fail(err, PF_EUSAGE, "not a proper models: URI: " PF_FMT, PF_ARG(pf_shown(w->shown)));
	return pf_hint(
		err,
		w->url.host.n
			? "profiles of Databricks are not known here"
			: "models:/NAME/VERSION, models:/NAME/STAGE, models:/NAME/latest, models:/NAME@ALIAS or models:/ID");
}

/* The highest of the latest versions of each stage. */
static int find_latest(struct pf_str *version, struct asking *q, const struct model_name *m)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer, *list;
	uint64_t best = 0, one;

	pf_json_open(&w, '{');
	pf_json_field(&w, "name", m->name);
	if (!pf_str_ieq(m->suffix, "latest")) {
		pf_json_key(&w, "stages");
		pf_json_open(&w, '[');
		pf_json_str(&w, m->suffix);
		pf_json_close(&w, ']');
	}
	pf_json_close(&w, '}');
	answer = post(q, "registered-models/get-latest-versions", &body);
	if (!answer)
		return -1;
	list = pf_node_get(answer, "model_versions");
	for (size_t i = 0; list && i < list->n; i++)
		if (pf_str_u64(pf_node_text(&list->v[i], "version"), &one) && one > best)
			best = one;
	if (!best)
		return pf_fail(q->err, PF_EMODEL,
			       "no versions of the model " PF_FMT " with stage " PF_FMT,
			       PF_ARG(pf_shown(m->name)), PF_ARG(pf_shown(m->suffix)));
	*version = pf_format(q->a, "%llu", (unsigned long long)best);
	return 0;
}

static int find_alias(struct pf_str *version, struct asking *q, const struct model_name *m)
{
	const struct pf_node *answer =
		get(q, "registered-models/alias",
		    pf_url_query(q->a, "name", m->name, "alias", m->alias));

	if (!answer)
		return -1;
	*version = pf_node_text(pf_node_get(answer, "model_version"), "version");
	return version->n ? 0 : fail_answer(q->err, "version");
}

static int place_of_version(struct pf_str *place, struct asking *q, struct pf_str name,
			    struct pf_str version)
{
	const struct pf_node *answer =
		get(q, "model-versions/get-download-uri",
		    pf_url_query(q->a, "name", name, "version", version));

	if (!answer)
		return -1;
	*place = pf_node_text(answer, "artifact_uri");
	return 0;
}

static int place_of_id(struct pf_str *place, struct asking *q, struct pf_str id)
{
	const struct pf_node *answer = get(
		q, pf_formatz(q->a, "logged-models/" PF_FMT, PF_ARG(pf_url_encode(q->a, id, ""))),
		PF_S(""));

	if (!answer)
		return -1;
	*place = pf_node_text(pf_node_get(pf_node_get(answer, "model"), "info"), "artifact_uri");
	return 0;
}

static int find_model(char **to, bool *fixed, struct asking *q, const struct model_name *m)
{
	struct pf_str version = m->suffix, place = { 0 };
	int rc;

	*fixed = !m->alias.n && (!m->suffix.n || is_number(m->suffix));
	if (m->alias.n)
		rc = find_alias(&version, q, m);
	else
		rc = m->suffix.n && !is_number(m->suffix) ? find_latest(&version, q, m) : 0;
	if (rc == 0)
		rc = version.n ? place_of_version(&place, q, m->name, version) :
				 place_of_id(&place, q, m->name);
	return rc < 0 ? -1 : take_place(to, q, place, m->below);
}

static int resolve_models(char **to, bool *fixed, struct pf_arena *a, struct pf_pool *p,
			  const struct pf_where *w, struct pf_err *err)
{
	struct asking q = { .a = a, .pool = p, .err = err };
	struct model_name m;

	split_name(&m, pf_dup(a, w->path));
	if (pf_tracking_open(&q.server, a, p, PF_REGISTRY, err) < 0)
		return -1;
	return find_model(to, fixed, &q, &m);
}

/* ---- runs: ---- */

static int check_runs(const struct pf_where *w, struct pf_err *err)
{
	size_t slash = pf_str_find(w->path, '/');
	struct pf_str id = pf_str_cut(w->path, 0, slash);
	bool good = slash != PF_NPOS && id.n && !w->url.host.n;

	for (size_t i = 0; i < id.n; i++)
		good &= pf_is_alnum(id.p[i]) || id.p[i] == '-' || id.p[i] == '_';
	if (good)
		return 0;
	pf_fail(err, PF_EUSAGE, "not a proper runs: URI: " PF_FMT, PF_ARG(pf_shown(w->shown)));
	return pf_hint(err, "runs:/RUN_ID/PATH of the artifact");
}

/* MLflow 3 has models beside their runs: one that was logged by this run under this name. Older
 * servers do not know of them. */
static int find_logged(struct pf_str *place, struct asking *q, struct pf_str run,
		       struct pf_str experiment, struct pf_str name)
{
	PF_AUTO(buf) body = PF_BUF(PF_KIB(64)), filter = PF_BUF(PF_KIB(16));
	struct pf_json_out w = { .buf = &body };
	const struct pf_node *answer, *list;

	if (pf_str_find(name, '\'') != PF_NPOS)
		return 0;
	pf_buf_printf(&filter, "name = '" PF_FMT "' AND source_run_id = '" PF_FMT "'", PF_ARG(name),
		      PF_ARG(run));
	pf_json_open(&w, '{');
	pf_json_key(&w, "experiment_ids");
	pf_json_open(&w, '[');
	pf_json_str(&w, experiment);
	pf_json_close(&w, ']');
	pf_json_field(&w, "filter", pf_buf_view(&filter));
	pf_json_close(&w, '}');
	answer = post(q, "logged-models/search", &body);
	if (!answer)
		return q->err->gone || q->err->code == PF_ETRANSFER ? 0 : -1;
	list = pf_node_get(answer, "models");
	if (list && list->n)
		*place = pf_node_text(pf_node_get(&list->v[0], "info"), "artifact_uri");
	return 0;
}

static int find_run(char **to, struct asking *q, struct pf_str run, struct pf_str path)
{
	const struct pf_node *answer = get(q, "runs/get", pf_url_query(q->a, "run_id", run)),
			     *info;
	struct pf_str place = { 0 };
	size_t slash = pf_str_find(path, '/');

	if (!answer)
		return -1;
	info = pf_node_get(pf_node_get(answer, "run"), "info");
	if (find_logged(&place, q, run, pf_node_text(info, "experiment_id"),
			pf_str_cut(path, 0, slash)) < 0)
		return -1;
	if (place.n)
		return take_place(to, q, place,
				  slash == PF_NPOS ? PF_S("") : pf_str_skip(path, slash + 1));
	return take_place(to, q, pf_node_text(info, "artifact_uri"), path);
}

static int resolve_runs(char **to, bool *fixed, struct pf_arena *a, struct pf_pool *p,
			const struct pf_where *w, struct pf_err *err)
{
	struct asking q = { .a = a, .pool = p, .err = err };
	struct pf_str path = pf_dup(a, w->path);
	size_t slash = pf_str_find(path, '/');

	*fixed = false;
	if (pf_tracking_open(&q.server, a, p, PF_TRACKING, err) < 0)
		return -1;
	return find_run(to, &q, pf_str_cut(path, 0, slash), pf_str_skip(path, slash + 1));
}

const struct pf_remote_kind
	pf_remote_models = { .schemes = { "models" }, .rules = PF_WHERE_TEXT,
			     .check = check_models, .resolve = resolve_models },
	pf_remote_runs = { .schemes = { "runs" }, .rules = PF_WHERE_TEXT,
			   .check = check_runs, .resolve = resolve_runs };
