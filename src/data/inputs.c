/* inputs.c - the "inputs" and "instances" of a request */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/inputs.h"

#include "base/str.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/grid.h"
#include "data/losses.h"
#include "data/rows.h"
#include "data/tensor.h"

/* One request on its way. */
struct reading {
	const char **why;
	struct pf_arena *a;
	const struct pf_schema *schema;
	bool instances;
};

static bool all_maps(const struct pf_value *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.v[i].kind != PF_V_MAP)
			return false;
	return true;
}

static bool any_map(const struct pf_value *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.v[i].kind == PF_V_MAP)
			return true;
	return false;
}

static bool all_scalars(const struct pf_value *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (!pf_value_is_scalar(&v->list.v[i]))
			return false;
	return true;
}

/* [{"a": 1, "b": 2}, {"a": 3, "b": 4}] as {"a": [1, 3], "b": [2, 4]} */
static int transpose(struct pf_value *out, struct reading *r, const struct pf_value *v,
		     struct pf_err *err)
{
	struct pf_grid g = { 0 };

	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.v[i].kind != PF_V_MAP)
			return pf_fail(err, PF_EMODEL,
				       "instances[%zu] is %s, where those before are "
				       "objects",
				       i, pf_value_kind_name(&v->list.v[i]));
	if (pf_grid_records(&g, r->why, r->a, v, err) < 0)
		return -1;
	if (g.holes)
		*r->why = "instances of which some lack a name";
	*out = (struct pf_value){ .kind = PF_V_MAP };
	out->list.n = g.n;
	out->list.v = pf_alloc_array(r->a, 2 * g.n, sizeof(*out->list.v));
	for (size_t i = 0; i < g.n; i++) {
		struct pf_value *pair = &out->list.v[2 * i];

		pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = g.columns[i].name };
		pair[1].kind = PF_V_LIST;
		pair[1].list.v = g.columns[i].v;
		pair[1].list.n = g.rows;
	}
	return 0;
}

/* ---- without a signature: what numpy makes of it ---- */

static int infer_tensor(struct pf_value *out, struct reading *r, const struct pf_value *v,
			struct pf_err *err)
{
	struct pf_tensor *t = NULL;

	if (pf_tensor_infer(&t, r->why, r->a, v, err) < 0)
		return -1;
	*out = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
	return 0;
}

static int infer_map(struct pf_value *out, struct reading *r, const struct pf_value *v,
		     struct pf_err *err)
{
	struct pf_value made = { .kind = PF_V_MAP };

	made.list.n = v->list.n;
	made.list.v = pf_alloc_array(r->a, 2 * v->list.n, sizeof(*made.list.v));
	for (size_t i = 0; i < v->list.n && !*r->why; i++) {
		made.list.v[2 * i] = v->list.v[2 * i];
		if (infer_tensor(&made.list.v[2 * i + 1], r, &v->list.v[2 * i + 1], err) < 0)
			return pf_wrap(err, "\"" PF_FMT "\"", PF_ARG(pf_shown(v->list.v[2 * i].s)));
	}
	*out = made;
	return 0;
}

/* "instances" have as many rows under each name. */
static int check_lengths(struct reading *r, const struct pf_value *map, struct pf_err *err)
{
	for (size_t i = 0; r->instances && !*r->why && i < map->list.n; i++) {
		const struct pf_tensor *first = map->list.v[1].tensor,
				       *t = map->list.v[2 * i + 1].tensor;

		if (!t->rank)
			*r->why = "instances that are no lists";
		else if (t->shape[0] != first->shape[0])
			return pf_fail(
				err, PF_EMODEL,
				"The length of values for each input/column name are not the same");
	}
	return 0;
}

static int read_plain(struct pf_value *out, struct reading *r, const struct pf_value *v,
		      struct pf_err *err)
{
	struct pf_value turned, made = { .kind = PF_V_LIST };

