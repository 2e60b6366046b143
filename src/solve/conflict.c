/* conflict.c - why there is no solution, in the words of those who asked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/phrases.h"
#include "solve/solver.h"

/* The leaves of the proof. What several versions have in common is one of them. */
struct fact {
	const struct pf_incompat *ic;
	struct pf_package *about;	/* whose versions; of a need: what it asks for */
	uint64_t *set;			/* of `about`: DEPENDS and what comes after it */
	size_t age;			/* of the newest of them */
	bool told, followed;
};

struct story {
	struct pf_solver *s;
	PF_VEC(struct fact) facts;
	struct pf_map keys;		/* of facts to their sets */
	struct pf_buf text;
	size_t told;
};

/* ---- facts ---- */

static struct pf_package *subject(const struct pf_incompat *ic)
{
	if (ic->cause == PF_CAUSE_ASKED || ic->cause == PF_CAUSE_CONSTRAINT)
		return ic->target;
	return ic->terms[0].package;
}

/* What is told as one has one key. */
static void **place(struct story *story, const struct pf_incompat *ic)
{
	struct pf_buf key = PF_BUF(PF_MIB(1));
	void **found;

	pf_buf_printf(&key, "%d %p %p %p %p ", ic->cause, (const void *)ic->need,
		      (const void *)subject(ic), (const void *)ic->via, (const void *)ic->target);
	pf_buf_str(&key, ic->why);
	if (ic->req)
		pf_phrase_requirement(&key, ic->req);
	found = pf_map_put(&story->s->arena, &story->keys, pf_buf_view(&key));
	pf_buf_free(&key);
	return found;
}

static void add_fact(struct story *story, const struct pf_incompat *ic)
{
	struct pf_arena *a = &story->s->arena;
	struct fact f = { .ic = ic, .about = subject(ic) };
	void **known = place(story, ic);
	uint64_t *set = *known;

	if (set) {
		if (ic->cause >= PF_CAUSE_DEPENDS)
			pf_bits_or(set, set, ic->terms[0].set, f.about->bits);
		return;
	}
	*known = set = pf_bits_new(a, f.about->bits);
	if (ic->cause >= PF_CAUSE_DEPENDS) {
		f.set = set;
		pf_bits_or(set, set, ic->terms[0].set, f.about->bits);
	}
	*PF_PUSH(a, &story->facts) = f;
}

static void collect(struct story *story)
{
	PF_VEC(struct pf_incompat *) open = { 0 };
	struct pf_arena *a = &story->s->arena;

	*PF_PUSH(a, &open) = (struct pf_incompat *)story->s->proof;
	while (open.n) {
		struct pf_incompat *ic = open.v[--open.n];

		if (ic->seen)
			continue;
		ic->seen = true;
		if (ic->cause == PF_CAUSE_DERIVED) {
			*PF_PUSH(a, &open) = (struct pf_incompat *)ic->right;
			*PF_PUSH(a, &open) = (struct pf_incompat *)ic->left;
		} else {
			add_fact(story, ic);
		}
	}
}

/* Of versions that no need admits nobody wants to hear. */
static void narrow(struct story *story)
{
	struct pf_arena *a = &story->s->arena;

	for (size_t i = 0; i < story->facts.n; i++) {
		const struct fact *need = &story->facts.v[i];
		uint64_t *fit;

		if (need->set)
			continue;
		fit = pf_bits_new(a, need->about->bits);
		pf_ranking_admit(fit, &need->about->ranking, &need->ic->need->req.specs);
		for (size_t k = 0; k < story->facts.n; k++) {
			struct fact *f = &story->facts.v[k];

			if (f->set && f->about == need->about &&
			    pf_bits_meet(f->set, fit, f->about->bits))
				pf_bits_and(f->set, f->set, fit, f->about->bits);
		}
	}
}

static size_t newest_of(const struct fact *f)
{
	size_t age = 0;

	while (f->set && age < f->about->ranking.n &&
	       !pf_bits_has(f->set, f->about->ranking.newest[age]))
		age++;
	return age;
}

/* Newest versions first. */
static void sort(struct story *story)
{
	struct fact *v = story->facts.v;

	for (size_t i = 0; i < story->facts.n; i++) {
		struct fact f = v[i];
		size_t k = i;

		f.age = newest_of(&f);
		for (; k > 0 && v[k - 1].age > f.age; k--)
			v[k] = v[k - 1];
		v[k] = f;
	}
}

/* ---- the story: a need, what it comes to, what that asks for ---- */

static bool tells(struct story *story)
{
	if (story->told++ >= PF_MAX_SOLVE_FACTS)
		return false;
	if (story->told > 1)
		pf_buf_cstr(&story->text, "; ");
	return true;
}

