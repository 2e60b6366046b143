/* yaml_write.h - a tree as a YAML text, spelled as PyYAML's safe_dump spells it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"

/* Appends the document, byte for byte what yaml.safe_dump(value, default_flow_style=False,
 * sort_keys=sorted) writes of the same value: block style, lines folded beyond 80 columns, ASCII
 * alone, strings quoted where YAML 1.1 would read something else. Of a tree that was read:
 *  - numbers, dates and keys that are no strings keep their text, where PyYAML would write their
 *    value anew (3.10 as 3.1); a map that has such a key keeps its order;
 *  - what aliases stand for is written out, at each place;
 *  - comments are gone.
 * A number that YAML would not read as one (1e5 of JSON) is written as Python's float. ELIMIT:
 * deeper than what pf_yaml_parse reads. */
int pf_yaml_write(struct pf_buf *out, const struct pf_node *root, bool sorted,
		  struct pf_err *err) PF_MUST_USE;

/* A tree of JSON as Python reads it: numbers get the text that PyYAML writes ("1.50" is 1.5, "1e16"
 * 1.0e+16, NaN .nan; whole ones stay as they are). */
void pf_yaml_of_json(struct pf_arena *a, struct pf_node *n);
