/* conda_plan.c - a model's needs of conda to the packages of its channels */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/conda_plan.h"

#include "base/day.h"
#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "channel/repodata.h"
#include "formats/digest.h"
#include "solve/conda.h"
#include "solve/reqlines.h"
#include "solve/solve.h"
#include "solve/twins.h"

void pf_conda_task_free(struct pf_conda_task *t)
{
	pf_channels_free(&t->channels);
	pf_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

/* ---- which kind of environment ---- */

static bool is_of_any_venv(struct pf_str spec)
{
	struct pf_str name = pf_conda_spec_name(spec);

	return pf_str_is(name, "python") || pf_reqline_is_build(name);
}

bool pf_needs_conda(const struct pf_needs *needs, const struct pf_opts *o)
{
	if (o->env_manager != PF_ENV_AUTO)
		return o->env_manager == PF_ENV_CONDA || o->env_manager == PF_ENV_MAMBA;
	for (size_t i = 0; i < needs->conda.n; i++)
		if (!is_of_any_venv(needs->conda.v[i]))
			return true;
	return false;
}

bool pf_conda_has_twins(const struct pf_needs *needs)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str name, line;

	for (size_t i = 0; i < needs->conda.n; i++)
		if (!is_of_any_venv(needs->conda.v[i]) &&
		    (needs->require_hashes || !pf_twin_find(&name, &line, &a, needs->conda.v[i])))
			return false;
	return true;
}

/* ---- where ---- */

/* The same needs come to other packages where this differs. */
static struct pf_str identity(struct pf_arena *a, const struct pf_conda_task *t)
{
	struct pf_buf b = PF_BUF(PF_MAX_LOCK);
	char hex[PF_SHA256_HEX];

	pf_buf_printf(&b, PF_FMT " %d\n", PF_ARG(t->subdir), (int)t->channels.priority);
	for (size_t i = 0; i < t->channels.v.n; i++)
		pf_buf_printf(&b, PF_FMT "\n", PF_ARG(t->channels.v.v[i].url));
	for (size_t i = 0; i < t->machine.n; i++)
		pf_buf_printf(&b, PF_FMT "=" PF_FMT "=" PF_FMT "\n",
			      PF_ARG(t->machine.v[i].name), PF_ARG(t->machine.v[i].version),
			      PF_ARG(t->machine.v[i].build));
	for (size_t i = 0; i < t->channels.rules.n; i++)
		pf_buf_printf(&b, "%s" PF_FMT "\n", t->channels.rules.v[i].forbids ? "!" : "",
			      PF_ARG(t->channels.rules.v[i].spec.text));
	pf_sha256_hex(hex, b.p, b.n);
	pf_buf_free(&b);
	return pf_dup(a, pf_s(hex));
}

/* As conda has it, "channel::name" brings its channel along; but --channel names all there are. */
static int open_channels(struct pf_conda_task *out, const struct pf_needs *needs,
			 const struct pf_opts *o, struct pf_err *err)
{
	struct pf_match_spec python;

	if (pf_channels_open(&out->channels, &needs->channels, needs->channels_by_user, o, err) < 0)
		return -1;
	if (needs->channels_by_user)
		return 0;
	for (size_t i = 0; i < needs->conda_specs.n; i++)
		if (pf_channels_add_of(&out->channels, &needs->conda_specs.v[i], o, err) < 0)
			return -1;
	if (!needs->conda_python.n)
		return 0;
	if (pf_match_spec_parse(&python, &out->arena, needs->conda_python, err) < 0)
		return -1;
	return pf_channels_add_of(&out->channels, &python, o, err);
}

int pf_conda_task_open(struct pf_conda_task *out, struct pf_needs *needs, const struct pf_opts *o,
		       struct pf_err *err)
{
	memset(out, 0, sizeof(*out));
	out->subdir = pf_conda_subdir();
	if (open_channels(out, needs, o, err) < 0 ||
	    pf_conda_virtual(&out->machine, &out->arena, out->subdir, err) < 0) {
		pf_conda_task_free(out);
		return -1;
	}
	needs->conda_from = identity(&out->arena, out);
	return 0;
}

