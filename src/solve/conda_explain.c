/* conda_explain.c - why match specs have no solution, in sentences */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/conda_inside.h"

#define MAX_RUNS 4  /* of versions, before "and 7 more" */
#define MAX_TEXTS 3 /* of specs, before "or 7 more" */

/* What of one name needs or rules out something of another one. */
struct group {
	const struct pf_conda_name *of, *about;
	enum pf_conda_out out;	/* DEAD: it needs; IN: it rules out; or why else it is no choice */
	uint64_t *who;		/* bits of `of` */
	struct pf_conda_specs specs;
	struct pf_str text;	/* of what is BROKEN */
};

struct telling {
	struct pf_conda_search *s;
	struct pf_arena *arena;
	struct pf_buf out;
	unsigned facts;
	PF_VEC(struct group) groups;	/* told in this order */
	struct pf_map asked;		/* names whose specs were told */
	PF_VEC(const struct pf_conda_rule *) rules; /* that were told */
	size_t late, less;
	bool spoiled;		/* there are records, and none that can be used */
};

static void begin_fact(struct telling *t)
{
	pf_buf_cstr(&t->out, t->facts++ ? "; " : "");
}

/* ---- versions ---- */

static bool same_version(const struct pf_conda_name *n, size_t a, size_t b)
{
	return pf_condaver_cmp(&n->v[a].r->ver, &n->v[b].r->ver) == 0;
}

/* The candidates of one version that end before `below`: the first one of them. */
static size_t version_start(const struct pf_conda_name *n, size_t below)
{
	size_t i = below - 1;

	while (i && same_version(n, i - 1, below - 1))
		i--;
	return i;
}

static bool is_any(const uint64_t *bits, size_t from, size_t to)
{
	while (from < to && !pf_bits_has(bits, from))
		from++;
	return from < to;
}

static struct pf_str version_of(const struct pf_conda_name *n, size_t i)
{
	return pf_shown(n->v[i].r->version);
}

/* Versions that follow one another, by the first candidate of each. */
struct run {
	size_t oldest, newest;
	size_t count;
};

/* The next run of those in the set, from older to newer, of what ends before *below. */
static bool next_run(struct run *r, size_t *below, const struct pf_conda_name *n,
		     const uint64_t *bits)
{
	*r = (struct run){ 0 };
	while (*below) {
		size_t from = version_start(n, *below);
		bool any = is_any(bits, from, *below);

		if (!any && r->count)
			break;
		*below = from;
		if (!any)
			continue;
		if (!r->count++)
			r->oldest = from;
		r->newest = from;
	}
	return r->count > 0;
}

/* Oldest first, " 1.0, 1.2 to 1.4, 2.0 and 3 more"; how many versions there are. */
static size_t put_runs(struct pf_buf *out, const struct pf_conda_name *n, const uint64_t *bits)
{
	size_t below = n->n, runs = 0, versions = 0, shown = 0;
	struct run r;

	for (; next_run(&r, &below, n, bits); versions += r.count) {
		if (runs++ >= MAX_RUNS)
			continue;
		shown += r.count;
		pf_buf_printf(out, "%s" PF_FMT, runs > 1 ? ", " : " ",
			      PF_ARG(version_of(n, r.oldest)));
		if (r.count > 1)
			pf_buf_printf(out, "%s" PF_FMT, r.count > 2 ? " to " : ", ",
				      PF_ARG(version_of(n, r.newest)));
	}
	if (versions > shown)
		pf_buf_printf(out, " and %zu more", versions - shown);
	return versions;
}

static size_t count_versions(const struct pf_conda_name *n)
{
	size_t versions = 0;

	for (size_t below = n->n; below; below = version_start(n, below))
		versions++;
	return versions;
}

/* "pandas 2.0.0 to 2.2.0", "every version of pandas": is it said of several? */
static bool put_versions(struct pf_buf *out, const struct pf_conda_name *n, const uint64_t *bits)
{
	struct pf_buf runs = PF_BUF(PF_KIB(64));
	size_t versions = put_runs(&runs, n, bits), all = count_versions(n);

	if (versions == all && all > 1)
		pf_buf_printf(out, "every version of " PF_FMT, PF_ARG(pf_shown(n->name)));
	else
		pf_buf_printf(out, PF_FMT PF_FMT, PF_ARG(pf_shown(n->name)),
			      PF_ARG(pf_buf_view(&runs)));
	pf_buf_free(&runs);
	return versions > 1 && versions != all;
}

