/* yaml_write.c - a tree as a YAML text, spelled as PyYAML's safe_dump spells it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml_write.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "formats/yaml_scalar.h"
#include "formats/yaml_style.h"

/* PyYAML's emitter knows where it is by four things, which its rules are told in: the column, the
 * indent of the collection it is in, and whether blanks alone, or the marks of collections ("- ",
 * "? "), are all that the line has so far. */

#define WIDTH 80
#define INDENT 2

struct writer {
	struct pf_buf *out;
	struct pf_arena temp; /* characters of strings, entries in order */
	bool sorted;
	int column, indent; /* -1: no collection yet */
	bool blank;	    /* the last thing written is white space */
	bool fresh;	    /* nothing but indentation and marks on this line */
	unsigned depth;
};

static void put(struct writer *w, const char *p, size_t n)
{
	pf_buf_add(w->out, p, n);
	w->column += (int)n;
}

/* A mark: "-", "?", ":", quotes, brackets. */
static void put_mark(struct writer *w, const char *mark, bool apart, bool blank, bool fresh)
{
	if (apart && !w->blank)
		put(w, " ", 1);
	put(w, mark, strlen(mark));
	w->blank = blank;
	w->fresh = w->fresh && fresh;
}

static void break_line(struct writer *w)
{
	pf_buf_char(w->out, '\n');
	w->blank = w->fresh = true;
	w->column = 0;
}

/* To the indent: on this line where nothing is in the way, else on a new one. */
static void start_line(struct writer *w)
{
	int indent = w->indent < 0 ? 0 : w->indent;

	if (!w->fresh || w->column > indent || (w->column == indent && !w->blank))
		break_line(w);
	if (w->column < indent)
		w->blank = true;
	while (w->column < indent)
		put(w, " ", 1);
}

/* ---- strings ---- */

/* ASCII with line feeds: plain (then without any), or what stands between single quotes. A line is
 * folded at a single blank that lies beyond the width; a line feed is written as an empty line. */
static void put_words(struct writer *w, struct pf_str t, bool fold, bool quoted)
{
	size_t from = 0;
	char before = 'x';

	for (size_t i = 0; i <= t.n; i++) {
		char c = i < t.n ? t.p[i] : '\0';

		if (before == ' ' && c != ' ') {
			if (fold && from + 1 == i && w->column > WIDTH && from && i < t.n) {
				start_line(w);
				w->blank = w->blank && quoted;
				w->fresh = w->fresh && quoted;
			} else {
				put(w, t.p + from, i - from);
			}
			from = i;
		} else if (before == '\n' && c != '\n') {
			for (break_line(w); from < i; from++)
				break_line(w);
			start_line(w);
		} else if (before != ' ' && before != '\n' &&
			   (i == t.n || c == ' ' || c == '\n' || c == '\'')) {
			put(w, t.p + from, i - from);
			from = i;
		}
		if (quoted && c == '\'') {
			put(w, "''", 2);
			from = i + 1;
		}
		before = c;
	}
}

static void put_escape(struct writer *w, uint32_t c)
{
	static const struct {
		uint32_t c;
		char letter;
	} letters[] = { { 0, '0' },    { '\a', 'a' },	{ '\b', 'b' },	{ '\t', 't' },
			{ '\n', 'n' }, { '\v', 'v' },	{ '\f', 'f' },	{ '\r', 'r' },
			{ 0x1b, 'e' }, { '"', '"' },	{ '\\', '\\' }, { 0x85, 'N' },
			{ 0xa0, '_' }, { 0x2028, 'L' }, { 0x2029, 'P' } };
	char text[16] = { '\\' };
	size_t n = 2;

	for (size_t i = 0; i < PF_COUNT(letters) && !text[1]; i++)
		if (letters[i].c == c)
			text[1] = letters[i].letter;
	if (!text[1])
		n = (size_t)snprintf(text, sizeof(text),
				     c <= 0xff	   ? "\\x%02X"
				     : c <= 0xffff ? "\\u%04X"
						   : "\\U%08X",
				     c);
	put(w, text, n);
}

