/* candidates.c - packages: a project's candidates are asked for, those that cannot be used told */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/solver.h"

bool pf_need_applies(const struct pf_need *need, const struct pf_resolve_opts *o)
{
	return pf_marker_eval(need->req.marker, o->env, (struct pf_str){ 0 });
}

/* ---- what speaks against a candidate ---- */

/* Upper bounds and exclusions are guesses about the future: as in uv, they do not count. */
static bool python_fits(struct pf_solver *s, struct pf_str text)
{
	struct pf_specset specs = { 0 };
	struct pf_err ignored;

	if (pf_specset_parse(&specs, &s->arena, text, &ignored) < 0)
		return true;
	for (size_t i = 0; i < specs.n; i++) {
		const struct pf_spec *spec = &specs.v[i];
		int order = spec->version.release_count ?
				    pf_version_cmp(&s->python, &spec->version) : 0;

		if (spec->op == PF_SPEC_GT ? order <= 0 :
		    spec->op == PF_SPEC_GE || spec->op == PF_SPEC_COMPATIBLE ||
		    spec->op == PF_SPEC_EQ ? order < 0 : false)
			return false;
	}
	return true;
}

static bool python_admitted(struct pf_solver *s, struct pf_str text)
{
	static char yes, no;
	void **known;

	if (!text.n)
		return true;
	known = pf_map_put(&s->arena, &s->pythons, text);
	if (!*known)
		*known = python_fits(s, text) ? &yes : &no;
	return *known == &yes;
}

/* Does a need say exactly this version? */
static bool is_pinned(const struct pf_solver *s, struct pf_str name, const struct pf_version *v)
{
	for (size_t i = 0; i < s->need_count; i++) {
		const struct pf_need *need = &s->needs[i];
		const struct pf_spec *pin = pf_specset_pin(&need->req.specs);

		if (pin && pf_str_eq(need->req.key, name) && pf_spec_admits(pin, v) &&
		    pf_need_applies(need, s->o))
			return true;
	}
	return false;
}

bool pf_candidate_fault(enum pf_cause *cause, struct pf_str *why, struct pf_solver *s,
			struct pf_str name, const struct pf_candidate *c)
{
	bool wheels = pf_resolve_takes_wheels(s->o, name);
	bool sdists = pf_resolve_takes_sdists(s->o, name);

	*why = (struct pf_str){ 0 };
	if (c->unusable.n) {
		*cause = PF_CAUSE_BROKEN;
		*why = c->unusable;
	} else if (!python_admitted(s, c->requires_python)) {
		*cause = PF_CAUSE_PYTHON;
		*why = c->requires_python;
	} else if (s->o->pre == PF_PRE_DENY && pf_version_is_pre(&c->version)) {
		*cause = PF_CAUSE_PRE;
	} else if (c->yanked && !is_pinned(s, name, &c->version)) {
		*cause = PF_CAUSE_YANKED;
		*why = c->yanked_why;
	} else if (!(c->wheel && wheels) && !(c->sdist && sdists)) {
		*cause = c->sdist ? PF_CAUSE_NO_BUILD :
			 c->wheel ? PF_CAUSE_NO_BINARY : PF_CAUSE_NO_FILE;
	} else {
		return false;
	}
	return true;
}

struct fault {
	struct pf_incompat *ic;
	uint64_t *set;
};
struct faults {
	PF_VEC(struct fault) v;
};

static uint64_t *fault_set(struct faults *list, struct pf_solver *s, struct pf_package *p,
			   enum pf_cause cause, struct pf_str why)
{
	struct pf_incompat *ic;

	for (size_t i = 0; i < list->v.n; i++)
		if (list->v.v[i].ic->cause == cause && pf_str_eq(list->v.v[i].ic->why, why))
			return list->v.v[i].set;
	ic = pf_incompat_new(s, cause, 1);
	ic->why = why;
	*PF_PUSH(&s->arena, &list->v) = (struct fault){ ic, pf_incompat_term(s, ic, p) };
	return list->v.v[list->v.n - 1].set;
}

