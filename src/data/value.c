/* value.c - a tree of JSON or YAML as a value of the data path */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/value.h"

#include "base/number.h"
#include "base/str.h"

static struct pf_value number_value(struct pf_str text)
{
	struct pf_value v = { .kind = PF_V_INT };
	size_t digits = text.n && text.p[0] == '-';

	if (pf_int64_read(text, &v.i))
		return v;
	while (digits < text.n && pf_is_digit(text.p[digits]))
		digits++;
	if (digits == text.n)
		return (struct pf_value){ .kind = PF_V_BIGINT, .s = text };
	v.kind = PF_V_FLOAT;
	if (pf_str_is(text, "NaN") || pf_str_ieq(text, ".nan"))
		v.d = __builtin_nan("");
	else if (pf_str_ends(text, "Infinity") ||
		 pf_str_ieq(pf_str_skip(text, text.n > 4 ? text.n - 4 : 0), ".inf"))
		v.d = text.p[0] == '-' ? -__builtin_inf() : __builtin_inf();
	else if (!pf_double_read(text, &v.d))
		return (struct pf_value){ .kind = PF_V_STRING, .s = text };
	return v;
}

/* Items and entries; as deep as the JSON reader lets a text be. */
static struct pf_value list_value(struct pf_arena *a, const struct pf_node *n)
{
	size_t width = n->kind == PF_NODE_MAP ? 2 : 1;
	struct pf_value v = { .kind = width == 2 ? PF_V_MAP : PF_V_LIST };

	v.list.n = n->n;
	v.list.v = pf_alloc_array(a, n->n * width, sizeof(*v.list.v));
	for (size_t i = 0; i < n->n; i++) {
		if (width == 2)
			v.list.v[2 * i] =
				(struct pf_value){ .kind = PF_V_STRING, .s = n->v[i].key };
		v.list.v[width * i + width - 1] = pf_value_of_node(a, &n->v[i]);
	}
	return v;
}

struct pf_value pf_value_of_node(struct pf_arena *a, const struct pf_node *n)
{
	switch (n->kind) {
	case PF_NODE_BOOL:
		return (struct pf_value){ .kind = PF_V_BOOL, .b = n->truth };
	case PF_NODE_NUMBER:
		return number_value(n->text);
	case PF_NODE_STRING:
		return (struct pf_value){ .kind = PF_V_STRING, .s = n->text };
	case PF_NODE_LIST:
	case PF_NODE_MAP:
		return list_value(a, n);
	default:
		return (struct pf_value){ 0 };
	}
}