/* ---- what ---- */

/* Of a range the beginning is for who can have but one. */
static struct pf_str named_python(const struct pf_needs *needs)
{
	return needs->python_starts ? PF_S("") : needs->python;
}

bool pf_conda_names_patch(const struct pf_needs *needs)
{
	struct pf_str version = named_python(needs);

	return !pf_str_eq(version, pf_python_minor(version));
}

/* "3.11.7" as conda takes "python=3.11.7", or any patch of it. */
static int take_version(struct pf_match_spec *out, struct pf_arena *a, struct pf_str version,
			bool any_patch, struct pf_err *err)
{
	if (!version.n)
		return pf_match_spec_parse(out, a, PF_S("python"), err);
	version = any_patch ? pf_python_minor(version) : version;
	return pf_match_spec_parse(out, a, pf_format(a, "python=" PF_FMT, PF_ARG(version)), err);
}

/* What conda.yaml says of python besides its version holds unless another file's version counts;
 * of another patch, what is not said of one build alone. Where nobody names a version its range
 * does. */
static int python_spec(struct pf_match_spec *out, struct pf_arena *a, const struct pf_needs *needs,
		       bool any_patch, struct pf_err *err)
{
	struct pf_str version = named_python(needs);
	struct pf_match_spec asked;
	struct pf_condaver v;

	if (take_version(out, a, version, any_patch, err) < 0)
		return -1;
	if (!needs->conda_python.n)
		return 0;
	if (pf_match_spec_parse(&asked, a, needs->conda_python, err) < 0)
		return -1;
	if (version.n && !(pf_condaver_read(&v, a, version) &&
			   pf_condaver_spec_admits(&asked.version, &v)))
		return 0;
	if (version.n) {
		asked.version = out->version;
		asked.text = pf_match_spec_print(a, &asked);
	}
	if (any_patch) {
		asked.url = asked.fn = (struct pf_pattern){ 0 };
		asked.md5 = asked.sha256 = (struct pf_str){ 0 };
		if (asked.build.kind == PF_PATTERN_EXACT)
			asked.build = (struct pf_pattern){ 0 };
		asked.text = pf_match_spec_print(a, &asked);
	}
	*out = asked;
	return 0;
}

int pf_conda_python_spec(struct pf_match_spec *out, struct pf_arena *a,
			 const struct pf_needs *needs, struct pf_err *err)
{
	return python_spec(out, a, needs, pf_conda_names_patch(needs), err);
}

int pf_conda_task_specs(struct pf_conda_asked *out, struct pf_conda_task *t,
			const struct pf_needs *needs, bool any_patch, struct pf_err *err)
{
	out->v = pf_alloc_array(&t->arena, needs->conda_specs.n + 1, sizeof(*out->v));
	out->n = 1;
	if (python_spec(&out->v[0], &t->arena, needs, any_patch, err) < 0)
		return -1;
	pf_channels_resolve(&t->channels, &out->v[0]);
	for (size_t i = 0; i < needs->conda_specs.n; i++) {
		out->v[out->n] = needs->conda_specs.v[i];
		pf_channels_resolve(&t->channels, &out->v[out->n++]);
	}
	return 0;
}

static int search(struct pf_conda_solution *out, struct pf_repodata *repodata,
		  struct pf_conda_task *t, const struct pf_conda_asked *specs,
		  const struct pf_needs *needs, struct pf_err *err)
{
	struct pf_conda_ask ask = {
		.specs = specs->v, .spec_count = specs->n,
		.machine = t->machine.v, .machine_count = t->machine.n,
		.rules = t->channels.rules.v, .rule_count = t->channels.rules.n,
		.priority = t->channels.priority,
		/* that day to its end */
		.as_of = needs->as_of ? ((uint64_t)needs->as_of + 1) * 86400000 : 0,
	};

	pf_conda_ask_repodata(&ask, repodata);
	return pf_conda_solve(out, &ask, err);
}

