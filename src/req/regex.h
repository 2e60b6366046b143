/* regex.h - regular expressions that take linear time: no look-around, no reference back */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

struct pf_regex;

/* Of Python's: literals, "." and classes, \d \w \s and escapes, groups, "|", * + ? {m,n} and their
 * lazy forms, ^ and $. EMODEL naming the place of anything else; ELIMIT beyond PF_MAX_REGEX steps.
 * It lives in the arena and borrows nothing. */
int pf_regex_parse(const struct pf_regex **out, struct pf_arena *a, struct pf_str text,
		   struct pf_err *err) PF_MUST_USE;
/* Is there a place in the text where it fits? Without regard to the case of ASCII letters. */
bool pf_regex_finds(const struct pf_regex *r, struct pf_str text);
