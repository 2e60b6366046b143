/* ini.h - files of sections, keys and values, as Python's configparser reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

typedef void pf_ini_take(void *ctx, struct pf_str section, struct pf_str key, struct pf_str value);

/* Tells each key in order, its value trimmed: [section], key = value or key: value, a line that
 * begins with white space goes on with the value (joined by \n), # and ; begin comments at a
 * line's start. Views live in the text or the arena. */
void pf_ini_read(struct pf_arena *a, struct pf_str text, pf_ini_take *take, void *ctx);
