/* training.c - the environment that a model was trained in, as a lock of what is installed there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "build/build.h"
#include "lock/lock.h"
#include "proof.h"
#include "solve/solve.h"

/* The resolver is told what is installed as constraints, so that it has one answer; what it adds is
 * which files these are. */
struct training {
	struct pf_arena arena;
	struct pf_model model;
	struct pf_python python;
	struct pf_dists installed;
	struct pf_marker_env env;
	struct pf_map seen;	/* "name" and "name[extra]" */
	PF_VEC(struct pf_requirement) queue;
	PF_VEC(const struct pf_dist *) pinned;
	struct pf_needs needs;	/* the model's, and the constraints */
};

static void free_training(struct training *t)
{
	pf_dists_free(&t->installed);
	pf_python_free(&t->python);
	pf_model_free(&t->model);
	pf_arena_free(&t->arena);
}

static bool is_local(struct pf_str version)
{
	return pf_str_find(version, '+') != PF_NPOS;
}

static struct pf_str public_part(struct pf_str version)
{
	return pf_str_cut(version, 0, pf_str_find(version, '+'));
}

static int pin(struct training *t, struct pf_str name, struct pf_str version, struct pf_err *err)
{
	struct pf_need need = { .file = PF_S("the training environment"),
				.parsed = true,
				.constraint = true };

	need.text = pf_format(&t->arena, PF_FMT "==" PF_FMT, PF_ARG(name), PF_ARG(version));
	if (pf_requirement_parse(&need.req, &t->arena, need.text, err) < 0)
		return -1;
	*PF_PUSH(&t->arena, &t->needs.pip) = need;
	return 0;
}

/* The model's needs, and what is installed as constraints. */
static int constrain(struct training *t, bool local, struct pf_err *err)
{
	t->needs.pip.n = t->model.needs.pip.n;
	for (size_t i = 0; i < t->pinned.n; i++) {
		struct pf_str version = t->pinned.v[i]->version;

		if (pin(t, t->pinned.v[i]->name, local ? version : public_part(version), err) < 0)
			return -1;
	}
	return 0;
}

static bool is_new(struct training *t, struct pf_str key)
{
	void **place = pf_map_put(&t->arena, &t->seen, key);
	bool known = *place != NULL;

	*place = t;
	return !known;
}

/* What a distribution needs here, by itself (an empty extra) or for an extra. */
static void follow(struct training *t, const struct pf_dist *dist, struct pf_str extra)
{
	struct pf_str key = pf_format(&t->arena, PF_FMT "[" PF_FMT "]", PF_ARG(dist->name),
				      PF_ARG(extra));
	struct pf_requirement req;
	struct pf_err ignored;

	if (!is_new(t, key))
		return;
	for (size_t i = 0; i < dist->requires.n; i++)
		if (pf_requirement_parse_published(&req, &t->arena, dist->requires.v[i],
						   &ignored) == 0 &&
		    pf_marker_eval(req.marker, &t->env, extra))
			*PF_PUSH(&t->arena, &t->queue) = req;
}

static int take(struct training *t, const struct pf_requirement *req, struct pf_err *err)
{
	struct pf_dist *dist = pf_map_get(&t->installed.by_name, req->key);

	if (!dist) {
		pf_fail(err, PF_ESOLVE, PF_FMT " is needed, and the training environment has it not",
			PF_ARG(pf_shown(req->name)));
		return pf_hint(err, "install it there, or save without a lock");
	}
	if (!dist->read && pf_dist_read(&t->installed, dist, err) < 0)
		return -1;
	if (dist->url.n && !req->url.n) {
		pf_fail(err, PF_ESOLVE, PF_FMT " was not installed from an index but from " PF_FMT,
			PF_ARG(dist->name), PF_ARG(pf_shown(dist->url)));
		return pf_hint(err, "a lock cannot say where others get it: save without one");
	}
	if (is_new(t, dist->name) && !req->url.n)
		*PF_PUSH(&t->arena, &t->pinned) = dist;
	follow(t, dist, PF_S(""));
	for (size_t i = 0; i < req->extras.n; i++)
		follow(t, dist, req->extras.v[i]);
	return 0;
}