	if (v->kind == PF_V_MAP)
		return infer_map(out, r, v, err) < 0 ? -1 : check_lengths(r, out, err);
	if (r->instances && v->kind == PF_V_LIST && v->list.n && v->list.v[0].kind == PF_V_MAP) {
		if (transpose(&turned, r, v, err) < 0 || infer_map(out, r, &turned, err) < 0)
			return -1;
		for (size_t i = 0; i < out->list.n && !*r->why; i++)
			if (out->list.v[2 * i + 1].tensor->type == PF_T_OBJECT)
				*r->why = "instances that are neither numbers nor text";
		return 0;
	}
	if (v->kind != PF_V_LIST || !all_maps(v))
		return infer_tensor(out, r, v, err);
	made.list.n = v->list.n;
	made.list.v = pf_alloc_array(r->a, v->list.n, sizeof(*made.list.v));
	for (size_t i = 0; i < v->list.n && !*r->why; i++)
		if (infer_map(&made.list.v[i], r, &v->list.v[i], err) < 0)
			return -1;
	*out = made;
	return 0;
}

/* ---- columns ---- */

/* Refuses what cannot match named columns: `n` of them, known by number. */
static int enforce_numbered(struct reading *r, size_t n, struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(r->a, n, sizeof(*labels));
	size_t *pick = pf_alloc_array(r->a, r->schema->n, sizeof(*pick));

	for (size_t i = 0; i < n; i++)
		labels[i].unnamed = true;
	*r->why = "values without names for named columns";
	return pf_enforce_columns(pick, labels, n, r->schema, err);
}

/* A list of scalars as the only column, or a list of lists as rows of one type. */
static void list_to_grid(struct pf_grid *g, struct reading *r, const struct pf_value *v)
{
	const struct pf_value *first = v->list.n ? &v->list.v[0] : NULL;
	size_t n = r->schema->n;

	if (all_scalars(v) && n == 1) {
		pf_grid_make(g, r->a, 0, 1);
		g->rows = v->list.n;
		g->columns[0].v = v->list.v;
		if (r->schema->named && r->schema->columns[0].number &&
		    !pf_str_is(r->schema->columns[0].name, "0"))
			*r->why = "a column that is numbered otherwise than by its place";
		if (r->schema->named && !r->schema->columns[0].number) {
			g->columns[0].name = r->schema->columns[0].name;
			g->columns[0].unnamed = false;
		}
		return;
	}
	*r->why = "lists in lists for columns";
	if (r->schema->named || !first || first->kind != PF_V_LIST || first->list.n < n)
		return;
	for (size_t i = 1; i < n; i++)
		if (r->schema->columns[i].type != r->schema->columns[0].type)
			return;
	pf_grid_make(g, r->a, v->list.n, first->list.n);
	for (size_t i = 0; i < v->list.n; i++) {
		const struct pf_value *row = &v->list.v[i];

		if (row->kind != PF_V_LIST || row->list.n != g->n || !all_scalars(row))
			return;
		for (size_t j = 0; j < g->n; j++)
			g->columns[j].v[i] = row->list.v[j];
	}
	*r->why = NULL;
}

static bool is_declared(const struct pf_schema *schema, struct pf_str name)
{
	for (size_t i = 0; i < schema->n; i++)
		if (pf_str_eq(schema->columns[i].name, name))
			return true;
	return false;
}

/* {"a": [1, 2], "b": [3, 4]}, or {"a": 1, "b": 3} as one row. */
static int map_to_grid(struct pf_grid *g, struct reading *r, const struct pf_value *v,
		       struct pf_err *err)
{
	bool lists = v->list.n && v->list.v[1].kind == PF_V_LIST;
	size_t rows = lists ? v->list.v[1].list.n : 1;

