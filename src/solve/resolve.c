/* resolve.c - needs to one version of every project: sets the search up, reads its result */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/resolve.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "solve/pubgrub.h"

void pf_resolution_free(struct pf_resolution *r)
{
	pf_arena_free(&r->arena);
	memset(r, 0, sizeof(*r));
}

/* ---- before ---- */

static int two_places(const struct pf_need *a, const struct pf_need *b, struct pf_err *err)
{
	return pf_fail(err, PF_ESOLVE, PF_FMT " is asked for in two places: " PF_FMT " (" PF_FMT
		       ":%u) and " PF_FMT " (" PF_FMT ":%u)", PF_ARG(pf_shown(a->req.key)),
		       PF_ARG(pf_shown(pf_need_place(a))), PF_ARG(pf_shown(a->file)), a->line,
		       PF_ARG(pf_shown(pf_need_place(b))), PF_ARG(pf_shown(b->file)), b->line);
}

static int find_direct(struct pf_solver *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->need_count; i++) {
		const struct pf_need *need = &s->needs[i], *other;

		if (!need->parsed) {
			pf_fail(err, PF_EMODEL,
				PF_FMT ":%u: '" PF_FMT "' does not tell the name of its package",
				PF_ARG(pf_shown(need->file)), need->line,
				PF_ARG(pf_shown(need->text)));
			return pf_hint(err,
				       "write NAME @ URL, or use --env-manager uv or virtualenv");
		}
		if (!pf_need_place(need).n || !pf_need_applies(need, s->o))
			continue;
		if (!s->source->direct)
			return pf_fail(err, PF_EUSAGE, PF_FMT ":%u: '" PF_FMT
				       "' is no package of an index", PF_ARG(pf_shown(need->file)),
				       need->line, PF_ARG(pf_shown(need->text)));
		other = pf_map_get(&s->direct, need->req.key);
		if (other && !pf_str_eq(pf_need_place(other), pf_need_place(need)))
			return two_places(other, need, err);
		if (!other)
			*pf_map_put(&s->arena, &s->direct, need->req.key) = (void *)need;
	}
	return 0;
}

/* "3.13.0rc1" and "3.13.0+" are 3.13.0 here, as they are for pip and uv. */
static void read_python(struct pf_solver *s)
{
	(void)pf_version_scan(&s->python, &s->arena, s->o->env->python_full_version);
	s->python.pre_kind = s->python.pre = s->python.dev = s->python.local = (struct pf_str){ 0 };
}

/* ---- after ---- */

static int by_name(const void *l, const void *r)
{
	const struct pf_chosen *a = l, *b = r;

	return pf_str_cmp(a->name, b->name);
}

static const struct pf_need *who_needs(const struct pf_solver *s, struct pf_str name)
{
	const struct pf_need *need = NULL;

	do {
		need = pf_need_next(s->needs, s->need_count, need, name);
	} while (need && !pf_need_applies(need, s->o));
	return need;
}

static int note_extras(struct pf_resolution *out, struct pf_chosen *c, struct pf_solver *s,
		       const struct pf_package *p, struct pf_err *err)
{
	struct pf_depends list = { 0 };

	if (p->extras.n &&
	    s->source->depends(s->source->ctx, &list, c->candidate, err) < 0)
		return -1;
	for (size_t i = 0; i < p->extras.n; i++) {
		struct pf_str extra = p->extras.v[i]->extra;

		if (!pf_package_wanted(p->extras.v[i]))
			continue;
		*PF_PUSH(&out->arena, &c->extras) = pf_dup(&out->arena, extra);
		if (!pf_strs_have(&list.extras, extra))
			*PF_PUSH(&out->arena, &out->no_such_extra) = pf_format(
				&out->arena, PF_FMT "[" PF_FMT "] " PF_FMT, PF_ARG(p->name),
				PF_ARG(extra), PF_ARG(c->candidate->version.text));
	}
	pf_strs_sort(&c->extras);
	return 0;
}

static int note_choice(struct pf_resolution *out, struct pf_solver *s, const struct pf_package *p,
		       struct pf_err *err)
{
	const struct pf_candidate *c = p->ranking.v[pf_bits_next(p->left, p->bits, 0)];
	struct pf_chosen chosen = {
		.name = pf_dup(&out->arena, p->name),
		.candidate = c,
		.need = who_needs(s, p->name),
		.sdist = !c->wheel || !pf_resolve_takes_wheels(s->o, p->name),
		.late = s->o->as_of && c->day > s->o->as_of,
	};

	if (note_extras(out, &chosen, s, p, err) < 0)
		return -1;
	*PF_PUSH(&out->arena, &out->v) = chosen;
	return 0;
}

static int note_result(struct pf_resolution *out, struct pf_solver *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->packages.n; i++) {
		const struct pf_package *p = s->packages.v[i];

		if (p->base == p && pf_package_wanted(p) && note_choice(out, s, p, err) < 0)
			return -1;
	}
	if (out->v.n)
		qsort(out->v.v, out->v.n, sizeof(*out->v.v), by_name);
	out->steps = s->steps;
	out->conflicts = s->conflicts;
	return 0;
}

/* `let_go` grows by the projects that a conflict asks for: 1, and it is to be tried again. NULL:
 * nothing is held back. */
static int search(struct pf_resolution *out, struct pf_solver *s, struct pf_strs *let_go,
		  struct pf_arena *a, struct pf_err *err)
{
	int rc;

	s->let_go = let_go;
	read_python(s);
	if (find_direct(s, err) < 0)
		return -1;
	rc = pf_solver_run(s, err);
	if (rc > 0)
		return let_go && pf_held_let_go(let_go, a, s) ? 1 : pf_conflict_explain(s, err);
	return rc < 0 ? -1 : note_result(out, s, err);
}

int pf_resolve(struct pf_resolution *out, const struct pf_supply *source,
	       const struct pf_need *needs, size_t need_count, const struct pf_resolve_opts *o,
	       struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_strs let_go = { 0 };
	int rc = 1;

	for (unsigned round = 0; rc > 0; round++) {
		PF_AUTO(solver)
		s = { .source = source, .o = o, .needs = needs, .need_count = need_count };
		PF_AUTO(resolution) result = { 0 };

		rc = search(&result, &s, o->as_of && round < PF_MAX_SOLVE_ROUNDS ? &let_go : NULL,
			    &a, err);
		if (rc == 0)
			*out = PF_TAKE(result);
	}
	return rc;
}

const struct pf_candidate *pf_resolve_first(const struct pf_candidates *of,
					    const struct pf_requirement *r,
					    const struct pf_resolve_opts *o)
{
	struct pf_need need = { .req = *r, .parsed = true };
	PF_AUTO(solver) s = { .o = o, .needs = &need, .need_count = 1 };
	struct pf_ranking ranking;
	enum pf_cause cause;
	struct pf_str why;
	uint64_t *set;
	size_t best;

	need.req.marker = NULL;
	read_python(&s);
	pf_ranking_make(&ranking, &s.arena, of, r->key, o);
	set = pf_bits_new(&s.arena, ranking.n + 1);
	pf_ranking_admit(set, &ranking, &r->specs);
	for (size_t i = 0; i < ranking.n; i++)
		if (pf_candidate_fault(&cause, &why, &s, r->key, ranking.v[i]))
			pf_bits_drop(set, i);
	best = pf_ranking_best(&ranking, set);
	return best == PF_BITS_NONE ? NULL : ranking.v[best];
}
