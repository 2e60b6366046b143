/* wheels.h - a plan of wheels installed: fetched, unpacked once into the cache, linked */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/walk.h"
#include "solve/solve.h"

/* Fills the environment under construction in `dir`, whose interpreter will be `exe`, and lists
 * what was `placed`. `needs` tells what was asked for and the indexes a model may have added; may
 * be NULL. */
int pf_wheels_install(struct pf_found_list *placed, int dir, const char *exe,
		      const struct pf_plan *plan, const struct pf_needs *needs,
		      const struct pf_python *python, struct pf_workdir *w, const struct pf_opts *o,
		      struct pf_err *err) PF_MUST_USE;
