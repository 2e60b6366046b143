/* plan.h - exactly what an environment will hold; nothing is done yet */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "opts.h"
#include "python/python.h"

struct pf_planned {
	struct pf_str name;	/* normalised */
	struct pf_str version;
	struct pf_str url;	/* when the requirement was a URL or a file; else empty */
	struct pf_strs hashes;	/* "sha256:hex", every one the index names; may be empty for a URL */
};

struct pf_plan {
	struct pf_arena arena;
	PF_VEC(struct pf_planned) packages;	/* sorted by name */
	struct pf_strs left_out;	/* conda packages that a venv cannot have, as written */
	struct pf_str resolver;		/* "uv 0.13.9" */
	char key[33];			/* 32 hex digits: the environment's name in the store */
};

void pf_plan_free(struct pf_plan *p);
