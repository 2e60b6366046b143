/* yaml.c - YAML files of a model: libyaml's events to a bounded tree */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml.h"

#include <yaml.h>

#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml_scalar.h"

/* Why events: libyaml's document interface recurses, knows no ceiling, and neither interface looks
 * for duplicate keys or undefined aliases. Nodes whose collection is still open lie on one stack;
 * the end of a collection moves its own into the arena. */

struct anchor {
	struct pf_node node;
	bool closed;     /* an alias inside its own anchor would have no end */
	size_t weight;   /* nodes that an alias to it stands for, itself included */
	unsigned height; /* levels of collections */
};

struct level {
	struct pf_node node; /* the collection that is open, without its items */
	struct anchor *anchor;
	size_t first; /* its items on the stack start here */
	size_t nodes_before;
	unsigned height; /* of the highest item so far */
	bool have_key, merge_key;
	struct pf_node pending; /* the key whose value comes next */
	size_t merge_at;        /* 1 + index on the stack of the value of "<<" */
};

struct reader {
	struct pf_arena *arena;
	yaml_parser_t parser;
	struct pf_node *stack;
	size_t used, cap;
	size_t nodes;                               /* so far, those of aliases included */
	struct level levels[PF_MAX_YAML_DEPTH + 1]; /* [0] holds the document's one node */
	unsigned depth;
	struct pf_map anchors;
};

#define STANDARD_TAG "tag:yaml.org,2002:"

/* What a node may say of itself; everything else is a language's own. */
static const struct {
	const char *name;
	enum pf_node_kind kind;
} tags[] = {
	{ "str", PF_NODE_STRING }, { "int", PF_NODE_NUMBER }, { "float", PF_NODE_NUMBER },
	{ "bool", PF_NODE_BOOL },  { "null", PF_NODE_NULL },  { "map", PF_NODE_MAP },
	{ "seq", PF_NODE_LIST },
};

static int fail_at(struct pf_err *err, int code, const struct pf_node *at, const char *what)
{
	return pf_fail(err, code, "line %u, column %u: %s", at->line, at->column, what);
}

static void set_place(struct pf_node *n, const yaml_mark_t *mark)
{
	n->line = (uint32_t)mark->line + 1;
	n->column = (uint32_t)mark->column + 1;
}

/* ---- errors of libyaml ---- */

/* libyaml tells only the offset of a byte that is no text. */
static void find_place(struct pf_node *at, struct pf_str text, size_t offset)
{
	struct pf_str before = pf_str_cut(text, 0, offset);

	at->line = at->column = 1;
	for (size_t i = 0; i < before.n; i++) {
		if (before.p[i] == '\n')
			at->line++, at->column = 1;
		else if (((unsigned char)before.p[i] & 0xc0) != 0x80)
			at->column++;
	}
}

static int fail_parser(const struct reader *r, struct pf_str text, struct pf_err *err)
{
	const yaml_parser_t *p = &r->parser;
	struct pf_node at = { 0 };

	if (p->error == YAML_MEMORY_ERROR)
		pf_oom();
	if (p->error != YAML_READER_ERROR) {
		set_place(&at, &p->problem_mark);
		return fail_at(err, PF_EMODEL, &at, p->problem ? p->problem : "no YAML");
	}
	find_place(&at, text, p->problem_offset);
	if (p->problem_offset < text.n && text.p[p->problem_offset] == '\0')
		return fail_at(err, PF_EMODEL, &at, "a NUL byte");
	return fail_at(err, PF_EMODEL, &at, p->problem ? p->problem : "no UTF-8 text");
}

/* ---- nodes ---- */

static int count_nodes(struct reader *r, size_t n, const struct pf_node *at, struct pf_err *err)
{
	r->nodes += n;
	if (r->nodes <= PF_MAX_YAML_NODES)
		return 0;
	return pf_fail(err, PF_ELIMIT, "line %u, column %u: more than %d nodes", at->line,
		       at->column, PF_MAX_YAML_NODES);
}

