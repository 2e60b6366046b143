/* name.c - names of distributions and extras */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/name.h"

#include "base/str.h"

static bool is_separator(char c)
{
	return c == '-' || c == '_' || c == '.';
}

struct pf_str pf_name_canonical(struct pf_arena *a, struct pf_str name)
{
	char *out = pf_alloc(a, name.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		if (!is_separator(name.p[i]))
			out[n++] = pf_lower(name.p[i]);
		else if (!n || out[n - 1] != '-')
			out[n++] = '-';
	}
	return (struct pf_str){ out, n };
}

bool pf_name_is_canonical(struct pf_str name)
{
	bool after_text = false;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '-' && !after_text)
			return false;
		if (c != '-' && (!pf_is_alnum(c) || c != pf_lower(c)))
			return false;
		after_text = c != '-';
	}
	return after_text;
}

bool pf_name_is_valid(struct pf_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!pf_is_alnum(name.p[i]) &&
		    (!is_separator(name.p[i]) || i == 0 || i + 1 == name.n))
			return false;
	return name.n != 0;
}

/* The next character of the canonical form, '\0' at the end. */
static char next_char(struct pf_str name, size_t *at)
{
	size_t i = *at;

	if (i >= name.n)
		return '\0';
	*at = i + 1;
	if (!is_separator(name.p[i]))
		return pf_lower(name.p[i]);
	while (*at < name.n && is_separator(name.p[*at]))
		++*at;
	return '-';
}

bool pf_name_eq(struct pf_str a, struct pf_str b)
{
	size_t i = 0, j = 0;

	while (i < a.n && j < b.n)
		if (next_char(a, &i) != next_char(b, &j))
			return false;
	return i == a.n && j == b.n;
}
