/* conda.c - environments of conda packages: of the same store, by the same rules as all others */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda.h"

#include "base/str.h"
#include "env/conda_install.h"
#include "env/conda_package.h"

static int check(const struct pf_plan *plan, struct pf_err *err)
{
	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &plan->conda.v[i].record;

		if (!pf_is_conda_file(r->fn) || pf_str_find(r->fn, '/') != PF_NPOS)
			return pf_fail(err, PF_ESOLVE, "\"" PF_FMT "\" is no file of a package",
				       PF_ARG(pf_shown(r->fn)));
		if (!r->sha256.n && !r->md5.n)
			return pf_fail(err, PF_ESOLVE, "nobody tells the digest of " PF_FMT,
				       PF_ARG(pf_shown(r->fn)));
	}
	return 0;
}

/* Its packages bring the interpreter: of the machine, the platform alone counts. */
static struct pf_str platform_of(const struct pf_plan *plan)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		if (!pf_str_is(plan->conda.v[i].record.subdir, "noarch"))
			return plan->conda.v[i].record.subdir;
	return PF_S("noarch");
}

int pf_conda_env_get(struct pf_env *out, struct pf_plan *plan, const struct pf_opts *o,
		     struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };

	if (check(plan, err) < 0)
		return -1;
	if (!pf_conda_python_version(&python, plan))
		return pf_fail(err, PF_ESOLVE, "no python is among the packages");
	python.platform = platform_of(plan);
	if (pf_plan_seal(plan, &python, o, err) < 0)
		return -1;
	return pf_env_get(out, NULL, plan, &python, o, err);
}
