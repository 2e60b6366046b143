/* signature.h - a model's signature: columns or tensors, and params */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "data/schema.h"

struct pf_signature {
	bool present;
	bool from_type_hint;
	struct pf_schema inputs; /* kind NONE when not declared */
	struct pf_schema outputs;
	struct pf_params params;
};

/* `signature` is MLmodel's map, whose values are JSON strings. Everything lives in the arena.
 * Errors are EMODEL with a pointer into the signature ("signature inputs[2].type: ..."). */
int pf_signature_parse(struct pf_signature *out, struct pf_arena *a,
		       const struct pf_node *signature, struct pf_err *err) PF_MUST_USE;
