/* record.c - plans as JSON: STORE/locks/NAME.json, and what --json prints */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"

bool pf_recordlock_is(struct pf_str text)
{
	return pf_str_starts(pf_str_trim(text), "{");
}

static int take_planned(struct pf_lock *l, const struct pf_planned *from,
			const struct pf_lock_target *t, struct pf_err *err)
{
	struct pf_planned one = pf_planned_copy(&l->arena, from);
	struct pf_lock_package p = {
		.name = one.name, .version = one.version, .requires_python = one.requires_python,
		.index = one.index, .direct = one.url, .depends = one.depends,
	};
	struct pf_lock_file f = { .name = one.file, .size = one.size, .uploaded = one.uploaded };
	struct pf_str own = pf_lock_inside(&l->arena, t->model_dir, one.url);
	struct pf_lock_target beneath = *t;
	struct pf_strs strong = { 0 };

	if (!pf_name_is_valid(one.name))
		return pf_fail(err, PF_EINTEGRITY, "a package without a name");
	if (one.redacted)
		return pf_fail(err, PF_EINTEGRITY,
			       "the password of " PF_FMT "'s address is not recorded",
			       PF_ARG(pf_shown(one.name)));
	if (pf_lock_add_digests(&strong, &l->arena, &one.hashes, 2, err) < 0)
		return -1;
	if (pf_planned_is_git(&one)) {
		struct pf_git_source git = { 0 };

		if (pf_git_split(&git, &l->arena, one.url, err) < 0)
			return -1;
		git.rev = one.revision;
		if (pf_lock_take_git(l, &p, &git, 2, err) < 0)
			return -1;
	} else if (pf_str_starts(one.from, "http") && strong.n == 1) {
		f.url = one.from;
		f.hashes = strong;
		p.line = 2;
		if (pf_lock_add_file(l, &p, &f, PF_S(""), t, err) < 0)
			return -1;
	} else if (own.n && strong.n == 1) {
		beneath.base = t->model_dir;
		f.hashes = strong;
		p.line = 2;
		if (pf_lock_add_file(l, &p, &f, own, &beneath, err) < 0)
			return -1;
		p.direct = p.files.v[0].url;
	} else {
		p.hashes = strong;
	}
	if (!p.files.n && !p.hashes.n && !p.git)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " has no digest",
			       PF_ARG(pf_shown(p.name)));
	return pf_lock_add_package(l, &p, err);
}

/* By its address, like those of any other lock, which is of the package that the record tells. */
static int take_conda(struct pf_lock *l, const struct pf_conda_record *r,
		      const struct pf_lock_target *t, struct pf_err *err)
{
	const struct pf_conda_record *taken;

	if (pf_lock_add_conda(l, t, r->url, r->md5, r->sha256, 2, err) < 0)
		return -1;
	taken = &l->conda.v[l->conda.n - 1].record;
	if (!pf_str_eq(taken->name, r->name) || !pf_str_eq(taken->version, r->version) ||
	    !pf_str_eq(taken->build, r->build) || !pf_str_eq(taken->subdir, r->subdir))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is not " PF_FMT " " PF_FMT,
			       PF_ARG(pf_shown(taken->fn)), PF_ARG(pf_shown(r->name)),
			       PF_ARG(pf_shown(r->version)));
	return 0;
}

/* A line that tells the key, then the plan; or the plan in an object. */
static int read_plan(const struct pf_node **out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_node *root = NULL;
	struct pf_str line = text, rest = text, second;

	if (pf_str_next(&rest, '\n', &line) && pf_str_next(&rest, '\n', &second) &&
	    pf_str_starts(second, "{"))
		line = second;
	else
		line = text;
	if (pf_json_parse(&root, a, line, err) < 0)
		return -1;
	*out = pf_node_get(root, "plan") ? pf_node_get(root, "plan") : root;
	return 0;
}

bool pf_recordlock_has_conda(struct pf_str text)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_node *plan, *list;
	struct pf_err ignored;

	if (read_plan(&plan, &a, text, &ignored) < 0)
		return false;
	list = pf_node_get(plan, "conda");
	return list && list->n > 0;
}

int pf_recordlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		       struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	const struct pf_node *object;

	if (read_plan(&object, &out->arena, text, err) < 0 || pf_plan_read(&plan, object, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.conda.n; i++)
		if (take_conda(out, &plan.conda.v[i].record, t, err) < 0)
			return -1;
	for (size_t i = 0; i < plan.packages.n; i++)
		if (take_planned(out, &plan.packages.v[i], t, err) < 0)
			return -1;
	for (size_t i = 0; i < plan.left_out.n; i++)
		*PF_PUSH(&out->arena, &out->left_out) = pf_dup(&out->arena, plan.left_out.v[i]);
	return 0;
}

int pf_recordlock_write(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };

	(void)err;
	pf_json_begin(&w, "lock");
	pf_json_field(&w, "python", what->python->version);
	pf_json_key(&w, "plan");
	pf_plan_write(&w, what->plan);
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
	return 0;
}
