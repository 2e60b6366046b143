/* pattern.h - what a field of a record has to be: one text, a glob or a regular expression */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* CEP 29, string matching: ASCII letters are compared without their case. Zeroed: everything. */
struct pf_pattern {
	enum pf_pattern_kind {
		PF_PATTERN_ANY,		/* "*" */
		PF_PATTERN_EXACT,
		PF_PATTERN_GLOB,	/* a star stands for anything, nothing included */
		PF_PATTERN_REGEX,	/* ^...$ */
	} kind;
	struct pf_str text;		/* as written */
	const struct pf_regex *regex;	/* in the arena */
};

/* The text is kept as a view. EMODEL for a regular expression that is none, or that looks around
 * or back; ELIMIT for one that is too big. */
int pf_pattern_parse(struct pf_pattern *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
/* Takes time in proportion to both lengths, whatever the pattern; allocates nothing. */
bool pf_pattern_admits(const struct pf_pattern *p, struct pf_str text);
