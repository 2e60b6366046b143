/* npy.h - numpy's file format for one array */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"

/* An array of booleans, numbers, nanosecond dates, text or bytes, of format 1, 2 or 3 (numpy's
 * numpy/lib/format.py), in C or Fortran order and of either byte order; in C order and ours in the
 * result, whose elements may borrow from `bytes`. The header is parsed, never evaluated: exactly
 * the keys descr, fortran_order and shape, and exactly as many bytes behind it as they say. EMODEL
 * for all else; arrays of objects are pickles, which are not loaded. */
int pf_npy_read(struct pf_tensor **out, struct pf_arena *a, struct pf_str bytes,
		struct pf_err *err) PF_MUST_USE;
/* The name of the array that an archive (.npz) holds as the member NAME.npy; borrows from it. */
int pf_npz_name(struct pf_str *out, struct pf_str member, struct pf_err *err) PF_MUST_USE;
