/* yaml.h - YAML files of a model as a bounded tree */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"

/* Parses one document of UTF-8 YAML through libyaml's events. Limits: depth, nodes (an alias
 * counts as all that it stands for). Refused with EMODEL and "line L, column C": duplicate keys
 * (both lines named), language tags, undefined aliases, a second document, NUL, UTF-16, bad UTF-8,
 * keys that are no scalars. ELIMIT: too deep, too many nodes. CRLF, a missing final newline and a
 * UTF-8 BOM are fine. Scalars resolve as PyYAML's safe loader does (YAML 1.1), their text is kept.
 * Merge keys (<<) are carried out, bounded. An empty document gives a NULL-kind node. The place of
 * a map's entry is its key's. Nodes under an alias are shared, and each is of few sorts: no tag but
 * !!str, !!int, !!float, !!bool, !!null, !!map and !!seq is known.
 * Strings borrow from the arena. */
int pf_yaml_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text,
		  struct pf_err *err) PF_MUST_USE;
