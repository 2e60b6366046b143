/* conda_meta.h - conda-meta/: what conda, mamba and pixi read of an environment */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/conda_link.h"
#include "req/condarec.h"

/* One package as it was installed. */
struct pf_conda_installed {
	const struct pf_conda_record *record; /* what the package says of itself is filled in */
	const struct pf_conda_part *part;
	struct pf_str url;   /* without login and token; may be empty */
	struct pf_str asked; /* the spec that the user asked for it by; or empty */
};

/* Of the packages of an environment: conda-meta/NAME-VERSION-BUILD.json of each, then
 * conda-meta/history. */
struct pf_conda_meta {
	int dir; /* the environment's; conda-meta/ is there */
	enum pf_link_mode mode;
	const struct pf_conda_installed *v;
	size_t n;
	struct pf_found *files; /* as many */
};

/* Names the files, in `a`. */
void pf_conda_meta_begin(struct pf_conda_meta *m, struct pf_arena *a);
/* Of one package, whose files are linked: of several at a time, by as many threads. */
int pf_conda_meta_write(struct pf_conda_meta *m, size_t i, struct pf_err *err) PF_MUST_USE;
/* Once all of them are written: the history. All files are added to `list`. */
int pf_conda_meta_end(struct pf_found_list *list, struct pf_conda_meta *m,
		      struct pf_err *err) PF_MUST_USE;