/* Folded behind a blank or an escape that lies beyond the width, by a backslash. */
static void put_escaped(struct writer *w, struct pf_chars t, bool fold)
{
	put_mark(w, "\"", true, false, false);
	for (size_t i = 0, from = 0; i <= t.n; i++) {
		uint32_t c = i < t.n ? t.v[i] : '"';
		bool last = i == t.n, plain = c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';

		if (!plain) {
			for (; from < i; from++)
				put(w, (const char[]){ (char)t.v[from] }, 1);
			if (!last) {
				put_escape(w, c);
				from = i + 1;
			}
		}
		if (!fold || i == 0 || i + 1 >= t.n || !(c == ' ' || from >= i) ||
		    w->column + ((int)i - (int)from) <= WIDTH)
			continue;
		for (; from < i; from++)
			put(w, (const char[]){ (char)t.v[from] }, 1);
		put(w, "\\", 1);
		start_line(w);
		w->blank = w->fresh = false;
		if (t.v[from] == ' ')
			put(w, "\\", 1);
	}
	put_mark(w, "\"", false, false, false);
}

static void put_plain(struct writer *w, struct pf_str text, bool fold)
{
	if (!text.n)
		return;
	if (!w->blank)
		put(w, " ", 1);
	w->blank = w->fresh = false;
	put_words(w, text, fold, false);
}

static void put_string(struct writer *w, struct pf_str text, struct pf_chars c, bool key)
{
	switch (pf_yaml_style(text, c, key)) {
	case PF_YAML_PLAIN:
		put_plain(w, text, !key);
		break;
	case PF_YAML_SINGLE:
		put_mark(w, "'", true, false, false);
		put_words(w, text, !key, true);
		put_mark(w, "'", false, false, false);
		break;
	case PF_YAML_DOUBLE:
		put_escaped(w, c, !key);
		break;
	}
}

/* ---- numbers ---- */

static struct pf_str python_number(struct pf_arena *a, struct pf_str text)
{
	char shortest[PF_DOUBLE_SIZE];
	struct pf_str digits = pf_str_skip(text, pf_str_starts(text, "-")), out;
	bool whole = digits.n > 0;
	double value = 0;
	size_t e;

	for (size_t i = 0; i < digits.n; i++)
		whole &= pf_is_digit(digits.p[i]);
	if (whole)
		return pf_str_is(text, "-0") ? digits : text;
	if (pf_str_is(text, "NaN"))
		return PF_S(".nan");
	if (!pf_double_read(text, &value))
		return pf_str_is(text, "-Infinity") ? PF_S("-.inf") : PF_S(".inf");
	if (isinf(value))
		return value < 0 ? PF_S("-.inf") : PF_S(".inf");
	out = pf_dup(a, (struct pf_str){ shortest, pf_double_write(shortest, value) });
	e = pf_str_find(out, 'e');
	if (e == PF_NPOS || pf_str_find(out, '.') != PF_NPOS)
		return out;
	return pf_format(a, PF_FMT ".0" PF_FMT, PF_ARG(pf_str_cut(out, 0, e)),
			 PF_ARG(pf_str_skip(out, e)));
}

void pf_yaml_of_json(struct pf_arena *a, struct pf_node *n)
{
	if (n->kind == PF_NODE_NUMBER)
		n->text = python_number(a, n->text);
	for (size_t i = 0; i < n->n; i++)
		pf_yaml_of_json(a, &n->v[i]);
}

/* ---- nodes ---- */

/* `value`: of a map's entry. */
static int put_node(struct writer *w, const struct pf_node *n, bool value, struct pf_err *err);

static void put_scalar(struct writer *w, const struct pf_node *n, bool key)
{
	int indent = w->indent;
	bool truth;

	w->indent = indent < 0 ? INDENT : indent + INDENT;
	if (n->kind == PF_NODE_NULL)
		put_plain(w, PF_S("null"), !key);
	else if (n->kind == PF_NODE_BOOL)
		put_plain(w, n->truth ? PF_S("true") : PF_S("false"), !key);
	else if (n->kind == PF_NODE_NUMBER)
		put_plain(w,
			  pf_yaml_scalar_kind(n->text, &truth) == PF_NODE_NUMBER
				  ? n->text
				  : python_number(&w->temp, n->text),
			  !key);
	else if (!n->quoted && pf_yaml_is_timestamp(n->text))
		put_plain(w, n->text, !key);
	else
		put_string(w, n->text, pf_chars_of(&w->temp, n->text), key);
	w->indent = indent;
}

