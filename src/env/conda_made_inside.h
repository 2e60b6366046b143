/* conda_made_inside.h - what of an environment that a conda program made is put right */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/conda_install.h"

/* The digests that conda-meta/ tells of files whose prefix was replaced: those of now. */
int pf_conda_made_retell(int dir, struct pf_arena *a, struct pf_err *err) PF_MUST_USE;
/* Takes out the distributions that the plan has of pip, too, by what their RECORD lists. ESOLVE for
 * one that does not tell its files. */
int pf_conda_made_replace(int dir, const struct pf_python *python, const struct pf_plan *plan,
			  struct pf_arena *a, struct pf_err *err) PF_MUST_USE;
