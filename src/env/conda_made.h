/* conda_made.h - what micromamba, mamba or conda made, moved to where it will stay */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/conda_install.h"

/* The plan's conda packages in a new folder where->path, by such a program: what it made when it
 * solved, or made now. The files are the environment's own then, name the final place, and are
 * compared with the plan by what conda-meta/ tells; distributions that the plan has of pip, too,
 * are taken out, as pip would. `python` is filled in as pf_conda_install does; where->dir is not
 * looked at. EINTEGRITY when the program made something else. */
int pf_conda_made_take(struct pf_python *python, const struct pf_conda_place_of *where,
		       const struct pf_plan *plan, struct pf_workdir *w, const struct pf_opts *o,
		       struct pf_err *err) PF_MUST_USE;
/* What activation comes to, once all files are listed; it is added to them. */
int pf_conda_made_activate(struct pf_found_list *list, const struct pf_conda_place_of *where,
			   struct pf_workdir *w, const struct pf_opts *o,
			   struct pf_err *err) PF_MUST_USE;
