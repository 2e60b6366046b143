/* activate.h - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/node.h"

/* Writes activate (sh, bash, zsh), activate.csh, activate.fish and activate_this.py into bin/ of
 * the environment `dir`, which will stay at `path`; deactivate brings back what was. A file that
 * is there already stays. */
int pf_activate_write(int dir, const char *path, struct pf_err *err) PF_MUST_USE;
/* The same of an environment of conda packages: they set what its packages' own activation came to
 * (PF_ENV_ACTIVATION, parsed; NULL: nothing), too. */
int pf_activate_write_conda(int dir, const char *path, const struct pf_node *activation,
			    struct pf_err *err) PF_MUST_USE;
