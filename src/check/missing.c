/* missing.c - what a model's own files name and an environment lacks, and who may bring it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "check/modules.h"
#include "check/weigh.h"

void pf_missings_free(struct pf_missings *list)
{
	pf_arena_free(&list->arena);
	memset(list, 0, sizeof(*list));
}

static void add_module(struct pf_missings *list, const struct pf_use *use)
{
	struct pf_arena *a = &list->arena;

	*PF_PUSH(a, &list->v) = (struct pf_missing){
		.module = pf_dup(a, use->module),
		.project = pf_module_project(a, use->module),
		.why = pf_redacted(a, use->why),
	};
}

void pf_missings_find(struct pf_missings *out, const struct pf_model *m,
		      const struct pf_python *python, struct pf_dists *installed)
{
	struct pf_missings list = { 0 };
	struct pf_weights w;

	pf_weights_make(&w, &list.arena, m, python, installed);
	for (size_t i = 0; i < w.uses.n; i++)
		if (w.uses.v[i].sure && !w.uses.v[i].elsewhere && !w.uses.v[i].dist &&
		    !pf_str_starts(w.uses.v[i].module, "__"))
			add_module(&list, &w.uses.v[i]);
	for (size_t i = 0; i < w.absent.entries.n; i++)
		*PF_PUSH(&list.arena, &list.hollow) =
			pf_dup(&list.arena, w.absent.entries.v[i].key);
	pf_weights_free(&w);
	*out = list;
}