	pf_grid_make(g, r->a, 0, v->list.n);
	g->rows = rows;
	for (size_t i = 0; i < v->list.n; i++) {
		struct pf_value *one = &v->list.v[2 * i + 1];

		g->columns[i].name = v->list.v[2 * i].s;
		g->columns[i].unnamed = false;
		g->columns[i].v = lists ? one->list.v : one;
		if (lists ? one->kind != PF_V_LIST || !all_scalars(one) : !pf_value_is_scalar(one))
			*r->why = "columns that are not all lists of scalars";
		else if (lists && one->list.n != rows)
			return pf_fail(err, PF_EMODEL,
				       "the columns \"" PF_FMT "\" and \"" PF_FMT
				       "\" have %zu and %zu values",
				       PF_ARG(pf_shown(v->list.v[0].s)),
				       PF_ARG(pf_shown(v->list.v[2 * i].s)), rows, one->list.n);
	}
	/* Scalars that the signature does not know are arrays to numpy; pandas decides. */
	for (size_t i = 0; !lists && i < v->list.n; i++)
		if (!is_declared(r->schema, v->list.v[2 * i].s))
			*r->why = "scalars that the signature does not name";
	return 0;
}

/* An object, or what stands for the only column. */
static int read_nested(struct pf_value *out, struct reading *r, const struct pf_value *v,
		       struct pf_err *err)
{
	struct pf_value pair[2], map = { .kind = PF_V_MAP, .list = { pair, 1 } };
	bool only = v->kind == PF_V_LIST && r->schema->named && r->schema->n == 1 && !any_map(v);

	if (only) {
		pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = r->schema->columns[0].name };
		pair[1] = *v;
		v = &map;
	}
	if (r->schema->named && !r->instances &&
	    (v->kind == PF_V_MAP || (v->kind == PF_V_LIST && v->list.n && all_maps(v))))
		return pf_rows_of_inputs(out, r->why, r->a, v, r->schema, err);
	*r->why = "columns of nested types that are not given by name";
	return 0;
}

static int read_all_columns(struct pf_value *out, struct reading *r, const struct pf_value *v,
			    struct pf_err *err)
{
	struct pf_grid g = { 0 };

	if (!pf_schema_is_scalar(r->schema))
		return read_nested(out, r, v, err);
	if (v->kind == PF_V_MAP && !r->schema->named)
		return pf_fail(err, PF_EMODEL,
			       "the model's signature has no names, so that a list or a "
			       "single value is wanted, not an object");
	if (v->kind == PF_V_LIST && v->list.n && all_maps(v)) {
		if (!r->schema->named)
			*r->why = "records for columns without names";
		else if (pf_grid_records(&g, r->why, r->a, v, err) < 0)
			return -1;
		if (r->instances && g.holes)
			*r->why = "instances of which some lack a name";
	} else if (v->kind == PF_V_LIST && any_map(v)) {
		*r->why = "objects and other values in one list";
	} else if (v->kind == PF_V_LIST && r->schema->named && r->schema->n > 1) {
		return enforce_numbered(r, !v->list.n			       ? 0
					   : v->list.v[0].kind == PF_V_LIST ? v->list.v[0].list.n
									    : 1, err);
	} else if (v->kind == PF_V_LIST && !v->list.n && !r->schema->named) {
		return enforce_numbered(r, 0, err);
	} else if (v->kind == PF_V_LIST) {
		list_to_grid(&g, r, v);
	} else if (v->kind == PF_V_MAP) {
		if (map_to_grid(&g, r, v, err) < 0)
			return -1;
	} else {
		if (r->schema->named || v->kind == PF_V_NULL)
			return enforce_numbered(r, r->schema->named, err);
		pf_grid_make(&g, r->a, 1, 1);
		g.columns[0].v[0] = *v;
	}
	if (*r->why)
		return 0;
	return pf_grid_table(out, r->why, r->a, &g, r->schema, PF_FROM_ARRAY, err);
}

static int read_columns(struct pf_value *out, struct reading *r, const struct pf_value *v,
			struct pf_err *err)
{
	if (read_all_columns(out, r, v, err) < 0)
		return -1;
	return *r->why ? pf_losses_refuse(r->a, v, r->schema, err) : 0;
}

/* ---- tensors ---- */

static int cast_tensor(struct pf_value *out, struct reading *r, const struct pf_value *v,
		       const struct pf_tensorspec *spec, struct pf_err *err)
{
	struct pf_tensor *t = NULL;

	if (pf_tensor_cast(&t, r->why, r->a, v, spec->type, spec->name, err) < 0)
		return -1;
	*out = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
	return *r->why ? 0 : pf_enforce_shape(t, spec, err);
}

