/* reasons.c - why a resolution holds what it holds: what is late, and what the model recorded */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/reasons.h"

#include "base/day.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "solve/ranking.h"

/* Somebody asks for a project: a need, or something chosen. */
struct asker {
	const struct pf_requirement *req;
	struct pf_str text;	/* "requirements.txt, line 3, asks for numpy<2" */
};

struct telling {
	struct pf_arena arena;
	struct pf_plan *plan;
	struct pf_offers *offers;
	const struct pf_resolution *found;
	const struct pf_resolve_opts *o;
	PF_VEC(struct asker) askers;
};

/* ---- who asks ---- */

static void add_asker(struct telling *t, const struct pf_requirement *req, struct pf_str who)
{
	struct pf_requirement bare = *req;

	bare.marker = NULL;
	*PF_PUSH(&t->arena, &t->askers) = (struct asker){
		req, pf_format(&t->arena, PF_FMT " " PF_FMT, PF_ARG(who),
			       PF_ARG(pf_requirement_print(&t->arena, &bare))) };
}

static bool applies(const struct telling *t, const struct pf_requirement *req,
		    const struct pf_strs *extras)
{
	bool yes = pf_marker_eval(req->marker, t->o->env, PF_S(""));

	for (size_t i = 0; !yes && extras && i < extras->n; i++)
		yes = pf_marker_eval(req->marker, t->o->env, extras->v[i]);
	return yes;
}

static int find_askers(struct telling *t, struct pf_err *err)
{
	const struct pf_needs *needs = &t->offers->needs;

	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *need = &needs->pip.v[i];

		if (need->parsed && applies(t, &need->req, NULL))
			add_asker(t, &need->req,
				  need->line ? pf_format(&t->arena, PF_FMT ", line %u, asks for",
							 PF_ARG(need->file), need->line)
					     : pf_format(&t->arena, PF_FMT " asks for",
							 PF_ARG(need->file)));
	}
	for (size_t i = 0; i < t->found->v.n; i++) {
		const struct pf_chosen *c = &t->found->v.v[i];
		struct pf_depends needed = { 0 };

		if (pf_offers_depends(t->offers, &needed, c->candidate, err) < 0)
			return -1;
		for (size_t k = 0; k < needed.n; k++)
			if (applies(t, &needed.v[k], &c->extras))
				add_asker(t, &needed.v[k],
					  pf_format(&t->arena, PF_FMT " " PF_FMT " needs",
						    PF_ARG(c->name),
						    PF_ARG(c->candidate->version.text)));
	}
	return 0;
}

/* ---- candidates ---- */

/* What is said of versions that were not taken. */
struct words {
	const char *nothing;	/* there are none */
	const char *unfit;	/* not all who ask for the project take one */
	const char *apart;
	const char *yanked;
	const char *no_file;
};
static const struct words EARLIER = {
	"nothing of it was there before",
	"no earlier one fits all that ask for it",
	"no earlier one goes with the other packages",
	"no earlier one but what was yanked",
	"no earlier one has a wheel for this interpreter",
};
static const struct words RECORDED = {
	"no index has it",
	"it does not fit all that ask for it",
	"it does not go with the other packages",
	"it was yanked",
	"it has no file that this interpreter takes",
};

static bool is_early(const struct telling *t, const struct pf_candidate *c)
{
	return c->day <= t->o->as_of;
}

/* A later wheel goes before an earlier source distribution. */
static bool is_usable(const struct telling *t, struct pf_str name, const struct pf_candidate *c,
		      bool built)
{
	return !c->unusable.n && ((c->wheel && pf_resolve_takes_wheels(t->o, name)) ||
				  (built && c->sdist && pf_resolve_takes_sdists(t->o, name)));
}

static bool admits(const struct asker *a, const struct pf_candidate *c)
{
	return pf_specset_admits(&a->req->specs, &c->version, PF_PRE_ALLOW);
}

