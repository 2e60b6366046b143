/* tools.h - a build's own environment: what the backend asks for, beside the source */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/builder.h"
#include "solve/solve.h"

struct pf_tools {
	struct pf_plan plan;
	char *python;		/* its interpreter */
};

void pf_tools_free(struct pf_tools *t);

/* Makes the environment W/NAME. With `dated`, setuptools is one that has pkg_resources still, if
 * there is one that fits. What `before` is already (it may be NULL) is not made again: 1. ESOLVE
 * when something cannot be had. */
int pf_tools_make(struct pf_tools *out, const struct pf_tools *before, const char *name,
		  const struct pf_strs *requires, bool dated, struct pf_workdir *w,
		  const struct pf_build_for *whom, struct pf_err *err) PF_MUST_USE;
