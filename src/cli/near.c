/* near.c - the word that was meant by a misspelled one */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/near.h"

#include "base/str.h"

enum { LONGEST = 32 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be put in, left out, changed or swapped with their neighbour (optimal
 * string alignment), of words up to LONGEST. */
static size_t distance(struct pf_str a, struct pf_str b)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.n; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = a.p[i - 1] == b.p[j - 1];

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b.n];
}

void pf_near_offer(struct pf_near *near, const char *word)
{
	struct pf_str typed = near->typed, offered = pf_s(word);
	size_t most = typed.n < 2 ? 0 : typed.n < 5 ? 1 : 2, d;

	if (!most || typed.n > LONGEST || offered.n > LONGEST)
		return;
	d = strncmp(typed.p, word, typed.n) == 0 ? 0 : distance(typed, offered);
	if (d <= most && (!near->best || d < near->distance)) {
		near->best = word;
		near->distance = d;
	}
}
