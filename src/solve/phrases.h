/* phrases.h - how the reasons of a conflict are put into words */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/solver.h"

/* As it is written, but for its marker and blanks. */
void pf_phrase_requirement(struct pf_buf *out, const struct pf_requirement *r);
/* "requirements.txt:3 asks for numpy<1.20", "pandas 2.0.0 to 2.2.0 need numpy>=1.22.4". `set` are
 * the versions of `about` that it holds of. */
void pf_phrase_fact(struct pf_buf *out, const struct pf_solver *s, const struct pf_incompat *ic,
		    const struct pf_package *about, const uint64_t *set);
/* What may help where this is among the reasons; NULL: nothing known. */
const char *pf_phrase_hint(const struct pf_incompat *ic);
