/* conda_info.h - what a conda package says of itself below info/, held against what it holds */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/bundle.h"
#include "fetch/archive.h"

struct pf_conda_info {
	struct pf_str name, version, build, subdir;
	struct pf_str noarch; /* "python", "generic" or empty */
	struct pf_str site;   /* of python itself: where it wants its packages (CEP 17); or empty */
	PF_VEC(struct pf_bundled) files; /* that are to be linked */
	PF_VEC(struct pf_entry_point) entries;
};

/* Reads info/index.json, and info/paths.json, or info/files, has_prefix and no_link, below `tree`,
 * and info/link.json (CEP 34). `kept` is all that was unpacked there; what is not listed is not to
 * be linked. Everything lives in the arena. EINTEGRITY: a text that is missing or malformed, a
 * listed file that is not there, is listed twice, has another digest (with `lenient` a warning),
 * or belongs to the environment itself; a prefix, an entry point that is none. */
int pf_conda_info_read(struct pf_conda_info *out, struct pf_arena *a, int tree,
		       const struct pf_archive_kept *kept, bool lenient,
		       struct pf_err *err) PF_MUST_USE;

/* The lines of a bundle's head that tell all that but the files. */
struct pf_str pf_conda_info_head(struct pf_arena *a, const struct pf_conda_info *info);
