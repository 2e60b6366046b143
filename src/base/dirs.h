/* dirs.h - where the program keeps what it makes */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* The store's absolute path, without a final slash, in the arena; nothing is created. `flag` (of
 * --store, may be NULL), else $PYFUNC_ENV_STORE, else $XDG_CACHE_HOME/pyfunc-env when that is
 * absolute, else ~/.cache/pyfunc-env. A relative flag or variable is taken from the working
 * directory. NULL with EUSAGE when it is longer than PF_MAX_STORE_PATH bytes, holds a control
 * character, or when there is no home. */
char *pf_store_root(struct pf_arena *a, const char *flag, struct pf_err *err) PF_MUST_USE;
