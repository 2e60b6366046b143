/* nested.c - arrays, objects, maps and whatever they hold, as MLflow enforces them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/nested.h"

#include <math.h>

#include "base/limits.h"
#include "base/str.h"
#include "data/document.h"
#include "data/element.h"
#include "data/enforce.h"
#include "data/strict.h"

struct nesting {
	const char **why;
	struct pf_arena *a;
	struct pf_err *err;
};

const char *pf_python_type(const struct pf_value *v)
{
	static const char *const names[] = {
		[PF_V_NULL] = "NoneType",  [PF_V_BOOL] = "bool",     [PF_V_INT] = "int",
		[PF_V_BIGINT] = "int",	   [PF_V_FLOAT] = "float",   [PF_V_STRING] = "str",
		[PF_V_BYTES] = "bytes",	   [PF_V_LIST] = "list",     [PF_V_MAP] = "dict",
		[PF_V_TENSOR] = "ndarray", [PF_V_DATETIME] = "datetime",
	};
	static const char *const tagged[] = { "tuple", "dict", "set", "frozenset", "datetime",
					      "date", "time", "complex" };

	if (v->kind == PF_V_ELEMENT)
		return pf_type_numpy(v->tensor->type);
	for (size_t i = 0; v->kind == PF_V_TAGGED && i < PF_COUNT(tagged); i++)
		if (pf_str_is(v->list.v[0].s, tagged[i]))
			return tagged[i];
	return v->kind < PF_COUNT(names) && names[v->kind] ? names[v->kind] : "object";
}

/* As Python's str() shows it: text without quotes. */
static void put_plain(struct pf_buf *out, const struct pf_value *v)
{
	if (v->kind == PF_V_STRING)
		pf_buf_str(out, pf_shown(v->s));
	else
		pf_value_repr(out, v);
}

static bool is_missing(const struct pf_value *v)
{
	if (v->kind == PF_V_ELEMENT)
		return v->tensor->type == PF_T_FLOAT64 && isnan(*(const double *)v->tensor->data);
	return v->kind == PF_V_NULL || (v->kind == PF_V_FLOAT && isnan(v->d));
}

static int enforce(struct nesting *n, struct pf_value *out, const struct pf_value *v,
		   const struct pf_colspec *spec, bool required);

/* ---- plain types ---- */

static int refuse_plain(struct nesting *n, const struct pf_value *v, enum pf_dtype wanted)
{
	PF_AUTO(buf) shown = PF_BUF(PF_KIB(4));

	put_plain(&shown, v);
	return pf_fail(n->err, PF_EMODEL,
		       "Failed to enforce schema of data `" PF_FMT "` with dtype `%s`",
		       PF_ARG(pf_buf_view(&shown)), pf_dtype_name(wanted));
}

/* A column of one. */
static void one_cell(struct pf_column *out, struct nesting *n, struct pf_value *v)
{
	struct pf_cells cells = { .unnamed = true, .v = v };

	if (v->kind != PF_V_ELEMENT)
		pf_column_infer(out, n->why, n->a, &cells, 1);
	else
		*out = (struct pf_column){ .type = v->tensor->type, .data = v->tensor->data };
}

static void take_element(struct pf_value *out, struct nesting *n, const struct pf_column *c)
{
	struct pf_tensor *t = pf_alloc(n->a, sizeof(*t));

	t->type = c->type;
	t->data = c->data;
	*out = (struct pf_value){ .kind = PF_V_ELEMENT, .tensor = t };
}

static int enforce_plain(struct nesting *n, struct pf_value *out, const struct pf_value *v,
			 enum pf_dtype wanted, bool required)
{
	struct pf_column c = { 0 };
	struct pf_value cell = v->kind == PF_V_TAGGED ? pf_element_plain(v) : *v;

	if (!required && is_missing(v)) {
		*out = (struct pf_value){ 0 };
		return 0;
	}
	if (v->kind == PF_V_NULL || v->kind == PF_V_TENSOR || !pf_value_is_scalar(v))
		return pf_fail(n->err, PF_EMODEL, "Expected data to be scalar, got %s",
			       pf_python_type(v));
	one_cell(&c, n, &cell);
	if (*n->why)
		return 0;
	if (pf_strict_column(&c, n->why, n->a, 1, wanted, PF_S(""), n->err) < 0)
		return refuse_plain(n, v, wanted);
	if (c.data)
		take_element(out, n, &c);
	else
		*out = cell;
	return 0;
}

/* ---- arrays ---- */

