/* bits.h - sets of small numbers in words: what a package may still become */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

#define PF_BITS_NONE ((size_t)-1)

static inline size_t pf_bits_words(size_t n)
{
	return (n + 63) / 64;
}

static inline uint64_t *pf_bits_new(struct pf_arena *a, size_t n)
{
	return pf_alloc_array(a, pf_bits_words(n), sizeof(uint64_t));
}

static inline bool pf_bits_has(const uint64_t *s, size_t i)
{
	return s[i / 64] >> (i % 64) & 1;
}

static inline void pf_bits_put(uint64_t *s, size_t i)
{
	s[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void pf_bits_drop(uint64_t *s, size_t i)
{
	s[i / 64] &= ~((uint64_t)1 << (i % 64));
}

/* All below n, and nothing above: what every set of n keeps to. */
static inline void pf_bits_fill(uint64_t *s, size_t n)
{
	memset(s, 0xff, n / 64 * sizeof(*s));
	if (n % 64)
		s[n / 64] = ((uint64_t)1 << (n % 64)) - 1;
}

static inline void pf_bits_not(uint64_t *out, const uint64_t *s, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		out[i] = ~s[i];
	if (n % 64)
		out[n / 64] &= ((uint64_t)1 << (n % 64)) - 1;
}

static inline void pf_bits_and(uint64_t *out, const uint64_t *l, const uint64_t *r, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		out[i] = l[i] & r[i];
}

static inline void pf_bits_and_not(uint64_t *out, const uint64_t *l, const uint64_t *r, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		out[i] = l[i] & ~r[i];
}

static inline void pf_bits_or(uint64_t *out, const uint64_t *l, const uint64_t *r, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		out[i] = l[i] | r[i];
}

static inline bool pf_bits_within(const uint64_t *s, const uint64_t *whole, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		if (s[i] & ~whole[i])
			return false;
	return true;
}

static inline bool pf_bits_meet(const uint64_t *l, const uint64_t *r, size_t n)
{
	for (size_t i = 0; i < pf_bits_words(n); i++)
		if (l[i] & r[i])
			return true;
	return false;
}

static inline size_t pf_bits_count(const uint64_t *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < pf_bits_words(n); i++)
		count += (size_t)__builtin_popcountll(s[i]);
	return count;
}

static inline bool pf_bits_is_single(const uint64_t *s, size_t n)
{
	uint64_t one = 0;

	for (size_t i = 0; i < pf_bits_words(n); i++) {
		if ((s[i] & (s[i] - 1)) || (one && s[i]))
			return false;
		one |= s[i];
	}
	return one;
}

/* The smallest that is not below `from`, or PF_BITS_NONE. */
static inline size_t pf_bits_next(const uint64_t *s, size_t n, size_t from)
{
	for (size_t i = from / 64; i < pf_bits_words(n); i++) {
		uint64_t word = i == from / 64 ? s[i] & ~(uint64_t)0 << (from % 64) : s[i];

		if (word)
			return i * 64 + (size_t)__builtin_ctzll(word);
	}
	return PF_BITS_NONE;
}
