/* conda.h - conda packages of a table in memory, and what is asked of them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "unit.h"

#include "solve/conda.h"

struct conda_table {
	struct pf_arena arena;
	struct pf_map packages;	/* to struct pf_conda_package */
	PF_VEC(struct pf_conda_record) machine;
	PF_VEC(struct pf_match_spec) specs;
};

static inline void conda_free(struct conda_table *t)
{
	pf_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

static inline struct pf_conda_record conda_record(struct conda_table *t, const char *name,
						  const char *version, const char *build)
{
	struct pf_arena *a = &t->arena;
	struct pf_conda_record r = { .name = pf_dup(a, pf_s(name)), .build = pf_dup(a, pf_s(build)),
				     .subdir = PF_S("noarch"), .channel = PF_S("file:///c") };

	assert_true(pf_conda_record_set_version(&r, a, pf_dup(a, pf_s(version))));
	r.fn = pf_format(a, "%s-%s-%s.conda", name, version, build);
	return r;
}

static inline struct pf_conda_record *conda_add(struct conda_table *t, const struct pf_conda_record *r)
{
	void **place = pf_map_put(&t->arena, &t->packages, r->name);
	struct pf_conda_package *p = *place;

	if (!p)
		p = *place = pf_alloc(&t->arena, sizeof(*p));
	*PF_PUSH(&t->arena, &p->records) = *r;
	return &p->records.v[p->records.n - 1];
}

static inline void conda_set(struct conda_table *t, struct pf_conda_record *r, struct pf_str line)
{
	size_t blank = pf_str_find(line, ' ');
	struct pf_str key = pf_str_cut(line, 0, blank), value = pf_str_skip(line, blank + 1);

	if (pf_str_is(key, "needs"))
		*PF_PUSH(&t->arena, &r->depends) = value;
	else if (pf_str_is(key, "only"))
		*PF_PUSH(&t->arena, &r->constrains) = value;
	else if (pf_str_is(key, "features"))
		*PF_PUSH(&t->arena, &r->track_features) = value;
	else if (pf_str_is(key, "channel"))
		r->channel = r->channel_name = value;
	else if (!pf_str_u64(value, pf_str_is(key, "time") ? &r->timestamp : &r->build_number))
		fail_msg("no property: " PF_FMT, PF_ARG(line));
}

/* A package a line, "NAME VERSION BUILD; key value; ...". */
static inline void conda_read(struct conda_table *t, const char *text)
{
	struct pf_str rest = pf_s(text), line, part, word[3];

	while (pf_str_next_line(&rest, &line)) {
		struct pf_conda_record r;

		if (!line.n || !pf_str_next(&line, ';', &part))
			continue;
		for (size_t i = 0; i < 3; i++)
			assert_true(pf_str_next(&part, ' ', &word[i]));
		r = conda_record(t, pf_dupz(&t->arena, word[0]), pf_dupz(&t->arena, word[1]),
				 pf_dupz(&t->arena, word[2]));
		while (pf_str_next(&line, ';', &part))
			conda_set(t, &r, pf_str_trim(part));
		conda_add(t, &r);
	}
}

static inline int conda_package(void *ctx, const struct pf_conda_package **out, struct pf_str name,
				struct pf_err *err)
{
	static const struct pf_conda_package none;
	struct conda_table *t = ctx;
	const struct pf_conda_package *found = pf_map_get(&t->packages, name);

	if (pf_str_is(name, "unreachable"))
		return pf_fail(err, PF_ETRANSFER, "the channel does not answer");
	*out = found ? found : &none;
	return 0;
}

static inline void conda_ask(struct conda_table *t, const char *spec)
{
	struct pf_err err;

	if (pf_match_spec_parse(PF_PUSH(&t->arena, &t->specs), &t->arena,
				pf_dup(&t->arena, pf_s(spec)), &err) < 0)
		fail_msg("%s: %s", spec, err.msg);
}

/* Packages of a table, a machine, and what is asked for, with ";" between specs. */
static inline void conda_set_up(struct conda_table *t, const char *packages, const char *asked)
{
	struct pf_str rest = pf_s(asked), spec;

	conda_read(t, packages);
	*PF_PUSH(&t->arena, &t->machine) = conda_record(t, "__glibc", "2.35", "0");
	while (pf_str_next(&rest, ';', &spec))
		conda_ask(t, pf_dupz(&t->arena, spec));
}

static inline struct pf_conda_ask conda_question(struct conda_table *t)
{
	return (struct pf_conda_ask){ .specs = t->specs.v, .spec_count = t->specs.n,
				      .machine = t->machine.v, .machine_count = t->machine.n,
				      .package = conda_package, .ctx = t,
				      .priority = PF_CHANNEL_STRICT };
}

/* "a=1=0 b=2=0", in the solution's order. */
static inline struct pf_str conda_shown(struct pf_arena *a, const struct pf_conda_solution *s)
{
	struct pf_str out = PF_S("");

	for (size_t i = 0; i < s->v.n; i++)
		out = pf_format(a, PF_FMT "%s" PF_FMT "=" PF_FMT "=" PF_FMT, PF_ARG(out),
				i ? " " : "", PF_ARG(s->v.v[i].name), PF_ARG(s->v.v[i].version),
				PF_ARG(s->v.v[i].build));
	return out;
}
