/* conda_closure.c - all that match specs may come to need, less what can be part of no solution */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/conda_inside.h"

/* ---- names and specs ---- */

static struct pf_conda_name *get_name(struct pf_conda_search *s, struct pf_str name)
{
	void **place = pf_map_put(&s->arena, &s->names, name);
	struct pf_conda_name *made = *place;

	if (!made) {
		made = *place = pf_alloc(&s->arena, sizeof(*made));
		made->name = pf_dup(&s->arena, name);
		/* What the machine does not have of virtual packages no channel brings. */
		made->loaded = pf_str_starts(made->name, "__");
		made->alive = pf_alloc(&s->arena, sizeof(*made->alive));
	}
	return made;
}

static void take_parsed(struct pf_conda_search *s, struct pf_conda_spec *made)
{
	if (!made->m.name.n)
		return;
	made->about = get_name(s, made->m.name);
	*PF_PUSH(&s->arena, &made->about->about) = made;
}

/* The text lives as long as the search. */
static struct pf_conda_spec *get_spec(struct pf_conda_search *s, struct pf_str text)
{
	void **place = pf_map_put(&s->arena, &s->specs, text);
	struct pf_conda_spec *made = *place;
	struct pf_err ignored;

	if (made)
		return made;
	made = *place = pf_alloc(&s->arena, sizeof(*made));
	made->number = (uint32_t)s->specs.entries.n;
	if (pf_match_spec_parse(&made->m, &s->arena, text, &ignored) == 0)
		take_parsed(s, made);
	return made;
}

static struct pf_conda_spec *ask_for(struct pf_conda_search *s, const struct pf_match_spec *m)
{
	struct pf_conda_spec *made = pf_alloc(&s->arena, sizeof(*made));

	made->m = *m;
	take_parsed(s, made);
	if (made->about)
		*PF_PUSH(&s->arena, &made->about->asked) = made;
	return made;
}

/* ---- records become candidates ---- */

static bool is_pinned(const struct pf_conda_rule *rule, const struct pf_conda_name *name)
{
	return !rule->forbids && pf_str_eq(rule->spec.name, name->name);
}

static bool is_asked(const struct pf_conda_search *s, const struct pf_conda_name *name,
		     const struct pf_conda_record *r)
{
	for (size_t i = 0; i < name->asked.n; i++)
		if (!pf_match_spec_channel_fits(&name->asked.v[i]->m, r))
			return false;
	for (size_t i = 0; i < s->ask->rule_count; i++)
		if (is_pinned(&s->ask->rules[i], name) &&
		    !pf_match_spec_channel_fits(&s->ask->rules[i].spec, r))
			return false;
	return true;
}

/* The channel that counts is the first one that has the name; where a spec or a pin names a
 * channel, the first of those that it admits. */
static void set_channels(struct pf_conda_search *s, struct pf_conda_name *name)
{
	const struct pf_conda_record *last = NULL, *counts = NULL;
	uint32_t channel = 0;

	for (size_t i = 0; i < name->n; i++) {
		struct pf_conda_candidate *c = &name->v[i];

		channel += last && !pf_str_eq(last->channel, c->r->channel);
		last = c->r;
		c->channel = channel;
		if (!counts && is_asked(s, name, c->r))
			counts = c->r;
	}
	if (!counts || s->ask->priority != PF_CHANNEL_STRICT)
		return;
	for (size_t i = 0; i < name->n; i++)
		if (!pf_str_eq(counts->channel, name->v[i].r->channel))
			name->v[i].out = PF_CONDA_LESS;
}

/* A pin says of what others ask for which one it is (conda's pinned_packages), and asks for
 * nothing. */
static void apply_rules(struct pf_conda_search *s, struct pf_conda_candidate *c)
{
	for (size_t i = 0; !c->out && i < s->ask->rule_count; i++) {
		const struct pf_conda_rule *rule = &s->ask->rules[i];

		if ((!rule->forbids && !is_pinned(rule, c->of)) ||
		    pf_match_spec_matches(&rule->spec, c->r) != rule->forbids)
			continue;
		c->out = PF_CONDA_RULED;
		c->rule = rule;
	}
}

static void judge(struct pf_conda_search *s, struct pf_conda_candidate *c)
{
	const struct pf_conda_name *name = c->of;

	if (c->out)
		return;
	if (s->ask->as_of && c->r->timestamp > s->ask->as_of)
		c->out = PF_CONDA_LATE;
	for (size_t i = 0; !c->out && i < name->asked.n; i++)
		if (!pf_match_spec_matches(&name->asked.v[i]->m, c->r)) {
			c->out = PF_CONDA_UNASKED;
			c->why = name->asked.v[i];
		}
	if (!name->machine)
		apply_rules(s, c);
}

