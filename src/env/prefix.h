/* prefix.h - the prefix that a package was built for, replaced by an environment's */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* Every `from` becomes `to`. A first line "#!" that is longer than kernels read, or whose program's
 * path would hold a blank now, is written in another way: that of Python starts a shell which
 * starts the program, as rattler has it, so that nothing need be activated; any other becomes
 * "#!/usr/bin/env PROGRAM OPTIONS", as conda has it. */
void pf_prefix_text(struct pf_buf *out, struct pf_str text, struct pf_str from, struct pf_str to);

/* The same within a string of C, which ends with a NUL: what it is shorter by afterwards is filled
 * with NULs, once, at its end, so that "FROM/etc:FROM/share" stays one string. In place; nothing
 * moves beyond that NUL. EINTEGRITY when a string has no end, EIO when `to` is longer than `from`.
 * How often, or -1. */
long pf_prefix_binary(char *bytes, size_t n, struct pf_str from, struct pf_str to,
		      struct pf_err *err) PF_MUST_USE;
