/* sizes.h - inside fetch: how long files of a tree are, compared after a start of the machine */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* Writes how long the files below `dir`/tree are to `dir`/sizes, and that they are whole. */
int pf_sizes_write(int dir, struct pf_err *err) PF_MUST_USE;
/* NULL, or the first file, in `a`, that is not as long as it was. Looks once since the machine was
 * started, where that can be noted; a tree without sizes is believed. */
const char *pf_sizes_torn(struct pf_arena *a, int dir);
