/* pubgrub.h - the search itself */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/solver.h"

/* Decides until every wanted package has a version. 0; 1: there is no solution, s->proof says so;
 * -1: ELIMIT, a signal, or what the source fails with. */
int pf_solver_run(struct pf_solver *s, struct pf_err *err) PF_MUST_USE;
