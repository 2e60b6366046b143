/* pubgrub.h - the search itself */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/solver.h"

/* Decides until every wanted package has a version. 0, or -1: ESOLVE, ELIMIT, a signal, or what the
 * source fails with. */
int pf_solver_run(struct pf_solver *s, struct pf_err *err) PF_MUST_USE;
