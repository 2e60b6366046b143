/* activate.h - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Writes activate (sh, bash, zsh), activate.csh, activate.fish and activate_this.py into bin/ of
 * the environment `dir`. `path` is where it will stay, `prompt` what shells show in brackets. */
int pf_activate_write(int dir, const char *path, const char *prompt,
		      struct pf_err *err) PF_MUST_USE;
