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

/* Writes conda-meta/NAME-VERSION-BUILD.json of each, and conda-meta/history, below `dir`; all of
 * them are added to `list`. */
int pf_conda_meta_write(struct pf_found_list *list, int dir, const struct pf_conda_installed *v,
			size_t n, enum pf_link_mode mode, struct pf_err *err) PF_MUST_USE;
