/* project.h - packed pages to what one interpreter can take of them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/index.h"
#include "index/page.h"

/* Whom files are for. */
struct pf_target {
	struct pf_map ranks;		/* a wheel's tag to its place, plus one */
	struct pf_map platforms;	/* "linux_x86_64", "any": those of the tags */
	struct pf_version python;	/* release_count 0: not told, everything fits */
};

void pf_target_make(struct pf_target *out, struct pf_arena *a, const struct pf_strs *tags,
		    struct pf_str python);

/* Files of the same version come together; of two with one name the earlier page's is taken. The
 * pages must stay as long as the project. */
void pf_project_make(struct pf_project *out, struct pf_arena *a, const struct pf_page *pages,
		     size_t n, const struct pf_target *target);
