/* tree.h - trees of YAML and TOML in one line, and what their readers refuse */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "unit.h"

typedef int tree_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text,
		       struct pf_err *err);

/* Null ~, booleans true and false, numbers #3.10, strings "x"; dates of TOML @1979-05-27. */
static inline void tree_show(struct pf_buf *out, const struct pf_node *n, bool toml)
{
	static const char *const quotes[][2] = { { "~", "" }, { "", "" },  { "#", "" },
						 { "\"", "\"" }, { "[", "]" }, { "{", "}" } };
	bool date = toml && n->kind == PF_NODE_STRING && !n->quoted;

	pf_buf_cstr(out, date ? "@" : quotes[n->kind][0]);
	if (n->kind == PF_NODE_BOOL)
		pf_buf_cstr(out, n->truth ? "true" : "false");
	else if (n->kind == PF_NODE_NUMBER || n->kind == PF_NODE_STRING)
		pf_buf_str(out, n->text);
	for (size_t i = 0; i < n->n; i++) {
		if (i)
			pf_buf_cstr(out, ", ");
		if (n->kind == PF_NODE_MAP)
			pf_buf_printf(out, PF_FMT ": ", PF_ARG(n->v[i].key));
		tree_show(out, &n->v[i], toml);
	}
	pf_buf_cstr(out, date ? "" : quotes[n->kind][1]);
}

struct tree_refused {
	struct pf_str in;
	const char *msg;
};

static inline void tree_refuses(tree_parse *parse, const struct tree_refused *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_err err = { 0 };
		struct pf_node *node = NULL;

		assert_int_equal(parse(&node, &a, rows[i].in, &err), -1);
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.code, PF_EMODEL);
		assert_null(node);
	}
}
