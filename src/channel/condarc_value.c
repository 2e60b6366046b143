/* condarc_value.c - values of conda's settings: texts, lists and maps of them, and their flags */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "channel/condarc_inside.h"

/* ---- flags: "channels: #!final", "- conda-forge  #!top" ---- */

static bool is_flagged(const struct pf_condarc_reading *r, const struct pf_node *n,
		       const char *flag)
{
	struct pf_str rest = r->text, line = { 0 };
	size_t length = strlen(flag);

	for (uint32_t i = 0; i < n->line; i++)
		if (!pf_str_next_line(&rest, &line))
			return false;
	line = pf_str_trim(line);
	return line.n > length && pf_str_ends(line, flag) &&
	       pf_is_space(line.p[line.n - length - 1]);
}

bool pf_condarc_is_final(const struct pf_condarc_reading *r, const struct pf_node *n)
{
	return is_flagged(r, n, "#!final");
}

/* ---- values ---- */

/* The name behind a dollar: its length, braces included; 0 when there is none. */
static size_t variable(struct pf_str s, struct pf_str *name)
{
	size_t n = pf_str_span(s, "_"), end;

	if (s.n && s.p[0] == '{') {
		end = pf_str_find(s, '}');
		*name = pf_str_cut(s, 1, end == PF_NPOS ? 1 : end);
		return name->n ? end + 1 : 0;
	}
	*name = pf_str_cut(s, 0, n);
	return n;
}

struct pf_str pf_condarc_expand(struct pf_arena *a, struct pf_str text)
{
	PF_AUTO(buf) b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str name;

	if (pf_str_find(text, '$') == PF_NPOS)
		return pf_dup(a, text);
	for (size_t i = 0; i < text.n; i++) {
		size_t n = text.p[i] == '$' ? variable(pf_str_skip(text, i + 1), &name) : 0;
		const char *value = n ? getenv(pf_dupz(a, name)) : NULL;

		if (value)
			pf_buf_cstr(&b, value);
		else
			pf_buf_char(&b, text.p[i]);
		i += value ? n : 0;
	}
	return pf_dup(a, pf_buf_view(&b));
}

int pf_condarc_fail(struct pf_condarc_reading *r, const struct pf_node *n, const char *wanted)
{
	struct pf_str key = pf_shown(n->key);

	return pf_fail(r->err, PF_EUSAGE, "%s, line %u: " PF_FMT " is %s, where %s is wanted", r->path,
		       n->line, PF_ARG(key), pf_node_kind_name(n->kind), wanted);
}

int pf_condarc_truth(struct pf_str text)
{
	static const char *const words[][5] = { { "false", "no", "off", "0", NULL },
						{ "true", "yes", "on", "1", NULL } };

	for (int truth = 0; truth < 2; truth++)
		for (size_t i = 0; words[truth][i]; i++)
			if (pf_str_ieq(text, words[truth][i]))
				return truth;
	return -1;
}

int pf_condarc_take_bool(struct pf_condarc_reading *r, const struct pf_node *n,
			 enum pf_condarc_bool *out)
{
	int truth = pf_node_is_scalar(n) ? pf_condarc_truth(n->text) : -1;

	if (n->kind == PF_NODE_NULL)
		return 0;
	if (truth < 0)
		return pf_condarc_fail(r, n, "true or false");
	*out = truth ? PF_CONDARC_TRUE : PF_CONDARC_FALSE;
	return 0;
}

int pf_condarc_take_text(struct pf_condarc_reading *r, const struct pf_node *n, struct pf_str *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (!pf_node_is_scalar(n))
		return pf_condarc_fail(r, n, "a text");
	*out = pf_condarc_expand(r->a, n->text);
	return 0;
}

void pf_condarc_put_before(struct pf_arena *a, struct pf_strs *list, const struct pf_strs *first)
{
	struct pf_strs all = { 0 };

	for (size_t i = 0; i < first->n; i++)
		if (!pf_strs_have(&all, first->v[i]))
			*PF_PUSH(a, &all) = first->v[i];
	for (size_t i = 0; i < list->n; i++)
		if (!pf_strs_have(&all, list->v[i]))
			*PF_PUSH(a, &all) = list->v[i];
	*list = all;
}