/* ---- what there is ---- */

/* Each of the specs names a channel, and none of these has it. */
static bool is_elsewhere(const struct pf_conda_specs *specs, const struct pf_conda_name *n)
{
	for (size_t i = 0; i < specs->n; i++) {
		const struct pf_match_spec *m = &specs->v[i]->m;
		struct pf_match_spec of = { .name = m->name, .channel = m->channel,
					    .channel_urls = m->channel_urls };

		for (size_t k = 0; k < n->n; k++)
			if (pf_match_spec_matches(&of, n->v[k].r))
				return false;
	}
	return specs->n > 0;
}

/* Of all there are, what specs that none fits could have had. */
static void put_what_there_is(struct telling *t, const struct pf_conda_specs *specs,
			      const struct pf_conda_name *n)
{
	size_t versions = count_versions(n);

	if (n->machine)
		pf_buf_printf(&t->out, ", and this machine has " PF_FMT,
			      PF_ARG(version_of(n, 0)));
	else if (pf_str_starts(n->name, "__"))
		pf_buf_cstr(&t->out, ", which this machine does not have");
	else if (!versions && n->package && n->package->unusable)
		pf_buf_printf(&t->out, ", of which no record can be used (" PF_FMT ")",
			      PF_ARG(pf_str_cut(n->package->why, 0, PF_MAX_SOLVE_REASON)));
	else if (!versions)
		pf_buf_cstr(&t->out, ", which no channel has");
	else if (is_elsewhere(specs, n))
		pf_buf_cstr(&t->out, ", and only other channels have it");
	else if (versions == 1)
		pf_buf_printf(&t->out, ", and there is only " PF_FMT, PF_ARG(version_of(n, 0)));
	else
		pf_buf_printf(&t->out,
			      ", and there is none among the %zu versions from " PF_FMT
			      " to " PF_FMT,
			      versions, PF_ARG(version_of(n, n->n - 1)), PF_ARG(version_of(n, 0)));
}

static uint64_t *new_bits(struct telling *t, const struct pf_conda_name *n)
{
	return pf_alloc_array(t->arena, n->n / 64 + 1, sizeof(uint64_t));
}

/* The candidates that one of the specs admits; false: there are none. */
static bool admitted(uint64_t *bits, struct telling *t, const struct pf_conda_specs *specs,
		     const struct pf_conda_name *n)
{
	bool any = false;

	for (size_t i = 0; n->loaded && i < specs->n; i++) {
		const uint64_t *fits = pf_conda_fits(t->s, specs->v[i]);

		for (size_t w = 0; w <= n->n / 64; w++) {
			bits[w] |= fits[w];
			any |= fits[w] != 0;
		}
	}
	return any;
}

static void put_specs(struct pf_buf *out, const struct pf_conda_specs *specs)
{
	for (size_t i = 0; i < specs->n && i < MAX_TEXTS; i++)
		pf_buf_printf(out, "%s" PF_FMT, i ? " or " : "",
			      PF_ARG(pf_shown(specs->v[i]->m.text)));
	if (specs->n > MAX_TEXTS)
		pf_buf_printf(out, " or %zu more", specs->n - MAX_TEXTS);
}

/* ---- groups ---- */

static struct group *group_of(struct telling *t, const struct pf_conda_name *of,
			      const struct pf_conda_name *about, enum pf_conda_out out)
{
	struct group *made;

	for (size_t i = 0; i < t->groups.n; i++) {
		struct group *g = &t->groups.v[i];

		if (g->of == of && g->about == about && g->out == out)
			return g;
	}
	made = PF_PUSH(t->arena, &t->groups);
	*made = (struct group){ .of = of, .about = about, .out = out, .who = new_bits(t, of) };
	return made;
}

static void add_to(struct telling *t, struct group *g, const struct pf_conda_candidate *c,
		   struct pf_conda_spec *spec)
{
	size_t i = (size_t)(c - g->of->v), k = 0;

	g->who[i / 64] |= (uint64_t)1 << i % 64;
	while (spec && k < g->specs.n && g->specs.v[k] != spec)
		k++;
	if (spec && k == g->specs.n)
		*PF_PUSH(t->arena, &g->specs) = spec;
}