static int take_records(struct pf_conda_search *s, struct pf_conda_name *name,
			const struct pf_conda_record *r, size_t n, struct pf_err *err)
{
	if (n > PF_MAX_CONDA_RECORDS - s->records)
		return pf_fail(err, PF_ELIMIT, "more than %d packages to choose from",
			       PF_MAX_CONDA_RECORDS);
	s->records += n;
	name->loaded = true;
	name->n = n;
	name->v = pf_alloc_array(&s->arena, n + 1, sizeof(*name->v));
	for (size_t i = 0; i < n; i++)
		name->v[i] = (struct pf_conda_candidate){ .r = &r[i], .of = name };
	set_channels(s, name);
	for (size_t i = 0; i < n; i++)
		judge(s, &name->v[i]);
	pf_conda_rank(s, name);
	name->alive = pf_alloc_array(&s->arena, n / 64 + 1, sizeof(*name->alive));
	for (size_t i = 0; i < n; i++)
		if (!name->v[i].out) {
			pf_bits_put(name->alive, i);
			name->in++;
		}
	return 0;
}

static int load(struct pf_conda_search *s, struct pf_conda_name *name, struct pf_err *err)
{
	if (name->loaded)
		return 0;
	if (s->ask->package(s->ask->ctx, &name->package, name->name, err) < 0)
		return -1;
	return take_records(s, name, name->package->records.v, name->package->records.n, err);
}