static int refuse_item(struct nesting *n, size_t i, const struct pf_value *v, enum pf_dtype wanted)
{
	return pf_fail(n->err, PF_EMODEL, "item %zu: expected %s, got %s", i, pf_dtype_name(wanted),
		       pf_value_kind_name(v));
}

/* Of text only ASCII is bytes to numpy. */
static int take_bytes(struct nesting *n, struct pf_value *v, size_t i)
{
	for (size_t j = 0; j < v->s.n; j++)
		if (v->s.p[j] & 0x80)
			return pf_fail(n->err, PF_EMODEL,
				       "item %zu: text that is not ASCII cannot be bytes", i);
	v->kind = PF_V_BYTES;
	return 0;
}

/* Cells that were not typed: numpy would make text, bytes or truth of anything. */
static int take_cells(struct nesting *n, struct pf_value *out, const struct pf_column *c,
		      enum pf_dtype wanted)
{
	for (size_t i = 0; i < out->list.n; i++) {
		struct pf_value *v = &out->list.v[i];

		*v = c->values[i];
		if (wanted == PF_D_BINARY && v->kind == PF_V_BYTES)
			continue;
		if (v->kind != (wanted == PF_D_BOOLEAN ? PF_V_BOOL : PF_V_STRING))
			return refuse_item(n, i, v, wanted);
		if (wanted == PF_D_BINARY && take_bytes(n, v, i) < 0)
			return -1;
	}
	return 0;
}

/* The column's elements as numpy's tolist() gives them; dates that are there are numbers to it. */
static void take_elements(struct pf_value *out, const struct pf_column *c)
{
	for (size_t i = 0; i < out->list.n; i++) {
		struct pf_value *v = &out->list.v[i];

		*v = (struct pf_value){ 0 };
		if (c->type == PF_T_BOOL) {
			v->kind = PF_V_BOOL;
			v->b = ((const uint8_t *)c->data)[i];
		} else if (c->type == PF_T_FLOAT64 || c->type == PF_T_FLOAT32) {
			v->kind = PF_V_FLOAT;
			v->d = c->type == PF_T_FLOAT64 ? ((const double *)c->data)[i]
						       : (double)((const float *)c->data)[i];
		} else if (c->type != PF_T_DATETIME || ((const int64_t *)c->data)[i] != INT64_MIN) {
			v->kind = PF_V_INT;
			v->i = c->type == PF_T_INT32 ? ((const int32_t *)c->data)[i]
						     : ((const int64_t *)c->data)[i];
		}
	}
}

static int enforce_plain_items(struct nesting *n, struct pf_value *out, const struct pf_value *v,
			       enum pf_dtype wanted)
{
	struct pf_cells cells = { .unnamed = true, .v = v->list.v };
	struct pf_value made = { .kind = PF_V_LIST };
	struct pf_column c = { 0 };

	pf_column_of_list(&c, n->why, n->a, &cells, v->list.n);
	if (*n->why)
		return 0;
	if (pf_strict_column(&c, n->why, n->a, v->list.n, wanted, PF_S(""), n->err) < 0)
		return -1;
	made.list.n = v->list.n;
	made.list.v = pf_alloc_array(n->a, v->list.n, sizeof(*made.list.v));
	if (c.values && take_cells(n, &made, &c, wanted) < 0)
		return -1;
	if (!c.values)
		take_elements(&made, &c);
	*out = made;
	return 0;
}

/* Its type alone tells whether it is of a plain one. */
static bool is_of_numbers(const struct pf_tensor *t, enum pf_dtype wanted)
{
	return wanted <= PF_D_DATETIME && t->type != PF_T_DATETIME && pf_type_width(t->type);
}

