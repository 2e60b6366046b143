/* pattern.c - one text, a glob or a regular expression */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/pattern.h"

#include "base/str.h"
#include "req/regex.h"

int pf_pattern_parse(struct pf_pattern *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_pattern p = { .kind = PF_PATTERN_EXACT, .text = text };

	if (pf_str_is(text, "*")) {
		p.kind = PF_PATTERN_ANY;
	} else if (pf_str_starts(text, "^") || pf_str_ends(text, "$")) {
		if (!pf_str_starts(text, "^") || !pf_str_ends(text, "$"))
			return pf_fail(err, PF_EMODEL,
				       "a regular expression begins with ^ and ends with $");
		p.kind = PF_PATTERN_REGEX;
		if (pf_regex_parse(&p.regex, a, text, err) < 0)
			return -1;
	} else if (pf_str_find(text, '*') != PF_NPOS) {
		p.kind = PF_PATTERN_GLOB;
	}
	*out = p;
	return 0;
}

/* Behind a star that is tried again further on, all before it stays as it was found. */
static bool glob_admits(struct pf_str glob, struct pf_str text)
{
	size_t g = 0, t = 0, star = PF_NPOS, from = 0;

	while (t < text.n) {
		if (g < glob.n && glob.p[g] == '*') {
			star = ++g;
			from = t;
		} else if (g < glob.n && pf_lower(glob.p[g]) == pf_lower(text.p[t])) {
			g++;
			t++;
		} else if (star != PF_NPOS) {
			g = star;
			t = ++from;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

bool pf_pattern_admits(const struct pf_pattern *p, struct pf_str text)
{
	switch (p->kind) {
	case PF_PATTERN_EXACT:
		return pf_str_same(p->text, text);
	case PF_PATTERN_GLOB:
		return glob_admits(p->text, text);
	case PF_PATTERN_REGEX:
		return pf_regex_finds(p->regex, text);
	default:
		return true;
	}
}
