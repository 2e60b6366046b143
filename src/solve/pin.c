/* pin.c - one version's file found in the index by its digest, without resolving anything */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "solve/native.h"
#include "solve/offers.h"

static const struct pf_release *find_release(const struct pf_project *project,
					     const struct pf_version *v)
{
	for (size_t i = 0; i < project->n; i++)
		if (pf_version_cmp(&project->releases[i].version, v) == 0)
			return &project->releases[i];
	return NULL;
}

/* One whose digest is named; else the first that may be it, which is seen when it is here. */
static struct pf_file *find_file(struct pf_strs *left, struct pf_arena *a,
				 const struct pf_release *r, const struct pf_strs *hashes)
{
	struct pf_file *maybe = NULL;

	for (size_t i = 0; r && i < r->n; i++) {
		struct pf_str digest = pf_offer_file_digest(a, &r->files[i]);

		if (digest.n && pf_strs_have(hashes, digest)) {
			*PF_PUSH(a, left) = digest;
			return &r->files[i];
		}
		if (!maybe && (!digest.n || pf_hashes_have_other(hashes)))
			maybe = &r->files[i];
	}
	*left = *hashes;
	return maybe;
}

int pf_native_pin(struct pf_planned *one, struct pf_arena *a, struct pf_native *n,
		  struct pf_str name, struct pf_str version, const struct pf_strs *hashes,
		  struct pf_err *err)
{
	const struct pf_project *project = NULL;
	struct pf_strs left = { 0 };
	struct pf_version wanted;
	struct pf_file *file = NULL;
	int found;

	if (pf_version_parse(&wanted, a, version, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(name)));
	found = pf_index_project(&project, &n->index, name, err);
	if (found < 0)
		return -1;
	if (found == 0)
		file = find_file(&left, a, find_release(project, &wanted), hashes);
	if (!file)
		return pf_fail(err, PF_EINTEGRITY, "the index has no file of " PF_FMT " " PF_FMT
			       " with a digest that is locked", PF_ARG(pf_shown(name)),
			       PF_ARG(pf_shown(version)));
	one->file = file->name;
	one->from = file->url;
	one->index = project->where;
	one->requires_python = file->python;
	one->hashes = left;
	one->size = file->size;
	one->uploaded = file->uploaded;
	return 0;
}
