/* pipconf.h - pip's configuration files, read as pip reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

/* Keys in pip's own spelling ("index-url"), each to its text. */
struct pf_pipconf {
	struct pf_map global, install;
	bool quiet;
};

/* The system's files, the user's, the site's (of this prefix and of the active environment), then
 * PIP_CONFIG_FILE, which stands in for the user's: the later ones count. /dev/null as the last
 * means no file at all. All of it lives in the arena. One that cannot be read is told, unless
 * `quiet`. */
void pf_pipconf_read(struct pf_pipconf *out, struct pf_arena *a, struct pf_str prefix, bool quiet);
/* What [install] says, else [global]; empty: nothing. */
struct pf_str pf_pipconf_get(const struct pf_pipconf *c, const char *key);