static int pin_all(struct training *t, struct pf_err *err)
{
	const struct pf_needs *own = &t->model.needs;

	t->needs = *own;
	memset(&t->needs.pip, 0, sizeof(t->needs.pip));
	for (size_t i = 0; i < own->pip.n; i++) {
		const struct pf_need *need = &own->pip.v[i];

		*PF_PUSH(&t->arena, &t->needs.pip) = *need;
		if (need->parsed && !need->constraint &&
		    pf_marker_eval(need->req.marker, &t->env, PF_S("")))
			*PF_PUSH(&t->arena, &t->queue) = need->req;
	}
	for (size_t i = 0; i < t->queue.n; i++) {
		struct pf_requirement req = t->queue.v[i];

		if (take(t, &req, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_local(const struct training *t)
{
	for (size_t i = 0; i < t->pinned.n; i++)
		if (is_local(t->pinned.v[i]->version))
			return true;
	return false;
}

static int solve(struct pf_plan *plan, struct training *t, bool local, const struct pf_opts *o,
		 struct pf_err *err)
{
	return constrain(t, local, err) < 0 ?
		       -1 :
		       pf_solve(plan, &t->needs, t->model.dir, &t->python, o, err);
}

/* The very builds that are installed, "2.1.0+cu121"; where the index does not have them all, any of
 * these versions: ==2.1.0 admits both. */
static int solve_any(struct pf_plan *plan, struct training *t, const struct pf_opts *o,
		     struct pf_err *err)
{
	struct pf_err other;

	if (solve(plan, t, true, o, err) == 0)
		return 0;
	if (err->code != PF_ESOLVE || !has_local(t) || solve(plan, t, false, o, &other) < 0)
		return -1;
	for (size_t i = 0; i < t->pinned.n; i++) {
		struct pf_str version = t->pinned.v[i]->version;

		if (is_local(version))
			pf_note("the index does not have every build that is installed: " PF_FMT
				" may be any " PF_FMT " in the lock, not " PF_FMT,
				PF_ARG(pf_shown(t->pinned.v[i]->name)),
				PF_ARG(pf_shown(public_part(version))), PF_ARG(pf_shown(version)));
	}
	return 0;
}

/* Other days' packages may be installed: it is looked at what there is today. */
static int lock(struct pf_buf *out, struct training *t, const struct pf_opts *o,
		struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	struct pf_opts native = *o;

	native.env_manager = PF_ENV_VENV;
	native.builder = pf_build_builder();
	native.as_of = PF_AS_OF_NOW;
	t->needs.facts.n = 0;
	if (pf_model_allow(&t->model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_needs_date(&t->needs, &native, err) < 0 ||
	    solve_any(&plan, t, &native, err) < 0 ||
	    pf_lock_learn(&plan, &t->needs, &t->python, &native, err) < 0)
		return -1;
	return pf_lock_write(out, "pylock",
			     &(struct pf_lock_of){ .plan = &plan, .needs = &t->model.needs,
						   .python = &t->python,
						   .model_dir = t->model.dir }, err);
}

int pf_lock_training(struct pf_buf *out, const char *dir, const struct pf_opts *o,
		     struct pf_err *err)
{
	__attribute__((cleanup(free_training))) struct training t = { 0 };

	if (pf_model_load(&t.model, dir, err) < 0 || pf_python_current(&t.python, o, err) < 0 ||
	    pf_dists_read(&t.installed, &t.python.paths, t.python.prefix, err) < 0)
		return -1;
	pf_python_markers(&t.env, &t.arena, &t.python);
	if (pin_all(&t, err) < 0 || lock(out, &t, o, err) < 0)
		return pf_wrap(err, "the training environment's lock");
	return 0;
}
