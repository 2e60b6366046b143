/* toml.c - TOML 1.0 as a bounded tree */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/toml.h"

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "formats/toml_scalar.h"

/* A node that may still grow: headers and dotted keys come back to tables that are there. */
struct box {
	struct pf_node node;
	PF_VEC(struct box *) items;
	struct pf_map names; /* of a table's items */
	unsigned depth;
	unsigned dotted; /* a dotted key of this section led through it; 0: none */
	bool closed;	 /* a header named it */
	bool whole;	 /* it was written as a value */
};

struct part {
	struct pf_str name;
	const char *at;
};

struct reader {
	struct pf_arena *out;
	struct pf_arena temp;
	struct pf_buf string;
	const char *p, *end;
	const char *seen; /* line and column belong to this byte */
	uint32_t line, column;
	PF_VEC(struct part) path;
	struct box *here; /* the table of the last header */
	unsigned section; /* headers so far, from 1 */
	size_t nodes;
};

static void free_reader(struct reader *r)
{
	pf_buf_free(&r->string);
	pf_arena_free(&r->temp);
}

/* ---- places ---- */

static void follow(struct reader *r, const char *to)
{
	for (; r->seen < to; r->seen++) {
		if (*r->seen == '\n') {
			r->line++;
			r->column = 1;
		} else if (((unsigned char)*r->seen & 0xc0) != 0x80) {
			r->column++;
		}
	}
}

static int fail_at(struct reader *r, const char *at, struct pf_err *err, const char *what)
{
	follow(r, at);
	return pf_fail(err, PF_EMODEL, "line %u, column %u: %s", r->line, r->column, what);
}

static int fail_twice(struct reader *r, const struct part *part, struct pf_err *err)
{
	follow(r, part->at);
	return pf_fail(err, PF_EMODEL, "line %u, column %u: \"" PF_FMT "\" is there already",
		       r->line, r->column, PF_ARG(pf_shown(part->name)));
}

static int fail_deep(struct reader *r, const char *at, struct pf_err *err)
{
	follow(r, at);
	return pf_fail(err, PF_ELIMIT, "line %u, column %u: nested deeper than %d levels", r->line,
		       r->column, PF_MAX_TOML_DEPTH);
}

/* ---- bytes ---- */

