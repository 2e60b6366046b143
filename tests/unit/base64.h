/* base64.h - files inside recorded tables */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "unit.h"

static inline unsigned unit_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return (unsigned)(strchr(digits, c) - digits);
}

static inline struct pf_str unit_base64(struct pf_arena *a, struct pf_str text)
{
	char *out = pf_alloc(a, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i + 3 < text.n; i += 4) {
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++)
			v = v << 6 | (text.p[i + k] == '=' ? 0 : unit_digit(text.p[i + k]));
		out[n++] = (char)(v >> 16);
		out[n++] = (char)(v >> 8);
		out[n++] = (char)v;
		n -= (text.p[i + 2] == '=') + (text.p[i + 3] == '=');
	}
	return (struct pf_str){ out, n };
}
