/* str.h - views of text: compare, cut, split, trim; nothing here allocates */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

struct pf_str pf_s(const char *cstr);	/* NULL gives the empty view */
bool pf_str_eq(struct pf_str a, struct pf_str b);
bool pf_str_is(struct pf_str a, const char *cstr);
bool pf_str_ieq(struct pf_str a, const char *cstr);	/* ASCII case folded */
bool pf_str_same(struct pf_str a, struct pf_str b);	/* the same of two views */
int pf_str_cmp(struct pf_str a, struct pf_str b);	/* bytewise, the shorter first */
bool pf_str_starts(struct pf_str s, const char *prefix);
bool pf_str_ends(struct pf_str s, const char *suffix);
/* Of NULL-terminated lists: is it one of them, is it but for the case, does it end with one? */
bool pf_str_in(struct pf_str s, const char *const *words);
bool pf_str_in_any_case(struct pf_str s, const char *const *words);
bool pf_str_ends_in(struct pf_str s, const char *const *suffixes);

/* A star at either end of the pattern, or at both, stands for anything. */
bool pf_str_fits(struct pf_str s, const char *pattern);

struct pf_str pf_str_trim(struct pf_str s);	/* ASCII white space at both ends */
struct pf_str pf_str_skip(struct pf_str s, size_t n);
struct pf_str pf_str_cut(struct pf_str s, size_t from, size_t to);	/* [from, to), clamped */

#define PF_NPOS ((size_t)-1)
size_t pf_str_find(struct pf_str s, char c);	/* PF_NPOS when absent */
size_t pf_str_rfind(struct pf_str s, char c);
size_t pf_str_find_str(struct pf_str s, const char *needle);

/* The next piece before `sep`, or false when nothing is left:
 * while (pf_str_next(&rest, ',', &one)). "a,,b" gives a, "", b; "a," gives a, ""; "" gives "" once,
 * a view of NULL nothing. */
bool pf_str_next(struct pf_str *rest, char sep, struct pf_str *piece);
bool pf_str_has_dotdot(struct pf_str path);	/* Is a part of "a/../b" "..", climbing or not? */
/* Where the first byte of p..end is that is one of the three; `end` when there is none. */
const char *pf_find_any(const char *p, const char *end, char a, char b, char c);
bool pf_str_next_line(struct pf_str *rest, struct pf_str *line);	/* \n, \r\n or \r */

static inline bool pf_is_space(char c)	/* the six of ASCII */
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool pf_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
uint64_t pf_little(const char *p, size_t n);	/* n bytes as a number, the lowest first */
bool pf_is_alpha(char c);
bool pf_is_alnum(char c);
char pf_lower(char c);
char pf_upper(char c);
int pf_hex_digit(char c);	/* its value; -1: it is none */

/* A decimal number that fills the whole view; false on anything else or overflow. */
bool pf_str_u64(struct pf_str s, uint64_t *out);
/* How many of its first characters are letters and digits of ASCII, or of `also`; NUL is
 * neither. */
size_t pf_str_span(struct pf_str s, const char *also);
bool pf_str_has_control(struct pf_str s);	/* of ASCII */
/* Valid UTF-8 (no overlongs, no surrogates)? */
bool pf_str_is_utf8(struct pf_str s);
/* [A-Za-z_][A-Za-z0-9_]* joined by dots: what Python can import without surprises. */
bool pf_str_is_dotted_name(struct pf_str s);