static int check_depth(const struct reader *r, unsigned height, const struct pf_node *at,
		       struct pf_err *err)
{
	if (r->depth + height <= PF_MAX_YAML_DEPTH)
		return 0;
	return pf_fail(err, PF_ELIMIT, "line %u, column %u: nested deeper than %d levels", at->line,
		       at->column, PF_MAX_YAML_DEPTH);
}

static struct pf_node *push(struct reader *r)
{
	if (r->used == r->cap) {
		r->cap = r->cap ? r->cap + r->cap / 2 : 64;
		r->stack = reallocarray(r->stack, r->cap, sizeof(*r->stack));
		if (!r->stack)
			pf_oom();
	}
	return &r->stack[r->used++];
}

/* Puts a finished node where it belongs: a key to come, a key's value, an item. */
static int place_node(struct reader *r, const struct pf_node *n, bool plain, struct pf_err *err)
{
	struct level *l = &r->levels[r->depth];
	struct pf_node *slot;

	if (l->node.kind == PF_NODE_MAP && !l->have_key) {
		if (n->kind == PF_NODE_LIST || n->kind == PF_NODE_MAP)
			return fail_at(err, PF_EMODEL, n, "a key that is a list or a map");
		l->pending = *n;
		l->have_key = true;
		l->merge_key = plain && pf_str_is(n->text, "<<");
		return 0;
	}
	slot = push(r);
	*slot = *n;
	if (!l->have_key)
		return 0;
	if (l->merge_key)
		l->merge_at = r->used;
	slot->key = l->pending.text;
	slot->odd_key = l->pending.kind != PF_NODE_STRING;
	slot->line = l->pending.line;
	slot->column = l->pending.column;
	l->have_key = false;
	return 0;
}

static int check_tag(struct pf_node *n, const yaml_char_t *tag, struct pf_err *err)
{
	struct pf_str name = pf_s((const char *)tag);
	bool standard = pf_str_starts(name, STANDARD_TAG);

	if (!tag)
		return 0;
	if (pf_str_is(name, "!")) { /* "not resolved": text */
		n->kind =
			pf_node_is_scalar(n) || n->kind == PF_NODE_NULL ? PF_NODE_STRING : n->kind;
		return 0;
	}
	name = pf_str_skip(name, standard ? sizeof(STANDARD_TAG) - 1 : 0);
	for (size_t i = 0; standard && i < PF_COUNT(tags); i++) {
		if (!pf_str_is(name, tags[i].name))
			continue;
		if (tags[i].kind == PF_NODE_STRING && n->kind != PF_NODE_LIST &&
		    n->kind != PF_NODE_MAP)
			n->kind = PF_NODE_STRING;
		if (n->kind == tags[i].kind)
			return 0;
	}
	name = pf_shown(name);
	return pf_fail(err, PF_EMODEL, "line %u, column %u: the tag %s" PF_FMT " is not read here",
		       n->line, n->column, standard ? "!!" : "", PF_ARG(name));
}

/* A name for this node, or NULL; a later anchor of the same name replaces the earlier. */
static struct anchor *put_anchor(struct reader *r, const yaml_char_t *name)
{
	struct anchor *anchor;

	if (!name)
		return NULL;
	anchor = pf_alloc(r->arena, sizeof(*anchor));
	*pf_map_put(r->arena, &r->anchors, pf_s((const char *)name)) = anchor;
	return anchor;
}