/* One incompatibility for each reason. */
static void tell_faults(struct pf_solver *s, struct pf_package *p)
{
	struct faults list = { 0 };
	uint64_t *usable = pf_bits_new(&s->arena, p->bits);
	enum pf_cause cause;
	struct pf_str why;

	for (size_t i = 0; i < p->ranking.n; i++)
		if (pf_candidate_fault(&cause, &why, s, p->name, p->ranking.v[i]))
			pf_bits_put(fault_set(&list, s, p, cause, why), i);
		else
			pf_bits_put(usable, i);
	if (s->let_go)
		pf_held_tell(s, p, usable);
	for (size_t i = 0; i < list.v.n; i++)
		pf_incompat_watch(s, list.v.v[i].ic);
}

static void tell_constraints(struct pf_solver *s, struct pf_package *p)
{
	for (size_t i = 0; i < s->need_count; i++) {
		const struct pf_need *need = &s->needs[i];
		struct pf_incompat *ic;
		uint64_t *set;

		if (!need->constraint || !pf_str_eq(need->req.key, p->name) ||
		    !need->req.specs.n || !pf_need_applies(need, s->o))
			continue;
		ic = pf_incompat_new(s, PF_CAUSE_CONSTRAINT, 1);
		ic->need = need;
		ic->target = p;
		set = pf_incompat_term(s, ic, p);
		pf_bits_put(set, p->bits - 1);
		pf_ranking_admit(set, &p->ranking, &need->req.specs);
		pf_bits_not(set, set, p->bits);
		pf_incompat_watch(s, ic);
	}
}

/* ---- packages ---- */

static struct pf_package *make(struct pf_solver *s, struct pf_str name, struct pf_str extra,
			       size_t versions, size_t known)
{
	struct pf_package *p = pf_alloc(&s->arena, sizeof(*p));

	p->name = pf_dup(&s->arena, name);
	p->extra = extra.n ? pf_dup(&s->arena, extra) : extra;
	p->bits = versions + 1;
	p->all = pf_bits_new(&s->arena, p->bits);
	pf_bits_fill(p->all, p->bits);
	p->left = p->all;
	p->known = pf_bits_new(&s->arena, known + 1);
	if (p->bits > s->scratch_bits) {
		s->scratch_bits = p->bits * 2;
		s->scratch = pf_bits_new(&s->arena, s->scratch_bits);
	}
	*PF_PUSH(&s->arena, &s->packages) = p;
	return p;
}

static int load(struct pf_package **out, struct pf_solver *s, struct pf_str name,
		struct pf_err *err)
{
	const struct pf_need *direct = pf_map_get(&s->direct, name);
	struct pf_candidates list = { 0 };
	struct pf_ranking ranking;
	struct pf_package *p;

	if (s->packages.n >= PF_MAX_SOLVE_PACKAGES)
		return pf_fail(err, PF_ELIMIT, "more than %d packages are needed",
			       PF_MAX_SOLVE_PACKAGES);
	if (direct ? s->source->direct(s->source->ctx, &list, direct, err) < 0 :
		     s->source->candidates(s->source->ctx, &list, name, err) < 0)
		return -1;
	if (list.n > PF_MAX_SOLVE_VERSIONS)
		return pf_fail(err, PF_ELIMIT, PF_FMT " has more than %d versions",
			       PF_ARG(pf_shown(name)), PF_MAX_SOLVE_VERSIONS);
	pf_ranking_make(&ranking, &s->arena, &list, name, s->o);
	p = make(s, name, (struct pf_str){ 0 }, ranking.n, ranking.n);
	p->ranking = ranking;
	p->direct = direct;
	p->base = p;
	p->pinned = ranking.recorded != PF_BITS_NONE;
	tell_faults(s, p);
	tell_constraints(s, p);
	*out = p;
	return 0;
}

int pf_package_get(struct pf_package **out, struct pf_solver *s, struct pf_str name,
		   struct pf_str extra, struct pf_err *err)
{
	struct pf_str id = extra.n ? pf_format(&s->arena, PF_FMT "[" PF_FMT "]", PF_ARG(name),
					       PF_ARG(extra)) : name;
	struct pf_package *p = pf_map_get(&s->by_name, id), *base;

	if (!p && extra.n) {
		if (pf_package_get(&base, s, name, (struct pf_str){ 0 }, err) < 0)
			return -1;
		p = make(s, name, extra, 1, base->ranking.n);
		p->base = base;
		*PF_PUSH(&s->arena, &base->extras) = p;
	} else if (!p && load(&p, s, name, err) < 0) {
		return -1;
	}
	*pf_map_put(&s->arena, &s->by_name, id) = p;
	*out = p;
	return 0;
}