void pf_conda_note_patch(const struct pf_needs *needs)
{
	pf_note("the channels do not have python " PF_FMT " with all of this: another patch is "
		"taken", PF_ARG(needs->python));
}

/* The exact Python first. */
static int solve(struct pf_conda_solution *out, struct pf_conda_asked *specs,
		 struct pf_repodata *repodata, struct pf_conda_task *t,
		 const struct pf_needs *needs, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_err other;

	if (pf_conda_task_specs(specs, t, needs, false, err) < 0)
		return -1;
	if (search(out, repodata, t, specs, needs, err) == 0)
		return 0;
	if (err->code != PF_ESOLVE || o->strict_python || !pf_conda_names_patch(needs) ||
	    pf_conda_task_specs(specs, t, needs, true, &other) < 0 ||
	    search(out, repodata, t, specs, needs, &other) < 0)
		return -1;
	pf_conda_note_patch(needs);
	return 0;
}

/* ---- the plan ---- */

struct pf_str pf_conda_asked_by(struct pf_arena *a, const struct pf_conda_asked *specs,
				struct pf_str name)
{
	for (size_t i = 0; i < specs->n; i++)
		if (pf_str_eq(specs->v[i].name, name))
			return pf_match_spec_print(a, &specs->v[i]);
	return PF_S("");
}

/* Is it a file of this channel? */
static bool is_of(const struct pf_channel *c, struct pf_arena *a, const struct pf_conda_record *r)
{
	return pf_str_eq(r->channel, c->url) && pf_str_starts(r->url, pf_dupz(a, c->url)) &&
	       r->url.n > c->url.n && r->url.p[c->url.n] == '/';
}

/* By the addresses that its channel is asked at, logins, tokens and mirrors included. */
static void set_places(struct pf_planned_conda *one, struct pf_arena *a,
		       const struct pf_conda_task *t)
{
	one->from = one->record.url;
	one->mirrors = (struct pf_strs){ 0 };
	for (size_t i = 0; i < t->channels.v.n; i++) {
		const struct pf_channel *c = &t->channels.v.v[i];
		struct pf_str file;

		if (!is_of(c, a, &one->record))
			continue;
		file = pf_str_skip(one->record.url, c->url.n);
		for (size_t k = 0; k < c->asked.n; k++) {
			struct pf_str place = pf_format(a, PF_FMT PF_FMT, PF_ARG(c->asked.v[k]),
							PF_ARG(file));

			if (k)
				*PF_PUSH(a, &one->mirrors) = place;
			else
				one->from = place;
		}
	}
}

void pf_conda_task_places(struct pf_plan *plan, const struct pf_conda_task *t)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		set_places(&plan->conda.v[i], &plan->arena, t);
	plan->conda_net = &t->channels.net;
}

static const struct pf_conda_record *find(const struct pf_plan *plan, struct pf_str name)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		if (pf_str_eq(plan->conda.v[i].record.name, name))
			return &plan->conda.v[i].record;
	return NULL;
}

int pf_conda_task_check(const struct pf_plan *plan, struct pf_conda_task *t,
			const struct pf_needs *needs, struct pf_err *err)
{
	struct pf_conda_asked specs = { 0 };

	if (pf_conda_task_specs(&specs, t, needs, pf_conda_names_patch(needs), err) < 0)
		return -1;
	for (size_t i = 0; i < specs.n; i++) {
		const struct pf_conda_record *r = find(plan, specs.v[i].name);

		if (!r || pf_channels_admit(&t->channels, &specs.v[i], r->channel))
			continue;
		pf_fail(err, PF_EINTEGRITY, "it does not hold what the model needs: " PF_FMT
			" is locked of another channel",
			PF_ARG(pf_shown(pf_redacted(&t->arena, specs.v[i].text))));
		return pf_hint(err, "make a new lock: pyfunc-env lock");
	}
	return 0;
}

