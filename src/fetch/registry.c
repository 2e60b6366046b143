/* registry.c - runs: and models: URIs, and where it is said that their files are */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/registry.h"
#include "fetch/remote.h"

static int open_registry(struct pf_registry *q, enum pf_tracking_role role)
{
	q->folder = pf_tracking_folder(q->a, role);
	q->kind = q->folder ? &pf_registry_files : &pf_registry_rest;
	return q->folder ? 0 : pf_tracking_open(&q->server, q->a, q->pool, role, q->err);
}

/* ---- where the files are ---- */

/* A user's name and password are nobody's to hand out, but for a bucket's name that stands where
 * they do, and of ftp: and sftp:, where MLflow's servers have them in the place of artifacts. */
static bool has_login(const struct pf_where *w)
{
	return w->url.user.p && !(w->kind->rules & PF_WHERE_CONTAINER) &&
	       w->kind != &pf_remote_server;
}

static int fail_local(struct pf_registry *q, struct pf_str place)
{
	pf_fail(q->err, PF_EINTEGRITY,
		"the tracking server says that the model is at " PF_FMT ", a path on some machine",
		PF_ARG(pf_shown(place)));
	return pf_hint(q->err, "if that is this one, give the path itself");
}

/* A server may name a place elsewhere, and never one on this machine; a folder of ours may. */
static int take_place(char **to, struct pf_registry *q, struct pf_str place, struct pf_str below)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err ignored;
	struct pf_where w;
	char *whole;

	while (pf_str_ends(place, "/"))
		place.n--;
	if (!place.n)
		return pf_fail(q->err, PF_ETRANSFER, "nothing says where the files are");
	whole = pf_formatz(q->a, PF_FMT "%s" PF_FMT, PF_ARG(place), below.n ? "/" : "",
			   PF_ARG(below));
	if (pf_where_is_local(place) && q->folder) {
		*to = whole;
		return 0;
	}
	if (!q->folder &&
	    (pf_where_is_local(place) || pf_str_ieq(pf_where_scheme(place), "git+file")))
		return fail_local(q, place);
	if (pf_where_read(&w, &a, pf_s(whole), &ignored) < 0) {
		pf_fail(q->err, PF_EINTEGRITY, "the tracking server says where the model is: %s",
			ignored.msg);
		return *ignored.hint ? pf_hint(q->err, "%s", ignored.hint) : -1;
	}
	if (has_login(&w))
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
	    pf_str_find(m->name, '@') != PF_NPOS || pf_str_find(m->suffix, '@') != PF_NPOS)
		return false;
	if (m->alias.p) /* "@alias/1" would be either of the two */
		return m->alias.n && !may_have_below(m->below);
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

/* The highest one, or the highest of a stage. */
static int find_latest(struct pf_str *version, struct pf_registry *q, const struct model_name *m)
{
	bool any = pf_str_ieq(m->suffix, "latest");
	uint64_t best = 0;

	if (q->kind->latest(&best, q, m->name, any ? PF_S("") : m->suffix) < 0)
		return -1;
	if (!best)
		return pf_fail(q->err, PF_EMODEL,
			       "no versions of the model " PF_FMT " with stage " PF_FMT,
			       PF_ARG(pf_shown(m->name)), PF_ARG(pf_shown(m->suffix)));
	*version = pf_format(q->a, "%llu", (unsigned long long)best);
	return 0;
}

static int find_model(char **to, bool *fixed, struct pf_registry *q, const struct model_name *m)
{
	struct pf_str version = m->suffix, place = { 0 };
	int rc;

	*fixed = !m->alias.n && (!m->suffix.n || is_number(m->suffix));
	if (m->alias.n)
		rc = q->kind->alias(&version, q, m->name, m->alias);
	else
		rc = m->suffix.n && !is_number(m->suffix) ? find_latest(&version, q, m) : 0;
	if (rc == 0)
		rc = version.n ? q->kind->version(&place, q, m->name, version) :
				 q->kind->model(&place, q, m->name);
	return rc < 0 ? -1 : take_place(to, q, place, m->below);
}

static int resolve_models(char **to, bool *fixed, struct pf_arena *a, struct pf_pool *p,
			  const struct pf_where *w, struct pf_err *err)
{
	struct pf_registry q = { .a = a, .pool = p, .err = err };
	struct model_name m;

	split_name(&m, pf_dup(a, w->path));
	if (open_registry(&q, PF_REGISTRY) < 0)
		return -1;
	return find_model(to, fixed, &q, &m);
}

/* ---- runs: ---- */

static int check_runs(const struct pf_where *w, struct pf_err *err)
{
	size_t slash = pf_str_find(w->path, '/');
	struct pf_str id = pf_str_cut(w->path, 0, slash);

	if (slash != PF_NPOS && id.n && !w->url.host.n && pf_str_span(id, "-_") == id.n)
		return 0;
	pf_fail(err, PF_EUSAGE, "not a proper runs: URI: " PF_FMT, PF_ARG(pf_shown(w->shown)));
	return pf_hint(err, "runs:/RUN_ID/PATH of the artifact");
}

/* MLflow 3 has models beside their runs: one that was logged by this run under this name. */
static int find_run(char **to, struct pf_registry *q, struct pf_str run, struct pf_str path)
{
	size_t slash = pf_str_find(path, '/');
	struct pf_str name = pf_str_cut(path, 0, slash), artifacts = { 0 }, experiment = { 0 },
		      place = { 0 };

	if (q->kind->run(&artifacts, &experiment, q, run) < 0 ||
	    q->kind->logged(&place, q, run, experiment, name) < 0)
		return -1;
	if (place.n)
		return take_place(to, q, place,
				  slash == PF_NPOS ? PF_S("") : pf_str_skip(path, slash + 1));
	return take_place(to, q, artifacts, path);
}

static int resolve_runs(char **to, bool *fixed, struct pf_arena *a, struct pf_pool *p,
			const struct pf_where *w, struct pf_err *err)
{
	struct pf_registry q = { .a = a, .pool = p, .err = err };
	struct pf_str path = pf_dup(a, w->path);
	size_t slash = pf_str_find(path, '/');

	*fixed = false;
	if (open_registry(&q, PF_TRACKING) < 0)
		return -1;
	return find_run(to, &q, pf_str_cut(path, 0, slash), pf_str_skip(path, slash + 1));
}

const struct pf_remote_kind
	pf_remote_models = { .schemes = { "models" }, .rules = PF_WHERE_TEXT,
			     .check = check_models, .resolve = resolve_models },
	pf_remote_runs = { .schemes = { "runs" }, .rules = PF_WHERE_TEXT,
			   .check = check_runs, .resolve = resolve_runs };
