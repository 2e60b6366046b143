/* mlmodel.h - inside publish: MLmodel with other values at its top */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "base/node.h"

/* One line at the top level. */
struct pf_mlmodel_line {
	const char *key;
	struct pf_str value; /* a view of NULL: the key goes */
};

/* The text with these lines in place of those that it has, or behind the rest of it; everything
 * else stays to the byte. EMODEL: it is written in another way than MLflow writes it, so that this
 * cannot be done line by line. */
int pf_mlmodel_set(struct pf_buf *out, struct pf_str text, const struct pf_mlmodel_line *lines,
		   size_t n, struct pf_err *err) PF_MUST_USE;
/* A node as JSON, but for its own key of this name (NULL: none). What YAML calls a number and JSON
 * does not is a string. */
struct pf_json_out;
void pf_mlmodel_json(struct pf_json_out *w, const struct pf_node *node, const char *without);
