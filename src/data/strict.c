/* strict.c - typed columns to the types a signature declares, as MLflow's strict stage allows it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/strict.h"

#include <math.h>

#include "base/limits.h"
#include "base/str.h"
#include "data/columns.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/nested.h"

/* numpy's dtype.kind of our types; pandas' text has "O", as objects do. */
static char kind_of(enum pf_type t)
{
	static const char kinds[] = {
		[PF_T_BOOL] = 'b',    [PF_T_INT8] = 'i',    [PF_T_INT16] = 'i',
		[PF_T_INT32] = 'i',   [PF_T_INT64] = 'i',   [PF_T_UINT8] = 'u',
		[PF_T_UINT16] = 'u',  [PF_T_UINT32] = 'u',  [PF_T_UINT64] = 'u',
		[PF_T_FLOAT32] = 'f', [PF_T_FLOAT64] = 'f', [PF_T_DATETIME] = 'M',
		[PF_T_STRING] = 'O',  [PF_T_BYTES] = 'O',   [PF_T_OBJECT] = 'O',
	};

	return kinds[t];
}

static const struct {
	enum pf_type type;
	const char *numpy;	/* as MLflow's messages name it */
} declared[] = {
	[PF_D_BOOLEAN] = { PF_T_BOOL, "bool" },
	[PF_D_INTEGER] = { PF_T_INT32, "int32" },
	[PF_D_LONG] = { PF_T_INT64, "int64" },
	[PF_D_FLOAT] = { PF_T_FLOAT32, "float32" },
	[PF_D_DOUBLE] = { PF_T_FLOAT64, "float64" },
	[PF_D_STRING] = { PF_T_STRING, "<U0" },
	[PF_D_BINARY] = { PF_T_BYTES, "|S0" },
	[PF_D_DATETIME] = { PF_T_DATETIME, "datetime64[ns]" },
};

#define HINT                                                                                    \
	" Hint: the type mismatch is likely caused by missing values. Integer columns in python " \
	"can not represent missing values and are therefore encoded as floats. The best way to "  \
	"avoid this problem is to infer the model schema based on a realistic data sample "       \
	"(training dataset) that includes missing values. Alternatively, you can declare integer " \
	"columns as doubles (float64) whenever these columns may have missing values. See "       \
	"`Handling Integers With Missing Values <https://www.mlflow.org/docs/latest/models.html#" \
	"handling-integers-with-missing-values>`_ for more details."

/* Whole numbers and missing ones: a column that was one of integers. */
static bool lost_integers(const struct pf_column *c, size_t rows)
{
	const double *d = c->data;
	bool missing = false;

	if (c->type != PF_T_FLOAT64)
		return false;
	for (size_t i = 0; i < rows; i++) {
		if (isinf(d[i]) || (!isnan(d[i]) && d[i] != trunc(d[i])))
			return false;
		missing |= isnan(d[i]);
	}
	return missing;
}

int pf_strict_refuse(struct pf_str label, const char *dtype, enum pf_dtype wanted, bool lost,
		     struct pf_err *err)
{
	bool whole = wanted == PF_D_INTEGER || wanted == PF_D_LONG;

	return pf_fail(err, PF_EMODEL,
		       "Incompatible input types for column " PF_FMT ". Can not safely "
		       "convert %s to %s.%s",
		       PF_ARG(pf_shown(label)), dtype, declared[wanted].numpy,
		       whole && lost ? HINT : "");
}

static int refuse(struct pf_err *err, const struct pf_column *c, size_t rows, enum pf_dtype wanted,
		  struct pf_str label)
{
	const char *dtype = c->type == PF_T_BYTES ? "object" : pf_type_numpy(c->type);

	return pf_strict_refuse(label, dtype, wanted, lost_integers(c, rows), err);
}

const char *pf_strict_numpy(enum pf_dtype wanted)
{
	return declared[wanted].numpy;
}

bool pf_strict_goes_up(char kind, size_t width, enum pf_dtype wanted)
{
	char to = kind_of(declared[wanted].type);
	size_t room = pf_type_width(declared[wanted].type);

	if (!room || !width)
		return false;
	if (kind == to)
		return width <= room;
	if (kind == 'u' && to == 'i')
		return width < room;
	return (kind == 'i' || kind == 'u') && wanted == PF_D_DOUBLE && width < 8;
}

/* ---- between types of a width ---- */

static void read_element(struct pf_value *out, enum pf_type type, const void *data, size_t i)
{
	*out = (struct pf_value){ .kind = PF_V_INT };
	switch (type) {
	case PF_T_BOOL:
	case PF_T_UINT8:
		out->i = ((const uint8_t *)data)[i];
		return;
	case PF_T_INT8:
		out->i = ((const int8_t *)data)[i];
		return;
	case PF_T_INT16:
		out->i = ((const int16_t *)data)[i];
		return;
	case PF_T_UINT16:
		out->i = ((const uint16_t *)data)[i];
		return;
	case PF_T_INT32:
		out->i = ((const int32_t *)data)[i];
		return;
	case PF_T_UINT32:
		out->i = ((const uint32_t *)data)[i];
		return;
	case PF_T_FLOAT32:
		*out = (struct pf_value){ .kind = PF_V_FLOAT,
					  .d = (double)((const float *)data)[i] };
		return;
	case PF_T_FLOAT64:
		*out = (struct pf_value){ .kind = PF_V_FLOAT, .d = ((const double *)data)[i] };
		return;
	default:
		out->i = ((const int64_t *)data)[i];
	}
}

