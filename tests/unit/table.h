/* table.h - a resolver's source that is a table in memory */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdlib.h>

#include "unit.h"

#include "req/name.h"
#include "solve/resolve.h"

struct table_version {
	struct pf_candidate candidate;
	PF_VEC(struct pf_requirement) requires;
	struct pf_strs extras;
	struct pf_str broken;
};

struct table_project {
	struct pf_str name;
	PF_VEC(struct table_version *) versions;
	struct pf_candidate *list;	/* made when it is asked for */
};

struct table {
	struct pf_arena arena;
	struct pf_map projects;
	struct pf_map places;		/* what URLs and files hold: the project of that name */
	size_t asked, hinted;
};

static inline void table_free(struct table *t)
{
	pf_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

static inline struct table_project *table_project(struct table *t, struct pf_map *map,
						  struct pf_str name)
{
	void **place = pf_map_put(&t->arena, map, name);
	struct table_project *p = *place;

	if (!p) {
		p = *place = pf_alloc(&t->arena, sizeof(*p));
		p->name = pf_dup(&t->arena, name);
	}
	return p;
}

static inline struct table_version *table_add(struct table *t, struct table_project *p,
					      struct pf_str version)
{
	struct table_version *v = pf_alloc(&t->arena, sizeof(*v));
	struct pf_str text = pf_dup(&t->arena, version);

	assert_true(pf_version_read(&v->candidate.version, &t->arena, text));
	v->candidate.wheel = v->candidate.sdist = true;
	v->candidate.ref = v;
	*PF_PUSH(&t->arena, &p->versions) = v;
	p->list = NULL;
	return v;
}

static inline void table_require(struct table *t, struct table_version *v, struct pf_str text)
{
	struct pf_err err;
	struct pf_requirement *r = PF_PUSH(&t->arena, &v->requires);

	memset(r, 0, sizeof(*r));
	if (pf_requirement_parse(r, &t->arena, pf_dup(&t->arena, text), &err) < 0)
		fail_msg("%s", err.msg);
}

/* ---- as a source ---- */

static inline void table_list(struct table *t, struct pf_candidates *out, struct table_project *p)
{
	if (!p)
		return;
	if (!p->list) {
		p->list = pf_alloc_array(&t->arena, p->versions.n + 1, sizeof(*p->list));
		for (size_t i = 0; i < p->versions.n; i++)
			p->list[i] = p->versions.v[i]->candidate;
	}
	*out = (struct pf_candidates){ p->list, p->versions.n };
}

static inline int table_candidates(void *ctx, struct pf_candidates *out, struct pf_str name,
				   struct pf_err *err)
{
	struct table *t = ctx;

	if (pf_str_is(name, "unreachable"))
		return pf_fail(err, PF_ETRANSFER, "the index does not answer");
	table_list(t, out, pf_map_get(&t->projects, name));
	return 0;
}

static inline int table_direct(void *ctx, struct pf_candidates *out, const struct pf_need *need,
			       struct pf_err *err)
{
	struct table *t = ctx;
	struct table_project *p = pf_map_get(&t->places, need->path.n ? need->path : need->req.url);

	if (!p)
		return pf_fail(err, PF_ETRANSFER, "nothing is there");
	table_list(t, out, p);
	return 0;
}

static inline int table_depends(void *ctx, struct pf_depends *out, const struct pf_candidate *of,
				struct pf_err *err)
{
	struct table *t = ctx;
	const struct table_version *v = of->ref;

	(void)err;
	t->asked++;
	*out = (struct pf_depends){ .v = v->requires.v, .n = v->requires.n, .extras = v->extras,
				    .unusable = v->broken };
	return 0;
}

static inline void table_want_depends(void *ctx, const struct pf_candidate *of)
{
	struct table *t = ctx;

	assert_non_null(of->ref);
	t->hinted++;
}

static inline struct pf_supply table_source(struct table *t)
{
	return (struct pf_supply){ .ctx = t, .candidates = table_candidates, .direct = table_direct,
				   .depends = table_depends, .want_depends = table_want_depends };
}

/* ---- wanted ---- */

struct table_needs {
	PF_VEC(struct pf_need) v;
};

static inline struct pf_need *table_need(struct table *t, struct table_needs *needs, struct pf_str text,
					 struct pf_str file, unsigned line)
{
	struct pf_err err;
	struct pf_need *need = PF_PUSH(&t->arena, &needs->v);

	*need = (struct pf_need){ .text = pf_dup(&t->arena, text), .file = file, .line = line,
				  .parsed = true };
	if (pf_requirement_parse(&need->req, &t->arena, need->text, &err) < 0)
		fail_msg("%s", err.msg);
	need->link = need->req.url;
	return need;
}

/* CPython on Linux; version as "3.11.7". */
static inline struct pf_marker_env table_env(struct pf_arena *a, struct pf_str python)
{
	size_t dot = pf_str_find(python, '.'), end = dot + 1;

	while (end < python.n && pf_is_digit(python.p[end]))
		end++;
	if (end == python.n)
		python = pf_format(a, PF_FMT ".0", PF_ARG(python));
	return (struct pf_marker_env){
		.implementation_name = PF_S("cpython"), .implementation_version = python,
		.os_name = PF_S("posix"), .platform_machine = PF_S("x86_64"),
		.platform_python_implementation = PF_S("CPython"), .platform_system = PF_S("Linux"),
		.platform_release = PF_S("6.1"), .platform_version = PF_S("1"),
		.python_full_version = python, .python_version = pf_str_cut(python, 0, end),
		.sys_platform = PF_S("linux"),
	};
}

/* "a==1.0.0 b==2.0.0", as the recorded tables have it. */
static inline struct pf_str table_plan(struct pf_arena *a, const struct pf_resolution *r)
{
	struct pf_str out = { 0 };

	for (size_t i = 0; i < r->v.n; i++)
		out = pf_format(a, PF_FMT "%s" PF_FMT "==" PF_FMT, PF_ARG(out), i ? " " : "",
				PF_ARG(r->v.v[i].name), PF_ARG(r->v.v[i].candidate->version.text));
	return out;
}
