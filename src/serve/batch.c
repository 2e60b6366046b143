/* batch.c - tables and arrays of several requests put together, and the answer taken apart */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "serve/inside.h"

/* ---- may they go together? ---- */

static bool same_columns(const struct pf_table *a, const struct pf_table *b)
{
	if (a->columns.n != b->columns.n || a->index || b->index)
		return false;
	for (size_t i = 0; i < a->columns.n; i++) {
		const struct pf_column *x = &a->columns.v[i], *y = &b->columns.v[i];

		if (x->type != y->type || x->unnamed != y->unnamed || !x->values != !y->values ||
		    !pf_str_eq(x->name, y->name))
			return false;
	}
	return true;
}

static bool same_shape(const struct pf_tensor *a, const struct pf_tensor *b)
{
	return a->type == b->type && a->rank == b->rank && a->rank > 0 &&
	       !a->values == !b->values &&
	       memcmp(a->shape + 1, b->shape + 1, (a->rank - 1) * sizeof(*a->shape)) == 0;
}

/* Parameters are equal when their bytes are. */
static bool same_params(const struct pf_value *a, const struct pf_value *b)
{
	PF_AUTO(buf) x = PF_BUF(1 << 16), y = PF_BUF(1 << 16);
	struct pf_err ignored;

	if (a->kind == PF_V_NULL && b->kind == PF_V_NULL)
		return true;
	return pf_value_write(&x, a, &ignored) == 0 && pf_value_write(&y, b, &ignored) == 0 &&
	       pf_str_eq(pf_buf_view(&x), pf_buf_view(&y));
}

bool pf_batch_fits(const struct pf_request *a, const struct pf_request *b)
{
	if (a->raw || b->raw || a->llm || b->llm || a->data.kind != b->data.kind ||
	    !same_params(&a->params, &b->params))
		return false;
	if (a->data.kind == PF_V_TABLE)
		return same_columns(a->data.table, b->data.table);
	return a->data.kind == PF_V_TENSOR && same_shape(a->data.tensor, b->data.tensor);
}

static size_t rows_of(const struct pf_request *r)
{
	return r->data.kind == PF_V_TABLE ? r->data.table->rows : (size_t)r->data.tensor->shape[0];
}

/* ---- together ---- */

/* Elements of one after those of another, of `width` bytes each. */
struct join {
	char *at;
};

static void add(struct join *j, const void *p, size_t n)
{
	if (n)
		memcpy(j->at, p, n);
	j->at += n;
}

static void join_column(struct pf_column *out, struct pf_arena *a,
			const struct pf_request *const *all, size_t n, size_t number, size_t total)
{
	const struct pf_column *first = &all[0]->data.table->columns.v[number];
	size_t width = first->values ? sizeof(struct pf_value) : pf_type_width(first->type);
	struct join j = { pf_alloc_array(a, total, width) };

	*out = *first;
	if (first->values)
		out->values = (struct pf_value *)(void *)j.at;
	else
		out->data = j.at;
	for (size_t i = 0; i < n; i++) {
		const struct pf_table *t = all[i]->data.table;
		const struct pf_column *c = &t->columns.v[number];

		add(&j, c->values ? (const void *)c->values : c->data, t->rows * width);
	}
}

static void join_tables(struct pf_value *out, struct pf_arena *a,
			const struct pf_request *const *all, size_t n, size_t total)
{
	struct pf_table *t = pf_alloc(a, sizeof(*t));
	const struct pf_table *first = all[0]->data.table;

	t->rows = total;
	for (size_t i = 0; i < first->columns.n; i++)
		join_column(PF_PUSH(a, &t->columns), a, all, n, i, total);
	*out = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
}

/* Elements of one row. */
static size_t row_size(const struct pf_tensor *t)
{
	size_t n = 1;

	for (unsigned i = 1; i < t->rank; i++)
		n *= (size_t)t->shape[i];
	return n;
}

static void join_tensors(struct pf_value *out, struct pf_arena *a,
			 const struct pf_request *const *all, size_t n, size_t total)
{
	const struct pf_tensor *first = all[0]->data.tensor;
	struct pf_tensor *t = pf_alloc(a, sizeof(*t));
	size_t width = row_size(first) *
		       (first->values ? sizeof(struct pf_value) : pf_type_width(first->type));
	struct join j = { pf_alloc_array(a, total, width) };

	*t = *first;
	t->shape[0] = total;
	if (first->values)
		t->values = (struct pf_value *)(void *)j.at;
	else
		t->data = j.at;
	for (size_t i = 0; i < n; i++) {
		const struct pf_tensor *one = all[i]->data.tensor;

		add(&j, one->values ? (const void *)one->values : one->data,
		    (size_t)one->shape[0] * width);
	}
	*out = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
}

void pf_batch_join(struct pf_request *out, struct pf_arena *a, const struct pf_request *const *all,
		   size_t *rows, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += rows[i] = rows_of(all[i]);
	*out = *all[0];
	if (out->data.kind == PF_V_TABLE)
		join_tables(&out->data, a, all, n, total);
	else
		join_tensors(&out->data, a, all, n, total);
}

/* ---- apart ---- */

bool pf_batch_part(struct pf_value *out, struct pf_arena *a, const struct pf_value *answer,
		   size_t from, size_t n, size_t total)
{
	size_t rows;

	if (!pf_value_rows(&rows, answer) || rows != total)
		return false;
	*out = pf_value_slice(a, answer, from, n);
	return true;
}