static int cast_map(struct pf_value *out, struct reading *r, const struct pf_value *v,
		    struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(r->a, v->list.n, sizeof(*labels));
	size_t *pick = pf_alloc_array(r->a, r->schema->n, sizeof(*pick));
	struct pf_value made = { .kind = PF_V_MAP };

	for (size_t i = 0; i < v->list.n; i++)
		labels[i].name = v->list.v[2 * i].s;
	if (pf_enforce_columns(pick, labels, v->list.n, r->schema, err) < 0)
		return -1;
	made.list.n = r->schema->n;
	made.list.v = pf_alloc_array(r->a, 2 * r->schema->n, sizeof(*made.list.v));
	for (size_t i = 0; i < r->schema->n && !*r->why; i++) {
		struct pf_value *pair = &made.list.v[2 * i];

		pair[0] = v->list.v[2 * pick[i]];
		if (cast_tensor(&pair[1], r, &v->list.v[2 * pick[i] + 1], &r->schema->tensors[i],
				err) < 0)
			return -1;
	}
	*out = made;
	return check_lengths(r, out, err);
}

static int read_tensors(struct pf_value *out, struct reading *r, const struct pf_value *v,
			struct pf_err *err)
{
	struct pf_value turned, pair[2];
	bool records = v->kind == PF_V_LIST && v->list.n && v->list.v[0].kind == PF_V_MAP;

	if (records && r->instances && r->schema->named) {
		if (transpose(&turned, r, v, err) < 0)
			return -1;
		return cast_map(out, r, &turned, err);
	}
	if (!r->schema->named) {
		if (records || v->kind == PF_V_MAP || v->kind == PF_V_NULL)
			return pf_fail(err, PF_EMODEL,
				       "the model's signature is one array without a name; "
				       "%s does not fit it",
				       records ? "an object" : pf_value_kind_name(v));
		return cast_tensor(out, r, v, &r->schema->tensors[0], err);
	}
	if (v->kind == PF_V_MAP)
		return cast_map(out, r, v, err);
	if (records || r->schema->n > 1)
		return enforce_numbered(r, 0, err);
	pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = r->schema->tensors[0].name };
	pair[1] = *v;
	turned = (struct pf_value){ .kind = PF_V_MAP };
	turned.list.v = pair;
	turned.list.n = 1;
	return cast_map(out, r, &turned, err);
}

int pf_inputs_read(struct pf_value *out, const char **why, struct pf_arena *a,
		   const struct pf_value *v, bool instances, const struct pf_schema *schema,
		   struct pf_err *err)
{
	struct reading r = { why, a, schema, instances };

	if (!schema)
		return read_plain(out, &r, v, err);
	if (schema->kind == PF_SCHEMA_TENSORS)
		return read_tensors(out, &r, v, err);
	return read_columns(out, &r, v, err);
}

int pf_inputs_from_grid(struct pf_value *out, const char **why, struct pf_arena *a,
			const struct pf_value *rows, size_t columns,
			const struct pf_schema *schema, struct pf_err *err)
{
	struct reading r = { why, a, schema, false };
	const struct pf_tensorspec *spec = &schema->tensors[0];

	if (schema->named || columns < 2) {
		*why = "a table for named tensors, or of one column";
		return 0;
	}
	if (!rows->list.n)
		return pf_fail(err, PF_EMODEL, "Input DataFrame is empty.");
	if (spec->rank != 2 || spec->shape[0] != -1 || spec->shape[1] != (int64_t)columns)
		return pf_fail(err, PF_EMODEL,
			       "the model's signature is one array without a name: a table "
			       "of %zu columns fits it only where its shape is (-1, %zu)",
			       columns, columns);
	for (size_t i = 0; i < rows->list.n; i++)
		if (rows->list.v[i].kind != PF_V_LIST || !all_scalars(&rows->list.v[i])) {
			*why = "a table with cells that are no scalars";
			return 0;
		}
	return cast_tensor(out, &r, rows, spec, err);
}
