/* digest.c - SHA-256 (FIPS 180-4): of short texts by itself, of long ones through libcrypto */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/digest.h"

#include <openssl/evp.h>

#include "base/str.h"

/* libcrypto is four times as fast, but loading it and having it set itself up takes 3 ms: longer
 * than all else that is done to find an environment that is there. */
#define SHORT 4096

static const uint32_t ROUNDS[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void fill_schedule(uint32_t w[64], const unsigned char *p)
{
	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (unsigned i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
		       (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
}

/* s holds a to h; they move up by one each round. */
static void add_block(uint32_t state[8], const unsigned char *p)
{
	uint32_t w[64], s[8], t, u;

	fill_schedule(w, p);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		t = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
		    ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUNDS[i] + w[i];
		u = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
		    ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t;
		s[0] = t + u;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

static void hash_short(unsigned char out[32], const void *p, size_t n)
{
	uint32_t state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	unsigned char last[128] = { 0 };
	size_t whole = n & ~(size_t)63, rest = n - whole, size = rest < 56 ? 64 : 128;
	uint64_t bits = (uint64_t)n * 8;

	for (size_t at = 0; at < whole; at += 64)
		add_block(state, (const unsigned char *)p + at);
	if (rest)
		memcpy(last, (const unsigned char *)p + whole, rest);
	last[rest] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		last[size - 1 - i] = (unsigned char)(bits >> 8 * i);
	for (size_t at = 0; at < size; at += 64)
		add_block(state, last + at);
	for (unsigned i = 0; i < 32; i++)
		out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void pf_sha256_raw(unsigned char out[32], const void *p, size_t n)
{
	if (n <= SHORT)
		hash_short(out, p, n);
	else if (EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
		pf_oom(); /* the algorithm is always there: what fails is memory */
}

static void write_hex(char out[PF_SHA256_HEX], const unsigned char raw[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[64] = '\0';
}

void pf_sha256_hex(char out[PF_SHA256_HEX], const void *p, size_t n)
{
	unsigned char raw[32];

	pf_sha256_raw(raw, p, n);
	write_hex(out, raw);
}

/* ---- as RECORD files have it ---- */

static const char URL_DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void pf_base64url(char *out, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);
		size_t chars = n - i >= 3 ? 4 : n - i + 1;

		for (size_t k = 0; k < chars; k++)
			*out++ = URL_DIGITS[v >> (18 - 6 * k) & 63];
	}
	*out = '\0';
}

/* Digits of URL_DIGITS by character, one more; 0: none. */
static const unsigned char VALUES[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7,
	['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63,
	['_'] = 64,
};

bool pf_base64url_read(unsigned char *out, size_t n, struct pf_str text)
{
	uint32_t bits = 0;
	size_t done = 0;

	if (text.n != (n * 4 + 2) / 3)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned value = VALUES[(unsigned char)text.p[i]];

		if (!value)
			return false;
		bits = bits << 6 | (value - 1);
		if (i % 4)
			out[done++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return done == n;
}

bool pf_sha256_text_hex(char out[PF_SHA256_HEX], const char *text)
{
	unsigned char raw[32];

	if (!pf_base64url_read(raw, sizeof(raw), pf_s(text)))
		return false;
	write_hex(out, raw);
	return true;
}

bool pf_digest_text(char out[PF_DIGEST_TEXT], struct pf_str name, const void *p, size_t n)
{
	unsigned char raw[64];
	unsigned size = 0;
	const EVP_MD *kind;

	if (pf_str_is(name, "sha256")) {
		pf_sha256_raw(raw, p, n);
		pf_base64url(out, raw, 32);
		return true;
	}
	kind = pf_str_is(name, "sha384")   ? EVP_sha384()
	       : pf_str_is(name, "sha512") ? EVP_sha512()
					   : NULL;
	if (!kind || EVP_Digest(p, n, raw, &size, kind, NULL) != 1)
		return false;
	pf_base64url(out, raw, size);
	return true;
}
