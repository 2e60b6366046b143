/* driver.h - a parser's entry for libFuzzer; without it, samples damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdlib.h>

#include "base/mem.h"
#include "base/node.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte that a tree holds, read once. */
static inline size_t fuzz_touch(const struct pf_node *n)
{
	size_t sum = n->text.n + n->key.n + n->line;

	for (size_t i = 0; i < n->text.n; i++)
		sum += (unsigned char)n->text.p[i];
	for (size_t i = 0; i < n->n; i++)
		sum += fuzz_touch(&n->v[i]);
	return sum;
}

#ifndef PF_LIBFUZZER

struct fuzz {
	struct pf_str marks;	/* bytes that mean something to the parser; empty: any byte */
	unsigned damages;	/* of each sample */
	uint32_t random;
};

static inline uint32_t fuzz_random(struct fuzz *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 17;
	f->random ^= f->random << 5;
	return f->random;
}

/* A copy of its exact size, so that a byte read beyond it is noticed. */
static inline void fuzz_try(const char *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		pf_oom();
	if (n)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

/* Whole and cut, a byte changed each time; one damage of four stays for the next. */
static inline void fuzz_sample(struct fuzz *f, struct pf_str sample)
{
	PF_AUTO(arena) a = { 0 };
	char *p = pf_dupz(&a, sample);

	fuzz_try(p, sample.n);
	for (unsigned i = 0; i < f->damages && sample.n; i++) {
		size_t at = fuzz_random(f) % sample.n, cut = fuzz_random(f) % sample.n;
		uint32_t random = fuzz_random(f);
		char before = p[at];

		p[at] = f->marks.n ? f->marks.p[random % f->marks.n] : (char)random;
		fuzz_try(p, sample.n);
		fuzz_try(p, cut);
		if (i % 4)
			p[at] = before;
		else if (i % 64 == 0)
			memcpy(p, sample.p, sample.n);
	}
}

/* Texts without NUL bytes; what a driver returns. */
static inline int fuzz_samples(struct fuzz *f, const char *const *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fuzz_sample(f, pf_s(samples[i]));
	return 0;
}

#endif
