/* pytext.c - white space and lines of text as Python sees them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/pytext.h"

#include "base/str.h"

/* The code point of a sequence of two or three bytes (all white space is below U+10000). */
static uint32_t short_sequence(struct pf_str s, size_t at, size_t *len)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t left = s.n - at;

	if (left >= 2 && (p[0] & 0xe0) == 0xc0) {
		*len = 2;
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	}
	if (left >= 3 && (p[0] & 0xf0) == 0xe0) {
		*len = 3;
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	}
	*len = 0;
	return 0;
}

size_t pf_py_space(struct pf_str s, size_t at)
{
	static const uint16_t spaces[] = { 0x85,   0xa0,   0x1680, 0x2028,
					   0x2029, 0x202f, 0x205f, 0x3000 };
	unsigned char c;
	uint32_t code;
	size_t len;

	if (at >= s.n)
		return 0;
	c = (unsigned char)s.p[at];
	if (c < 0x80)
		return pf_is_space((char)c) || (c >= 0x1c && c <= 0x1f);
	code = short_sequence(s, at, &len);
	if (code >= 0x2000 && code <= 0x200a)
		return len;
	for (size_t i = 0; len && i < PF_COUNT(spaces); i++)
		if (code == spaces[i])
			return len;
	return 0;
}

struct pf_str pf_py_strip(struct pf_str s)
{
	size_t len, back;

	while ((len = pf_py_space(s, 0)))
		s = pf_str_skip(s, len);
	while (s.n) {
		for (back = 1; back < 3 && back < s.n && (s.p[s.n - back] & 0xc0) == 0x80;)
			back++;
		if (pf_py_space(s, s.n - back) != back)
			break;
		s.n -= back;
	}
	return s;
}

static size_t line_end(struct pf_str s, size_t at)
{
	unsigned char c = (unsigned char)s.p[at];
	uint32_t code;
	size_t len;

	if (c == '\r')
		return at + 1 < s.n && s.p[at + 1] == '\n' ? 2 : 1;
	if (c < 0x80)
		return (c >= '\n' && c <= '\f') || (c >= 0x1c && c <= 0x1e);
	code = short_sequence(s, at, &len);
	return code == 0x85 || code == 0x2028 || code == 0x2029 ? len : 0;
}

bool pf_py_next_line(struct pf_str *rest, struct pf_str *line)
{
	size_t at = 0, len = 0;

	if (!rest->n)
		return false;
	while (at < rest->n && !(len = line_end(*rest, at)))
		at++;
	*line = pf_str_cut(*rest, 0, at);
	*rest = pf_str_skip(*rest, at + len);
	return true;
}

bool pf_py_word(char c)
{
	return pf_is_alnum(c) || c == '_';
}
