/* utf8.h - one character as UTF-8 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* The length of the well-formed sequence at p (RFC 3629: no overlongs, no surrogates), or 0.
 * p < end. */
size_t pf_utf8_length(const char *p, const char *end);
/* The character of a well-formed sequence of that length. */
uint32_t pf_utf8_get(const char *p, size_t length);
/* Writes a character below 0x110000; returns its length. */
size_t pf_utf8_put(char *out, uint32_t c);