static int put_list(struct writer *w, const struct pf_node *n, bool value, struct pf_err *err)
{
	int indent = w->indent;

	if (indent < 0)
		w->indent = 0;
	else if (!value || w->fresh)
		w->indent += INDENT;
	for (size_t i = 0; i < n->n; i++) {
		start_line(w);
		put_mark(w, "-", true, false, true);
		if (put_node(w, &n->v[i], false, err) < 0)
			return -1;
	}
	w->indent = indent;
	return 0;
}

static int put_entry(struct writer *w, const struct pf_node *n, struct pf_err *err)
{
	struct pf_node key = pf_node_string(n->key);
	bool simple = n->odd_key || pf_yaml_is_simple_key(pf_chars_of(&w->temp, n->key));

	start_line(w);
	if (!simple)
		put_mark(w, "?", true, false, true);
	if (n->odd_key)
		put_plain(w, n->key.n ? n->key : PF_S("null"), false);
	else
		put_scalar(w, &key, simple);
	if (!simple)
		start_line(w);
	put_mark(w, ":", !simple, false, !simple);
	return put_node(w, n, true, err);
}

static int by_key(const void *a, const void *b)
{
	return pf_str_cmp(((const struct pf_node *)a)->key, ((const struct pf_node *)b)->key);
}

/* The entries in the order in which they are written. */
static const struct pf_node *entries_of(struct writer *w, const struct pf_node *map)
{
	struct pf_node *v = pf_alloc_array(&w->temp, map->n, sizeof(*v));

	for (size_t i = 0; i < map->n; i++) {
		if (!w->sorted || map->v[i].odd_key)
			return map->v;
		v[i] = map->v[i];
	}
	qsort(v, map->n, sizeof(*v), by_key);
	return v;
}

static int put_map(struct writer *w, const struct pf_node *n, struct pf_err *err)
{
	const struct pf_node *v = entries_of(w, n);
	int indent = w->indent;

	w->indent = indent < 0 ? 0 : indent + INDENT;
	for (size_t i = 0; i < n->n; i++)
		if (put_entry(w, &v[i], err) < 0)
			return -1;
	w->indent = indent;
	return 0;
}

static int put_node(struct writer *w, const struct pf_node *n, bool value, struct pf_err *err)
{
	bool list = n->kind == PF_NODE_LIST;
	int rc;

	if (!list && n->kind != PF_NODE_MAP) {
		put_scalar(w, n, false);
		return 0;
	}
	if (!n->n) {
		put_mark(w, list ? "[" : "{", true, true, false);
		put_mark(w, list ? "]" : "}", false, false, false);
		return 0;
	}
	if (++w->depth > PF_MAX_YAML_DEPTH)
		return pf_fail(err, PF_ELIMIT, "nested deeper than %d levels", PF_MAX_YAML_DEPTH);
	rc = list ? put_list(w, n, value, err) : put_map(w, n, err);
	w->depth--;
	return rc;
}

/* A plain scalar that is all of the document has to be ended. */
static bool is_open(struct writer *w, const struct pf_node *root)
{
	if (root->kind == PF_NODE_LIST || root->kind == PF_NODE_MAP)
		return false;
	return root->kind != PF_NODE_STRING ||
	       pf_yaml_style(root->text, pf_chars_of(&w->temp, root->text), false) == PF_YAML_PLAIN;
}

int pf_yaml_write(struct pf_buf *out, const struct pf_node *root, bool sorted, struct pf_err *err)
{
	struct writer w = {
		.out = out, .sorted = sorted, .indent = -1, .blank = true, .fresh = true
	};
	int rc = put_node(&w, root, false, err);

	if (rc == 0)
		start_line(&w);
	if (rc == 0 && is_open(&w, root))
		pf_buf_cstr(out, "...\n");
	pf_arena_free(&w.temp);
	return rc;
}
