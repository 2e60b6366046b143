/* yaml_scalar.c - what a plain scalar of YAML 1.1 stands for */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml_scalar.h"

#include "base/str.h"

static const char *const true_words[] = { "yes",  "Yes", "YES", "true", "True",
					  "TRUE", "on",  "On",  "ON",   NULL };
static const char *const false_words[] = { "no",    "No",  "NO",  "false", "False",
					   "FALSE", "off", "Off", "OFF",   NULL };
static const char *const null_words[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };

/* How many bytes from `at` on are in the set. */
static size_t span(struct pf_str s, size_t at, const char *set)
{
	size_t n = 0;

	while (at + n < s.n && s.p[at + n] && strchr(set, s.p[at + n]))
		n++;
	return n;
}

/* (:[0-5]?[0-9])+ from `at` on; 0 where there is none. */
static size_t span_sexagesimal(struct pf_str s, size_t at)
{
	size_t from = at;

	while (at < s.n && s.p[at] == ':') {
		size_t digits = span(s, at + 1, "0123456789");

		if (digits == 0 || digits > 2 || (digits == 2 && s.p[at + 1] > '5'))
			return 0;
		at += 1 + digits;
	}
	return at - from;
}

/* Digits in a base, after its sign: 0b1, 0x1f, 017 (octal), 17, 1:30 (base sixty). */
static bool is_int(struct pf_str s)
{
	size_t digits = span(s, 0, "0123456789_");

	if (s.n > 2 && s.p[0] == '0' && s.p[1] == 'b')
		return 2 + span(s, 2, "01_") == s.n;
	if (s.n > 2 && s.p[0] == '0' && s.p[1] == 'x')
		return 2 + span(s, 2, "0123456789abcdefABCDEF_") == s.n;
	if (s.n > 1 && s.p[0] == '0')
		return span(s, 0, "01234567_") == s.n;
	if (!s.n || s.p[0] == '_' || !digits)
		return false;
	return digits == s.n || digits + span_sexagesimal(s, digits) == s.n;
}

/* [eE][-+][0-9]+ or nothing, up to the end: YAML 1.1 wants the sign. */
static bool is_exponent(struct pf_str s, size_t at)
{
	size_t digits;

	if (at == s.n)
		return true;
	if (s.p[at] != 'e' && s.p[at] != 'E')
		return false;
	if (at + 1 >= s.n || (s.p[at + 1] != '-' && s.p[at + 1] != '+'))
		return false;
	digits = span(s, at + 2, "0123456789");
	return digits && at + 2 + digits == s.n;
}

static bool is_float(struct pf_str s, bool sign)
{
	size_t whole = span(s, 0, "0123456789_"), sixty, rest;

	if (pf_str_in(s, infinities) || (!sign && pf_str_in(s, nans)))
		return true;
	if (s.n && s.p[0] == '.')
		return !sign && s.n > 1 && pf_is_digit(s.p[1]) &&
		       is_exponent(s, 1 + span(s, 1, "0123456789_"));
	if (!whole || s.p[0] == '_')
		return false;
	sixty = span_sexagesimal(s, whole);
	if (whole + sixty >= s.n || s.p[whole + sixty] != '.')
		return false;
	rest = whole + sixty + 1;
	rest += span(s, rest, "0123456789_");
	return sixty ? rest == s.n : is_exponent(s, rest);
}

enum pf_node_kind pf_yaml_scalar_kind(struct pf_str text, bool *truth)
{
	bool sign = text.n && (text.p[0] == '-' || text.p[0] == '+');
	struct pf_str body = pf_str_skip(text, sign);

	*truth = pf_str_in(text, true_words);
	if (*truth || pf_str_in(text, false_words))
		return PF_NODE_BOOL;
	if (pf_str_in(text, null_words))
		return PF_NODE_NULL;
	return is_int(body) || is_float(body, sign) ? PF_NODE_NUMBER : PF_NODE_STRING;
}
