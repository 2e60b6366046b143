/* match_spec.h - what tests of match specs share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "unit.h"

#include "req/matchspec.h"

/* What is written is the same spec, and is written so again. */
static inline void check_same_print(struct pf_arena *a, const struct pf_match_spec *s)
{
	struct pf_match_spec again;
	struct pf_str text = pf_match_spec_print(a, s);
	struct pf_err err;

	if (pf_match_spec_parse(&again, a, text, &err) < 0)
		fail_msg(PF_FMT " was printed for " PF_FMT ": %s", PF_ARG(text), PF_ARG(s->text),
			 err.msg);
	if (!pf_str_eq(pf_match_spec_print(a, &again), text))
		fail_msg(PF_FMT " was printed, and then " PF_FMT, PF_ARG(text),
			 PF_ARG(pf_match_spec_print(a, &again)));
}
