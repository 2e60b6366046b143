/* conda_replaced.c - distributions of conda's that pip brings in another version: left out */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "env/conda_link.h"
#include "env/seal.h"
#include "env/wheel_check.h"
#include "req/name.h"

struct replacing {
	struct pf_conda_linking *k;
	const struct pf_plan *plan;
	const struct pf_conda_part *part;
};

/* "Demo" of "Demo-1.0.dist-info", "Demo.egg-info". */
static struct pf_str project_of(struct pf_str folder)
{
	folder = pf_str_cut(folder, 0, pf_str_rfind(folder, '.'));
	return pf_str_cut(folder, 0, pf_str_find(folder, '-'));
}

bool pf_conda_is_pips(const struct pf_plan *plan, struct pf_arena *a, struct pf_str folder)
{
	struct pf_str name;

	if (!pf_str_ends(folder, ".dist-info") && !pf_str_ends(folder, ".egg-info"))
		return false;
	name = pf_name_canonical(a, project_of(folder));
	for (size_t i = 0; i < plan->packages.n; i++)
		if (pf_str_eq(plan->packages.v[i].name, name))
			return true;
	return false;
}

int pf_conda_refuse_replacing(struct pf_str folder, const char *package, struct pf_err *err)
{
	return pf_fail(err, PF_ESOLVE,
		       "pip would replace " PF_FMT " of %s, which does not tell its files: name "
		       "one version of it, for conda or for pip",
		       PF_ARG(pf_shown(project_of(folder))), package);
}

/* "lib/python3.11/site-packages/Demo-1.0.dist-info/RECORD": "Demo-1.0.dist-info/RECORD" */
static struct pf_str inside(const struct replacing *x, struct pf_str place)
{
	size_t n = strlen(x->k->site);

	return pf_str_starts(place, x->k->site) && place.n > n && place.p[n] == '/' ?
		       pf_str_skip(place, n + 1) :
		       PF_S("");
}

static void leave_out(struct replacing *x, struct pf_str place)
{
	struct pf_conda_placed *one = pf_map_get(&x->k->places, place);

	if (one && one->from == x->part->package && one->fate == PF_CONDA_TAKEN)
		one->fate = PF_CONDA_REPLACED;
}

static int leave_out_recorded(struct replacing *x, const struct pf_conda_placed *record,
			      struct pf_err *err)
{
	struct pf_arena *a = x->k->arena;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_RECORD);
	struct pf_str rest, line, site = pf_s(x->k->site);
	struct pf_recorded row;

	if (pf_read_file(&text, AT_FDCWD,
			 pf_formatz(a, "%s/tree/%s", record->from->dir, record->file->path),
			 err) < 0)
		return -1;
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line))
		if (pf_recorded_read(&row, a, line))
			leave_out(x, pf_seal_place(a, site, row.path));
	return 0;
}

/* "DIR/METADATA": is DIR/RECORD there? */
static bool has_record(const struct replacing *x, struct pf_str metadata)
{
	return pf_map_get(&x->k->places,
			  pf_format(x->k->arena, PF_FMT "/RECORD",
				    PF_ARG(pf_str_cut(metadata, 0, pf_str_rfind(metadata, '/')))));
}

static int look_at(struct replacing *x, const struct pf_conda_placed *one, struct pf_err *err)
{
	struct pf_str path = inside(x, one->place);
	struct pf_str folder = pf_str_cut(path, 0, pf_str_find(path, '/'));

	if (one->fate != PF_CONDA_TAKEN || !one->file ||
	    !pf_conda_is_pips(x->plan, x->k->arena, folder))
		return 0;
	if (pf_str_ends(path, ".dist-info/RECORD"))
		return leave_out_recorded(x, one, err);
	if (pf_str_ends(folder, ".dist-info") &&
	    (!pf_str_ends(path, "/METADATA") || has_record(x, one->place)))
		return 0;
	return pf_conda_refuse_replacing(
		folder, pf_formatz(x->k->arena, "the conda package %s", x->part->package->name),
		err);
}

int pf_conda_replace(struct pf_conda_linking *k, const struct pf_plan *plan, struct pf_err *err)
{
	struct replacing x = { .k = k, .plan = plan };

	for (size_t i = 0; plan->packages.n && k->site && i < k->n; i++) {
		x.part = &k->parts[i];
		for (size_t j = 0; j < x.part->placed.n; j++)
			if (look_at(&x, &x.part->placed.v[j], err) < 0)
				return -1;
	}
	return 0;
}
