/* pipconf.h - pip's configuration files, read as pip reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

/* Keys in pip's own spelling ("index-url"), each to its text. */
struct pf_pipconf {
	struct pf_map global, install;
};

/* The system's files, the user's, the site's (of this prefix and of the active environment), then
 * PIP_CONFIG_FILE, which stands in for the user's: the later ones count. /dev/null as the last means
 * no file at all. All of it lives in the arena. */
void pf_pipconf_read(struct pf_pipconf *out, struct pf_arena *a, struct pf_str prefix);
/* What [install] says, else [global]; empty: nothing. */
struct pf_str pf_pipconf_get(const struct pf_pipconf *c, const char *key);
