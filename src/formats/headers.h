/* headers.h - "Key: value" lines up to the first empty one, as METADATA and e-mails have them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* The next header of *rest, white space around its value gone, lines folded into it joined by one
 * blank (then in the arena). Lines that are none are passed over. False: the headers have ended. */
bool pf_headers_next(struct pf_str *rest, struct pf_arena *a, struct pf_str *key,
		     struct pf_str *value);
