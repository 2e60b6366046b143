/* headers.c - "Key: value" lines up to the first empty one, as METADATA and e-mails have them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/headers.h"

#include "base/str.h"

static bool is_folded(struct pf_str rest)
{
	return rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* The value and what is folded into it, in one text of its own. */
static struct pf_str unfold(struct pf_arena *a, struct pf_str value, struct pf_str *rest)
{
	struct pf_str ahead = *rest, line;
	char *out;
	size_t n = value.n;

	while (is_folded(ahead) && pf_str_next_line(&ahead, &line))
		;
	out = pf_alloc(a, value.n + 1 + (rest->n - ahead.n));
	if (n)
		memcpy(out, value.p, n);
	while (is_folded(*rest) && pf_str_next_line(rest, &line)) {
		line = pf_str_trim(line);
		out[n++] = ' ';
		memcpy(out + n, line.p, line.n);
		n += line.n;
	}
	return (struct pf_str){ out, n };
}

bool pf_headers_next(struct pf_str *rest, struct pf_arena *a, struct pf_str *key,
		     struct pf_str *value)
{
	struct pf_str line;

	while (pf_str_next_line(rest, &line) && line.n) {
		size_t colon = pf_str_find(line, ':');

		if (colon == PF_NPOS || is_folded(line))
			continue;
		*key = pf_str_cut(line, 0, colon);
		*value = pf_str_trim(pf_str_skip(line, colon + 1));
		if (is_folded(*rest))
			*value = unfold(a, *value, rest);
		return true;
	}
	*rest = (struct pf_str){ 0 };
	return false;
}
