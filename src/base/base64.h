/* base64.h - binary cells as text */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* White space is skipped; anything else beyond the alphabet, missing or needless padding: false. */
bool pf_base64_decode(struct pf_str *out, struct pf_arena *a, struct pf_str text);
/* Lines of 76 characters, each with its newline (RFC 2045), as Python's encodebytes has it.
 * `newline` is what ends a line. */
void pf_base64_encode(struct pf_buf *out, struct pf_str bytes, const char *newline);
