/* backend.h - how a source distribution wants to be built: [build-system], PEP 517 and 518 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct pf_backend {
	struct pf_strs requires; /* requirements, none of them a URL */
	struct pf_str name;	 /* "hatchling.build", "setuptools.build_meta:__legacy__" */
	struct pf_strs path;	 /* folders of the source that it is imported from; may be empty */
	bool assumed;		 /* nothing says: setuptools, as it was in the time of setup.py */
};

/* Of the text; an empty one is as good as none. Everything lives in the arena. EINTEGRITY:
 * malformed. */
int pf_backend_parse(struct pf_backend *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
/* Of the source unpacked in `root`, whose folders are looked for: EINTEGRITY where one is not
 * there, or leads elsewhere. */
int pf_backend_read(struct pf_backend *out, struct pf_arena *a, int root,
		    struct pf_err *err) PF_MUST_USE;
/* Is it a requirement that may be asked for on behalf of a stranger? */
int pf_backend_check(struct pf_str requirement, struct pf_err *err) PF_MUST_USE;
