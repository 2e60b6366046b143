/* names.c - file names of a page: whose they are, of which version, for which platforms */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "index/pack.h"
#include "req/name.h"

bool pf_sdist_stem(struct pf_str *stem, struct pf_str file)
{
	static const char *const endings[] = { ".tar.gz", ".zip", ".tar.bz2", ".tgz",
					       ".tar.xz", ".tar", ".tbz",     ".txz" };

	for (size_t i = 0; i < PF_COUNT(endings); i++)
		if (pf_str_ends(file, endings[i])) {
			*stem = pf_str_cut(file, 0, file.n - strlen(endings[i]));
			return true;
		}
	return false;
}

static bool is_ours(struct pf_maker *m, struct pf_str prefix, struct pf_str *known)
{
	if (pf_str_eq(prefix, *known))
		return true;
	if (!pf_name_is_valid(prefix) || !pf_name_eq(prefix, m->name))
		return false;
	*known = pf_dup(&m->arena, prefix);
	return true;
}

/* NAME-VERSION(-BUILD)?-TAGS.whl */
const char *pf_wheel_split(struct pf_str *version, struct pf_str *tags, struct pf_maker *m,
			       struct pf_str file)
{
	struct pf_str rest = pf_str_cut(file, 0, file.n - 4), name, build = PF_S("0");
	size_t dashes = 0;

	for (size_t i = 0; i < rest.n; i++)
		dashes += rest.p[i] == '-';
	if (dashes != 4 && dashes != 5)
		return "not the name of a wheel";
	pf_str_next(&rest, '-', &name);
	pf_str_next(&rest, '-', version);
	if (dashes == 5)
		pf_str_next(&rest, '-', &build);
	*tags = rest;
	if (!is_ours(m, name, &m->known_wheel))
		return "another project's name";
	return build.n && pf_is_digit(build.p[0]) ? NULL : "not the name of a wheel";
}

/* The name may have dashes of its own: the first place where it is the project's. */
const char *pf_sdist_split(struct pf_str *version, struct pf_maker *m, struct pf_str stem)
{
	for (size_t i = 1; i + 1 < stem.n; i++) {
		if (stem.p[i] != '-' || !is_ours(m, pf_str_cut(stem, 0, i), &m->known_sdist))
			continue;
		*version = pf_str_skip(stem, i + 1);
		return NULL;
	}
	return "another project's name";
}

/* ---- wheels for other platforms ---- */

/* "manylinux_2_17_x86_64.manylinux2014_x86_64", for one of which somebody asks. */
static bool is_platform(const struct pf_map *platforms, struct pf_str set)
{
	struct pf_str one;
	char lower[PF_MAX_NAME];

	while (pf_str_next(&set, '.', &one)) {
		if (one.n > sizeof(lower))
			continue;
		for (size_t i = 0; i < one.n; i++)
			lower[i] = pf_lower(one.p[i]);
		if (pf_map_get(platforms, (struct pf_str){ lower, one.n }))
			return true;
	}
	return false;
}

bool pf_wheel_is_foreign(struct pf_maker *m, struct pf_str file)
{
	static char yes, no;
	struct pf_str set = pf_str_cut(file, pf_str_rfind(file, '-') + 1, file.n - 4);
	void **known = pf_map_put(&m->arena, &m->foreign, set);

	if (!*known)
		*known = is_platform(m->platforms, set) ? &no : &yes;
	return *known == &yes;
}
