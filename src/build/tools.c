/* tools.c - the environment that a backend runs in */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/tools.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "env/venv.h"
#include "env/wheels.h"
#include "solve/native.h"

void pf_tools_free(struct pf_tools *t)
{
	pf_plan_free(&t->plan);
	memset(t, 0, sizeof(*t));
}

/* ---- resolve ---- */

static int resolve_with(struct pf_plan *out, const struct pf_strs *requires,
			const struct pf_strs *limits, struct pf_workdir *w,
			const struct pf_build_for *whom, struct pf_err *err)
{
	const struct pf_strs *lists[] = { requires, NULL };
	PF_AUTO(native) native = { 0 };
	struct pf_needs asked = { 0 };

	for (size_t i = 0; i < requires->n; i++)
		*PF_PUSH(&w->arena, &asked.pip) = (struct pf_need){ .text = requires->v[i],
								    .file = PF_S("its build") };
	if (pf_native_open(&native, whom->needs, whom->python, whom->o, err) < 0)
		return -1;
	return pf_native_resolve(out, &native, lists, limits, &asked, whom->python, err);
}

static int resolve(struct pf_plan *out, const struct pf_strs *requires, bool dated,
		   struct pf_workdir *w, const struct pf_build_for *whom, struct pf_err *err)
{
	struct pf_str old = PF_S("setuptools<81");
	const struct pf_strs none = { 0 }, limits = { .v = &old, .n = 1 };

	if (!requires->n)
		return 0;
	if (dated && resolve_with(out, requires, &limits, w, whom, err) == 0)
		return 0;
	if (dated && err->code != PF_ESOLVE)
		return -1;
	return resolve_with(out, requires, &none, w, whom, err);
}

static bool is_same(const struct pf_plan *l, const struct pf_plan *r)
{
	if (l->packages.n != r->packages.n)
		return false;
	for (size_t i = 0; i < l->packages.n; i++)
		if (!pf_str_eq(l->packages.v[i].name, r->packages.v[i].name) ||
		    !pf_str_eq(l->packages.v[i].version, r->packages.v[i].version))
			return false;
	return true;
}

/* ---- install ---- */

static int fill(struct pf_tools *t, const char *path, struct pf_workdir *w,
		const struct pf_build_for *whom, struct pf_err *err)
{
	PF_AUTO(found_list) placed = { 0 };
	PF_FD(dir) = -1;

	if (pf_venv_make(path, whom->python, err) < 0)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	if (!t->plan.packages.n)
		return 0;
	return pf_wheels_install(&placed, dir, t->python, &t->plan, whom->needs, whom->python, w,
				 whom->o, err);
}

int pf_tools_make(struct pf_tools *out, const struct pf_tools *before, const char *name,
		  const struct pf_strs *requires, bool dated, struct pf_workdir *w,
		  const struct pf_build_for *whom, struct pf_err *err)
{
	PF_AUTO(tools) t = { 0 };
	char *path = pf_join(&w->arena, w->path, pf_s(name));

	t.python = pf_join(&w->arena, path, PF_S("bin/python"));
	if (resolve(&t.plan, requires, dated, w, whom, err) < 0)
		return pf_wrap(err, "what it is built with");
	if (before && is_same(&before->plan, &t.plan))
		return 1;
	if (fill(&t, path, w, whom, err) < 0)
		return pf_wrap(err, "what it is built with");
	*out = PF_TAKE(t);
	return 0;
}
