/* reqpolicy.h - what a requirement asks for that a stranger may not have: noted, not judged */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "req/needs.h"
#include "req/reqopts.h"

/* Notes in needs->asked what one requirement asks for beyond a package of an index. `outside`: its
 * path leaves the model. */
void pf_policy_note_need(struct pf_needs *needs, struct pf_arena *a, const struct pf_need *need,
			 bool outside, int root);
/* Notes each option of a line that is more than a requirement's own business. */
void pf_policy_note_options(struct pf_needs *needs, struct pf_arena *a, const struct pf_reqopts *o,
			    struct pf_str file, unsigned line);
void pf_policy_note(struct pf_needs *needs, struct pf_arena *a, enum pf_asked_kind kind,
		    struct pf_str text, struct pf_str file, unsigned line);
/* Is "sha256:hex" (or 384, 512) of the right length and hexadecimal? */
bool pf_policy_is_digest(struct pf_str hash);