/* The first who asks for the project and takes none of these. */
static const struct asker *who_refuses(const struct telling *t, struct pf_str name,
				       const struct pf_candidates *of)
{
	for (size_t i = 0; i < t->askers.n; i++) {
		const struct asker *a = &t->askers.v[i];
		bool any = !pf_str_eq(a->req->key, name);

		for (size_t k = 0; !any && k < of->n; k++)
			any = admits(a, &of->v[k]);
		if (!any)
			return a;
	}
	return NULL;
}

static bool all_admit(const struct telling *t, struct pf_str name, const struct pf_candidate *c)
{
	return !who_refuses(t, name, &(struct pf_candidates){ c, 1 });
}

/* Of a project that is pinned no other versions may have been looked at. */
static const struct asker *who_pins(const struct telling *t, struct pf_str name)
{
	for (size_t i = 0; i < t->askers.n; i++)
		if (pf_str_eq(t->askers.v[i].req->key, name) &&
		    pf_specset_pin(&t->askers.v[i].req->specs))
			return &t->askers.v[i];
	return NULL;
}

/* Why none of some versions was taken. */
static struct pf_str why_none(struct telling *t, struct pf_str name, const struct pf_candidates *of,
			      const struct words *say)
{
	const struct asker *who = of->n ? who_refuses(t, name, of) : who_pins(t, name);
	bool fits = false, usable = false, yanked = false;

	if (who)
		return who->text;
	if (!of->n)
		return pf_s(say->nothing);
	for (size_t i = 0; i < of->n; i++) {
		bool one = all_admit(t, name, &of->v[i]);

		fits |= one;
		one = one && is_usable(t, name, &of->v[i], say == &RECORDED);
		yanked |= one && of->v[i].yanked;
		usable |= one && !of->v[i].yanked;
	}
	return pf_s(!fits ? say->unfit : usable ? say->apart : yanked ? say->yanked : say->no_file);
}

static int ask(struct pf_candidates *out, struct telling *t, struct pf_str name,
	       bool (*keep)(const struct telling *t, const struct pf_candidate *c),
	       struct pf_err *err)
{
	struct pf_candidates all = { 0 };
	struct pf_candidate *v;
	size_t n = 0;

	if (pf_offers_candidates(t->offers, &all, name, err) < 0)
		return -1;
	v = pf_alloc_array(&t->arena, all.n + 1, sizeof(*v));
	for (size_t i = 0; i < all.n; i++)
		if (keep(t, &all.v[i]))
			v[n++] = all.v[i];
	*out = (struct pf_candidates){ v, n };
	return 0;
}

static void put(struct telling *t, struct pf_reasons *list, struct pf_str name, struct pf_str why)
{
	struct pf_arena *a = &t->plan->arena;

	*PF_PUSH(a, &list->v) = (struct pf_reason){ pf_dup(a, name), pf_dup(a, why) };
}

/* ---- late ---- */

static int tell_late(struct telling *t, const struct pf_chosen *c, struct pf_err *err)
{
	struct pf_candidates early = { 0 };
	char date[16], after[16];
	struct pf_str why;

	if (ask(&early, t, c->name, is_early, err) < 0)
		return -1;
	why = why_none(t, c->name, &early, &EARLIER);
	pf_day_write(date, c->candidate->day);
	put(t, &t->plan->late, c->name, pf_format(&t->arena, "of %s: " PF_FMT, date, PF_ARG(why)));
	pf_note(PF_FMT " " PF_FMT " is of %s, after %s: " PF_FMT, PF_ARG(c->name),
		PF_ARG(pf_shown(c->candidate->version.text)), date,
		pf_day_write(after, t->o->as_of), PF_ARG(why));
	return 0;
}

/* An index without dates, a folder of wheels: taken as they are. */
static void tell_undated(struct telling *t)
{
	struct pf_buf list = PF_BUF(PF_MIB(1));
	size_t n = 0;
	char date[16];

	for (size_t i = 0; i < t->found->v.n; i++) {
		const struct pf_chosen *c = &t->found->v.v[i];
		const struct pf_offer *offer = c->candidate->ref;

		if (!c->candidate->day && !offer->direct.n)
			pf_buf_printf(&list, "%s" PF_FMT, n++ ? ", " : "", PF_ARG(c->name));
	}
	if (n)
		pf_note("of %zu package%s no date is known, %s may be later than %s: " PF_FMT, n,
			n == 1 ? "" : "s", n == 1 ? "it" : "they",
			pf_day_write(date, t->o->as_of), PF_ARG(pf_buf_view(&list)));
	pf_buf_free(&list);
}

