/* pickle_stack.h - the part of a pickle machine's values that names and array sizes depend on */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

enum value_kind {
	V_UNSET,	/* a place of the memo that nothing was put into */
	V_OTHER,	/* anything that does not matter here */
	V_MARK,
	V_STR,		/* text */
	V_INT,		/* i */
	V_GLOBAL,	/* i: enum special */
	V_SHAPE,	/* a tuple of integers; i: their product */
	V_TEXTS,	/* a tuple that begins with text */
	V_GLOBALS,	/* a tuple that begins with a global; i: enum special */
	V_STATE,	/* a tuple that ends with an integer; i */
	V_DTYPE,	/* numpy's; i: bytes of an item; n: 1 + place in the memo */
	V_WRAPPER,	/* joblib's NumpyArrayWrapper */
	V_ARRAY,	/* the dictionary of one */
};

/* What a reference is to this reader. */
enum special { S_NONE, S_WRAPPER, S_DTYPE, S_RECONSTRUCT, S_TYPE, S_IMPORT };

struct joblib_array {
	int64_t count, item_size;	/* -1: not said */
	bool objects;			/* its items are a pickle of their own */
	bool padded;			/* a byte with the padding's length, then the padding */
};

struct value {
	uint8_t kind;
	bool objects;	/* DTYPE */
	uint32_t n;	/* STR, TEXTS: bytes; DTYPE: see above */
	union {
		const char *p;
		int64_t i;
		struct joblib_array *array;
	};
};

struct values {
	struct value *v;
	size_t n, cap;
};

/* Room for one more: false beyond `max`. */
bool pf_values_push(struct values *s, struct value v, size_t max);
/* What a tuple of these is. */
struct value pf_value_tuple(const struct value *v, size_t n);
/* numpy's dtype from its constructor's text ("f8", "<U5", "O8"). */
struct value pf_value_dtype(struct pf_str code);
void pf_array_take(struct joblib_array *a, const struct value *key, const struct value *value);