static void widen(struct pf_column *c, struct pf_arena *a, size_t rows, enum pf_type to)
{
	size_t width = pf_type_width(to);
	char *made = pf_alloc_array(a, rows, width);
	struct pf_value v;

	for (size_t i = 0; i < rows; i++) {
		read_element(&v, c->type, c->data, i);
		/* A wider type holds whatever a narrower one did. */
		if (!pf_element_put(made + i * width, to, &v))
			memset(made + i * width, 0, width);
	}
	c->data = made;
	c->type = to;
}

static bool all_zero_or_one(const struct pf_column *c, size_t rows)
{
	const int64_t *v = c->data;

	for (size_t i = 0; i < rows; i++)
		if (v[i] != 0 && v[i] != 1)
			return false;
	return true;
}

static bool is_upcast(const struct pf_column *c, size_t rows, enum pf_dtype wanted)
{
	return pf_strict_goes_up(kind_of(c->type), pf_type_width(c->type), wanted) ||
	       (c->type == PF_T_INT64 && (wanted == PF_D_FLOAT || wanted == PF_D_DOUBLE) &&
		all_zero_or_one(c, rows));
}

/* ---- objects ---- */

/* Cells of objects as pandas' infer_objects would type them. */
static void infer_objects(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows)
{
	struct pf_cells cells = { .name = c->name, .unnamed = c->unnamed, .v = c->values };
	struct pf_column found = *c;

	for (size_t i = 0; i < rows; i++)
		if (c->values[i].kind > PF_V_MAP || c->values[i].kind == PF_V_BYTES)
			return;
	if (rows)
		pf_column_infer(&found, why, a, &cells, rows);
	/* Unlike a list of cells, objects of several kinds of number stay what they are. */
	if (!*why && (found.type == PF_T_FLOAT64 || found.type == PF_T_STRING))
		for (size_t i = 1; i < rows; i++)
			if (c->values[i].kind != c->values[0].kind)
				return;
	if (!*why)
		*c = found;
}

static int dates_of(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
			 struct pf_err *err)
{
	int64_t *made = pf_alloc_array(a, rows, sizeof(*made));

	for (size_t i = 0; i < rows; i++) {
		made[i] = INT64_MIN;
		if (c->values[i].kind == PF_V_BOOL || c->values[i].kind == PF_V_BYTES)
			return pf_fail(err, PF_EMODEL,
				       "<class '%s'> is not convertible to datetime",
				       pf_python_type(&c->values[i]));
		if (c->values[i].kind == PF_V_DATETIME)
			made[i] = c->values[i].i;
		else if (c->values[i].kind != PF_V_NULL)
			*why = "objects that are to be dates";
	}
	c->type = PF_T_DATETIME;
	c->data = made;
	c->values = NULL;
	return 0;
}

/* As pandas.to_numeric: missing ones are NaN, booleans 0 and 1; text is left to it. */
static int numbers_of(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
		      struct pf_str label, struct pf_err *err)
{
	double *made = pf_alloc_array(a, rows, sizeof(*made));

	for (size_t i = 0; i < rows; i++) {
		const struct pf_value *v = &c->values[i];

		if (v->kind == PF_V_BYTES || v->kind > PF_V_STRING)
			return pf_fail(err, PF_EMODEL,
				       "Failed to convert column " PF_FMT " from type object "
				       "to DataType.double.",
				       PF_ARG(pf_shown(label)));
		if (v->kind == PF_V_STRING || v->kind == PF_V_BIGINT)
			*why = "objects that are to be numbers";
		else if (!pf_element_put(&made[i], PF_T_FLOAT64, v))
			made[i] = (double)NAN;
	}
	c->type = PF_T_FLOAT64;
	c->data = made;
	c->values = NULL;
	return 0;
}

/* Of integers and booleans alone pandas makes integers, declared as it may be. */
static bool are_whole(const struct pf_column *c, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (c->values[i].kind != PF_V_INT && c->values[i].kind != PF_V_BOOL)
			return false;
	return true;
}

static void integers_of(struct pf_column *c, struct pf_arena *a, size_t rows)
{
	int64_t *made = pf_alloc_array(a, rows, sizeof(*made));

	for (size_t i = 0; i < rows; i++)
		made[i] = c->values[i].kind == PF_V_BOOL ? c->values[i].b : c->values[i].i;
	c->type = PF_T_INT64;
	c->data = made;
	c->values = NULL;
}

