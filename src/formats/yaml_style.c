/* yaml_style.c - in which style PyYAML writes a string */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml_style.h"

#include "base/str.h"
#include "base/utf8.h"
#include "formats/yaml_scalar.h"

/* PyYAML's emitter.py, analyze_scalar and choose_scalar_style, for block style without
 * allow_unicode: a string is plain where a reader gets it back as a string, else in single quotes
 * where these can hold it, else in double ones. */

#define MAX_SIMPLE_KEY (128 - 5) /* of characters; 5 are counted for the tag !!str */

struct pf_chars pf_chars_of(struct pf_arena *a, struct pf_str text)
{
	struct pf_chars c = { .v = pf_alloc_array(a, text.n + 1, sizeof(*c.v)) };
	const char *p = text.p, *end = text.p + text.n;

	while (p < end) {
		size_t n = pf_utf8_length(p, end);

		c.v[c.n++] = n ? pf_utf8_get(p, n) : 0xfffd;
		p += n ? n : 1;
	}
	return c;
}

static bool is_break(uint32_t c)
{
	return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool is_blank(uint32_t c)
{
	return c == '\0' || c == ' ' || c == '\t' || c == '\r' || is_break(c);
}

static bool is_of(uint32_t c, const char *set)
{
	return c && c < 0x80 && strchr(set, (int)c);
}

/* Would this character, at this place, mean something to a reader? */
static bool is_indicator(struct pf_chars c, size_t i)
{
	bool after = i + 1 >= c.n || is_blank(c.v[i + 1]);

	if (i == 0)
		return is_of(c.v[0], "#,[]{}&*!|>'\"%@`") || (is_of(c.v[0], "?:-") && after);
	return (c.v[i] == ':' && after) || (c.v[i] == '#' && is_blank(c.v[i - 1]));
}

static bool is_document_mark(struct pf_chars c)
{
	return c.n >= 3 && (c.v[0] == '-' || c.v[0] == '.') && c.v[1] == c.v[0] && c.v[2] == c.v[0];
}

static bool is_multiline(struct pf_chars c)
{
	for (size_t i = 0; i < c.n; i++)
		if (is_break(c.v[i]))
			return true;
	return false;
}

/* Only escapes can write it: no ASCII, or blanks around the end of a line. */
static bool needs_escapes(struct pf_chars c)
{
	for (size_t i = 0; i < c.n; i++) {
		if (c.v[i] != '\n' && (c.v[i] < 0x20 || c.v[i] > 0x7e))
			return true;
		if (i && ((c.v[i] == ' ' && is_break(c.v[i - 1])) ||
			  (is_break(c.v[i]) && c.v[i - 1] == ' ')))
			return true;
	}
	return false;
}

static bool may_be_plain(struct pf_chars c)
{
	if (!c.n)
		return true;
	if (is_document_mark(c) || is_multiline(c) || c.v[0] == ' ' || c.v[c.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < c.n; i++)
		if (is_indicator(c, i))
			return false;
	return true;
}

/* ---- dates ---- */

static bool take_digits(struct pf_str *s, size_t least, size_t most)
{
	size_t n = 0;

	while (n < s->n && n < most && pf_is_digit(s->p[n]))
		n++;
	if (n < least)
		return false;
	*s = pf_str_skip(*s, n);
	return true;
}

static bool take_char(struct pf_str *s, const char *set)
{
	if (!s->n || !s->p[0] || !strchr(set, s->p[0]))
		return false;
	*s = pf_str_skip(*s, 1);
	return true;
}

/* [ \t]* (Z | [-+] 9 9? (":" 99)?), or nothing, up to the end. */
static bool is_zone(struct pf_str s)
{
	if (!s.n)
		return true;
	while (take_char(&s, " \t"))
		;
	if (take_char(&s, "Z"))
		return !s.n;
	if (!take_char(&s, "-+") || !take_digits(&s, 1, 2))
		return false;
	return !s.n || (take_char(&s, ":") && take_digits(&s, 2, 2) && !s.n);
}

bool pf_yaml_is_timestamp(struct pf_str s)
{
	struct pf_str rest = s;

	if (!take_digits(&rest, 4, 4) || !take_char(&rest, "-") || !take_digits(&rest, 1, 2) ||
	    !take_char(&rest, "-") || !take_digits(&rest, 1, 2))
		return false;
	if (!rest.n)
		return s.n == 10; /* 2001-12-14, and no shorter one */
	if (!take_char(&rest, "Tt")) {
		if (!take_char(&rest, " \t"))
			return false;
		while (take_char(&rest, " \t"))
			;
	}
	if (!take_digits(&rest, 1, 2) || !take_char(&rest, ":") || !take_digits(&rest, 2, 2) ||
	    !take_char(&rest, ":") || !take_digits(&rest, 2, 2))
		return false;
	if (take_char(&rest, "."))
		(void)take_digits(&rest, 0, rest.n);
	return is_zone(rest);
}

/* ---- together ---- */

/* Would a plain scalar of this text be read as a string? */
static bool reads_as_string(struct pf_str text)
{
	bool truth;

	return pf_yaml_scalar_kind(text, &truth) == PF_NODE_STRING && !pf_str_is(text, "<<") &&
	       !pf_str_is(text, "=") && !pf_yaml_is_timestamp(text);
}

enum pf_yaml_style pf_yaml_style(struct pf_str text, struct pf_chars c, bool key)
{
	if (needs_escapes(c))
		return PF_YAML_DOUBLE;
	if (may_be_plain(c) && reads_as_string(text) && !(key && !c.n))
		return PF_YAML_PLAIN;
	return key && is_multiline(c) ? PF_YAML_DOUBLE : PF_YAML_SINGLE;
}

bool pf_yaml_is_simple_key(struct pf_chars c)
{
	return c.n && c.n < MAX_SIMPLE_KEY && !is_multiline(c);
}
