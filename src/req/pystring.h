/* pystring.h - the value of a quoted Python string, escapes and all */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* `body` is what stands between the quotes. False where Python would refuse the literal, and for
 * \N{...}, NUL and surrogates. */
bool pf_py_unquote(struct pf_str *out, struct pf_arena *a, struct pf_str body);
