/* rows.c - objects as rows of a table: `inputs` of nested types, bodies of language models */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/rows.h"

#include <math.h>

#include "base/str.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/grid.h"
#include "data/nested.h"
#include "data/strict.h"
#include "data/tensor.h"

/* With an array or an object among the declared types an object is a row, whatever it holds. */
static bool is_row(const struct pf_schema *schema)
{
	for (size_t i = 0; i < schema->n; i++)
		if (schema->columns[i].type == PF_D_ARRAY ||
		    schema->columns[i].type == PF_D_SPARKML ||
		    schema->columns[i].type == PF_D_OBJECT)
			return true;
	return false;
}

static struct pf_table *make_table(struct pf_arena *a, const struct pf_value *map)
{
	struct pf_table *t = pf_alloc(a, sizeof(*t));

	t->rows = 1;
	t->columns.v = pf_alloc_array(a, map->list.n, sizeof(*t->columns.v));
	t->columns.n = t->columns.cap = map->list.n;
	for (size_t i = 0; i < map->list.n; i++)
		t->columns.v[i].name = map->list.v[2 * i].s;
	return t;
}

/* ---- inputs ---- */

/* What numpy makes of an array's list. */
static int as_tensor(struct pf_value *v, const char **why, struct pf_arena *a, struct pf_err *err)
{
	struct pf_tensor *t = NULL;

	if (v->kind != PF_V_LIST) {
		*why = "an array that is missing";
		return 0;
	}
	if (pf_tensor_infer(&t, why, a, v, err) < 0)
		return -1;
	if (t && t->type == PF_T_OBJECT)
		*why = "arrays of other things than numbers and text";
	*v = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
	return 0;
}

static bool is_plain_type(const struct pf_colspec *spec)
{
	return spec->type <= PF_D_DATETIME;
}

static bool is_array(const struct pf_colspec *spec)
{
	return spec->type == PF_D_ARRAY || spec->type == PF_D_SPARKML;
}

/* A record that lacks the key: pandas puts NaN where the server has not looked. */
static bool is_hole(const struct pf_value *v, bool holes)
{
	return holes && v->kind == PF_V_FLOAT && isnan(v->d);
}

/* Each value as the server's reader converts it, and as the enforcement before predict does. */
static int input_column(struct pf_column *c, const char **why, struct pf_arena *a,
			const struct pf_grid *g, const struct pf_cells *given,
			const struct pf_colspec *spec, struct pf_err *err)
{
	struct pf_cells cells = *given;

	for (size_t i = 0; is_plain_type(spec) && i < g->rows; i++)
		if (!pf_value_is_scalar(&given->v[i]))
			*why = "lists beside nested types";
	if (*why)
		return 0;
	if (is_plain_type(spec))
		return pf_column_cast(c, why, a, given, g->rows, spec, PF_FROM_ARRAY, err);
	cells.v = pf_alloc_array(a, g->rows, sizeof(*cells.v));
	for (size_t i = 0; i < g->rows && !*why; i++) {
		cells.v[i] = given->v[i];
		if (is_hole(&given->v[i], g->holes))
			continue;
		if (pf_nested_value(&cells.v[i], why, a, &given->v[i], spec, spec->required, err) <
		    0)
			return pf_wrap(err, "column '" PF_FMT "', row %zu",
				       PF_ARG(pf_shown(given->name)), i);
		if (!*why && is_array(spec) && as_tensor(&cells.v[i], why, a, err) < 0)
			return -1;
	}
	return *why ? 0 : pf_nested_column(c, why, a, &cells, g->rows, spec, 1, err);
}

static const struct pf_colspec *find(const struct pf_schema *schema, struct pf_str name)
{
	for (size_t i = 0; i < schema->n; i++)
		if (pf_str_eq(schema->columns[i].name, name))
			return &schema->columns[i];
	return NULL;
}