static int enforce_objects(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
			   enum pf_dtype wanted, struct pf_str label, struct pf_err *err)
{
	if (wanted == PF_D_DATETIME && c->type == PF_T_OBJECT)
		return dates_of(c, why, a, rows, err);
	if (wanted == PF_D_DOUBLE && are_whole(c, rows)) {
		integers_of(c, a, rows);
		return 0;
	}
	if (wanted == PF_D_DOUBLE)
		return numbers_of(c, why, a, rows, label, err);
	if (wanted != PF_D_BOOLEAN)
		return refuse(err, c, rows, wanted, label);
	for (size_t i = 0; i < rows; i++)
		if (c->values[i].kind != PF_V_BOOL && c->values[i].kind != PF_V_NULL &&
		    !(c->values[i].kind == PF_V_FLOAT && isnan(c->values[i].d)))
			return pf_fail(err, PF_EMODEL, "item %zu: expected boolean, got %s", i,
				       pf_value_kind_name(&c->values[i]));
	return 0;
}

int pf_strict_column(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
		     enum pf_dtype wanted, struct pf_str label, struct pf_err *err)
{
	bool cells = c->type == PF_T_OBJECT || c->type == PF_T_STRING || c->type == PF_T_BYTES;

	if (wanted == PF_D_STRING || wanted == PF_D_BINARY)
		return cells ? 0 : refuse(err, c, rows, wanted, label);
	if (c->type == PF_T_OBJECT)
		infer_objects(c, why, a, rows);
	if (*why || c->type == declared[wanted].type)
		return 0;
	if (c->type == PF_T_OBJECT || c->type == PF_T_BYTES)
		return enforce_objects(c, why, a, rows, wanted, label, err);
	if (!is_upcast(c, rows, wanted))
		return refuse(err, c, rows, wanted, label);
	widen(c, a, rows, declared[wanted].type);
	return 0;
}

/* ---- tables ---- */

/* A column's cells as values, for types that are enforced one by one. */
static struct pf_value *cells_of(const struct pf_column *c, struct pf_arena *a, size_t rows)
{
	struct pf_value *v = c->values;

	if (v)
		return v;
	v = pf_alloc_array(a, rows, sizeof(*v));
	for (size_t i = 0; i < rows; i++) {
		read_element(&v[i], c->type, c->data, i);
		if (c->type == PF_T_BOOL)
			v[i] = (struct pf_value){ .kind = PF_V_BOOL, .b = v[i].i };
		else if (c->type == PF_T_DATETIME)
			v[i].kind = PF_V_DATETIME;
	}
	return v;
}

/* pandas makes a new column of the values: of Python's own types, of none when there are none. */
static void anything(struct pf_column *c, struct pf_arena *a, size_t rows)
{
	char kind = kind_of(c->type);

	if (!rows) {
		c->type = PF_T_OBJECT;
		c->data = NULL;
	} else if (kind == 'i' || (kind == 'u' && pf_type_width(c->type) < 8)) {
		widen(c, a, rows, PF_T_INT64);
	} else if (kind == 'f') {
		widen(c, a, rows, PF_T_FLOAT64);
	} else if (c->type == PF_T_UINT64) {
		const uint64_t *v = c->data;
		bool big = false;

		for (size_t i = 0; i < rows; i++)
			big |= v[i] > INT64_MAX;
		c->type = big ? PF_T_UINT64 : PF_T_INT64;
	}
}

static int enforce_column(struct pf_column *c, const char **why, struct pf_arena *a, size_t rows,
			  const struct pf_colspec *spec, size_t number, struct pf_err *err)
{
	struct pf_cells cells = { .name = c->name, .unnamed = c->unnamed };

	if (spec->type <= PF_D_DATETIME)
		return pf_strict_column(c, why, a, rows, spec->type,
					c->unnamed ? pf_format(a, "%zu", number) : c->name, err);
	if (spec->type == PF_D_ANY && c->data) {
		anything(c, a, rows);
		return 0;
	}
	cells.v = cells_of(c, a, rows);
	return pf_nested_column(c, why, a, &cells, rows, spec, 1, err);
}

int pf_strict_table(struct pf_table *t, const char **why, struct pf_arena *a,
		    const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(a, t->columns.n, sizeof(*labels));
	size_t *pick = pf_alloc_array(a, schema->n, sizeof(*pick));
	struct pf_table made = { .rows = t->rows, .index = t->index };

	for (size_t i = 0; i < t->columns.n; i++)
		labels[i] = (struct pf_label){ .name = t->columns.v[i].name,
					       .unnamed = t->columns.v[i].unnamed };
	if (pf_enforce_columns(pick, labels, t->columns.n, schema, err) < 0)
		return -1;
	made.columns.v = pf_alloc_array(a, schema->n, sizeof(*made.columns.v));
	for (size_t i = 0; i < schema->n && !*why; i++) {
		struct pf_column *c = &made.columns.v[made.columns.n];

		if (pick[i] == PF_NPOS)
			continue;
		if (schema->named && labels[pick[i]].unnamed && pick[i] != made.columns.n) {
			*why = "columns that are numbered otherwise than by their places";
			continue;
		}
		made.columns.n++;
		*c = t->columns.v[pick[i]];
		if (enforce_column(c, why, a, t->rows, &schema->columns[i], pick[i], err) < 0)
			return -1;
	}
	made.columns.cap = made.columns.n;
	*t = made;
	return 0;
}
