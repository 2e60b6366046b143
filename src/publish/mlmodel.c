/* mlmodel.c - MLmodel with other values at its top, and as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/mlmodel.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml.h"

/* ---- line by line ---- */

static const struct pf_mlmodel_line *line_of(const struct pf_node *root, uint32_t number,
					     const struct pf_mlmodel_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct pf_node *at = pf_node_get(root, lines[i].key);

		if (at && at->line == number)
			return &lines[i];
	}
	return NULL;
}

/* key: 'it''s' */
static void add_line(struct pf_buf *out, const struct pf_mlmodel_line *line)
{
	if (!line->value.p)
		return;
	pf_buf_printf(out, "%s: '", line->key);
	for (size_t i = 0; i < line->value.n; i++) {
		if (line->value.p[i] == '\'')
			pf_buf_char(out, '\'');
		pf_buf_char(out, line->value.p[i]);
	}
	pf_buf_cstr(out, "'\n");
}

static bool goes_on(struct pf_str line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

static void write_lines(struct pf_buf *out, struct pf_str text, const struct pf_node *root,
			const struct pf_mlmodel_line *lines, size_t n)
{
	const struct pf_mlmodel_line *here = NULL;
	uint32_t number = 0;

	while (text.n) {
		size_t end = pf_str_find(text, '\n');
		struct pf_str line = pf_str_cut(text, 0, end == PF_NPOS ? text.n : end + 1);

		text = pf_str_skip(text, line.n);
		number++;
		if (here && goes_on(line))
			continue;
		here = line_of(root, number, lines, n);
		if (here)
			add_line(out, here);
		else
			pf_buf_str(out, line);
	}
	if (out->n && out->p[out->n - 1] != '\n')
		pf_buf_char(out, '\n');
	for (size_t i = 0; i < n; i++)
		if (!pf_node_get(root, lines[i].key))
			add_line(out, &lines[i]);
}

/* ---- is it what it was? ---- */

static bool is_same(const struct pf_node *a, const struct pf_node *b)
{
	if (!a || !b || a->kind != b->kind || a->n != b->n || !pf_str_eq(a->text, b->text) ||
	    !pf_str_eq(a->key, b->key))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!is_same(&a->v[i], &b->v[i]))
			return false;
	return true;
}

static const struct pf_mlmodel_line *set_by(struct pf_str key, const struct pf_mlmodel_line *lines,
					    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pf_str_is(key, lines[i].key))
			return &lines[i];
	return NULL;
}

static bool is_set(const struct pf_node *root, const struct pf_mlmodel_line *line)
{
	const struct pf_node *now = pf_node_get(root, line->key);

	if (!now || !line->value.p)
		return !now && !line->value.p;
	return now->kind == PF_NODE_STRING && pf_str_eq(now->text, line->value);
}

static bool is_right(const struct pf_node *before, const struct pf_node *after,
		     const struct pf_mlmodel_line *lines, size_t n)
{
	PF_AUTO(arena) a = { 0 };
	size_t wanted = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		wanted += lines[i].value.p != NULL;
		if (!is_set(after, &lines[i]))
			return false;
	}
	for (size_t i = 0; i < before->n; i++) {
		struct pf_str key = before->v[i].key;

		if (set_by(key, lines, n))
			continue;
		kept++;
		if (!is_same(&before->v[i], pf_node_get(after, pf_dupz(&a, key))))
			return false;
	}
	return after->n == wanted + kept;
}

int pf_mlmodel_set(struct pf_buf *out, struct pf_str text, const struct pf_mlmodel_line *lines,
		   size_t n, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) made = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *before, *after;
	struct pf_err ignored;

	if (pf_yaml_parse(&before, &a, text, err) < 0)
		return -1;
	write_lines(&made, text, before, lines, n);
	if (pf_buf_check(&made, "MLmodel", err) < 0)
		return -1;
	if (before->kind != PF_NODE_MAP ||
	    pf_yaml_parse(&after, &a, pf_buf_view(&made), &ignored) < 0 ||
	    !is_right(before, after, lines, n)) {
		pf_fail(err, PF_EMODEL, "MLmodel is not written as MLflow writes it");
		return pf_hint(err, "write each of its keys on a line of its own, without braces");
	}
	pf_buf_str(out, pf_buf_view(&made));
	return pf_buf_check(out, "MLmodel", err);
}

/* ---- as JSON ---- */

static bool is_json_number(struct pf_str text)
{
	PF_AUTO(json) r = { 0 };
	struct pf_json_token first, end;
	struct pf_err ignored;

	pf_json_init(&r, text, 0);
	return text.n && (pf_is_digit(text.p[0]) || text.p[0] == '-') &&
	       pf_is_digit(text.p[text.n - 1]) && pf_json_next(&r, &first, &ignored) == 0 &&
	       first.kind == PF_JSON_NUMBER && pf_json_next(&r, &end, &ignored) == 0 &&
	       end.kind == PF_JSON_END;
}

static void write_scalar(struct pf_json_out *w, const struct pf_node *node)
{
	if (node->kind == PF_NODE_NULL)
		pf_json_null(w);
	else if (node->kind == PF_NODE_BOOL)
		pf_json_bool(w, node->truth);
	else if (node->kind == PF_NODE_NUMBER && is_json_number(node->text))
		pf_json_raw(w, node->text);
	else
		pf_json_str(w, node->text);
}

void pf_mlmodel_json(struct pf_json_out *w, const struct pf_node *node, const char *without)
{
	PF_AUTO(arena) a = { 0 };
	bool map = node->kind == PF_NODE_MAP;

	if (!map && node->kind != PF_NODE_LIST) {
		write_scalar(w, node);
		return;
	}
	pf_json_open(w, map ? '{' : '[');
	for (size_t i = 0; i < node->n; i++) {
		if (map && without && pf_str_is(node->v[i].key, without))
			continue;
		if (map)
			pf_json_key(w, pf_dupz(&a, node->v[i].key));
		pf_mlmodel_json(w, &node->v[i], NULL);
	}
	pf_json_close(w, map ? '}' : ']');
}
