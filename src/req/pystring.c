/* pystring.c - the value of a quoted Python string, escapes and all */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/pystring.h"

#include "base/str.h"
#include "base/utf8.h"

/* Exactly `count` hexadecimal digits at s[*at]. */
static bool take_hex(uint32_t *code, struct pf_str s, size_t *at, size_t count)
{
	*code = 0;
	for (; count; count--, ++*at) {
		int value = *at < s.n ? pf_hex_digit(s.p[*at]) : -1;

		if (value < 0 || *code > 0xfffffff)
			return false;
		*code = *code << 4 | (uint32_t)value;
	}
	return *code <= 0x10ffff && !(*code >= 0xd800 && *code <= 0xdfff);
}

static uint32_t take_octal(struct pf_str s, size_t *at)
{
	uint32_t code = 0;

	for (int i = 0; i < 3 && *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '7'; i++)
		code = code << 3 | (uint32_t)(s.p[(*at)++] - '0');
	return code;
}

/* One escape whose letter is at s[*at]; its value goes to out, at most four bytes. */
static bool take_escape(char *out, size_t *n, struct pf_str s, size_t *at)
{
	static const char letters[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
	char c = s.p[*at];
	const char *known = strchr(letters, c);
	uint32_t code;

	if (c == 'x' || c == 'u' || c == 'U') {
		++*at;
		if (!take_hex(&code, s, at, c == 'x' ? 2 : c == 'u' ? 4 : 8))
			return false;
	} else if (c >= '0' && c <= '7') {
		code = take_octal(s, at);
	} else if (c == 'N') {
		return false;
	} else {
		++*at;
		if (known) {
			out[(*n)++] = values[known - letters];
		} else if (c == '\r' && *at < s.n && s.p[*at] == '\n') {
			++*at;
		} else if (c != '\n' && c != '\r') {
			out[(*n)++] = '\\';
			out[(*n)++] = c;
		}
		return true;
	}
	*n += pf_utf8_put(out + *n, code);
	return code != 0;
}

bool pf_py_unquote(struct pf_str *out, struct pf_arena *a, struct pf_str body)
{
	char *text;
	size_t n = 0, at = 0;

	if (!memchr(body.n ? body.p : "", '\\', body.n) && pf_str_find(body, '\n') == PF_NPOS &&
	    pf_str_find(body, '\r') == PF_NPOS && pf_str_find(body, '\0') == PF_NPOS) {
		*out = body;
		return true;
	}
	text = pf_alloc(a, body.n + 4);
	while (at < body.n) {
		char c = body.p[at++];

		if (c == '\n' || c == '\r' || c == '\0' || (c == '\\' && at == body.n))
			return false;
		if (c != '\\')
			text[n++] = c;
		else if (!body.p[at] || !take_escape(text, &n, body, &at))
			return false;
	}
	*out = (struct pf_str){ text, n };
	return true;
}
