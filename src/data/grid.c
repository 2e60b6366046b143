/* grid.c - rows of a request as columns of cells, then as a table */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/grid.h"

#include <math.h>

#include "base/limits.h"
#include "base/str.h"
#include "data/document.h"
#include "data/enforce.h"

void pf_grid_make(struct pf_grid *out, struct pf_arena *a, size_t rows, size_t n)
{
	*out = (struct pf_grid){ .rows = rows, .n = n };
	out->columns = pf_alloc_array(a, n, sizeof(*out->columns));
	for (size_t i = 0; i < n; i++) {
		out->columns[i].unnamed = true;
		out->columns[i].v = pf_alloc_array(a, rows, sizeof(struct pf_value));
	}
}

/* ---- split ---- */

static int check_split(const struct pf_value *v, struct pf_err *err)
{
	if (v->kind != PF_V_MAP)
		return pf_fail(err, PF_EMODEL,
			       "dataframe_split must be an object with \"data\" and "
			       "optionally \"columns\" and \"index\", not %s",
			       pf_value_kind_name(v));
	for (size_t i = 0; i < v->list.n; i++) {
		struct pf_str key = v->list.v[2 * i].s;

		if (!pf_str_is(key, "data") && !pf_str_is(key, "columns") &&
		    !pf_str_is(key, "index"))
			return pf_fail(err, PF_EMODEL,
				       "dataframe_split holds \"" PF_FMT "\", where only "
				       "\"data\", \"columns\" and \"index\" belong",
				       PF_ARG(pf_shown(key)));
	}
	if (!pf_value_get(v, "data"))
		return pf_fail(err, PF_EMODEL, "dataframe_split has no \"data\"");
	return 0;
}

static const struct pf_value *get_list(const struct pf_value *map, const char *key)
{
	const struct pf_value *v = pf_value_get(map, key);

	return v && v->kind != PF_V_NULL ? v : NULL;
}

/* Names, or the numbers 0, 1, ... that stand for none. */
static int name_columns(struct pf_grid *g, const char **why, const struct pf_value *names,
			struct pf_err *err)
{
	PF_AUTO(arena) temp = { 0 };
	struct pf_map seen = { 0 };

	for (size_t i = 0; names && i < g->n; i++) {
		const struct pf_value *name = &names->list.v[i];
		void **place;

		if (name->kind == PF_V_INT && name->i == (int64_t)i)
			continue;
		if (name->kind != PF_V_STRING) {
			*why = "column labels that are no text";
			return 0;
		}
		place = pf_map_put(&temp, &seen, name->s);
		if (*place)
			return pf_fail(err, PF_EMODEL, "the column \"" PF_FMT "\" appears twice",
				       PF_ARG(pf_shown(name->s)));
		*place = g;
		g->columns[i].name = name->s;
		g->columns[i].unnamed = false;
	}
	for (size_t i = 1; i < g->n; i++)
		if (g->columns[i].unnamed != g->columns[0].unnamed)
			*why = "column labels of which some are no text";
	return 0;
}

static int take_index(struct pf_grid *g, const char **why, const struct pf_value *index,
		      struct pf_err *err)
{
	bool counted = true;

	if (!index)
		return 0;
	if (index->kind != PF_V_LIST || index->list.n != g->rows)
		return pf_fail(err, PF_EMODEL,
			       "dataframe_split has %zu rows, but its index is %s of %zu", g->rows,
			       pf_value_kind_name(index),
			       index->kind == PF_V_LIST ? index->list.n : 0);
	for (size_t i = 0; i < g->rows; i++) {
		const struct pf_value *label = &index->list.v[i];

		if (label->kind != index->list.v[0].kind ||
		    (label->kind != PF_V_INT && label->kind != PF_V_STRING))
			*why = "index labels that are neither all integers nor all text";
		counted &= label->kind == PF_V_INT && label->i == (int64_t)i;
	}
	if (!counted)
		g->index = index->list.v;
	return 0;
}

