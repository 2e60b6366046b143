/* reqlines.h - a model's needs as the requirement files that a driver reads */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "python/python.h"
#include "req/needs.h"

/* Views live in the arena. */
struct pf_reqlines {
	struct pf_arena arena;
	struct pf_strs requirements;	/* lines, digests included */
	struct pf_strs constraints;
	/* "pip==23.2.1": what the environment files call build dependencies */
	struct pf_strs build;
	/* "setuptools<81": what nothing names and venvs had, if it is to be had */
	struct pf_strs usual;
	struct pf_strs twins;		/* those requirements that stand for conda packages */
	struct pf_strs left_out;	/* conda packages that no venv can have */
};

/* Nothing of a stranger's that a driver could take for an option, a variable or a second line gets
 * through: EMODEL. Paths must name a file beneath `model_dir` and become file: URLs. */
int pf_reqlines_read(struct pf_reqlines *out, const struct pf_needs *needs, const char *model_dir,
		     const struct pf_python *python, struct pf_err *err) PF_MUST_USE;
void pf_reqlines_free(struct pf_reqlines *w);
/* Is it one of pip, setuptools and wheel, which a model of conda's names for its environment? */
bool pf_reqline_is_build(struct pf_str name);
/* The name a line begins with, as written. */
struct pf_str pf_reqline_name(struct pf_str line);
