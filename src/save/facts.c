/* facts.c - what an interpreter has of which MLflow writes the version into a model */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "python/python.h"
#include "req/version.h"
#include "save/inside.h"

static struct pf_str version_of(struct pf_arena *a, const struct pf_dists *d, const char *name)
{
	const struct pf_dist *dist = pf_map_get(&d->by_name, pf_s(name));

	return dist ? pf_dup(a, dist->version) : (struct pf_str){ 0 };
}

/* The release before a development version: that one is on no index. */
static struct pf_str released(struct pf_arena *a, struct pf_str version)
{
	struct pf_version v = { 0 };
	uint64_t micro = 0;

	if (!pf_version_read(&v, a, version) || !v.dev.p || v.release_count < 3 ||
	    !pf_str_u64(v.release[2], &micro) || !micro)
		return version;
	return pf_format(a, PF_FMT "." PF_FMT ".%llu", PF_ARG(v.release[0]), PF_ARG(v.release[1]),
			 (unsigned long long)micro - 1);
}

void pf_save_here_free(struct pf_save_here *h)
{
	pf_dists_free(&h->installed);
	pf_python_free(&h->python);
}

int pf_save_facts_read(struct pf_save_facts *out, struct pf_save_here *here, struct pf_arena *a,
		       const char *version, const struct pf_opts *o, struct pf_err *err)
{
	static const char *const build[] = { "pip", "setuptools", "wheel" };
	const struct pf_python *python = &here->python;
	const struct pf_dists *installed = &here->installed;
	struct pf_save_facts f = { 0 };

	if (pf_python_current(&here->python, o, err) < 0 ||
	    pf_dists_read(&here->installed, &python->paths, python->prefix, err) < 0)
		return -1;
	f.python = version ? pf_dup(a, pf_s(version))
			   : pf_format(a, "%d.%d.%d", python->major, python->minor, python->micro);
	f.pip = version_of(a, installed, "pip");
	f.mlflow = released(a, version_of(a, installed, "mlflow"));
	f.cloudpickle = version_of(a, installed, "cloudpickle");
	for (size_t i = 0; i < PF_COUNT(build); i++) {
		struct pf_str have = version_of(a, installed, build[i]);

		*PF_PUSH(a, &f.build) =
			pf_format(a, "%s%s" PF_FMT, build[i], have.n ? "==" : "", PF_ARG(have));
	}
	*out = f;
	return 0;
}
