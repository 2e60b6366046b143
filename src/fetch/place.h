/* place.h - a copy of a folder, whole or not there */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/* Copies the files and folders of `from` (links stay links) to `to`, which is not there yet:
 * under another name beside it first, then renamed. Blocks are shared where the file system can.
 * EUSAGE: it is there; EIO. */
int pf_place_copy(const char *from, const char *to, struct pf_err *err) PF_MUST_USE;