static struct pf_str place_key(struct pf_arena *a, const char *key, struct pf_str entry)
{
	return pf_format(a, "%s/" PF_FMT, key, PF_ARG(entry));
}

void pf_condarc_note_place(struct pf_condarc_reading *r, struct pf_str entry, struct pf_str place)
{
	struct pf_str *said = pf_alloc(r->a, sizeof(*said));

	*said = place;
	*pf_map_put(r->a, &r->out->places, place_key(r->a, r->key, entry)) = said;
}

struct pf_str pf_condarc_place(const struct pf_condarc *conf, const char *key, struct pf_str entry)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_str *said = pf_map_get(&conf->places, place_key(&a, key, entry));

	return said ? *said : PF_S(".condarc");
}

static void note_end(struct pf_condarc_reading *r, const struct pf_node *item, struct pf_str text,
		     size_t key)
{
	struct pf_strs below = { 0 };

	if (is_flagged(r, item, "#!top"))
		*PF_PUSH(r->a, &r->top[key]) = text;
	if (!is_flagged(r, item, "#!bottom"))
		return;
	*PF_PUSH(r->a, &below) = text; /* those of an earlier file stay further down */
	pf_condarc_put_before(r->a, &r->bottom[key], &below);
}

static void take_item(struct pf_condarc_reading *r, const struct pf_node *item, size_t key,
		      struct pf_strs *out)
{
	struct pf_str text = pf_condarc_expand(r->a, item->text);

	*PF_PUSH(r->a, out) = text;
	if (key >= PF_CONDARC_KEYS)
		return;
	pf_condarc_note_place(r, text, pf_format(r->a, "%s, line %u", r->path, item->line));
}

int pf_condarc_take_list(struct pf_condarc_reading *r, const struct pf_node *n, size_t key,
			 struct pf_strs *out)
{
	struct pf_strs own = { 0 };

	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind == PF_NODE_MAP)
		return pf_condarc_fail(r, n, "a list");
	if (n->kind != PF_NODE_LIST)
		take_item(r, n, key, &own);
	for (size_t i = 0; n->kind == PF_NODE_LIST && i < n->n; i++) {
		if (!pf_node_is_scalar(&n->v[i]))
			return pf_condarc_fail(r, n, "a list of texts");
		take_item(r, &n->v[i], key, &own);
		if (key < PF_CONDARC_KEYS)
			note_end(r, &n->v[i], own.v[own.n - 1], key);
	}
	pf_condarc_put_before(r->a, out, &own);
	return 0;
}

/* May an entry of a map be set here? It may be the last one that says so. */
static bool may_set(struct pf_condarc_reading *r, const struct pf_node *map,
		    const struct pf_node *entry)
{
	void **place = pf_map_put(r->a, &r->settled,
				  pf_format(r->a, PF_FMT "/" PF_FMT, PF_ARG(map->key),
					    PF_ARG(entry->key)));

	if (*place)
		return false;
	*place = pf_condarc_is_final(r, entry) ? r : NULL;
	return true;
}

int pf_condarc_take_texts(struct pf_condarc_reading *r, const struct pf_node *n, struct pf_map *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_MAP)
		return pf_condarc_fail(r, n, "a map");
	for (size_t i = 0; i < n->n; i++) {
		struct pf_str *text = pf_alloc(r->a, sizeof(*text));

		if (!may_set(r, n, &n->v[i]))
			continue;
		if (pf_condarc_take_text(r, &n->v[i], text) < 0)
			return -1;
		*pf_map_put(r->a, out, n->v[i].key) = text;
	}
	return 0;
}

int pf_condarc_take_lists(struct pf_condarc_reading *r, const struct pf_node *n,
			      struct pf_condarc_lists *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_MAP)
		return pf_condarc_fail(r, n, "a map");
	for (size_t i = 0; i < n->n; i++) {
		struct pf_strs *list = pf_alloc(r->a, sizeof(*list));

		if (!may_set(r, n, &n->v[i]))
			continue;
		if (pf_condarc_take_list(r, &n->v[i], PF_CONDARC_KEYS, list) < 0)
			return -1;
		*pf_map_put(r->a, &out->map, n->v[i].key) = list;
	}
	return 0;
}