/* Before anything is made: then a table has no more cells than its text has values. */
static int check_rows(const struct pf_value *data, size_t n, struct pf_err *err)
{
	for (size_t i = 0; i < data->list.n; i++) {
		const struct pf_value *row = &data->list.v[i];

		if (row->kind != PF_V_LIST)
			return pf_fail(err, PF_EMODEL,
				       "row %zu of dataframe_split is %s, not a list", i,
				       pf_value_kind_name(row));
		if (row->list.n != n)
			return pf_fail(err, PF_EMODEL,
				       "row %zu of dataframe_split has %zu values, where "
				       "there are %zu columns",
				       i, row->list.n, n);
	}
	return 0;
}

static void fill_rows(struct pf_grid *g, const struct pf_value *data)
{
	for (size_t i = 0; i < g->rows; i++)
		for (size_t j = 0; j < g->n; j++)
			g->columns[j].v[i] = data->list.v[i].list.v[j];
}

int pf_grid_split(struct pf_grid *out, const char **why, struct pf_arena *a,
		  const struct pf_value *v, struct pf_err *err)
{
	const struct pf_value *data, *names, *index;
	bool rows_are_lists;
	size_t n;

	if (check_split(v, err) < 0)
		return -1;
	data = pf_value_get(v, "data");
	names = get_list(v, "columns");
	index = get_list(v, "index");
	if (data->kind == PF_V_MAP) {
		*why = "data that is an object";
		return 0;
	}
	if (data->kind != PF_V_LIST || (names && names->kind != PF_V_LIST))
		return pf_fail(err, PF_EMODEL, "\"%s\" of dataframe_split must be a list, not %s",
			       data->kind != PF_V_LIST ? "data" : "columns",
			       pf_value_kind_name(data->kind != PF_V_LIST ? data : names));
	rows_are_lists = !data->list.n || data->list.v[0].kind == PF_V_LIST;
	n = names ? names->list.n : data->list.n && rows_are_lists ? data->list.v[0].list.n : 0;
	if (n > PF_MAX_COLUMNS)
		return pf_fail(err, PF_ELIMIT, "dataframe_split has %zu columns; the limit is %d",
			       n, PF_MAX_COLUMNS);
	if (!rows_are_lists || (data->list.n && !n)) {
		*why = "rows that are no lists, or empty";
		return 0;
	}
	if (check_rows(data, n, err) < 0)
		return -1;
	pf_grid_make(out, a, data->list.n, n);
	fill_rows(out, data);
	return name_columns(out, why, names, err) < 0 || take_index(out, why, index, err) < 0 ? -1
											      : 0;
}

/* ---- records ---- */

/* Where a key's column is. Most records have the same keys in the same order as their columns. */
static size_t find_column(const struct pf_grid *g, const struct pf_map *numbers, struct pf_str key,
			  size_t guess)
{
	if (guess < g->n && pf_str_eq(g->columns[guess].name, key))
		return guess;
	return (size_t)(uintptr_t)pf_map_get(numbers, key) - 1;
}

/* Columns in the order in which their names first appear. */
static int collect_names(struct pf_grid *g, struct pf_map *numbers, struct pf_arena *a,
			 const struct pf_value *v, struct pf_err *err)
{
	PF_VEC(struct pf_cells) columns = { 0 };

	for (size_t i = 0; i < v->list.n; i++) {
		const struct pf_value *row = &v->list.v[i];

		for (size_t j = 0; j < row->list.n; j++) {
			struct pf_str key = row->list.v[2 * j].s;
			void **place;

			if (j < columns.n && pf_str_eq(columns.v[j].name, key))
				continue;
			place = pf_map_put(a, numbers, key);
			if (*place)
				continue;
			if (columns.n >= PF_MAX_COLUMNS)
				return pf_fail(err, PF_ELIMIT,
					       "the records have more than %d columns",
					       PF_MAX_COLUMNS);
			*PF_PUSH(a, &columns) = (struct pf_cells){ .name = key };
			*place = (void *)(uintptr_t)columns.n;
		}
	}
	g->columns = columns.v;
	g->n = columns.n;
	return 0;
}

