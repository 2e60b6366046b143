/* csv_column.c - the fields of a CSV column as values of one type */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/str.h"
#include "data/csv.h"
#include "data/datetime.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/nested.h"

/* Beyond this many fields pandas infers types piece by piece, and may mix them in a column. */
#define PIECE (1u << 17)

static const struct pf_str *field(const struct pf_csv *c, size_t column, size_t row)
{
	return &c->fields[row * c->columns + column];
}

/* What read_csv takes for a missing value, whether quoted or not. */
static bool is_missing(struct pf_str s)
{
	static const char *const words[] = { "#N/A", "#N/A N/A", "#NA",	   "-1.#IND", "-1.#QNAN",
					     "-NaN", "-nan",	 "1.#IND", "1.#QNAN", "<NA>",
					     "N/A",  "NA",	 "NULL",   "NaN",     "None",
					     "n/a",  "nan",	 "null",   NULL };

	return !s.n || (s.n <= 9 && strchr("#-1<Nn", *s.p) && pf_str_in(s, words));
}

static struct pf_str trim(struct pf_str s)
{
	return s.n && (pf_is_space(*s.p) || pf_is_space(s.p[s.n - 1])) ? pf_str_trim(s) : s;
}

static bool read_double(double *out, struct pf_str s)
{
	size_t sign;

	s = trim(s);
	if (pf_double_read(s, out))
		return true;
	sign = s.n && (*s.p == '-' || *s.p == '+');
	if (!pf_str_ieq(pf_str_skip(s, sign), "inf") &&
	    !pf_str_ieq(pf_str_skip(s, sign), "infinity"))
		return false;
	*out = *s.p == '-' ? -(double)INFINITY : (double)INFINITY;
	return true;
}

static bool read_bool(uint8_t *out, struct pf_str s)
{
	*out = pf_str_ieq(s, "true");
	return *out || pf_str_ieq(s, "false");
}

/* An integer that does not fit into 64 bits: pandas makes uint64 or objects of it. */
static bool is_too_big(struct pf_str s)
{
	int64_t i;

	s = trim(s);
	if (s.n < 19)
		return false;
	for (size_t j = *s.p == '-' || *s.p == '+'; j < s.n; j++)
		if (!pf_is_digit(s.p[j]))
			return false;
	return !pf_int64_read(s, &i);
}

/* ---- one try each ---- */

static bool try_ints(struct pf_column *out, const struct pf_csv *c, size_t column)
{
	int64_t *to = out->data;

	for (size_t i = 0; i < c->rows; i++)
		if (!pf_int64_read(trim(*field(c, column, i)), &to[i]))
			return false;
	out->type = PF_T_INT64;
	return true;
}

static bool try_doubles(struct pf_column *out, const char **why, const struct pf_csv *c,
			size_t column)
{
	double *to = out->data;

	for (size_t i = 0; i < c->rows; i++) {
		struct pf_str s = *field(c, column, i);

		if (is_too_big(s))
			*why = "integers beyond int64";
		if (read_double(&to[i], s))
			continue;
		if (!is_missing(s))
			return false;
		to[i] = (double)NAN;
	}
	out->type = PF_T_FLOAT64;
	return true;
}

/* Booleans; with missing ones among them they are objects. */
static bool try_bools(struct pf_column *out, struct pf_arena *a, const struct pf_csv *c,
		      size_t column)
{
	uint8_t *to = out->data;
	bool missing = false;

	for (size_t i = 0; i < c->rows; i++) {
		if (read_bool(&to[i], *field(c, column, i)))
			continue;
		if (!is_missing(*field(c, column, i)))
			return false;
		to[i] = 2;
		missing = true;
	}
	out->type = PF_T_BOOL;
	if (!missing)
		return true;
	out->type = PF_T_OBJECT;
	out->values = pf_alloc_array(a, c->rows, sizeof(*out->values));
	for (size_t i = 0; i < c->rows; i++)
		out->values[i] =
			to[i] < 2 ? (struct pf_value){ .kind = PF_V_BOOL, .b = to[i] }
				  : (struct pf_value){ .kind = PF_V_FLOAT, .d = (double)NAN };
	out->data = NULL;
	return true;
}

static bool looks_typed(struct pf_str s)
{
	uint8_t b;
	double d;

	return read_double(&d, s) || read_bool(&b, s) || is_missing(s);
}

