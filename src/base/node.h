/* node.h - a small document (YAML or JSON) as a tree that knows its places in the text */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

enum pf_node_kind {
	PF_NODE_NULL,
	PF_NODE_BOOL,
	PF_NODE_NUMBER,
	PF_NODE_STRING,
	PF_NODE_LIST,
	PF_NODE_MAP
};

struct pf_node {
	enum pf_node_kind kind;
	uint32_t line, column;	/* from 1 */
	bool truth;		/* of a BOOL */
	bool quoted;		/* YAML: a scalar that was quoted or a block */
	/* The scalar's text as written (after unquoting): "3.10" stays "3.10", whatever the kind.
	 * NUL-terminated beyond its length; may hold NUL when it came from JSON \u0000. */
	struct pf_str text;
	struct pf_str key;	/* when this node is the value of a map's entry */
	bool odd_key;		/* YAML: that was plain and is no string: 1, true, ~ */
	struct pf_node *v;	/* items of a LIST, values of a MAP, in order */
	size_t n;
};

/* The value of a key, or NULL; also NULL when `map` is NULL or no map. */
const struct pf_node *pf_node_get(const struct pf_node *map, const char *key);
/* The same of a key that may hold anything, NUL included. */
const struct pf_node *pf_node_find(const struct pf_node *map, struct pf_str key);
/* The text of a scalar under a key; an empty view when absent, null or no scalar. */
struct pf_str pf_node_text(const struct pf_node *map, const char *key);
bool pf_node_is_scalar(const struct pf_node *n);
const char *pf_node_kind_name(enum pf_node_kind kind);	/* "a list", ... for messages */

/* ---- making one; texts are borrowed, items and entries live in the arena ---- */

struct pf_node pf_node_string(struct pf_str text);
struct pf_node pf_node_number(struct pf_str text);
struct pf_node pf_node_bool(bool truth);
struct pf_node pf_node_map(void);
struct pf_node pf_node_list(void);
/* Who shares the entries or items of a map or list does not see what is changed by these. */
void pf_node_push(struct pf_arena *a, struct pf_node *list, struct pf_node item);
/* In the place of the value that was there, else at the end. The key is borrowed. */
void pf_node_set(struct pf_arena *a, struct pf_node *map, struct pf_str key, struct pf_node value);