int pf_grid_records(struct pf_grid *out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, struct pf_err *err)
{
	struct pf_map numbers = { 0 };
	size_t cells;

	if (v->kind != PF_V_LIST)
		return pf_fail(err, PF_EMODEL,
			       "dataframe_records must be a list of objects, not %s",
			       pf_value_kind_name(v));
	for (size_t i = 0; i < v->list.n; i++) {
		if (v->list.v[i].kind != PF_V_MAP) {
			*why = "records that are no objects";
			return 0;
		}
	}
	*out = (struct pf_grid){ .rows = v->list.n };
	if (collect_names(out, &numbers, a, v, err) < 0)
		return -1;
	/* Sparse records of many keys could ask for far more memory than they have bytes. */
	if (__builtin_mul_overflow(out->rows, out->n, &cells) || cells > PF_MAX_CELLS)
		return pf_fail(err, PF_ELIMIT,
			       "the records make a table of %zu rows and %zu columns; the "
			       "limit is %d cells",
			       out->rows, out->n, PF_MAX_CELLS);
	for (size_t j = 0; j < out->n; j++)
		out->columns[j].v = pf_alloc_array(a, out->rows, sizeof(struct pf_value));
	for (size_t i = 0; i < out->rows; i++) {
		const struct pf_value *row = &v->list.v[i];

		if (row->list.n < out->n) {
			out->holes = true;
			for (size_t j = 0; j < out->n; j++)
				out->columns[j].v[i] =
					(struct pf_value){ .kind = PF_V_FLOAT, .d = (double)NAN };
		}
		for (size_t j = 0; j < row->list.n; j++)
			out->columns[find_column(out, &numbers, row->list.v[2 * j].s, j)].v[i] =
				row->list.v[2 * j + 1];
	}
	return 0;
}

/* ---- table ---- */

static int cast_columns(struct pf_table *t, const char **why, struct pf_arena *a,
			const struct pf_grid *grid, const struct pf_schema *schema,
			enum pf_cast_from from, struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(a, grid->n, sizeof(*labels));
	size_t *pick = pf_alloc_array(a, schema->n, sizeof(*pick));

	for (size_t i = 0; i < grid->n; i++)
		labels[i] = (struct pf_label){ .name = grid->columns[i].name,
					       .unnamed = grid->columns[i].unnamed };
	if (pf_enforce_columns(pick, labels, grid->n, schema, err) < 0)
		return -1;
	t->columns.v = pf_alloc_array(a, schema->n, sizeof(*t->columns.v));
	for (size_t i = 0; i < schema->n; i++) {
		const char *odd = NULL;

		if (pick[i] == PF_NPOS)
			continue;
		/* What is refused is refused whichever reader the other columns need. */
		if (pf_column_cast(&t->columns.v[t->columns.n++], &odd, a, &grid->columns[pick[i]],
				   grid->rows, &schema->columns[i], from, err) < 0)
			return -1;
		*why = *why ? *why : odd;
		if (grid->columns[pick[i]].unnamed && pick[i] != t->columns.n - 1)
			*why = "columns that are numbered otherwise than by their places";
	}
	/* MLflow makes a table of the columns that are there: without one there are no rows. */
	if (!t->columns.n) {
		t->rows = 0;
		t->index = NULL;
	}
	return 0;
}

int pf_grid_table(struct pf_value *out, const char **why, struct pf_arena *a,
		  const struct pf_grid *grid, const struct pf_schema *schema,
		  enum pf_cast_from from, struct pf_err *err)
{
	struct pf_table *t = pf_alloc(a, sizeof(*t));

	t->rows = grid->rows;
	t->index = grid->index;
	if (schema) {
		if (cast_columns(t, why, a, grid, schema, from, err) < 0)
			return -1;
	} else {
		t->columns.v = pf_alloc_array(a, grid->n, sizeof(*t->columns.v));
		for (size_t i = 0; i < grid->n && !*why; i++)
			pf_column_infer(&t->columns.v[t->columns.n++], why, a, &grid->columns[i],
					grid->rows);
	}
	t->columns.cap = t->columns.n;
	*out = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	return 0;
}