/* What numpy made of a list on the way: it has one type, and that is the declared one or not. */
static int enforce_tensor(struct nesting *n, struct pf_value *out, const struct pf_value *v,
			  const struct pf_colspec *item)
{
	static const enum pf_type types[] = {
		[PF_D_BOOLEAN] = PF_T_BOOL,  [PF_D_LONG] = PF_T_INT64,
		[PF_D_INTEGER] = PF_T_INT32, [PF_D_DOUBLE] = PF_T_FLOAT64,
		[PF_D_FLOAT] = PF_T_FLOAT32, [PF_D_STRING] = PF_T_STRING,
	};
	const struct pf_tensor *t = v->tensor;
	struct pf_column c = { .type = t->type, .data = t->data, .values = t->values };

	for (unsigned i = 1; i < t->rank && item->type != PF_D_SPARKML; i++) {
		if (item->type != PF_D_ARRAY && item->type != PF_D_ANY)
			return pf_fail(n->err, PF_EMODEL,
				       "Data must be 1-dimensional, got an array of %u dimensions "
				       "instead", t->rank - i + 1);
		item = item->type == PF_D_ARRAY ? item->inner : item;
	}
	if (!pf_tensor_count(t))
		return 0;
	if (item->type == PF_D_ANY && t->type != PF_T_OBJECT && t->type != PF_T_BYTES)
		return 0;
	if (item->type < PF_COUNT(types) && types[item->type] == t->type)
		return 0;
	if (item->type == PF_D_ARRAY && pf_type_width(t->type))
		return pf_fail(n->err, PF_EMODEL, "Expected data to be list or numpy array, got %s",
			       pf_type_numpy(t->type));
	if (item->type >= PF_D_STRING && !is_of_numbers(t, item->type)) {
		*n->why = "arrays of other things than numbers";
		return 0;
	}
	if (pf_strict_column(&c, n->why, n->a, pf_tensor_count(t), item->type, PF_S(""), n->err) < 0)
		return -1;
	if (c.data != t->data) {
		struct pf_tensor *made = pf_alloc(n->a, sizeof(*made));

		*made = *t;
		made->type = c.type;
		made->data = c.data;
		made->values = c.values;
		out->tensor = made;
	}
	return 0;
}

static int enforce_array(struct nesting *n, struct pf_value *out, const struct pf_value *v,
			 const struct pf_colspec *item, bool required)
{
	struct pf_value made = { .kind = PF_V_LIST };

	*out = *v;
	if (v->kind == PF_V_TENSOR)
		return enforce_tensor(n, out, v, item);
	if (v->kind == PF_V_NULL && (!required || item->type == PF_D_ANY))
		return 0;
	if (v->kind != PF_V_LIST)
		return pf_fail(n->err, PF_EMODEL, "Expected data to be list or numpy array, got %s",
			       pf_python_type(v));
	if (!v->list.n)
		return 0;
	if (item->type <= PF_D_DATETIME)
		return enforce_plain_items(n, out, v, item->type);
	made.list.n = v->list.n;
	made.list.v = pf_alloc_array(n->a, v->list.n, sizeof(*made.list.v));
	for (size_t i = 0; i < v->list.n; i++)
		if (enforce(n, &made.list.v[i], &v->list.v[i], item, required) < 0)
			return -1;
	*out = made;
	return 0;
}

/* ---- objects and maps ---- */

static const struct pf_colspec *find_property(const struct pf_colspec *spec, struct pf_str name)
{
	for (size_t i = 0; i < spec->inner_count; i++)
		if (pf_str_eq(spec->inner[i].name, name))
			return &spec->inner[i];
	return NULL;
}

static bool has_key(const struct pf_value *map, struct pf_str key)
{
	for (size_t i = 0; i < map->list.n; i++)
		if (pf_str_eq(map->list.v[2 * i].s, key))
			return true;
	return false;
}

static void add_name(struct pf_buf *names, struct pf_str name)
{
	pf_buf_cstr(names, names->n ? ", " : "");
	pf_repr(names, name);
}

static int check_properties(struct nesting *n, const struct pf_value *v,
			    const struct pf_colspec *spec)
{
	PF_AUTO(buf) missing = PF_BUF(PF_KIB(64));
	PF_AUTO(buf) unknown = PF_BUF(PF_KIB(64));

	for (size_t i = 0; i < spec->inner_count; i++)
		if (spec->inner[i].required && !has_key(v, spec->inner[i].name))
			add_name(&missing, spec->inner[i].name);
	if (missing.n)
		return pf_fail(n->err, PF_EMODEL, "Missing required properties: {" PF_FMT "}",
			       PF_ARG(pf_shown(pf_buf_view(&missing))));
	for (size_t i = 0; i < v->list.n; i++)
		if (!find_property(spec, v->list.v[2 * i].s))
			add_name(&unknown, v->list.v[2 * i].s);
	if (unknown.n)
		return pf_fail(n->err, PF_EMODEL,
			       "Invalid properties not defined in the schema found: {" PF_FMT "}",
			       PF_ARG(pf_shown(pf_buf_view(&unknown))));
	return 0;
}

static struct pf_value map_like(struct nesting *n, const struct pf_value *v)
{
	struct pf_value made = { .kind = PF_V_MAP };

