/* node.c - a document's tree: looked into, and made */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/node.h"

#include "base/str.h"

const struct pf_node *pf_node_find(const struct pf_node *map, struct pf_str key)
{
	if (!map || map->kind != PF_NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (pf_str_eq(map->v[i].key, key))
			return &map->v[i];
	return NULL;
}

const struct pf_node *pf_node_get(const struct pf_node *map, const char *key)
{
	return pf_node_find(map, pf_s(key));
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

/* ---- making one ---- */

struct pf_node pf_node_string(struct pf_str text)
{
	return (struct pf_node){ .kind = PF_NODE_STRING, .text = text, .quoted = true };
}

struct pf_node pf_node_number(struct pf_str text)
{
	return (struct pf_node){ .kind = PF_NODE_NUMBER, .text = text };
}

struct pf_node pf_node_bool(bool truth)
{
	return (struct pf_node){ .kind = PF_NODE_BOOL,
				 .truth = truth,
				 .text = truth ? PF_S("true") : PF_S("false") };
}

struct pf_node pf_node_map(void)
{
	return (struct pf_node){ .kind = PF_NODE_MAP };
}

struct pf_node pf_node_list(void)
{
	return (struct pf_node){ .kind = PF_NODE_LIST };
}

/* Its own copy of the items, with room for one more. */
static void unshare(struct pf_arena *a, struct pf_node *of)
{
	struct pf_node *v = pf_alloc_array(a, of->n + 1, sizeof(*v));

	if (of->n)
		memcpy(v, of->v, of->n * sizeof(*v));
	of->v = v;
}

void pf_node_push(struct pf_arena *a, struct pf_node *list, struct pf_node item)
{
	unshare(a, list);
	list->v[list->n++] = item;
}

void pf_node_set(struct pf_arena *a, struct pf_node *map, struct pf_str key, struct pf_node value)
{
	size_t i = 0;

	unshare(a, map);
	while (i < map->n && !pf_str_eq(map->v[i].key, key))
		i++;
	map->n += i == map->n;
	map->v[i] = value;
	map->v[i].key = key;
	map->v[i].odd_key = false;
}
