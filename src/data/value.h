/* value.h - a tree of JSON or YAML as a value of the data path */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "data/frame.h"

/* Whole numbers beyond 64 bits keep their digits, numbers that YAML alone spells so (0x1F, 1_000)
 * their text. Text is shared with the node. */
struct pf_value pf_value_of_node(struct pf_arena *a, const struct pf_node *n);