static struct pf_value text_or_nan(struct pf_str s)
{
	return is_missing(s) ? (struct pf_value){ .kind = PF_V_FLOAT, .d = (double)NAN }
			     : (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

static void take_strings(struct pf_column *out, const char **why, struct pf_arena *a,
			 const struct pf_csv *c, size_t column)
{
	bool pieces = c->rows * c->columns > PIECE;

	out->type = PF_T_STRING;
	out->data = NULL;
	out->values = pf_alloc_array(a, c->rows, sizeof(*out->values));
	for (size_t i = 0; i < c->rows; i++) {
		struct pf_str s = *field(c, column, i);

		if (pieces && looks_typed(s))
			*why = "a long column of which parts look like numbers";
		out->values[i] = text_or_nan(s);
	}
}

void pf_csv_infer(struct pf_column *out, const char **why, struct pf_arena *a,
		  const struct pf_csv *c, size_t column)
{
	struct pf_column made = { .name = c->names[column], .type = PF_T_OBJECT };

	if (!c->rows) {
		*out = made;
		return;
	}
	made.data = pf_alloc_array(a, c->rows, 8);
	if (!try_ints(&made, c, column) && !try_doubles(&made, why, c, column) &&
	    !try_bools(&made, a, c, column))
		take_strings(&made, why, a, c, column);
	*out = made;
}

/* ---- a column that is seen in pieces ---- */

/* What was seen of it. The tries above stop at the first field that does not fit; so does this. */
enum { NO_INT = 1, NO_DOUBLE = 2, NO_BOOL = 4, MISSING = 8, TYPED = 16, TOO_BIG = 32 };

unsigned pf_csv_judge(unsigned seen, struct pf_str s)
{
	bool missing = is_missing(s);
	int64_t i;
	uint8_t b;
	double d;

	if (!(seen & NO_INT) && !pf_int64_read(trim(s), &i))
		seen |= NO_INT;
	if (!(seen & NO_DOUBLE)) {
		seen |= is_too_big(s) ? TOO_BIG : 0;
		seen |= read_double(&d, s) || missing ? 0 : NO_DOUBLE;
	}
	if (!(seen & NO_BOOL) && !read_bool(&b, s))
		seen |= missing ? MISSING : NO_BOOL;
	if (!(seen & TYPED) && looks_typed(s))
		seen |= TYPED;
	return seen;
}

const char *pf_csv_doubt(unsigned seen, size_t fields)
{
	bool text = seen & NO_INT && seen & NO_DOUBLE && seen & NO_BOOL;

	if (seen & TOO_BIG)
		return "integers beyond int64";
	if (text && seen & TYPED && fields > PIECE)
		return "a long column of which parts look like numbers";
	return NULL;
}

/* Those of a column with missing ones, whether they are in this part or not. */
static void as_objects(struct pf_column *c, struct pf_arena *a, size_t rows)
{
	if (c->values)
		return;
	c->values = pf_alloc_array(a, rows, sizeof(*c->values));
	for (size_t i = 0; i < rows; i++)
		c->values[i] = (struct pf_value){ .kind = PF_V_BOOL,
						  .b = ((uint8_t *)c->data)[i] };
	c->type = PF_T_OBJECT;
	c->data = NULL;
}

bool pf_csv_part(struct pf_column *out, struct pf_arena *a, const struct pf_csv *c, size_t column,
		 unsigned seen)
{
	struct pf_column made = { .name = c->names[column], .type = PF_T_OBJECT };
	const char *ignored = NULL;
	bool fits = true;

	if (c->rows)
		made.data = pf_alloc_array(a, c->rows, 8);
	if (!c->rows)
		fits = true;
	else if (!(seen & NO_INT))
		fits = try_ints(&made, c, column);
	else if (!(seen & NO_DOUBLE))
		fits = try_doubles(&made, &ignored, c, column);
	else if (!(seen & NO_BOOL))
		fits = try_bools(&made, a, c, column);
	else
		take_strings(&made, &ignored, a, c, column);
	if (fits && c->rows && seen & NO_DOUBLE && !(seen & NO_BOOL) && seen & MISSING)
		as_objects(&made, a, c->rows);
	*out = made;
	return fits;
}

/* ---- declared types ---- */

static int refuse(struct pf_err *err, const struct pf_csv *c, size_t column, size_t row,
		  const struct pf_colspec *spec, const char *why)
{
	PF_AUTO(buf) text = PF_BUF(4096);

	pf_buf_cstr(&text, "column ");
	pf_repr(&text, c->names[column]);
	pf_buf_printf(&text, ", row %zu: expected %s, got ", row, pf_dtype_name(spec->type));
	pf_repr(&text, *field(c, column, row));
	return pf_fail(err, PF_EMODEL, "%s%s%s%s", text.p, why ? " (" : "", why ? why : "",
		       why ? ")" : "");
}

/* A number as pf_element_put takes it; missing is NaN. True and False are 1 and 0 to a float; a
 * whole number with a point is one to an integer, as far as doubles are exact. */
static bool read_number(struct pf_value *out, struct pf_str s, bool whole)
{
	uint8_t b;

	out->kind = PF_V_INT;
	if (pf_int64_read(trim(s), &out->i))
		return true;
	out->kind = PF_V_FLOAT;
	if (read_double(&out->d, s))
		return !whole || fabs(out->d) <= (double)((uint64_t)1 << 53);
	out->d = (double)NAN;
	if (whole || !read_bool(&b, s))
		return is_missing(s);
	out->d = b;
	return true;
}

/* One field as the declared type; text stays as it is, missing text becomes NaN. */
static bool put_field(struct pf_column *out, size_t i, struct pf_str s, enum pf_dtype type)
{
	struct pf_value v;
	unsigned layout;

	switch (type) {
	case PF_D_BOOLEAN:
	case PF_D_INTEGER:
	case PF_D_LONG:
	case PF_D_FLOAT:
	case PF_D_DOUBLE:
		if (type == PF_D_BOOLEAN && read_bool(&((uint8_t *)out->data)[i], s))
			return true;
		return read_number(&v, s, type != PF_D_FLOAT && type != PF_D_DOUBLE) &&
		       pf_element_put((char *)out->data + i * pf_type_width(out->type), out->type,
				      &v);
	case PF_D_DATETIME:
		((int64_t *)out->data)[i] = INT64_MIN;
		return is_missing(s) ||
		       pf_datetime_read(&((int64_t *)out->data)[i], &layout, s) == PF_DATETIME_GOOD;
	default:
		out->values[i] = text_or_nan(s);
		return true;
	}
}

/* Fields that hold JSON, enforced as a table's cells in JSON are. */
static int cast_nested(struct pf_column *out, const char **why, struct pf_arena *a,
		       const struct pf_csv *c, size_t column, const struct pf_colspec *spec,
		       struct pf_err *err)
{
	struct pf_cells cells = { .name = c->names[column] };

	cells.v = pf_alloc_array(a, c->rows, sizeof(*cells.v));
	for (size_t i = 0; i < c->rows; i++) {
		struct pf_str s = *field(c, column, i);

		if (s.n && pf_document_read(&cells.v[i], a, s, err) < 0) {
			pf_wrap(err, "no JSON");
			return pf_wrap(err, "column '" PF_FMT "', row %zu",
				       PF_ARG(pf_shown(cells.name)), i);
		}
	}
	return pf_nested_column(out, why, a, &cells, c->rows, spec, 2, err);
}

static int cast_bytes(struct pf_column *out, struct pf_arena *a, const struct pf_csv *c,
		      size_t column, const struct pf_colspec *spec, struct pf_err *err)
{
	for (size_t i = 0; i < c->rows; i++) {
		struct pf_value *v = &out->values[i];

		if (is_missing(*field(c, column, i)))
			continue;
		v->kind = PF_V_BYTES;
		if (!pf_base64_decode(&v->s, a, *field(c, column, i)))
			return refuse(err, c, column, i, spec, "not valid base64");
	}
	return 0;
}

int pf_csv_cast(struct pf_column *out, const char **why, struct pf_arena *a, const struct pf_csv *c,
		size_t column, const struct pf_colspec *spec, struct pf_err *err)
{
	static const enum pf_type types[] = {
		[PF_D_BOOLEAN] = PF_T_BOOL,   [PF_D_INTEGER] = PF_T_INT32, [PF_D_LONG] = PF_T_INT64,
		[PF_D_FLOAT] = PF_T_FLOAT32, [PF_D_DOUBLE] = PF_T_FLOAT64,
		[PF_D_STRING] = PF_T_OBJECT,
		[PF_D_BINARY] = PF_T_BYTES,  [PF_D_DATETIME] = PF_T_DATETIME,
	};
	struct pf_column made = { .name = c->names[column] };

	if (spec->type > PF_D_DATETIME)
		return cast_nested(out, why, a, c, column, spec, err);
	made.type = types[spec->type];
	if (made.type == PF_T_OBJECT || made.type == PF_T_BYTES)
		made.values = pf_alloc_array(a, c->rows, sizeof(*made.values));
	else
		made.data = pf_alloc_array(a, c->rows, pf_type_width(made.type));
	if (spec->type == PF_D_BINARY && cast_bytes(&made, a, c, column, spec, err) < 0)
		return -1;
	for (size_t i = 0; spec->type != PF_D_BINARY && i < c->rows; i++)
		if (!put_field(&made, i, *field(c, column, i), spec->type))
			return refuse(err, c, column, i, spec,
				      is_missing(*field(c, column, i)) ? "a missing value" : NULL);
	/* Types go by names in pandas: without one, text is of the type that it infers. */
	for (size_t i = 0; spec->type == PF_D_STRING && !spec->name.p && i < c->rows; i++)
		if (made.values[i].kind == PF_V_STRING)
			made.type = PF_T_STRING;
	*out = made;
	return 0;
}
