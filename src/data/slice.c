/* slice.c - some rows of a table, an array or a list, without a copy of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/frame.h"

bool pf_value_rows(size_t *rows, const struct pf_value *v)
{
	switch (v->kind) {
	case PF_V_LIST:
		*rows = v->list.n;
		return true;
	case PF_V_TABLE:
	case PF_V_SERIES:
		*rows = v->table->rows;
		return true;
	case PF_V_TENSOR:
		*rows = v->tensor->rank ? (size_t)v->tensor->shape[0] : 0;
		return v->tensor->rank > 0;
	default:
		return false;
	}
}

static struct pf_table *slice_table(struct pf_arena *a, const struct pf_table *t, size_t from,
				    size_t n)
{
	struct pf_table *part = pf_alloc(a, sizeof(*part));

	part->rows = n;
	part->index = t->index ? t->index + from : NULL;
	for (size_t i = 0; i < t->columns.n; i++) {
		struct pf_column *c = PF_PUSH(a, &part->columns);

		*c = t->columns.v[i];
		if (c->values)
			c->values += from;
		else if (c->data)
			c->data = (char *)c->data + from * pf_type_width(c->type);
	}
	return part;
}

static struct pf_tensor *slice_tensor(struct pf_arena *a, const struct pf_tensor *t, size_t from,
				      size_t n)
{
	struct pf_tensor *part = pf_alloc(a, sizeof(*part));
	size_t each = 1;

	for (unsigned i = 1; i < t->rank; i++)
		each *= (size_t)t->shape[i];
	*part = *t;
	part->shape[0] = n;
	if (part->values)
		part->values += from * each;
	else if (part->data)
		part->data = (char *)t->data + from * each * pf_type_width(t->type);
	return part;
}

struct pf_value pf_value_slice(struct pf_arena *a, const struct pf_value *v, size_t from, size_t n)
{
	struct pf_value part = *v;

	if (v->kind == PF_V_TENSOR)
		part.tensor = slice_tensor(a, v->tensor, from, n);
	else if (v->kind == PF_V_TABLE || v->kind == PF_V_SERIES)
		part.table = slice_table(a, v->table, from, n);
	else if (v->kind == PF_V_LIST)
		part.list.n = n;
	if (v->kind == PF_V_LIST && v->list.v)
		part.list.v += from;
	return part;
}
