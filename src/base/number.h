/* number.h - shortest exact doubles, in and out */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

#define PF_DOUBLE_SIZE 32

/* Writes the shortest text that reads back as the same double, spelled as Python's repr does
 * (1.0, 1e+16, 1e-05, 0.1, -0.0). NaN and infinities: "nan", "inf", "-inf". Not NUL-terminated;
 * returns its length. */
size_t pf_double_write(char out[PF_DOUBLE_SIZE], double value);
/* The same for a single: the shortest text of the float (used only where floats are shown). */

/* Reads a JSON or CSV number that fills the view, correctly rounded. False when it is none.
 * An overflow gives an infinity, as Python's float() does. */
bool pf_double_read(struct pf_str s, double *out);
/* [+-]?digits that fits; false otherwise (also on overflow). */
bool pf_int64_read(struct pf_str s, int64_t *out);
