/* phrases.c - how the reasons of a conflict are put into words */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/phrases.h"

#include "base/limits.h"
#include "base/str.h"

#define MAX_RUNS 4 /* of versions, before "and 7 more" */

static const char *const ops[] = {
	[PF_SPEC_COMPATIBLE] = "~=", [PF_SPEC_EQ] = "==", [PF_SPEC_NE] = "!=", [PF_SPEC_LE] = "<=",
	[PF_SPEC_GE] = ">=", [PF_SPEC_LT] = "<", [PF_SPEC_GT] = ">", [PF_SPEC_ARBITRARY] = "===",
};

/* What speaks against versions: about one of them, about several. */
static const struct {
	const char *one, *many, *hint;
} faults[] = {
	[PF_CAUSE_PYTHON] = { "needs Python ", "need Python ", "another Python may do (--python)" },
	[PF_CAUSE_YANKED] = { "is yanked", "are yanked",
			      "a yanked version is taken where a requirement of the model pins it "
			      "with ==" },
	[PF_CAUSE_PRE] = { "is a pre-release", "are pre-releases", "pre-releases are left out" },
	[PF_CAUSE_NO_FILE] = { "has neither sources nor a wheel for this Python and platform",
			       "have neither sources nor a wheel for this Python and platform",
			       "another Python may do (--python)" },
	[PF_CAUSE_NO_BUILD] = { "has no wheel for this Python and platform, and is not to be built",
				"have no wheel for this Python and platform, and are not to be built",
				"what has sources alone is not built with --no-build, nor where pip's "
				"or uv's settings forbid it" },
	[PF_CAUSE_NO_BINARY] = { "has no sources, and its wheels are not to be used",
				 "have no sources, and their wheels are not to be used", NULL },
	[PF_CAUSE_BROKEN] = { "cannot be used: ", "cannot be used: ", NULL },
	[PF_CAUSE_HELD] = { "is held back", "are held back", NULL },
};

/* ---- requirements ---- */

void pf_phrase_requirement(struct pf_buf *out, const struct pf_requirement *r)
{
	pf_buf_str(out, pf_shown(r->name));
	for (size_t i = 0; i < r->extras.n; i++)
		pf_buf_printf(out, "%s" PF_FMT "%s", i ? "," : "[",
			      PF_ARG(pf_shown(r->extras.v[i])), i + 1 < r->extras.n ? "" : "]");
	for (size_t i = 0; i < r->specs.n; i++)
		pf_buf_printf(out, "%s%s" PF_FMT "%s", i ? "," : "", ops[r->specs.v[i].op],
			      PF_ARG(pf_shown(r->specs.v[i].text)),
			      r->specs.v[i].wildcard && !pf_str_ends(r->specs.v[i].text, "*") ? ".*"
											      : "");
	if (r->url.n)
		pf_buf_printf(out, " @ " PF_FMT, PF_ARG(pf_shown(r->url)));
}

static void put_need(struct pf_buf *out, const struct pf_need *need, const char *verb)
{
	if (!need->file.n)
		pf_buf_cstr(out, need->constraint ? "a constraint" : "the model");
	else if (need->line)
		pf_buf_printf(out, PF_FMT ":%u", PF_ARG(pf_shown(need->file)), need->line);
	else
		pf_buf_str(out, pf_shown(need->file));
	pf_buf_printf(out, " %s " PF_FMT, verb, PF_ARG(pf_shown(need->text)));
}

/* ---- versions ---- */

static struct pf_str version_at(const struct pf_package *p, size_t age)
{
	return pf_shown(p->ranking.v[p->ranking.newest[age]]->version.text);
}

/* Of all there are, what a requirement that none fits could have had. */
static void put_what_there_is(struct pf_buf *out, const struct pf_package *p)
{
	size_t n = p->ranking.n;

	if (!n)
		pf_buf_cstr(out, ", which no index has");
	else if (p->direct)
		pf_buf_printf(out, ", and " PF_FMT " is " PF_FMT,
			      PF_ARG(pf_shown(pf_need_place(p->direct))), PF_ARG(version_at(p, 0)));
	else if (n == 1)
		pf_buf_printf(out, ", and there is only " PF_FMT, PF_ARG(version_at(p, 0)));
	else if (n == 2)
		pf_buf_printf(out, ", and there are only " PF_FMT " and " PF_FMT,
			      PF_ARG(version_at(p, 1)), PF_ARG(version_at(p, 0)));
	else
		pf_buf_printf(out,
			      ", and there is none among the %zu versions from " PF_FMT
			      " to " PF_FMT,
			      n, PF_ARG(version_at(p, n - 1)), PF_ARG(version_at(p, 0)));
}