/* What a file's name does not tell is as it is forbidden, where nothing else tells it. */
static struct pf_match_spec as_known(const struct pf_match_spec *spec,
				     const struct pf_conda_record *r)
{
	struct pf_match_spec s = *spec;

	if (r->license.n || r->timestamp || r->depends.n)
		return s;
	s.license = s.license_family = (struct pf_pattern){ 0 };
	s.build_number = (struct pf_build_number_spec){ 0 };
	s.track_features = s.features = (struct pf_strs){ 0 };
	return s;
}

static int check_rules(const struct pf_channels *settings, const struct pf_conda_record *r,
		       struct pf_err *err)
{
	for (size_t i = 0; i < settings->rules.n; i++) {
		const struct pf_conda_rule *rule = &settings->rules.v[i];
		struct pf_match_spec known = as_known(&rule->spec, r);

		if (!rule->forbids || !pf_match_spec_matches(&known, r))
			continue;
		pf_fail(err, PF_EUSAGE, PF_FMT " " PF_FMT " is disallowed by " PF_FMT,
			PF_ARG(pf_shown(r->name)), PF_ARG(pf_shown(r->version)),
			PF_ARG(rule->place));
		return pf_match_spec_matches(&rule->spec, r) ?
			       -1 :
			       pf_hint(err, "as far as it can be told without its channel: what " PF_FMT
				       " asks for is in no lock", PF_ARG(pf_shown(rule->spec.text)));
	}
	return 0;
}

int pf_conda_check_allowed(const struct pf_plan *plan, struct pf_channels *settings,
			   struct pf_err *err)
{
	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &plan->conda.v[i].record;

		if (pf_channels_check_at(settings, r->channel, err) < 0 ||
		    check_rules(settings, r, err) < 0)
			return -1;
	}
	return 0;
}

static void fill(struct pf_plan *plan, const struct pf_conda_task *t,
		 const struct pf_conda_solution *found, const struct pf_conda_asked *specs)
{
	struct pf_arena *a = &plan->arena;

	for (size_t i = 0; i < found->v.n; i++) {
		struct pf_planned_conda *one;

		if (pf_str_starts(found->v.v[i].name, "__"))
			continue;
		one = PF_PUSH(a, &plan->conda);
		*one = pf_planned_conda_copy(
			a, &(struct pf_planned_conda){ .record = found->v.v[i] });
		one->asked = pf_conda_asked_by(a, specs, one->record.name);
	}
	pf_conda_task_places(plan, t);
	plan->resolver = PF_S("pyfunc-env " PACKAGE_VERSION);
}

int pf_conda_task_solve(struct pf_plan *plan, struct pf_conda_task *t, const struct pf_needs *needs,
			const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(repodata) repodata = { 0 };
	PF_AUTO(conda_solution) found = { 0 };
	struct pf_repodata_settings settings = { .net = t->channels.net, .offline = o->offline,
						 .refresh = o->refresh };
	struct pf_conda_asked specs = { 0 };
	char date[16];
	char *store = pf_store_root(&t->arena, o->store, err);

	if (!store)
		return -1;
	settings.cache = pf_join(&t->arena, store, PF_S("conda"));
	pf_step("reading %zu channels", t->channels.v.n);
	if (pf_repodata_open(&repodata, &t->channels, &settings, err) < 0)
		return -1;
	pf_step("solving %zu match specs", needs->conda.n + 1);
	if (solve(&found, &specs, &repodata, t, needs, o, err) < 0)
		return -1;
	pf_step_done();
	fill(plan, t, &found, &specs);
	if (needs->as_of)
		plan->as_of = pf_dup(&plan->arena, pf_s(pf_day_write(date, needs->as_of)));
	return 0;
}
