/* repodata_block.c - which of 64 bytes of JSON are quotes, backslashes, brackets and marks */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/repodata_scan.h"

void pf_repo_block_plain(struct pf_repo_block *out, const char *p)
{
	enum { QUOTE = 1, SLASH, BRACKET, MARK };
	static const unsigned char kinds[256] = { ['"'] = QUOTE,   ['\\'] = SLASH, ['{'] = BRACKET,
						  ['}'] = BRACKET, ['['] = BRACKET, [']'] = BRACKET,
						  [','] = MARK,	   [':'] = MARK };
	uint64_t found[5] = { 0 };

	for (unsigned i = 0; i < 64; i++)
		found[kinds[(unsigned char)p[i]]] |= (uint64_t)1 << i;
	*out = (struct pf_repo_block){ found[QUOTE], found[SLASH], found[BRACKET], found[MARK] };
}

#ifdef __SSE2__
#include <emmintrin.h>

static uint64_t equal(const __m128i v[4], char c)
{
	__m128i wanted = _mm_set1_epi8(c);
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted))
			<< 16 * i;
	return bits;
}

void pf_repo_block_read(struct pf_repo_block *out, const char *p)
{
	__m128i v[4], low[4];

	for (unsigned i = 0; i < 4; i++) {
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		/* [ and { differ in one bit, as ] and } do */
		low[i] = _mm_or_si128(v[i], _mm_set1_epi8(0x20));
	}
	out->quotes = equal(v, '"');
	out->slashes = equal(v, '\\');
	out->brackets = equal(low, '{') | equal(low, '}');
	out->marks = equal(v, ',') | equal(v, ':');
}
#else
void pf_repo_block_read(struct pf_repo_block *out, const char *p)
{
	pf_repo_block_plain(out, p);
}
#endif