static void tell(struct story *story, struct fact *f)
{
	f->told = true;
	if (tells(story))
		pf_phrase_fact(&story->text, story->s, f->ic, f->about, f->set);
}

/* Three versions of one package that ask for this and that of another are enough. */
static size_t tell_alike(struct story *story, const struct fact *like)
{
	size_t more = 0;

	for (size_t i = 0; i < story->facts.n; i++) {
		struct fact *f = &story->facts.v[i];

		if (f->told || f->ic->cause != PF_CAUSE_DEPENDS || f->about != like->about ||
		    f->ic->target != like->ic->target || f->ic->via != like->ic->via)
			continue;
		f->told = true;
		more += pf_bits_count(f->set, f->about->bits);
	}
	return more;
}

static size_t count_alike(const struct story *story, const struct fact *like)
{
	size_t n = 0;

	for (size_t i = 0; i < story->facts.n; i++) {
		const struct fact *f = &story->facts.v[i];

		n += !f->told && f->ic->cause == PF_CAUSE_DEPENDS && f->about == like->about &&
		     f->ic->target == like->ic->target && f->ic->via == like->ic->via;
	}
	return n;
}

static void tell_depends(struct story *story, struct fact *f)
{
	size_t alike = count_alike(story, f), more;

	tell(story, f);
	more = alike > 3 ? tell_alike(story, f) : 0;
	if (more && tells(story))
		pf_buf_printf(&story->text,
			      "%zu other versions of " PF_FMT " need other versions of " PF_FMT,
			      more, PF_ARG(pf_shown(f->about->name)),
			      PF_ARG(pf_shown(f->ic->target->name)));
}

static void follow(struct story *story, struct pf_package *p)
{
	for (size_t i = 0; i < story->facts.n; i++) {
		struct fact *f = &story->facts.v[i];

		if (!f->told && f->about == p && f->ic->cause != PF_CAUSE_ASKED &&
		    f->ic->cause != PF_CAUSE_DEPENDS)
			tell(story, f);
	}
	for (size_t i = 0; i < story->facts.n; i++) {
		struct fact *f = &story->facts.v[i];

		if (!f->told && f->about == p && f->ic->cause == PF_CAUSE_DEPENDS)
			tell_depends(story, f);
	}
	for (size_t i = 0; i < story->facts.n; i++) {
		struct fact *f = &story->facts.v[i];

		if (f->about != p || f->ic->cause != PF_CAUSE_DEPENDS || f->followed)
			continue;
		f->followed = true;
		follow(story, f->ic->target);
	}
}

static void tell_all(struct story *story)
{
	for (size_t k = 0; k < story->s->need_count; k++) {
		for (size_t i = 0; i < story->facts.n; i++) {
			struct fact *f = &story->facts.v[i];

			if (f->told || f->ic->cause != PF_CAUSE_ASKED ||
			    f->ic->need != &story->s->needs[k])
				continue;
			tell(story, f);
			follow(story, f->about);
		}
	}
	for (size_t i = 0; i < story->facts.n; i++)
		if (!story->facts.v[i].told)
			tell(story, &story->facts.v[i]);
	if (story->told > PF_MAX_SOLVE_FACTS)
		pf_buf_printf(&story->text, "; and %zu more reasons",
			      story->told - PF_MAX_SOLVE_FACTS);
}

static void add_hint(const struct story *story, struct pf_err *err)
{
	for (size_t i = 0; i < story->facts.n; i++) {
		const struct fact *f = &story->facts.v[i];
		const char *hint = pf_phrase_hint(f->ic);

		if (hint) {
			pf_hint(err, "%s", hint);
			return;
		}
	}
}

int pf_conflict_explain(struct pf_solver *s, struct pf_err *err)
{
	struct story story = { .s = s, .text = PF_BUF(PF_MIB(1)) };

	collect(&story);
	narrow(&story);
	sort(&story);
	tell_all(&story);
	pf_fail(err, PF_ESOLVE, "%s" PF_FMT, story.told > 1 ? "no versions fit together: " : "",
		PF_ARG(pf_buf_view(&story.text)));
	add_hint(&story, err);
	pf_buf_free(&story.text);
	return -1;
}

struct pf_str pf_conflict_culprits(struct pf_solver *s)
{
	struct pf_str out = { 0 };

	for (unsigned k = 0, below = (unsigned)-1; k < 3; k++) {
		const struct pf_package *most = NULL;

		for (size_t i = 0; i < s->packages.n; i++) {
			const struct pf_package *p = s->packages.v[i];

			if (p->refused && p->refused < below &&
			    (!most || p->refused > most->refused))
				most = p;
		}
		if (!most)
			break;
		below = most->refused;
		out = pf_format(&s->arena, PF_FMT "%s" PF_FMT, PF_ARG(out), out.n ? ", " : "",
				PF_ARG(pf_shown(most->name)));
	}
	return out;
}
