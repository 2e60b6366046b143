/* json_python.c - a tree as JSON, spelled as Python's json.dumps spells it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/number.h"
#include "base/str.h"
#include "base/utf8.h"

/* -1: all on one line. */
static void start_line(struct pf_buf *out, int indent, unsigned level)
{
	if (indent < 0)
		return;
	pf_buf_char(out, '\n');
	for (unsigned i = 0; i < level * (unsigned)indent; i++)
		pf_buf_char(out, ' ');
}

static void put_escape(struct pf_buf *out, uint32_t c)
{
	if (c > 0xffff) {
		pf_buf_printf(out, "\\u%04x", 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	pf_buf_printf(out, "\\u%04x", c);
}

static void put_text(struct pf_buf *out, struct pf_str s)
{
	static const char plain[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *p = s.p, *end = s.p + s.n;

	pf_buf_char(out, '"');
	while (p < end) {
		size_t n = pf_utf8_length(p, end), i = 0;
		uint32_t c = n ? pf_utf8_get(p, n) : 0xfffd;

		while (i < sizeof(plain) - 1 && (uint32_t)plain[i] != c)
			i += 2;
		if (i < sizeof(plain) - 1)
			pf_buf_add(out, (const char[]){ '\\', plain[i + 1] }, 2);
		else if (c < 0x20 || c > 0x7e)
			put_escape(out, c);
		else
			pf_buf_char(out, (char)c);
		p += n ? n : 1;
	}
	pf_buf_char(out, '"');
}

/* Whole numbers are of any size; the others are doubles. */
static void put_number(struct pf_buf *out, struct pf_str text)
{
	char shortest[PF_DOUBLE_SIZE];
	double value;

	if (pf_str_is(text, "-0"))
		pf_buf_char(out, '0');
	else if (pf_str_find(text, '.') == PF_NPOS && pf_str_find(text, 'e') == PF_NPOS &&
		 pf_str_find(text, 'E') == PF_NPOS)
		pf_buf_str(out, text);
	else if (pf_double_read(text, &value) && isfinite(value))
		pf_buf_add(out, shortest, pf_double_write(shortest, value));
	else
		pf_buf_cstr(out, pf_str_starts(text, "-") ? "-Infinity" : "Infinity");
}

static void put_node(struct pf_buf *out, const struct pf_node *n, int indent, unsigned level)
{
	bool map = n->kind == PF_NODE_MAP;

	if (n->kind == PF_NODE_NULL)
		pf_buf_cstr(out, "null");
	else if (n->kind == PF_NODE_BOOL)
		pf_buf_cstr(out, n->truth ? "true" : "false");
	else if (n->kind == PF_NODE_NUMBER)
		put_number(out, n->text);
	else if (n->kind == PF_NODE_STRING)
		put_text(out, n->text);
	if (n->kind != PF_NODE_LIST && !map)
		return;
	pf_buf_char(out, map ? '{' : '[');
	for (size_t i = 0; i < n->n; i++) {
		pf_buf_cstr(out, i == 0 ? "" : indent < 0 ? ", " : ",");
		start_line(out, indent, level + 1);
		if (map) {
			put_text(out, n->v[i].key);
			pf_buf_cstr(out, ": ");
		}
		put_node(out, &n->v[i], indent, level + 1);
	}
	if (n->n)
		start_line(out, indent, level);
	pf_buf_char(out, map ? '}' : ']');
}

void pf_json_as_python(struct pf_buf *out, const struct pf_node *n, int indent)
{
	put_node(out, n, indent ? indent : -1, 0);
}
