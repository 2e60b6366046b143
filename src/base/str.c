/* str.c - views of text: compare, cut, split, trim */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <endian.h>

#include "base/utf8.h"

struct pf_str pf_s(const char *cstr)
{
	return (struct pf_str){ cstr ? cstr : "", cstr ? strlen(cstr) : 0 };
}

bool pf_str_eq(struct pf_str a, struct pf_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool pf_str_is(struct pf_str a, const char *cstr)
{
	return pf_str_eq(a, pf_s(cstr));
}

bool pf_str_ieq(struct pf_str a, const char *cstr)
{
	size_t i;

	for (i = 0; i < a.n && cstr[i]; i++)
		if (pf_lower(a.p[i]) != pf_lower(cstr[i]))
			return false;
	return i == a.n && !cstr[i];
}

bool pf_str_same(struct pf_str a, struct pf_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && pf_lower(a.p[i]) != pf_lower(b.p[i]))
			return false;
	return true;
}

int pf_str_cmp(struct pf_str a, struct pf_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int cmp = n ? memcmp(a.p, b.p, n) : 0;

	return cmp ? cmp : (a.n > b.n) - (a.n < b.n);
}

bool pf_str_starts(struct pf_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

bool pf_str_ends(struct pf_str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && (n == 0 || memcmp(s.p + s.n - n, suffix, n) == 0);
}

bool pf_str_in(struct pf_str s, const char *const *words)
{
	for (; *words; words++)
		if (pf_str_is(s, *words))
			return true;
	return false;
}

bool pf_str_in_any_case(struct pf_str s, const char *const *words)
{
	for (; *words; words++)
		if (pf_str_ieq(s, *words))
			return true;
	return false;
}

bool pf_str_ends_in(struct pf_str s, const char *const *suffixes)
{
	for (; *suffixes; suffixes++)
		if (pf_str_ends(s, *suffixes))
			return true;
	return false;
}

bool pf_str_has_control(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

uint64_t pf_little(const char *p, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

bool pf_str_fits(struct pf_str s, const char *pattern)
{
	struct pf_str word = pf_s(pattern);
	bool open_start = word.n && word.p[0] == '*',
	     open_end = word.n > 1 && pf_str_ends(word, "*");

	word = pf_str_cut(word, open_start, word.n - open_end);
	if (open_start && open_end)
		return !word.n || (s.n && memmem(s.p, s.n, word.p, word.n));
	if (open_start)
		return pf_str_ends(s, word.p);
	return open_end ? s.n >= word.n && memcmp(s.p, word.p, word.n) == 0 : pf_str_eq(s, word);
}

struct pf_str pf_str_trim(struct pf_str s)
{
	while (s.n && pf_is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && pf_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct pf_str pf_str_skip(struct pf_str s, size_t n)
{
	return pf_str_cut(s, n, s.n);
}

struct pf_str pf_str_cut(struct pf_str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct pf_str){ s.p ? s.p + from : NULL, to - from };
}

size_t pf_str_find(struct pf_str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : PF_NPOS;
}

size_t pf_str_rfind(struct pf_str s, char c)
{
	const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : PF_NPOS;
}

size_t pf_str_find_str(struct pf_str s, const char *needle)
{
	const char *hit = s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;

	return hit ? (size_t)(hit - s.p) : PF_NPOS;
}

bool pf_str_next(struct pf_str *rest, char sep, struct pf_str *piece)
{
	size_t at = pf_str_find(*rest, sep);

	if (!rest->p)
		return false;
	*piece = pf_str_cut(*rest, 0, at);
	*rest = at == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(*rest, at + 1);
	return true;
}

#define EACH_BYTE(n) (~(uint64_t)0 / 255 * (n))

/* The highest bit of each byte that is zero, right up to the first of them. */
static uint64_t find_zero(uint64_t w)
{
	return (w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80);
}

const char *pf_find_any(const char *p, const char *end, char a, char b, char c)
{
	for (; end - p >= 8; p += 8) {
		uint64_t w, found;

		memcpy(&w, p, 8);
		w = le64toh(w);
		found = find_zero(w ^ EACH_BYTE((unsigned char)a)) |
			find_zero(w ^ EACH_BYTE((unsigned char)b)) |
			find_zero(w ^ EACH_BYTE((unsigned char)c));
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
	while (p < end && *p != a && *p != b && *p != c)
		p++;
	return p;
}

bool pf_str_has_dotdot(struct pf_str path)
{
	struct pf_str part;

	while (pf_str_next(&path, '/', &part))
		if (pf_str_is(part, ".."))
			return true;
	return false;
}

bool pf_str_next_line(struct pf_str *rest, struct pf_str *line)
{
	size_t at;

	if (!rest->n)
		return false;
	at = (size_t)(pf_find_any(rest->p, rest->p + rest->n, '\n', '\r', '\n') - rest->p);
	*line = pf_str_cut(*rest, 0, at);
	if (at + 1 < rest->n && rest->p[at] == '\r' && rest->p[at + 1] == '\n')
		at++;
	*rest = pf_str_skip(*rest, at + 1);
	return true;
}

bool pf_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool pf_is_alnum(char c)
{
	return pf_is_alpha(c) || pf_is_digit(c);
}

size_t pf_str_span(struct pf_str s, const char *also)
{
	size_t n = 0;

	while (n < s.n && (pf_is_alnum(s.p[n]) || (s.p[n] && strchr(also, s.p[n]))))
		n++;
	return n;
}

int pf_hex_digit(char c)
{
	c = pf_lower(c);
	return pf_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char pf_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

char pf_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

bool pf_str_u64(struct pf_str s, uint64_t *out)
{
	uint64_t value = 0;

	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!pf_is_digit(s.p[i]) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

bool pf_str_is_utf8(struct pf_str s)
{
	const char *end = s.p + s.n;
	size_t length;

	for (const char *p = s.p; p < end; p += length)
		if (!(length = pf_utf8_length(p, end)))
			return false;
	return true;
}

bool pf_str_is_dotted_name(struct pf_str s)
{
	bool start = true;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '.' && !start)
			start = true;
		else if (pf_is_alpha(c) || c == '_' || (pf_is_digit(c) && !start))
			start = false;
		else
			return false;
	}
	return s.n && !start;
}
