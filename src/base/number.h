/* number.h - shortest exact doubles, in and out */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

#define PF_DOUBLE_SIZE 40

/* Writes the shortest text that reads back as the same double, spelled as Python's repr does
 * (1.0, 1e+16, 1e-05, 0.1, -0.0). NaN and infinities: "nan", "inf", "-inf". Not NUL-terminated;
 * returns its length, at most 25; what is behind it in `out` is overwritten. */
size_t pf_double_write(char out[PF_DOUBLE_SIZE], double value);
/* At most 20 bytes; not NUL-terminated; returns how many. */
size_t pf_int64_write(char *out, int64_t value);
size_t pf_uint64_write(char *out, uint64_t value);

/* "1.5 MiB", "17 bytes": for people. Returns `out`. */
#define PF_SIZE_TEXT 32
const char *pf_size_text(char out[PF_SIZE_TEXT], uint64_t bytes);

/* Reads a JSON or CSV number that fills the view ([+-]? digits with at most one point, at least
 * one digit, an exponent of at least one digit), correctly rounded. False when it is none.
 * An overflow gives an infinity, as Python's float() does. */
bool pf_double_read(struct pf_str s, double *out);
/* [+-]?digits that fits; false otherwise (also on overflow). */
bool pf_int64_read(struct pf_str s, int64_t *out);
bool pf_uint64_read(struct pf_str s, uint64_t *out);