/* An object is a row; records are as many. */
static int make_grid(struct pf_grid *g, const char **why, struct pf_arena *a,
		     const struct pf_value *v, const struct pf_schema *schema, struct pf_err *err)
{
	if (v->kind == PF_V_LIST)
		return pf_grid_records(g, why, a, v, err);
	if (!is_row(schema))
		*why = "maps and anything as columns";
	pf_grid_make(g, a, 0, v->list.n);
	g->rows = 1;
	for (size_t i = 0; i < v->list.n; i++) {
		g->columns[i].name = v->list.v[2 * i].s;
		g->columns[i].unnamed = false;
		g->columns[i].v = &v->list.v[2 * i + 1];
	}
	return 0;
}

static int fill_columns(struct pf_column *columns, const char **why, struct pf_arena *a,
			const struct pf_grid *g, const struct pf_schema *schema, struct pf_err *err)
{
	for (size_t i = 0; i < g->n && !*why; i++) {
		const struct pf_colspec *spec = find(schema, g->columns[i].name);

		for (size_t j = 0; !spec && j < g->rows; j++)
			if (g->columns[i].v[j].kind == PF_V_LIST)
				*why = "lists that the signature does not name";
		if (spec && !*why &&
		    input_column(&columns[i], why, a, g, &g->columns[i], spec, err) < 0)
			return -1;
	}
	return 0;
}

int pf_rows_of_inputs(struct pf_value *out, const char **why, struct pf_arena *a,
		      const struct pf_value *v, const struct pf_schema *schema, struct pf_err *err)
{
	size_t *pick = pf_alloc_array(a, schema->n, sizeof(*pick));
	struct pf_table *t = pf_alloc(a, sizeof(*t));
	struct pf_grid g = { 0 };
	struct pf_label *labels;
	struct pf_column *columns;

	if (make_grid(&g, why, a, v, schema, err) < 0)
		return -1;
	labels = pf_alloc_array(a, g.n, sizeof(*labels));
	columns = pf_alloc_array(a, g.n, sizeof(*columns));
	for (size_t i = 0; i < g.n; i++)
		labels[i].name = g.columns[i].name;
	if (!*why && fill_columns(columns, why, a, &g, schema, err) < 0)
		return -1;
	if (*why)
		return 0;
	if (pf_enforce_columns(pick, labels, g.n, schema, err) < 0)
		return -1;
	for (size_t i = 0; i < schema->n; i++)
		if (pick[i] != PF_NPOS)
			*PF_PUSH(a, &t->columns) = columns[pick[i]];
	t->rows = t->columns.n ? g.rows : 0;
	*out = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	return 0;
}

/* ---- bodies of language models ---- */

static bool is_plain(const struct pf_value *v)
{
	if (v->kind != PF_V_LIST)
		return v->kind != PF_V_MAP;
	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.v[i].kind != PF_V_STRING)
			return false;
	return true;
}

int pf_row_of_llm(struct pf_value *out, const char **why, struct pf_arena *a,
		  const struct pf_value *map, const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_table *t;
	bool row = true;

	*out = *map;
	if (!schema)
		return 0;
	if (schema->kind != PF_SCHEMA_COLUMNS) {
		*why = "a request to a language model whose signature is of tensors";
		return 0;
	}
	for (size_t i = 0; i < map->list.n; i++)
		row &= is_plain(&map->list.v[2 * i + 1]);
	if (!row && !is_row(schema)) {
		*why = "an object of lists and objects for plain columns";
		return 0;
	}
	t = make_table(a, map);
	for (size_t i = 0; i < map->list.n; i++) {
		struct pf_column *c = &t->columns.v[i];
		struct pf_cells cells = { .name = c->name, .v = &map->list.v[2 * i + 1] };

		pf_column_infer(c, why, a, &cells, 1);
	}
	if (!*why && pf_strict_table(t, why, a, schema, err) < 0)
		return -1;
	*out = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	return 0;
}
