/* merge.c - one requirement of each name: extras and specifiers of several put together */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "req/requirement.h"
#include "save/inside.h"

/* utils/environment.py, _deduplicate_requirements. MLflow asks pip whether specifiers contradict
 * one another, which needs the index; here an exact version that the other does not admit is
 * refused, and other contradictions are found when the environment is resolved. */

struct entry {
	struct pf_str line; /* as given, of one that is no requirement by the standard */
	bool parsed;
	struct pf_requirement req;
};

struct merging {
	struct pf_arena *a;
	struct pf_map seen; /* name and marker to struct entry * */
	PF_VEC(struct entry *) entries;
};

/* Is it one version, once with a local label and once without? Then the latter can be installed
 * from an index. */
static const struct pf_specset *public_one(const struct pf_specset *x, const struct pf_specset *y)
{
	const struct pf_spec *l = pf_specset_pin(x), *r = pf_specset_pin(y);
	bool local;

	if (!l || !r || l->op != PF_SPEC_EQ || r->op != PF_SPEC_EQ)
		return NULL;
	local = l->version.local.p != NULL;
	if (local == (r->version.local.p != NULL) ||
	    pf_version_cmp_public(&l->version, &r->version) != 0)
		return NULL;
	return local ? y : x;
}

static bool contradicts(const struct pf_specset *pinned, const struct pf_specset *other)
{
	const struct pf_spec *pin = pf_specset_pin(pinned);

	return pin && pin->op == PF_SPEC_EQ &&
	       !pf_specset_admits(other, &pin->version, PF_PRE_ALLOW);
}

static int merge_specs(struct merging *m, struct pf_requirement *into,
		       const struct pf_requirement *first, struct pf_err *err)
{
	const struct pf_specset *one = public_one(&first->specs, &into->specs);
	struct pf_str l = pf_specset_print(m->a, &first->specs),
		      r = pf_specset_print(m->a, &into->specs);

	if (one)
		into->specs = *one;
	if (one || pf_str_eq(l, r))
		return 0;
	if (contradicts(&first->specs, &into->specs) || contradicts(&into->specs, &first->specs))
		return pf_fail(err, PF_EUSAGE,
			       "The specified requirements versions are incompatible. Detected "
			       "conflicts: " PF_FMT PF_FMT " and " PF_FMT PF_FMT,
			       PF_ARG(pf_shown(first->name)), PF_ARG(pf_shown(l)),
			       PF_ARG(pf_shown(into->name)), PF_ARG(pf_shown(r)));
	return pf_specset_parse(&into->specs, m->a,
				pf_format(m->a, PF_FMT "," PF_FMT, PF_ARG(l), PF_ARG(r)), err);
}

static void merge_extras(struct merging *m, struct pf_requirement *into,
			 const struct pf_requirement *first)
{
	struct pf_strs all = { 0 };

	for (size_t i = 0; i < first->extras.n; i++)
		*PF_PUSH(m->a, &all) = first->extras.v[i];
	for (size_t i = 0; i < into->extras.n; i++)
		if (!pf_strs_have(&all, into->extras.v[i]))
			*PF_PUSH(m->a, &all) = into->extras.v[i];
	pf_strs_sort(&all);
	into->extras = all;
}

/* The later one stays, in the place of the first. */
static int merge(struct merging *m, struct entry *e, struct pf_requirement *req, struct pf_err *err)
{
	if (!req->specs.n)
		req->specs = e->req.specs;
	else if (e->req.specs.n && merge_specs(m, req, &e->req, err) < 0)
		return -1;
	merge_extras(m, req, &e->req);
	e->req = *req;
	return 0;
}

static int take(struct merging *m, struct pf_str line, struct pf_err *err)
{
	struct pf_err ignored;
	struct pf_requirement req = { 0 };
	bool parsed = pf_requirement_parse(&req, m->a, line, &ignored) == 0;
	struct pf_str marker = req.marker ? pf_marker_print(m->a, req.marker) : PF_S("");
	void **place = pf_map_put(
		m->a, &m->seen,
		parsed ? pf_format(m->a, PF_FMT ";" PF_FMT, PF_ARG(req.name), PF_ARG(marker))
		       : line);
	struct entry *e = *place;

	if (e)
		return parsed ? merge(m, e, &req, err) : 0;
	e = *place = pf_alloc(m->a, sizeof(*e));
	*e = (struct entry){ .line = line, .parsed = parsed, .req = req };
	*PF_PUSH(m->a, &m->entries) = e;
	return 0;
}

/* databricks-connect brings a pyspark of its own. */
static bool is_kept(const struct merging *m, const struct entry *e)
{
	static const char *const spark[] = { "pyspark", "pyspark-connect", NULL };
	bool connect = false;

	for (size_t i = 0; i < m->entries.n; i++)
		connect |= pf_str_is(m->entries.v[i]->req.name, "databricks-connect");
	return !connect || !pf_str_in(e->req.name, spark);
}

int pf_save_reqs_merge(struct pf_strs *reqs, struct pf_arena *a, struct pf_err *err)
{
	struct merging m = { .a = a };
	struct pf_strs out = { 0 };

	for (size_t i = 0; i < reqs->n; i++)
		if (take(&m, reqs->v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < m.entries.n; i++) {
		const struct entry *e = m.entries.v[i];

		if (is_kept(&m, e))
			*PF_PUSH(a, &out) = e->parsed ? pf_requirement_print(a, &e->req) : e->line;
	}
	*reqs = out;
	return 0;
}