static int take_scalar(struct reader *r, const yaml_event_t *e, struct pf_err *err)
{
	struct pf_node n = { .kind = PF_NODE_STRING };
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct anchor *anchor = put_anchor(r, e->data.scalar.anchor);
	struct pf_str text = { (const char *)e->data.scalar.value, e->data.scalar.length };

	set_place(&n, &e->start_mark);
	n.text = pf_dup(r->arena, text);
	n.quoted = !plain;
	if (plain)
		n.kind = pf_yaml_scalar_kind(n.text, &n.truth);
	if (check_tag(&n, e->data.scalar.tag, err) < 0 || count_nodes(r, 1, &n, err) < 0)
		return -1;
	if (anchor)
		*anchor = (struct anchor){ .node = n, .closed = true, .weight = 1 };
	return place_node(r, &n, plain && !e->data.scalar.tag, err);
}

static int take_alias(struct reader *r, const yaml_event_t *e, struct pf_err *err)
{
	struct pf_str name = pf_s((const char *)e->data.alias.anchor);
	const struct anchor *anchor = pf_map_get(&r->anchors, name);
	struct pf_node n = { 0 };

	set_place(&n, &e->start_mark);
	name = pf_shown(name);
	if (!anchor)
		return pf_fail(err, PF_EMODEL,
			       "line %u, column %u: the alias *" PF_FMT " has no anchor", n.line,
			       n.column, PF_ARG(name));
	if (!anchor->closed)
		return pf_fail(err, PF_EMODEL,
			       "line %u, column %u: the alias *" PF_FMT
			       " stands inside its own anchor",
			       n.line, n.column, PF_ARG(name));
	if (check_depth(r, anchor->height, &n, err) < 0 ||
	    count_nodes(r, anchor->weight, &n, err) < 0)
		return -1;
	if (r->levels[r->depth].height < anchor->height)
		r->levels[r->depth].height = anchor->height;
	n = anchor->node;
	set_place(&n, &e->start_mark);
	return place_node(r, &n, false, err);
}

static int open_level(struct reader *r, const yaml_event_t *e, enum pf_node_kind kind,
		      const yaml_char_t *anchor, const yaml_char_t *tag, struct pf_err *err)
{
	struct pf_node n = { .kind = kind };
	struct level *l;

	set_place(&n, &e->start_mark);
	if (check_tag(&n, tag, err) < 0 || check_depth(r, 1, &n, err) < 0 ||
	    count_nodes(r, 1, &n, err) < 0)
		return -1;
	l = &r->levels[++r->depth];
	*l = (struct level){ .node = n, .first = r->used, .nodes_before = r->nodes - 1 };
	l->anchor = put_anchor(r, anchor);
	return 0;
}

/* ---- the end of a map: duplicate keys, merge keys ---- */

static int refuse_duplicates(const struct pf_node *v, size_t n, struct pf_err *err)
{
	size_t i = n ? pf_find_twice(&v->key, n, sizeof(*v)) : 0, first = 0;

	if (i == n)
		return 0;
	while (!pf_str_eq(v[first].key, v[i].key))
		first++;
	return pf_fail(err, PF_EMODEL,
		       "line %u, column %u: the key \"" PF_FMT
		       "\" is here a second time, first on line %u",
		       v[i].line, v[i].column, PF_ARG(pf_shown(v[i].key)), v[first].line);
}

static int push_merged(struct reader *r, const struct pf_node *from, struct pf_err *err)
{
	if (from->kind != PF_NODE_MAP)
		return fail_at(err, PF_EMODEL, from, "\"<<\" wants a map or a list of maps");
	if (count_nodes(r, from->n, from, err) < 0)
		return -1;
	for (size_t i = 0; i < from->n; i++)
		*push(r) = from->v[i];
	return 0;
}

/* Of entries with one key the first stays. */
static void drop_later(struct reader *r, size_t first)
{
	PF_AUTO(arena) temp = { 0 };
	struct pf_map seen = { 0 };
	size_t kept = first;

	for (size_t i = first; i < r->used; i++) {
		void **place = pf_map_put(&temp, &seen, r->stack[i].key);

		if (!*place)
			r->stack[kept++] = r->stack[i];
		*place = r;
	}
	r->used = kept;
}

