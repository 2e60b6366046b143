/* artifacts_url.c - folders of a tracking server by their http: URL */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/artifacts.h"
#include "fetch/tree.h"

/* "a%2Fb+c" of a query's value: decoded; a view of NULL where it is malformed. */
static struct pf_str value_of(struct pf_arena *a, struct pf_str one)
{
	char *text = pf_dupz(a, pf_str_skip(one, pf_str_find(one, '=') + 1));

	for (char *p = text; *p; p++)
		if (*p == '+')
			*p = ' ';
	return pf_url_decode(a, pf_s(text));
}

static struct pf_str base_of(struct pf_arena *a, const struct pf_url *u, size_t path)
{
	struct pf_url base = *u;

	base.path = pf_str_cut(u->path, 0, path);
	base.query = base.fragment = (struct pf_str){ 0 };
	return pf_s(pf_url_bare(a, &base));
}

static bool take_place(struct pf_artifacts *f, struct pf_arena *a, const struct pf_url *u)
{
	static const char way[] = "/mlflow-artifacts/artifacts/";
	size_t at = pf_str_find_str(u->path, way), end = at + strlen(way);

	if (at == PF_NPOS || u->query.n)
		return false;
	f->base = base_of(a, u, end - 1);
	f->root = pf_url_decode(a, pf_str_skip(u->path, end));
	return true;
}

static bool take_run(struct pf_artifacts *f, struct pf_arena *a, const struct pf_url *u)
{
	struct pf_str rest = pf_str_skip(u->query, 1), one;

	if (!pf_str_ends(u->path, "/get-artifact") ||
	    pf_str_ends(u->path, "/model-versions/get-artifact"))
		return false;
	f->base = base_of(a, u, pf_str_rfind(u->path, '/'));
	while (pf_str_next(&rest, '&', &one)) {
		if (pf_str_starts(one, "path="))
			f->root = value_of(a, one);
		else if (pf_str_starts(one, "run_uuid=") || pf_str_starts(one, "run_id="))
			f->run = value_of(a, one);
		else
			return false;
	}
	return f->run.n > 0;
}

bool pf_artifacts_of_url(struct pf_artifacts *out, struct pf_arena *a, const struct pf_where *w)
{
	struct pf_artifacts f = { 0 };
	struct pf_err ignored;

	if (w->url.fragment.p || (!take_place(&f, a, &w->url) && !take_run(&f, a, &w->url)))
		return false;
	while (pf_str_ends(f.root, "/"))
		f.root.n--;
	if (!f.root.n || pf_tree_check_path(f.root, &ignored) < 0)
		return false;
	f.root = pf_dup(a, f.root);
	*out = f;
	return true;
}
