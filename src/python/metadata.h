/* metadata.h - the text files inside a dist-info or egg-info folder */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* The fields that matter of a METADATA or PKG-INFO (headers up to the first empty line). Views
 * live in the arena. */
struct pf_metadata {
	struct pf_str name, version;
	struct pf_strs requires, extras;
};

void pf_metadata_read(struct pf_metadata *out, struct pf_arena *a, struct pf_str text);
/* An egg's requires.txt: its sections become markers, as Requires-Dist would have them. */
void pf_metadata_read_egg_requires(struct pf_strs *out, struct pf_arena *a, struct pf_str text);
/* Import names out of a RECORD or installed-files.txt: the first part of each importable path. */
void pf_metadata_read_files(struct pf_strs *modules, struct pf_arena *a, struct pf_str text);
/* One name a line. */
void pf_metadata_read_top_level(struct pf_strs *modules, struct pf_arena *a, struct pf_str text);