/* "numpy =1.26 is pinned by /etc/conda/.condarc, line 3" */
static void tell_rule(struct telling *t, const struct pf_conda_name *n,
		      const struct pf_conda_rule *rule)
{
	struct pf_conda_spec spec = { .m = rule->spec, .about = (struct pf_conda_name *)n };
	struct pf_conda_spec *one = &spec;
	struct pf_conda_specs specs = { .v = &one, .n = 1 };

	for (size_t i = 0; i < t->rules.n; i++)
		if (t->rules.v[i] == rule)
			return;
	*PF_PUSH(t->arena, &t->rules) = rule;
	begin_fact(t);
	put_specs(&t->out, &specs);
	pf_buf_printf(&t->out, " is %s by " PF_FMT, rule->forbids ? "disallowed" : "pinned",
		      PF_ARG(pf_shown(rule->place)));
	if (!rule->forbids && !admitted(new_bits(t, n), t, &specs, n))
		put_what_there_is(t, &specs, n);
}

/* Why these candidates, all that would do, are out. */
static void ask_why(struct telling *t, const struct pf_conda_name *n, const uint64_t *bits)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct pf_conda_candidate *c = &n->v[i];
		struct pf_conda_spec *why = (struct pf_conda_spec *)c->why;

		if (!pf_bits_has(bits, i) || c->out == PF_CONDA_BEATEN || !c->out)
			continue;
		if (c->out == PF_CONDA_BROKEN)
			group_of(t, n, NULL, c->out)->text = c->text;
		if (c->out == PF_CONDA_RULED)
			tell_rule(t, n, c->rule);
		else if (c->out != PF_CONDA_UNASKED)
			add_to(t, group_of(t, n, why ? why->about : NULL, c->out), c, why);
	}
}

static void tell_asked(struct telling *t, const struct pf_conda_name *n)
{
	void **told = pf_map_put(t->arena, &t->asked, n->name);

	if (*told || !n->asked.n)
		return;
	*told = t;
	for (size_t i = 0; i < n->asked.n && t->facts < PF_MAX_SOLVE_FACTS; i++) {
		struct pf_conda_specs one = { .v = &n->asked.v[i], .n = 1 };
		uint64_t *bits = new_bits(t, n);

		begin_fact(t);
		put_specs(&t->out, &one);
		pf_buf_cstr(&t->out, " is asked for");
		if (!admitted(bits, t, &one, n))
			put_what_there_is(t, &one, n);
	}
}

static void tell_group(struct telling *t, const struct group *g)
{
	bool many;

	begin_fact(t);
	many = put_versions(&t->out, g->of, g->who);
	if (g->out == PF_CONDA_BROKEN) {
		pf_buf_printf(&t->out, " cannot be used: no match spec is \"" PF_FMT "\"",
			      PF_ARG(pf_shown(g->text)));
		return;
	}
	if (g->out == PF_CONDA_IN)
		pf_buf_cstr(&t->out, many ? " go only with " : " goes only with ");
	else
		pf_buf_cstr(&t->out, many ? " need " : " needs ");
	put_specs(&t->out, &g->specs);
}

/* What is told of a need leads on: to what was asked for, or to why nothing of it will do. */
static void lead_on(struct telling *t, const struct group *g)
{
	uint64_t *bits;

	if (!g->about)
		return;
	bits = new_bits(t, g->about);
	if (!admitted(bits, t, &g->specs, g->about)) {
		put_what_there_is(t, &g->specs, g->about);
		return;
	}
	if (g->about->machine)
		pf_buf_printf(&t->out, ", and this machine has " PF_FMT,
			      PF_ARG(version_of(g->about, 0)));
	tell_asked(t, g->about);
	ask_why(t, g->about, bits);
}

/* What does not count: told as a hint. */
static void count_left_out(struct telling *t)
{
	for (size_t i = 0; i < t->s->names.entries.n; i++) {
		const struct pf_conda_name *n = t->s->names.entries.v[i].value;

		for (size_t k = 0; k < n->n; k++) {
			t->late += n->v[k].out == PF_CONDA_LATE;
			t->less += n->v[k].out == PF_CONDA_LESS;
		}
	}
}

static bool is_hopeless(const struct pf_conda_name *n)
{
	return n->asked.n && !n->in;
}

