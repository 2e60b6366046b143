/* json_tree.c - a small JSON document as a tree */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

/* Collections that are open: where their items begin among `pending`. */
struct level {
	struct pf_node head;
	size_t from;
};

struct builder {
	struct pf_arena *out;
	struct pf_arena temp;	/* `pending` and `levels` */
	struct pf_json json;
	PF_VEC(struct pf_node) pending;
	PF_VEC(struct level) levels;
	struct pf_str key;
	size_t seen;		/* line and column belong to this byte */
	uint32_t line, column;
};

static void free_builder(struct builder *b)
{
	pf_json_free(&b->json);
	pf_arena_free(&b->temp);
}

/* Moves line and column on to the last token. */
static void follow(struct builder *b)
{
	for (; b->seen < b->json.start; b->seen++) {
		unsigned char c = (unsigned char)b->json.text.p[b->seen];

		if (c == '\n') {
			b->line++;
			b->column = 1;
		} else if ((c & 0xc0) != 0x80) {
			b->column++;
		}
	}
}

static int refuse_duplicates(const struct pf_node *v, size_t n, struct pf_err *err)
{
	size_t i = n ? pf_find_twice(&v->key, n, sizeof(*v)) : 0;

	if (i == n)
		return 0;
	return pf_fail(err, PF_EMODEL, "line %u, column %u: the key \"" PF_FMT "\" appears twice",
		       v[i].line, v[i].column, PF_ARG(pf_shown(v[i].key)));
}

/* Takes the items of the innermost collection off `pending` and puts the collection there. */
static int close_collection(struct builder *b, struct pf_err *err)
{
	struct level *l = &b->levels.v[--b->levels.n];
	size_t n = b->pending.n - l->from;
	struct pf_node *items = n ? b->pending.v + l->from : NULL;

	if (l->head.kind == PF_NODE_MAP && refuse_duplicates(items, n, err) < 0)
		return -1;
	if (n) {
		l->head.v = pf_alloc_array(b->out, n, sizeof(*items));
		memcpy(l->head.v, items, n * sizeof(*items));
		l->head.n = n;
	}
	b->pending.n = l->from;
	*PF_PUSH(&b->temp, &b->pending) = l->head;
	return 0;
}

static struct pf_node make_node(struct builder *b, const struct pf_json_token *t)
{
	static const enum pf_node_kind kinds[] = {
		[PF_JSON_NULL] = PF_NODE_NULL,	   [PF_JSON_TRUE] = PF_NODE_BOOL,
		[PF_JSON_FALSE] = PF_NODE_BOOL,	   [PF_JSON_NUMBER] = PF_NODE_NUMBER,
		[PF_JSON_STRING] = PF_NODE_STRING, [PF_JSON_OBJECT] = PF_NODE_MAP,
		[PF_JSON_ARRAY] = PF_NODE_LIST,
	};
	struct pf_node n = { .kind = kinds[t->kind], .key = b->key };

	follow(b);
	n.line = b->line;
	n.column = b->column;
	n.truth = t->kind == PF_JSON_TRUE;
	n.quoted = t->kind == PF_JSON_STRING;
	if (t->kind != PF_JSON_OBJECT && t->kind != PF_JSON_ARRAY)
		n.text = pf_dup(b->out, t->text);
	b->key = (struct pf_str){ 0 };
	return n;
}

static int take(struct builder *b, const struct pf_json_token *t, struct pf_err *err)
{
	switch (t->kind) {
	case PF_JSON_KEY:
		b->key = pf_dup(b->out, t->text);
		return 0;
	case PF_JSON_OBJECT:
	case PF_JSON_ARRAY:
		*PF_PUSH(&b->temp, &b->levels) = (struct level){ make_node(b, t), b->pending.n };
		return 0;
	case PF_JSON_OBJECT_END:
	case PF_JSON_ARRAY_END:
		return close_collection(b, err);
	default:
		*PF_PUSH(&b->temp, &b->pending) = make_node(b, t);
		return 0;
	}
}

int pf_json_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	__attribute__((cleanup(free_builder)))
	struct builder b = { .out = a, .line = 1, .column = 1 };
	struct pf_json_token t;

	pf_json_init(&b.json, text, 0);
	for (;;) {
		if (pf_json_next(&b.json, &t, err) < 0)
			return -1;
		if (t.kind == PF_JSON_END)
			break;
		if (take(&b, &t, err) < 0)
			return -1;
	}
	*out = pf_alloc(a, sizeof(**out));
	**out = b.pending.v[0];
	return 0;
}