/* ---- facts ---- */

static bool is_recorded(const struct telling *t, const struct pf_fact *fact,
			const struct pf_candidate *c)
{
	(void)t;
	return pf_spec_admits(&fact->is, &c->version);
}

/* Its metadata may be what speaks against it. */
static int why_not_recorded(struct pf_str *out, struct telling *t, struct pf_str name,
			    const struct pf_candidates *of, struct pf_err *err)
{
	struct pf_depends needed = { 0 };

	if (of->n && of->v->wheel && pf_offers_depends(t->offers, &needed, of->v, err) < 0)
		return -1;
	*out = needed.unusable.n ? needed.unusable : why_none(t, name, of, &RECORDED);
	return 0;
}

static int tell_fact(struct pf_buf *heeded, struct telling *t, const struct pf_fact *fact,
		     const struct pf_chosen *c, struct pf_err *err)
{
	struct pf_candidates all = { 0 }, recorded = { 0 };
	struct pf_str why;

	if (is_recorded(t, fact, c->candidate)) {
		if (who_pins(t, c->name))
			return 0;
		pf_buf_printf(heeded, "%s" PF_FMT " " PF_FMT, heeded->n ? ", " : "",
			      PF_ARG(c->name), PF_ARG(pf_shown(c->candidate->version.text)));
		put(t, &t->plan->facts, c->name,
		    pf_format(&t->arena, PF_FMT " of MLmodel", PF_ARG(pf_shown(fact->key))));
		return 0;
	}
	if (pf_offers_candidates(t->offers, &all, c->name, err) < 0)
		return -1;
	for (size_t i = 0; !recorded.n && i < all.n; i++)
		if (is_recorded(t, fact, &all.v[i]))
			recorded = (struct pf_candidates){ &all.v[i], 1 };
	if (why_not_recorded(&why, t, c->name, &recorded, err) < 0)
		return -1;
	why = pf_format(&t->arena, PF_FMT " of MLmodel is " PF_FMT ": " PF_FMT,
			PF_ARG(pf_shown(fact->key)), PF_ARG(pf_shown(fact->is.text)), PF_ARG(why));
	put(t, &t->plan->facts, c->name, why);
	pf_note(PF_FMT " " PF_FMT " is taken, though " PF_FMT, PF_ARG(c->name),
		PF_ARG(pf_shown(c->candidate->version.text)), PF_ARG(pf_shown(why)));
	return 0;
}

static int tell_facts(struct telling *t, struct pf_err *err)
{
	struct pf_buf heeded = PF_BUF(PF_MIB(1));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->o->fact_count; i++)
		for (size_t k = 0; rc == 0 && k < t->found->v.n; k++)
			if (pf_str_eq(t->found->v.v[k].name, t->o->facts[i].name))
				rc = tell_fact(&heeded, t, &t->o->facts[i], &t->found->v.v[k], err);
	if (rc == 0 && heeded.n)
		pf_note("as MLmodel records: " PF_FMT, PF_ARG(pf_buf_view(&heeded)));
	pf_buf_free(&heeded);
	return rc;
}

int pf_reasons_tell(struct pf_plan *plan, struct pf_offers *offers,
		    const struct pf_resolution *found, const struct pf_resolve_opts *o,
		    struct pf_err *err)
{
	struct telling t = { .plan = plan, .offers = offers, .found = found, .o = o };
	int rc = find_askers(&t, err);

	for (size_t i = 0; rc == 0 && i < found->v.n; i++)
		if (found->v.v[i].late)
			rc = tell_late(&t, &found->v.v[i], err);
	if (rc == 0 && o->as_of)
		tell_undated(&t);
	if (rc == 0)
		rc = tell_facts(&t, err);
	pf_arena_free(&t.arena);
	return rc;
}