/* The next run of neighbours in the set, oldest first: their ages, both included. Two are none. */
static bool next_run(size_t *from, size_t *to, const struct pf_package *p, const uint64_t *set,
		     size_t below)
{
	const size_t *newest = p->ranking.newest;

	while (below && !pf_bits_has(set, newest[below - 1]))
		below--;
	if (!below)
		return false;
	*from = *to = below - 1;
	while (*to && pf_bits_has(set, newest[*to - 1]))
		(*to)--;
	if (*from - *to == 1)
		*to = *from;
	return true;
}

static size_t count_runs(const struct pf_package *p, const uint64_t *set)
{
	size_t from, to, below = p->ranking.n, runs = 0;

	for (; next_run(&from, &to, p, set, below); below = to)
		runs++;
	return runs;
}

static const char *separator(size_t i, size_t n)
{
	return !i ? " " : i + 1 < n ? ", " : " and ";
}

/* " 1.0.0", " 1.0.0 to 1.4.0, 1.6.0 and 2.0.0". */
static void put_runs(struct pf_buf *out, const struct pf_package *p, const uint64_t *set)
{
	size_t from, to, below = p->ranking.n, runs = count_runs(p, set), i = 0;
	size_t shown = runs > MAX_RUNS ? MAX_RUNS : runs, left = pf_bits_count(set, p->ranking.n);

	for (; i < shown && next_run(&from, &to, p, set, below); i++, below = to) {
		pf_buf_cstr(out, separator(i, runs));
		pf_buf_str(out, version_at(p, from));
		if (from != to)
			pf_buf_printf(out, " to " PF_FMT, PF_ARG(version_at(p, to)));
		left -= from - to + 1;
	}
	if (runs > shown)
		pf_buf_printf(out, " and %zu more", left);
}

/* "pandas[excel] 2.0.0 to 2.2.0", "every version of pandas"; true when it is said of several. */
static bool put_versions(struct pf_buf *out, const struct pf_package *p,
			 const struct pf_package *via, const uint64_t *set)
{
	size_t n = pf_bits_count(set, p->bits);
	bool every = n > 1 && n == p->ranking.n;

	pf_buf_printf(out, "%s" PF_FMT, every ? "every version of " : "",
		      PF_ARG(pf_shown(p->name)));
	if (via)
		pf_buf_printf(out, "[" PF_FMT "]", PF_ARG(pf_shown(via->extra)));
	if (!every)
		put_runs(out, p, set);
	return n > 1 && !every;
}

/* ---- facts ---- */

static bool fits_none(const struct pf_package *p, const struct pf_requirement *r)
{
	struct pf_arena a = { 0 };
	uint64_t *fit = pf_bits_new(&a, p->bits);
	bool none;

	pf_ranking_admit(fit, &p->ranking, &r->specs);
	none = pf_bits_next(fit, p->bits, 0) == PF_BITS_NONE;
	pf_arena_free(&a);
	return none;
}

static void put_fault(struct pf_buf *out, const struct pf_solver *s, const struct pf_incompat *ic,
		      bool many)
{
	struct pf_str why = ic->cause == PF_CAUSE_BROKEN
				    ? pf_str_cut(ic->why, 0, PF_MAX_SOLVE_REASON)
				    : pf_shown(ic->why);

	pf_buf_printf(out, " %s", many ? faults[ic->cause].many : faults[ic->cause].one);
	if (ic->cause == PF_CAUSE_PYTHON)
		pf_buf_printf(out, PF_FMT ", and this is " PF_FMT, PF_ARG(why),
			      PF_ARG(s->o->env->python_full_version));
	else if (ic->cause == PF_CAUSE_BROKEN)
		pf_buf_str(out, why);
	else if (why.n)
		pf_buf_printf(out, " (" PF_FMT ")", PF_ARG(why));
}

void pf_phrase_fact(struct pf_buf *out, const struct pf_solver *s, const struct pf_incompat *ic,
		    const struct pf_package *about, const uint64_t *set)
{
	bool many;

	switch (ic->cause) {
	case PF_CAUSE_ASKED:
	case PF_CAUSE_CONSTRAINT:
		put_need(out, ic->need, ic->need->constraint ? "allows only" : "asks for");
		break;
	case PF_CAUSE_DEPENDS:
		many = put_versions(out, about, ic->via, set);
		pf_buf_cstr(out, many ? " need " : " needs ");
		pf_phrase_requirement(out, ic->req);
		break;
	default:
		many = put_versions(out, about, ic->via, set);
		put_fault(out, s, ic, many);
		return;
	}
	if (ic->target && fits_none(ic->target, ic->need ? &ic->need->req : ic->req))
		put_what_there_is(out, ic->target);
}

const char *pf_phrase_hint(const struct pf_incompat *ic)
{
	if (ic->cause < PF_COUNT(faults) && faults[ic->cause].hint)
		return faults[ic->cause].hint;
	if (ic->target && !ic->target->ranking.n)
		return "is the name right, and is there an index that has it?";
	return NULL;
}