static int load_machine(struct pf_conda_search *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->ask->machine_count; i++) {
		const struct pf_conda_record *r = &s->ask->machine[i];
		struct pf_conda_name *name = get_name(s, r->name);

		name->machine = true;
		if (!name->n && take_records(s, name, r, 1, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what fits ---- */

/* Of candidates of one version, [from, to). */
static void fit_version(struct pf_conda_spec *spec, size_t from, size_t to, bool version_alone)
{
	const struct pf_conda_name *name = spec->about;

	if (!pf_condaver_spec_admits(&spec->m.version, &name->v[from].r->ver))
		return;
	for (size_t i = from; i < to; i++)
		if (version_alone || pf_match_spec_matches(&spec->m, name->v[i].r))
			pf_bits_put(spec->fits, i);
}

const uint64_t *pf_conda_fits(struct pf_conda_search *s, struct pf_conda_spec *spec)
{
	const struct pf_conda_name *name = spec->about;
	struct pf_match_spec rest = spec->m;
	bool version_alone;
	size_t to;

	if (spec->fits)
		return spec->fits;
	spec->fits = pf_alloc_array(&s->arena, name->n / 64 + 1, sizeof(*spec->fits));
	rest.version = (struct pf_condaver_spec){ 0 };
	version_alone = pf_match_spec_is_bare(&rest);
	for (size_t i = 0; i < name->n; i = to) {
		const struct pf_condaver *version = &name->v[i].r->ver;

		for (to = i + 1; to < name->n && name->v[to].r->ver.atoms == version->atoms; to++)
			;
		fit_version(spec, i, to, version_alone);
	}
	return spec->fits;
}

/* Is there a candidate for it that is in? */
static bool is_alive(struct pf_conda_search *s, struct pf_conda_spec *spec)
{
	const struct pf_conda_name *name = spec->about;

	return pf_bits_meet(pf_conda_fits(s, spec), name->alive, name->n);
}

/* ---- followed ---- */

static void put_out(struct pf_conda_candidate *c, enum pf_conda_out out,
		    const struct pf_conda_spec *why)
{
	c->out = out;
	c->why = why;
	c->of->in--;
	pf_bits_drop(c->of->alive, (size_t)(c - c->of->v));
}

static bool list_specs(struct pf_conda_search *s, struct pf_conda_candidate *c,
		       struct pf_conda_specs *to, const struct pf_strs *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		struct pf_conda_spec *spec = get_spec(s, texts->v[i]);

		if (!spec->about) {
			c->text = texts->v[i];
			put_out(c, PF_CONDA_BROKEN, NULL);
			return false;
		}
		*PF_PUSH(&s->arena, to) = spec;
	}
	return true;
}

static void enqueue(struct pf_conda_search *s, struct pf_conda_name *name)
{
	if (name->queued || name->machine)
		return;
	name->queued = true;
	*PF_PUSH(&s->arena, &s->queue) = name;
	if (s->ask->want && !name->loaded)
		s->ask->want(s->ask->ctx, &name->name, 1);
}

/* A need that names what was asked for, or the machine, and that none of those satisfies: nothing
 * else of the record has to be looked at. So one python of those there are leaves a fraction. */
static struct pf_conda_spec *find_dead(struct pf_conda_search *s,
				       const struct pf_conda_candidate *c)
{
	for (size_t i = 0; i < c->depends.n; i++) {
		struct pf_conda_spec *spec = c->depends.v[i];

		if (!spec->about->loaded || (!spec->about->asked.n &&
					     !pf_str_starts(spec->about->name, "__")))
			continue;
		if (!is_alive(s, spec))
			return spec;
	}
	return NULL;
}

/* What it says of its own name it has to be itself. */
static struct pf_conda_spec *find_unlike(const struct pf_conda_candidate *c,
					 const struct pf_conda_specs *specs)
{
	for (size_t i = 0; i < specs->n; i++)
		if (specs->v[i]->about == c->of && !pf_match_spec_matches(&specs->v[i]->m, c->r))
			return specs->v[i];
	return NULL;
}

static void follow(struct pf_conda_search *s, struct pf_conda_candidate *c)
{
	struct pf_conda_spec *dead;

	if (c->out || !list_specs(s, c, &c->depends, &c->r->depends) ||
	    !list_specs(s, c, &c->constrains, &c->r->constrains))
		return;
	dead = find_dead(s, c);
	if (!dead)
		dead = find_unlike(c, &c->depends);
	if (!dead)
		dead = find_unlike(c, &c->constrains);
	if (dead) {
		put_out(c, PF_CONDA_DEAD, dead);
		return;
	}
	for (size_t i = 0; i < c->depends.n; i++)
		enqueue(s, c->depends.v[i]->about);
}

/* ---- what is left ---- */

/* A record whose need nothing that is in satisfies is out; until nothing changes. */
static bool remove_dead(struct pf_conda_search *s)
{
	bool changed = false;

	for (size_t i = 0; i < s->names.entries.n; i++) {
		struct pf_conda_name *name = s->names.entries.v[i].value;

		for (size_t k = 0; name->followed && k < name->n; k++) {
			struct pf_conda_candidate *c = &name->v[k];

			for (size_t d = 0; !c->out && d < c->depends.n; d++)
				if (!is_alive(s, c->depends.v[d])) {
					put_out(c, PF_CONDA_DEAD, c->depends.v[d]);
					changed = true;
				}
		}
	}
	return changed;
}

static void mark_used(struct pf_conda_search *s, struct pf_conda_specs *specs)
{
	for (size_t i = 0; i < specs->n; i++) {
		struct pf_conda_spec *spec = specs->v[i];

		if (!spec->used && spec->about->loaded)
			pf_conda_fits(s, spec);
		spec->used = spec->about->loaded;
	}
}

/* libsolv has a rule for each two candidates of one name. */
static int check_pairs(struct pf_conda_search *s, struct pf_err *err)
{
	const struct pf_conda_name *most = NULL;
	uint64_t pairs = 0;

	for (size_t i = 0; i < s->names.entries.n; i++) {
		const struct pf_conda_name *name = s->names.entries.v[i].value;

		pairs += (uint64_t)name->in * name->in / 2;
		if (!most || name->in > most->in)
			most = name;
	}
	if (pairs <= PF_MAX_CONDA_PAIRS)
		return 0;
	pf_fail(err, PF_ELIMIT, "too many packages to choose from: %zu of " PF_FMT " alone",
		most->in, PF_ARG(pf_shown(most->name)));
	return pf_hint(err, "ask for a version of it");
}

static int reduce(struct pf_conda_search *s, struct pf_err *err)
{
	size_t n = s->names.entries.n;

	while (remove_dead(s))
		if (pf_conda_check_time(s, err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++) {
		struct pf_conda_name *name = s->names.entries.v[i].value;

		mark_used(s, &name->asked);
		for (size_t k = 0; name->followed && k < name->n; k++) {
			if (name->v[k].out)
				continue;
			mark_used(s, &name->v[k].depends);
			mark_used(s, &name->v[k].constrains);
			if (pf_conda_check_time(s, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct pf_conda_name *name = s->names.entries.v[i].value;

		if (!name->followed)
			continue;
		pf_conda_beat(name);
		pf_conda_break_ties(s, name);
		s->candidates += name->in;
		if (pf_conda_check_time(s, err) < 0)
			return -1;
	}
	return check_pairs(s, err);
}

/* The machine was there before what is asked of it. */
static void judge_machine(struct pf_conda_name *name)
{
	for (size_t i = 0; i < name->asked.n; i++)
		if (!name->v[0].out &&
		    !pf_match_spec_matches(&name->asked.v[i]->m, name->v[0].r))
			put_out(&name->v[0], PF_CONDA_UNASKED, name->asked.v[i]);
}

static int load_asked(struct pf_conda_search *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->ask->spec_count; i++) {
		struct pf_conda_spec *spec = ask_for(s, &s->ask->specs[i]);

		if (!spec->about)
			return pf_fail(err, PF_EUSAGE, "no package is named by " PF_FMT,
				       PF_ARG(pf_shown(spec->m.text)));
		enqueue(s, spec->about);
		if (spec->about->machine)
			judge_machine(spec->about);
	}
	for (size_t i = 0; i < s->queue.n; i++)
		if (load(s, s->queue.v[i], err) < 0)
			return -1;
	return 0;
}

int pf_conda_close(struct pf_conda_search *s, struct pf_err *err)
{
	if (load_machine(s, err) < 0 || load_asked(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->queue.n; i++) {
		struct pf_conda_name *name = s->queue.v[i];

		if (load(s, name, err) < 0)
			return -1;
		for (size_t k = 0; k < name->n; k++) {
			follow(s, &name->v[k]);
			if (pf_conda_check_time(s, err) < 0)
				return -1;
		}
		name->followed = true;
	}
	return reduce(s, err);
}