static bool eat(struct reader *r, const char *what)
{
	size_t n = strlen(what);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, what, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool eat_newline(struct reader *r)
{
	return eat(r, "\n") || eat(r, "\r\n");
}

static void skip_blank(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

/* Blanks and a comment. */
static int skip_rest(struct reader *r, struct pf_err *err)
{
	skip_blank(r);
	if (!eat(r, "#"))
		return 0;
	while (r->p < r->end && !pf_toml_is_control(*r->p))
		r->p++;
	if (r->p == r->end || *r->p == '\n' ||
	    (*r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n'))
		return 0;
	return fail_at(r, r->p, err, "a control character");
}

static int skip_lines(struct reader *r, struct pf_err *err)
{
	do {
		if (skip_rest(r, err) < 0)
			return -1;
	} while (eat_newline(r));
	return 0;
}

static int take_string(struct reader *r, struct pf_str *out, bool key, struct pf_err *err)
{
	const char *what;

	r->string.n = 0;
	what = pf_toml_string_read(&r->string, &r->p, r->end, key);
	if (what)
		return fail_at(r, r->p, err, what);
	*out = pf_dup(r->out, pf_buf_view(&r->string));
	return 0;
}

/* ---- keys ---- */

static int take_name(struct reader *r, struct pf_str *out, struct pf_err *err)
{
	const char *start = r->p;

	if (r->p < r->end && (*r->p == '"' || *r->p == '\''))
		return take_string(r, out, true, err);
	while (r->p < r->end && (pf_is_alnum(*r->p) || *r->p == '_' || *r->p == '-'))
		r->p++;
	if (r->p == start)
		return fail_at(r, start, err, "a key was expected");
	*out = pf_dup(r->out, (struct pf_str){ start, (size_t)(r->p - start) });
	return 0;
}

static int take_path(struct reader *r, struct pf_err *err)
{
	r->path.n = 0;
	do {
		struct part *part = PF_PUSH(&r->temp, &r->path);

		if (r->path.n > PF_MAX_TOML_DEPTH)
			return fail_deep(r, r->p, err);
		skip_blank(r);
		part->at = r->p;
		if (take_name(r, &part->name, err) < 0)
			return -1;
		skip_blank(r);
	} while (eat(r, "."));
	return 0;
}

/* ---- the tree ---- */

static struct box *find(const struct box *table, const struct part *part)
{
	return pf_map_get(&table->names, part->name);
}

/* A new last item; `part` names it in a table. */
static int add_item(struct reader *r, struct box **out, struct box *to, const struct part *part,
		    enum pf_node_kind kind, struct pf_err *err)
{
	struct box *b;

	follow(r, part ? part->at : r->p);
	if (++r->nodes > PF_MAX_TOML_NODES)
		return pf_fail(err, PF_ELIMIT, "line %u, column %u: more than %d nodes", r->line,
			       r->column, PF_MAX_TOML_NODES);
	if (to->depth == PF_MAX_TOML_DEPTH)
		return fail_deep(r, r->p, err);
	b = pf_alloc(&r->temp, sizeof(*b));
	b->node = (struct pf_node){ .kind = kind, .line = r->line, .column = r->column };
	b->depth = to->depth + 1;
	if (part) {
		b->node.key = part->name;
		*pf_map_put(&r->temp, &to->names, part->name) = b;
	}
	*PF_PUSH(&r->temp, &to->items) = b;
	*out = b;
	return 0;
}

static int take_value(struct reader *r, struct box *b, struct pf_err *err);

static int enter_dotted(struct reader *r, struct box **table, const struct part *part,
			struct pf_err *err)
{
	struct box *next = find(*table, part);

	if (!next && add_item(r, &next, *table, part, PF_NODE_MAP, err) < 0)
		return -1;
	if (next->whole || next->closed || (next->dotted && next->dotted != r->section))
		return fail_twice(r, part, err);
	next->dotted = r->section;
	*table = next;
	return 0;
}

static int take_pair(struct reader *r, struct box *table, struct pf_err *err)
{
	struct box *b;
	size_t last;

	if (take_path(r, err) < 0)
		return -1;
	last = r->path.n - 1;
	for (size_t i = 0; i < last; i++)
		if (enter_dotted(r, &table, &r->path.v[i], err) < 0)
			return -1;
	if (find(table, &r->path.v[last]))
		return fail_twice(r, &r->path.v[last], err);
	if (!eat(r, "="))
		return fail_at(r, r->p, err, "= was expected");
	skip_blank(r);
	if (add_item(r, &b, table, &r->path.v[last], PF_NODE_NULL, err) < 0)
		return -1;
	return take_value(r, b, err);
}

/* ---- values ---- */

static int take_list(struct reader *r, struct box *list, struct pf_err *err)
{
	list->node.kind = PF_NODE_LIST;
	do {
		struct box *item;

		if (skip_lines(r, err) < 0)
			return -1;
		if (eat(r, "]"))
			return 0;
		if (add_item(r, &item, list, NULL, PF_NODE_NULL, err) < 0 ||
		    take_value(r, item, err) < 0 || skip_lines(r, err) < 0)
			return -1;
	} while (eat(r, ","));
	return eat(r, "]") ? 0 : fail_at(r, r->p, err, ", or ] was expected");
}

static int take_inline_table(struct reader *r, struct box *table, struct pf_err *err)
{
	table->node.kind = PF_NODE_MAP;
	skip_blank(r);
	if (eat(r, "}"))
		return 0;
	do {
		if (take_pair(r, table, err) < 0)
			return -1;
		skip_blank(r);
	} while (eat(r, ","));
	return eat(r, "}") ? 0 : fail_at(r, r->p, err, ", or } was expected");
}

static int take_word(struct reader *r, struct box *b, struct pf_err *err)
{
	struct pf_str word = { r->p, 0 };

	while (r->p < r->end && !pf_toml_is_control(*r->p) && !strchr(" \t,]}#", *r->p))
		r->p++;
	word.n = (size_t)(r->p - word.p);
	if (r->end - r->p > 3 && *r->p == ' ' && r->p[3] == ':' && pf_toml_is_date(word)) {
		while (++r->p < r->end && !pf_toml_is_control(*r->p) && !strchr(" \t,]}#", *r->p))
			;
		word.n = (size_t)(r->p - word.p);
	}
	if (word.n == 0)
		return fail_at(r, word.p, err, "a value was expected");
	if (!pf_toml_scalar_read(&b->node, r->out, word))
		return fail_at(r, word.p, err, "no value that TOML knows");
	return 0;
}

static int take_value(struct reader *r, struct box *b, struct pf_err *err)
{
	b->whole = true;
	if (r->p < r->end && (*r->p == '"' || *r->p == '\'')) {
		b->node.kind = PF_NODE_STRING;
		b->node.quoted = true;
		return take_string(r, &b->node.text, false, err);
	}
	if (eat(r, "["))
		return take_list(r, b, err);
	if (eat(r, "{"))
		return take_inline_table(r, b, err);
	return take_word(r, b, err);
}

/* ---- headers ---- */

/* The table that a part of a header leads through: of a list of tables the last. */
static int enter_table(struct reader *r, struct box **table, const struct part *part,
		       struct pf_err *err)
{
	struct box *next = find(*table, part);

	if (!next && add_item(r, &next, *table, part, PF_NODE_MAP, err) < 0)
		return -1;
	if (next->whole)
		return fail_twice(r, part, err);
	*table = next->node.kind == PF_NODE_LIST ? next->items.v[next->items.n - 1] : next;
	return 0;
}

static int open_table(struct reader *r, struct box *in, const struct part *part, struct pf_err *err)
{
	struct box *table = find(in, part);

	if (!table && add_item(r, &table, in, part, PF_NODE_MAP, err) < 0)
		return -1;
	if (table->whole || table->closed || table->dotted)
		return fail_twice(r, part, err);
	table->closed = true;
	r->here = table;
	return 0;
}

static int open_list_item(struct reader *r, struct box *in, const struct part *part,
			  struct pf_err *err)
{
	struct box *list = find(in, part);

	if (!list && add_item(r, &list, in, part, PF_NODE_LIST, err) < 0)
		return -1;
	if (list->whole || list->node.kind != PF_NODE_LIST)
		return fail_twice(r, part, err);
	list->closed = true;
	return add_item(r, &r->here, list, NULL, PF_NODE_MAP, err);
}

static int take_header(struct reader *r, struct box *root, struct pf_err *err)
{
	bool list = eat(r, "[");
	const struct part *last;

	r->section++;
	if (take_path(r, err) < 0)
		return -1;
	if (!eat(r, list ? "]]" : "]"))
		return fail_at(r, r->p, err, "] was expected");
	last = &r->path.v[r->path.n - 1];
	for (const struct part *part = r->path.v; part < last; part++)
		if (enter_table(r, &root, part, err) < 0)
			return -1;
	return (list ? open_list_item : open_table)(r, root, last, err);
}

/* ---- the document ---- */

static int take_lines(struct reader *r, struct box *root, struct pf_err *err)
{
	for (;;) {
		if (skip_lines(r, err) < 0)
			return -1;
		if (r->p == r->end)
			return 0;
		if ((eat(r, "[") ? take_header(r, root, err) : take_pair(r, r->here, err)) < 0 ||
		    skip_rest(r, err) < 0)
			return -1;
		if (r->p < r->end && !eat_newline(r))
			return fail_at(r, r->p, err, "the end of the line was expected");
	}
}

/* No deeper than PF_MAX_TOML_DEPTH. */
static struct pf_node settle(struct reader *r, const struct box *b)
{
	struct pf_node n = b->node;

	n.n = b->items.n;
	n.v = n.n ? pf_alloc_array(r->out, n.n, sizeof(*n.v)) : NULL;
	for (size_t i = 0; i < n.n; i++)
		n.v[i] = settle(r, b->items.v[i]);
	return n;
}

int pf_toml_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	struct box root = { .node = { .kind = PF_NODE_MAP, .line = 1, .column = 1 } };
	__attribute__((
		cleanup(free_reader))) struct reader r = { .out = a, .line = 1, .column = 1 };

	if (pf_str_starts(text, "\xef\xbb\xbf"))
		text = pf_str_skip(text, 3);
	r.p = r.seen = text.n ? text.p : "";
	r.end = r.p + text.n;
	r.string = PF_BUF(text.n + 1);
	r.here = &root;
	r.section = 1;
	for (const char *p = r.p; p < r.end;) {
		size_t n = pf_utf8_length(p, r.end);

		if (n == 0)
			return fail_at(&r, p, err, "text that is no UTF-8");
		p += n;
	}
	if (take_lines(&r, &root, err) < 0)
		return -1;
	*out = pf_alloc(a, sizeof(**out));
	**out = settle(&r, &root);
	return 0;
}