	made.list.n = v->list.n;
	made.list.v = pf_alloc_array(n->a, 2 * v->list.n, sizeof(*made.list.v));
	for (size_t i = 0; i < v->list.n; i++)
		made.list.v[2 * i] = v->list.v[2 * i];
	return made;
}

static int enforce_object(struct nesting *n, struct pf_value *out, const struct pf_value *v,
			  const struct pf_colspec *spec, bool required)
{
	struct pf_value made;

	*out = *v;
	if (!required && (v->kind == PF_V_NULL || (v->kind == PF_V_MAP && !v->list.n)))
		return 0;
	if (v->kind != PF_V_MAP)
		return pf_fail(n->err, PF_EMODEL, "Expected data to be dictionary, got %s",
			       pf_python_type(v));
	if (check_properties(n, v, spec) < 0)
		return -1;
	made = map_like(n, v);
	for (size_t i = 0; i < v->list.n; i++) {
		struct pf_str key = v->list.v[2 * i].s;
		const struct pf_value *value = &v->list.v[2 * i + 1];
		const struct pf_colspec *property = find_property(spec, key);

		if (enforce(n, &made.list.v[2 * i + 1], value, property, property->required) == 0)
			continue;
		return pf_fail(n->err, PF_EMODEL,
			       "Failed to enforce schema for key `" PF_FMT "`. Expected "
			       "type %s, received type %s",
			       PF_ARG(pf_shown(key)), pf_dtype_name(property->type),
			       pf_python_type(value));
	}
	*out = made;
	return 0;
}

static int enforce_map(struct nesting *n, struct pf_value *out, const struct pf_value *v,
		       const struct pf_colspec *values, bool required)
{
	bool may_miss = !required || values->type == PF_D_ANY;
	struct pf_value made;

	*out = *v;
	if (may_miss && v->kind == PF_V_NULL)
		return 0;
	if (v->kind != PF_V_MAP)
		return pf_fail(n->err, PF_EMODEL, "Expected data to be a dict, got %s",
			       pf_python_type(v));
	made = map_like(n, v);
	for (size_t i = 0; i < v->list.n; i++)
		if (enforce(n, &made.list.v[2 * i + 1], &v->list.v[2 * i + 1], values, required) <
		    0)
			return -1;
	*out = made;
	return 0;
}

/* As deep as the signature's own text, which is bounded. */
static int enforce(struct nesting *n, struct pf_value *out, const struct pf_value *v,
		   const struct pf_colspec *spec, bool required)
{
	static const struct pf_colspec number = { .type = PF_D_DOUBLE, .required = true };

	switch (spec->type) {
	case PF_D_ARRAY:
		return enforce_array(n, out, v, spec->inner, required);
	case PF_D_SPARKML:
		return enforce_array(n, out, v, &number, required);
	case PF_D_OBJECT:
		return enforce_object(n, out, v, spec, required);
	case PF_D_MAP:
		return enforce_map(n, out, v, spec->inner, required);
	case PF_D_ANY:
		*out = *v;
		return 0;
	default:
		return enforce_plain(n, out, v, spec->type, required);
	}
}

/* ---- the doors ---- */

int pf_nested_value(struct pf_value *out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, const struct pf_colspec *spec, bool required,
		    struct pf_err *err)
{
	struct nesting n = { why, a, err };

	return enforce(&n, out, v, spec, required);
}

int pf_nested_column(struct pf_column *out, const char **why, struct pf_arena *a,
		     const struct pf_cells *cells, size_t rows, const struct pf_colspec *spec,
		     unsigned times, struct pf_err *err)
{
	struct pf_column made = { .name = cells->name,
				  .unnamed = cells->unnamed,
				  .type = PF_T_OBJECT };
	PF_AUTO(buf) label = PF_BUF(PF_KIB(4));

	if (spec->type == PF_D_ANY) {
		pf_column_infer(out, why, a, cells, rows);
		return 0;
	}
	made.values = pf_alloc_array(a, rows, sizeof(*made.values));
	for (size_t i = 0; i < rows && !*why; i++) {
		made.values[i] = cells->v[i];
		for (unsigned time = 0; time < times && !*why; time++) {
			struct pf_value v = made.values[i];

			if (pf_nested_value(&made.values[i], why, a, &v, spec, spec->required,
					    err) == 0)
				continue;
			if (cells->unnamed)
				pf_buf_cstr(&label, "without name");
			else
				pf_repr(&label, cells->name);
			return pf_wrap(err, "column " PF_FMT ", row %zu",
				       PF_ARG(pf_buf_view(&label)), i);
		}
	}
	*out = made;
	return 0;
}
