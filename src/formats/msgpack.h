/* msgpack.h - one value of MessagePack as JSON: what reads JSON reads it, too */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* The whole of `bytes` is one value. Bytes become hex digits in lower case. Keys are texts; nested
 * less than PF_MAX_JSON_DEPTH deep. EMODEL naming the offset for what is malformed, for floats that
 * are not finite and for extensions; ELIMIT for depth and beyond the buffer's ceiling. That a key
 * comes twice is for who reads the JSON to see. */
int pf_msgpack_json(struct pf_buf *out, struct pf_str bytes, struct pf_err *err) PF_MUST_USE;
