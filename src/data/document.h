/* document.h - a JSON request as values */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"

/* Kinds NULL to LIST and MAP only. Integers beyond int64 are BIGINT. Strings borrow from `text` or
 * live in the arena. Refused: duplicate keys, numbers beyond a double's range, integers beyond
 * 64 bits (signed or unsigned); bounded: depth, keys of one object and a key's length. */
int pf_document_read(struct pf_value *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;

const char *pf_value_kind_name(const struct pf_value *v); /* "a list", ... for messages */
bool pf_value_is_scalar(const struct pf_value *v);
