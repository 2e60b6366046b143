/* used.c - what a model's own files name, as the requirements that MLflow would infer */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/weigh.h"
#include "req/version.h"

/* MLflow's utils/requirements_utils.py, _infer_requirements and _prune_packages: what others of
 * them need is left out, but for what MLflow itself needs; it and setuptools are. */

struct finding {
	struct pf_weights w;
	struct pf_arena *a;
	struct pf_map required; /* by others of them */
	struct pf_map kept;	/* what MLflow itself needs */
};

/* The names of what a distribution needs here, extras aside. */
static struct pf_strs needs_of(struct finding *f, struct pf_str key)
{
	struct pf_dist *dist = pf_map_get(&f->w.dists->by_name, key);
	struct pf_strs out = { 0 };
	struct pf_requirement req;
	struct pf_err ignored;

	if (!dist || (!dist->read && pf_dist_read(f->w.dists, dist, &ignored) < 0))
		return out;
	for (size_t i = 0; i < dist->requires.n; i++)
		if (pf_requirement_parse(&req, f->a, dist->requires.v[i], &ignored) == 0 &&
		    pf_marker_eval(req.marker, &f->w.env, PF_S("")))
			*PF_PUSH(f->a, &out) = req.key;
	return out;
}

/* Everything that one needs, and what that needs, but for itself. */
static void require_from(struct finding *f, struct pf_str key)
{
	struct pf_map seen = { 0 };
	struct pf_strs queue = { 0 };

	*pf_map_put(f->a, &seen, key) = f;
	*PF_PUSH(f->a, &queue) = key;
	for (size_t i = 0; i < queue.n; i++) {
		struct pf_strs needs = needs_of(f, queue.v[i]);

		for (size_t k = 0; k < needs.n; k++) {
			void **place = pf_map_put(f->a, &seen, needs.v[k]);

			if (*place)
				continue;
			*place = f;
			*pf_map_put(f->a, &f->required, needs.v[k]) = f;
			*PF_PUSH(f->a, &queue) = needs.v[k];
		}
	}
}

static bool is_left_out(const struct finding *f, struct pf_str key)
{
	static const char *const never[] = { "setuptools", "mlflow", "mlflow-skinny",
					     "mlflow-tracing", NULL };

	return pf_str_in(key, never) ||
	       (pf_map_get(&f->required, key) && !pf_map_get(&f->kept, key));
}

static void add(struct pf_strs *out, struct finding *f, struct pf_str key)
{
	const struct pf_dist *dist = pf_map_get(&f->w.dists->by_name, key);
	struct pf_version version = { 0 }, numpy_told = { 0 };
	struct pf_str line;

	if (!dist)
		return;
	line = pf_format(f->a, PF_FMT "==" PF_FMT, PF_ARG(key),
			 PF_ARG(pf_str_cut(dist->version, 0, pf_str_find(dist->version, '+'))));
	if (!pf_strs_have(out, line))
		*PF_PUSH(f->a, out) = line;
	/* older ones do not say which numpy they cannot be with */
	if (pf_str_is(key, "pandas") && pf_version_read(&version, f->a, dist->version) &&
	    pf_version_read(&numpy_told, f->a, PF_S("2.1.2")) &&
	    pf_version_cmp(&version, &numpy_told) < 0)
		add(out, f, PF_S("numpy"));
}

void pf_used_find(struct pf_strs *out, struct pf_arena *a, const struct pf_model *m,
		  const struct pf_python *python, struct pf_dists *installed)
{
	struct finding f = { .a = a };
	struct pf_strs own;

	pf_weights_make(&f.w, a, m, python, installed);
	own = needs_of(&f, PF_S("mlflow"));
	for (size_t i = 0; i < own.n; i++)
		*pf_map_put(a, &f.kept, own.v[i]) = &f;
	for (size_t i = 0; i < f.w.named.entries.n; i++)
		require_from(&f, f.w.named.entries.v[i].key);
	for (size_t i = 0; i < f.w.named.entries.n; i++)
		if (!is_left_out(&f, f.w.named.entries.v[i].key))
			add(out, &f, f.w.named.entries.v[i].key);
	pf_strs_sort(out);
	pf_weights_free(&f.w);
}