/* Is it for another one of them that it has no candidate left? */
static bool is_told_by_another(const struct pf_conda_name *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].out == PF_CONDA_DEAD && n->v[i].why->about != n &&
		    is_hopeless(n->v[i].why->about))
			return true;
	return false;
}

static void tell_hopeless(struct telling *t, bool all)
{
	size_t more = 0;

	for (size_t i = 0; i < t->s->names.entries.n; i++) {
		const struct pf_conda_name *n = t->s->names.entries.v[i].value;
		uint64_t *bits = new_bits(t, n);

		if (!is_hopeless(n) || (!all && is_told_by_another(n)))
			continue;
		t->spoiled |= !n->n && n->package && n->package->unusable;
		if (t->facts >= PF_MAX_SOLVE_HOPELESS) {
			more++;
			continue;
		}
		tell_asked(t, n);
		for (size_t k = 0; k < n->n; k++)
			bits[k / 64] |= (uint64_t)1 << k % 64;
		ask_why(t, n, bits);
	}
	if (more) {
		begin_fact(t);
		pf_buf_printf(&t->out, "%zu more of what is asked for cannot be had", more);
	}
}

/* Each package that was asked for and cannot be had, but for what would follow from that; where
 * they go round in circles, all of them. */
static void begin_hopeless(struct telling *t)
{
	tell_hopeless(t, false);
	if (!t->facts)
		tell_hopeless(t, true);
}

static bool is_asked_in(const struct pf_conda_facts *facts, const struct pf_conda_name *n)
{
	for (size_t i = 0; i < facts->v.n; i++)
		if (!facts->v.v[i].of && facts->v.v[i].needs && facts->v.v[i].needs->about == n)
			return true;
	return false;
}

/* And those that it stands for. */
static void add_all(struct telling *t, struct group *g, const struct pf_conda_candidate *c,
		    struct pf_conda_spec *spec)
{
	const struct pf_conda_name *n = c->of;

	add_to(t, g, c, spec);
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].out == PF_CONDA_BEATEN && n->v[i].by == c)
			add_to(t, g, &n->v[i], spec);
}

static void add_facts_of(struct telling *t, const struct pf_conda_facts *facts,
			 const struct pf_conda_name *n)
{
	for (size_t i = 0; i < facts->v.n; i++) {
		const struct pf_conda_fact *f = &facts->v.v[i];
		struct pf_conda_spec *spec = f->needs ? f->needs : f->rules_out;
		enum pf_conda_out how = f->needs ? PF_CONDA_DEAD : PF_CONDA_IN;

		if (f->of && f->of->of == n)
			add_all(t, group_of(t, n, spec->about, how), f->of, spec);
	}
}

static void begin_conflict(struct telling *t, const struct pf_conda_facts *facts)
{
	const struct pf_map *names = &t->s->names;

	for (size_t i = 0; i < names->entries.n; i++)
		if (is_asked_in(facts, names->entries.v[i].value))
			tell_asked(t, names->entries.v[i].value);
	for (size_t i = 0; i < names->entries.n; i++)
		add_facts_of(t, facts, names->entries.v[i].value);
}

int pf_conda_explain(struct pf_conda_search *s, const struct pf_conda_facts *facts,
		     struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct telling t = { .s = s, .arena = &a, .out = PF_BUF(PF_KIB(64)) };

	if (facts->v.n)
		begin_conflict(&t, facts);
	else
		begin_hopeless(&t);
	for (size_t i = 0; i < t.groups.n && t.facts < PF_MAX_SOLVE_FACTS; i++) {
		/* A copy: leading on may move the list. */
		struct group g = t.groups.v[i];

		if (g.out == PF_CONDA_LATE || g.out == PF_CONDA_LESS)
			continue;
		tell_group(&t, &g);
		lead_on(&t, &g);
	}
	count_left_out(&t);
	pf_fail(err, t.spoiled ? PF_EINTEGRITY : PF_ESOLVE, "there is no solution: " PF_FMT,
		PF_ARG(pf_buf_view(&t.out)));
	if (t.late)
		pf_hint(err, "%zu packages are later than the day that counts (--as-of)", t.late);
	else if (t.less)
		pf_hint(err, "%zu packages are of channels that come after others which have the name",
			t.less);
	pf_buf_free(&t.out);
	pf_arena_free(&a);
	return -1;
}
