/* toml.h - TOML 1.0 as a bounded tree */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"

/* Refused with EMODEL and "line L, column C": whatever TOML 1.0 refuses, keys and tables that are
 * there twice among it, integers beyond 64 bits, and text that is no UTF-8. ELIMIT: too deep, too
 * many nodes. A UTF-8 BOM is fine. The document is a MAP; the place of its entries is their key's.
 * Integers are written anew, in decimal; floats are as written but for "_"; dates and times are
 * STRINGs that are not `quoted`, as written. Views live in the arena. */
int pf_toml_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text,
		  struct pf_err *err) PF_MUST_USE;
