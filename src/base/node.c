/* node.c - looking into a document's tree */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/node.h"

#include "base/str.h"

const struct pf_node *pf_node_get(const struct pf_node *map, const char *key)
{
	if (!map || map->kind != PF_NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (pf_str_is(map->v[i].key, key))
			return &map->v[i];
	return NULL;
}

bool pf_node_is_scalar(const struct pf_node *n)
{
	return n && n->kind != PF_NODE_NULL && n->kind != PF_NODE_LIST && n->kind != PF_NODE_MAP;
}

struct pf_str pf_node_text(const struct pf_node *map, const char *key)
{
	const struct pf_node *n = pf_node_get(map, key);

	return pf_node_is_scalar(n) ? n->text : PF_S("");
}

const char *pf_node_kind_name(enum pf_node_kind kind)
{
	static const char *const names[] = { "null",	 "a boolean", "a number",
					     "a string", "a list",    "a map" };

	return names[kind];
}
