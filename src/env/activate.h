/* activate.h - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/node.h"

/* Writes activate (sh, bash, zsh), activate.csh, activate.fish and activate_this.py into bin/ of
 * the environment `dir`. `path` is where it will stay, `prompt` what shells show in brackets. */
int pf_activate_write(int dir, const char *path, const char *prompt,
		      struct pf_err *err) PF_MUST_USE;
/* Writes activate (sh, bash, zsh) of an environment of conda packages: it sets what its packages'
 * own activation came to (PF_ENV_ACTIVATION, parsed; NULL: nothing), and deactivate brings back
 * what was. A package that ships that file keeps it. */
int pf_activate_write_conda(int dir, const char *path, const struct pf_node *activation,
			    struct pf_err *err) PF_MUST_USE;
