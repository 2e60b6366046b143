/* ini.c - files of sections, keys and values */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ini.h"

#include "base/str.h"

static bool is_comment(struct pf_str line)
{
	return !line.n || line.p[0] == '#' || line.p[0] == ';';
}

/* The lines that go on with a value. */
static struct pf_str take_rest(struct pf_arena *a, struct pf_str *rest, struct pf_str value)
{
	struct pf_str after = *rest, line;

	while (pf_str_next_line(&after, &line)) {
		struct pf_str bare = pf_str_trim(line);

		if (!is_comment(bare) && !pf_is_space(line.p[0]))
			break;
		*rest = after;
		if (!is_comment(bare))
			value = pf_format(a, PF_FMT "\n" PF_FMT, PF_ARG(value), PF_ARG(bare));
	}
	return value;
}

void pf_ini_read(struct pf_arena *a, struct pf_str text, pf_ini_take *take, void *ctx)
{
	struct pf_str rest = text, line, section = { 0 };

	while (pf_str_next_line(&rest, &line)) {
		struct pf_str bare = pf_str_trim(line), value;
		size_t cut = 0;

		if (is_comment(bare))
			continue;
		if (bare.p[0] == '[') {
			section = pf_str_cut(bare, 1, pf_str_find(bare, ']'));
			continue;
		}
		while (cut < bare.n && bare.p[cut] != '=' && bare.p[cut] != ':')
			cut++;
		value = take_rest(a, &rest, pf_str_trim(pf_str_skip(bare, cut + 1)));
		take(ctx, section, pf_str_trim(pf_str_cut(bare, 0, cut)), value);
	}
}
