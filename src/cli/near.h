/* near.h - the word that was meant by a misspelled one */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* Words are offered one by one; `best` is the nearest so far, NULL while none is near. Borrows. */
struct pf_near {
	struct pf_str typed;
	const char *best;
	size_t distance;	/* of `best` */
};

/* One that begins with what was typed is nearest; else one that a letter or two too many, too few,
 * changed or swapped would have made of it: one of two letters to four, two of more. */
void pf_near_offer(struct pf_near *near, const char *word);