static int merge_maps(struct reader *r, struct level *l, struct pf_err *err)
{
	size_t at = l->merge_at - 1;
	struct pf_node merged = r->stack[at];

	memmove(r->stack + at, r->stack + at + 1, (r->used - at - 1) * sizeof(merged));
	r->used--;
	if (merged.kind != PF_NODE_LIST && push_merged(r, &merged, err) < 0)
		return -1;
	for (size_t i = 0; merged.kind == PF_NODE_LIST && i < merged.n; i++)
		if (push_merged(r, &merged.v[i], err) < 0)
			return -1;
	drop_later(r, l->first);
	return 0;
}

static int close_level(struct reader *r, struct pf_err *err)
{
	struct level *l = &r->levels[r->depth];
	unsigned height = l->height + 1;
	struct pf_node n = l->node;

	if (n.kind == PF_NODE_MAP && r->used > l->first &&
	    refuse_duplicates(r->stack + l->first, r->used - l->first, err) < 0)
		return -1;
	if (l->merge_at && merge_maps(r, l, err) < 0)
		return -1;
	n.n = r->used - l->first;
	n.v = pf_alloc_array(r->arena, n.n, sizeof(*n.v));
	if (n.n)
		memcpy(n.v, r->stack + l->first, n.n * sizeof(*n.v));
	r->used = l->first;
	if (l->anchor)
		*l->anchor = (struct anchor){ .node = n,
					      .closed = true,
					      .height = height,
					      .weight = r->nodes - l->nodes_before };
	r->depth--;
	if (r->levels[r->depth].height < height)
		r->levels[r->depth].height = height;
	return place_node(r, &n, false, err);
}

/* ---- the stream ---- */

static int take_event(struct reader *r, const yaml_event_t *e, struct pf_err *err)
{
	struct pf_node at = { 0 };

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(r, e, err);
	case YAML_ALIAS_EVENT:
		return take_alias(r, e, err);
	case YAML_SEQUENCE_START_EVENT:
		return open_level(r, e, PF_NODE_LIST, e->data.sequence_start.anchor,
				  e->data.sequence_start.tag, err);
	case YAML_MAPPING_START_EVENT:
		return open_level(r, e, PF_NODE_MAP, e->data.mapping_start.anchor,
				  e->data.mapping_start.tag, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_level(r, err);
	case YAML_DOCUMENT_START_EVENT:
		set_place(&at, &e->start_mark);
		return r->used ? fail_at(err, PF_EMODEL, &at, "a second document") : 0;
	default:
		return 0;
	}
}

static int read_events(struct reader *r, struct pf_str text, struct pf_err *err)
{
	for (;;) {
		yaml_event_t e;
		bool end;
		int rc;

		if (!yaml_parser_parse(&r->parser, &e))
			return fail_parser(r, text, err);
		end = e.type == YAML_STREAM_END_EVENT;
		rc = take_event(r, &e, err);
		yaml_event_delete(&e);
		if (rc < 0 || end)
			return rc;
	}
}

int pf_yaml_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	struct reader *r;
	int rc;

	if (text.n >= 2 &&
	    (memcmp(text.p, "\xff\xfe", 2) == 0 || memcmp(text.p, "\xfe\xff", 2) == 0))
		return pf_fail(err, PF_EMODEL,
			       "line 1, column 1: UTF-16 text, where UTF-8 is read");
	if (pf_str_starts(text, "\xef\xbb\xbf"))
		text = pf_str_skip(text, 3);
	r = pf_alloc(a, sizeof(*r));
	r->arena = a;
	if (!yaml_parser_initialize(&r->parser))
		pf_oom();
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.p ? text.p : ""),
				     text.n);
	rc = read_events(r, text, err);
	yaml_parser_delete(&r->parser);
	if (rc == 0) {
		*out = pf_alloc(a, sizeof(**out));
		**out = r->used ? r->stack[0] : (struct pf_node){ .line = 1, .column = 1 };
	}
	free(r->stack);
	return rc;
}
