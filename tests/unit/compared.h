/* compared.h - models and interpreters made up of a few words, for comparisons */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base64.h"
#include "check/check.h"

/* "name=version modules=a,b needs=x>=1|y & name=...": distributions as if they were read. */
static inline void unit_dists(struct pf_dists *d, struct pf_str text, enum pf_dist_kind kind)
{
	struct pf_str one, word, part;

	while (pf_str_next(&text, '&', &one)) {
		struct pf_dist dist = { .kind = kind, .read = true };

		one = pf_str_trim(one);
		while (pf_str_next(&one, ' ', &word)) {
			size_t eq = pf_str_find(word, '=');
			struct pf_str key = pf_str_cut(word, 0, eq), value = pf_str_skip(word, eq + 1);

			if (pf_str_is(key, "modules"))
				while (pf_str_next(&value, ',', &part))
					*PF_PUSH(&d->arena, &dist.modules) = part;
			else if (pf_str_is(key, "needs"))
				while (pf_str_next(&value, '|', &part))
					*PF_PUSH(&d->arena, &dist.requires) = part;
			else if (pf_str_is(key, "url"))
				dist.url = value;
			else if (pf_str_is(key, "commit"))
				dist.commit = value;
			else if (pf_str_is(key, "revision"))
				dist.revision = value;
			else if (key.n) {
				dist.shown = key;
				dist.version = value;
			}
		}
		if (!dist.shown.n)
			continue;
		dist.name = kind == PF_DIST_CONDA ? dist.shown : pf_name_canonical(&d->arena, dist.shown);
		*PF_PUSH(&d->arena, &d->v) = dist;
	}
	for (size_t i = 0; i < d->v.n; i++)
		*pf_map_put(&d->arena, d->v.v[i].kind == PF_DIST_CONDA ? &d->conda_by_name : &d->by_name,
			    d->v.v[i].name) = &d->v.v[i];
}

/* Lines of requirements; "c:" before those of constraints.txt. */
static inline void unit_needs(struct pf_needs *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str line;
	struct pf_err err;

	for (unsigned number = 1; text.n && pf_str_next_line(&text, &line); number++) {
		struct pf_need need = { .file = PF_S("requirements.txt"), .line = number, .text = line };

		if (pf_str_starts(line, "c:")) {
			need.constraint = true;
			need.file = PF_S("constraints.txt");
			need.text = pf_str_skip(line, 2);
		}
		need.parsed = pf_requirement_parse(&need.req, a, need.text, &err) == 0;
		*PF_PUSH(a, &out->pip) = need;
	}
}

static inline void unit_python(struct pf_python *out, const char *version, int minor)
{
	*out = (struct pf_python){
		.version = pf_s(version), .major = 3, .minor = minor, .implementation = PF_S("cpython"),
	};
}
