/* places.h - the places where interpreters are looked for */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

/* A program that may be an interpreter; nothing of it was run. */
struct pf_place {
	char *exe;
	const char *from;	/* "PATH", "pyenv", ... */
	int major, minor;	/* as its name or folder has it; -1 where it tells nothing */
};

struct pf_places {
	PF_VEC(struct pf_place) v;
};

/* The active environment, PATH, pyenv's, uv's, conda's, the system's, and those fetched. */
void pf_places_find(struct pf_places *out, struct pf_arena *a, const struct pf_opts *o);
/* Programs of PATH alone, in its order, with the names python3 and python. */
void pf_places_on_path(struct pf_places *out, struct pf_arena *a);
