/* base64.c - binary cells as text */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "base/str.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character, or -1. */
static int six_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool pf_base64_decode(struct pf_str *out, struct pf_arena *a, struct pf_str text)
{
	char *to = pf_alloc(a, text.n / 4 * 3 + 4);
	size_t n = 0, taken = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		int six = six_bits(c);

		if (pf_is_space(c))
			continue;
		if (c == '=') {
			padding++;
			continue;
		}
		if (six < 0 || padding)
			return false;
		bits = bits << 6 | (uint32_t)six;
		if (++taken % 4 == 0) {
			to[n++] = (char)(bits >> 16);
			to[n++] = (char)(bits >> 8);
			to[n++] = (char)bits;
		}
	}
	if (taken % 4 == 1 || padding != (4 - taken % 4) % 4)
		return false;
	if (taken % 4 == 2) {
		to[n++] = (char)(bits >> 4);
	} else if (taken % 4 == 3) {
		to[n++] = (char)(bits >> 10);
		to[n++] = (char)(bits >> 2);
	}
	*out = (struct pf_str){ to, n };
	return true;
}

/* Up to three bytes as four characters. */
static void encode_group(char out[4], const unsigned char *p, size_t n)
{
	uint32_t bits = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) |
			(n > 2 ? (uint32_t)p[2] : 0);

	out[0] = ALPHABET[bits >> 18];
	out[1] = ALPHABET[bits >> 12 & 63];
	out[2] = n > 1 ? ALPHABET[bits >> 6 & 63] : '=';
	out[3] = n > 2 ? ALPHABET[bits & 63] : '=';
}

void pf_base64_encode(struct pf_buf *out, struct pf_str bytes, const char *newline)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	char group[4];

	for (size_t i = 0; i < bytes.n; i += 3) {
		encode_group(group, p + i, bytes.n - i < 3 ? bytes.n - i : 3);
		pf_buf_add(out, group, sizeof(group));
		if (i % 57 == 54)
			pf_buf_cstr(out, newline);
	}
	if (bytes.n % 57)
		pf_buf_cstr(out, newline);
}
