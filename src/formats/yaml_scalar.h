/* yaml_scalar.h - what a plain scalar of YAML 1.1 stands for */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"

/* The kind that PyYAML's safe loader gives an unquoted scalar: yes, no, on, off are booleans, the
 * empty text and ~ are null, 0o and dates stay strings. `truth` is set for a boolean. */
enum pf_node_kind pf_yaml_scalar_kind(struct pf_str text, bool *truth);
