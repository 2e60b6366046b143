/* cast.c - cells to the type a signature declares, losing nothing */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "data/columns.h"
#include "data/datetime.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/nested.h"

/* ---- messages ---- */

void pf_value_repr(struct pf_buf *out, const struct pf_value *v)
{
	char number[PF_DOUBLE_SIZE];

	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, "None");
		break;
	case PF_V_BOOL:
		pf_buf_cstr(out, v->b ? "True" : "False");
		break;
	case PF_V_INT:
		pf_buf_add(out, number, pf_int64_write(number, v->i));
		break;
	case PF_V_BIGINT:
		pf_buf_str(out, pf_shown(v->s));
		break;
	case PF_V_FLOAT:
		pf_buf_add(out, number, pf_double_write(number, v->d));
		break;
	case PF_V_STRING:
		pf_repr(out, v->s);
		break;
	case PF_V_LIST:
		pf_buf_char(out, '[');
		for (size_t i = 0; i < v->list.n && i < 8; i++) {
			if (i)
				pf_buf_cstr(out, ", ");
			if (pf_value_is_scalar(&v->list.v[i]))
				pf_value_repr(out, &v->list.v[i]);
			else
				pf_buf_cstr(out, "...");
		}
		pf_buf_cstr(out, v->list.n > 8 ? ", ...]" : "]");
		break;
	default:
		pf_buf_cstr(out, pf_value_kind_name(v));
	}
}

/* A cell in JSON's words: null, true, 1.7, 'x', a list. */
static void put_got(struct pf_buf *out, const struct pf_value *v)
{
	if (v->kind == PF_V_NULL)
		pf_buf_cstr(out, "null");
	else if (v->kind == PF_V_BOOL)
		pf_buf_cstr(out, v->b ? "true" : "false");
	else if (pf_value_is_scalar(v))
		pf_value_repr(out, v);
	else
		pf_buf_cstr(out, pf_value_kind_name(v));
}

static int refuse(struct pf_err *err, const struct pf_cells *cells, size_t row,
		  const struct pf_colspec *spec, const char *why)
{
	PF_AUTO(buf) got = PF_BUF(PF_KIB(4));
	PF_AUTO(buf) label = PF_BUF(PF_KIB(4));

	put_got(&got, &cells->v[row]);
	if (cells->unnamed)
		pf_buf_cstr(&label, "without name");
	else
		pf_repr(&label, cells->name);
	return pf_fail(err, PF_EMODEL,
		       "column " PF_FMT ", row %zu: expected %s, got " PF_FMT "%s%s%s",
		       PF_ARG(pf_buf_view(&label)), cells->rows ? cells->rows[row] : row,
		       pf_dtype_name(spec->type),
		       PF_ARG(pf_buf_view(&got)), why ? " (" : "", why ? why : "", why ? ")" : "");
}

/* ---- numbers ---- */

static bool to_double(double *out, const struct pf_value *v)
{
	struct pf_str s;

	switch (v->kind) {
	case PF_V_NULL:
		*out = (double)NAN;
		return true;
	case PF_V_BOOL:
		*out = v->b;
		return true;
	case PF_V_INT:
		*out = (double)v->i;
		return true;
	case PF_V_FLOAT:
		*out = v->d;
		return true;
	case PF_V_BIGINT:
		return pf_double_read(v->s, out);
	case PF_V_STRING:
		s = pf_str_trim(v->s);
		if (pf_str_ieq(s, "nan")) {
			*out = (double)NAN;
			return true;
		}
		return pf_double_read(s, out) && isfinite(*out);
	default:
		return false;
	}
}

/* A whole number between the bounds; text only where it is one. */
static bool to_int64(int64_t *out, const struct pf_value *v, int64_t low, int64_t high)
{
	switch (v->kind) {
	case PF_V_BOOL:
		*out = v->b;
		break;
	case PF_V_INT:
		*out = v->i;
		break;
	case PF_V_FLOAT:
		if (!(v->d >= -9223372036854775808.0 && v->d < 9223372036854775808.0) ||
		    v->d != trunc(v->d))
			return false;
		*out = (int64_t)v->d;
		break;
	case PF_V_STRING:
		if (!pf_int64_read(pf_str_trim(v->s), out))
			return false;
		break;
	default:
		return false;
	}
	return *out >= low && *out <= high;
}

static bool to_bool(uint8_t *out, const struct pf_value *v)
{
	if (v->kind == PF_V_BOOL)
		*out = v->b;
	else if (v->kind == PF_V_INT && (v->i == 0 || v->i == 1))
		*out = (uint8_t)v->i;
	else if (v->kind == PF_V_FLOAT && (v->d == 0 || v->d == 1))
		*out = v->d != 0;
	else
		return false;
	return true;
}

static bool to_float(float *out, const struct pf_value *v)
{
	double d;

	if (!to_double(&d, v))
		return false;
	*out = (float)d;
	return isfinite(*out) || !isfinite(d);
}

static bool to_uint64(uint64_t *out, const struct pf_value *v)
{
	int64_t i;

	if (v->kind == PF_V_BIGINT)
		return pf_uint64_read(v->s, out);
	if (v->kind == PF_V_FLOAT && v->d >= 9223372036854775808.0 &&
	    v->d < 18446744073709551616.0) {
		*out = (uint64_t)v->d;
		return true;
	}
	if (!to_int64(&i, v, 0, INT64_MAX))
		return false;
	*out = (uint64_t)i;
	return true;
}

#define PUT_INT(ctype, low, high)                        \
	do {                                             \
		int64_t i_;                              \
		if (!to_int64(&i_, v, (low), (high)))    \
			return false;                    \
		*(ctype *)to = (ctype)i_;                \
		return true;                             \
	} while (0)

bool pf_element_put(void *to, enum pf_type type, const struct pf_value *v)
{
	switch (type) {
	case PF_T_BOOL:
		return to_bool(to, v);
	case PF_T_INT8:
		PUT_INT(int8_t, INT8_MIN, INT8_MAX);
	case PF_T_INT16:
		PUT_INT(int16_t, INT16_MIN, INT16_MAX);
	case PF_T_INT32:
		PUT_INT(int32_t, INT32_MIN, INT32_MAX);
	case PF_T_INT64:
		PUT_INT(int64_t, INT64_MIN, INT64_MAX);
	case PF_T_UINT8:
		PUT_INT(uint8_t, 0, UINT8_MAX);
	case PF_T_UINT16:
		PUT_INT(uint16_t, 0, UINT16_MAX);
	case PF_T_UINT32:
		PUT_INT(uint32_t, 0, UINT32_MAX);
	case PF_T_UINT64:
		return to_uint64(to, v);
	case PF_T_FLOAT32:
		return to_float(to, v);
	case PF_T_FLOAT64:
		return to_double(to, v);
	default:
		return false;
	}
}

static int cast_numbers(struct pf_column *out, struct pf_arena *a, const struct pf_cells *cells,
			size_t rows, const struct pf_colspec *spec, struct pf_err *err)
{
	size_t width = pf_type_width(out->type);
	bool whole = out->type == PF_T_INT32 || out->type == PF_T_INT64;

	out->data = pf_alloc_array(a, rows, width);
	for (size_t i = 0; i < rows; i++)
		if ((whole && cells->v[i].kind == PF_V_BOOL) ||
		    !pf_element_put((char *)out->data + i * width, out->type, &cells->v[i]))
			return refuse(err, cells, i, spec, NULL);
	return 0;
}

/* ---- text, bytes and dates ---- */

/* A column of strings stays one; numbers among them stay numbers, as pandas had inferred them. */
static int cast_strings(struct pf_column *out, const char **why, struct pf_arena *a,
			const struct pf_cells *cells, size_t rows, enum pf_cast_from from)
{
	struct pf_column found = { 0 };

	pf_column_infer(&found, why, a, cells, rows);
	if (*why)
		return 0;
	for (size_t i = 0; from == PF_FROM_ARRAY && i < rows; i++)
		if (cells->v[i].kind != PF_V_STRING)
			*why = "values that are no text in a column of strings";
	*out = found;
	if (!rows && from == PF_FROM_ARRAY)
		out->type = PF_T_STRING;
	if (found.values || !rows)
		return 0;
	out->type = PF_T_OBJECT;
	out->data = NULL;
	out->values = cells->v;
	for (size_t i = 0; i < rows && found.type == PF_T_FLOAT64; i++)
		out->values[i] = (struct pf_value){ .kind = PF_V_FLOAT,
						    .d = ((double *)found.data)[i] };
	return 0;
}

static int cast_bytes(struct pf_column *out, struct pf_arena *a, const struct pf_cells *cells,
		      size_t rows, const struct pf_colspec *spec, struct pf_err *err)
{
	out->values = pf_alloc_array(a, rows, sizeof(*out->values));
	for (size_t i = 0; i < rows; i++) {
		if (cells->v[i].kind != PF_V_STRING)
			return refuse(err, cells, i, spec, "base64 text is wanted");
		out->values[i].kind = PF_V_BYTES;
		if (!pf_base64_decode(&out->values[i].s, a, cells->v[i].s))
			return refuse(err, cells, i, spec, "not valid base64");
	}
	return 0;
}

static int cast_dates(struct pf_column *out, const char **why, struct pf_arena *a,
		      const struct pf_cells *cells, size_t rows, const struct pf_colspec *spec,
		      enum pf_cast_from from, struct pf_err *err)
{
	static const char *const reasons[] = {
		[PF_DATETIME_BAD] = "no date between the years 1677 and 2262",
		[PF_DATETIME_ZONE] = "the time zone must be left out",
	};
	int64_t *to = out->data = pf_alloc_array(a, rows, sizeof(*to));
	size_t ints = 0, missing = 0;
	unsigned layout = 0, first = 0;

	for (size_t i = 0; i < rows && !*why; i++) {
		const struct pf_value *v = &cells->v[i];
		enum pf_datetime_verdict verdict;

		if (v->kind == PF_V_NULL) {
			to[i] = INT64_MIN;
			missing++;
			continue;
		}
		if (v->kind == PF_V_INT && from == PF_FROM_FRAME) {
			to[i] = v->i;
			ints++;
			continue;
		}
		if (v->kind == PF_V_BOOL || !pf_value_is_scalar(v))
			return refuse(err, cells, i, spec, NULL);
		verdict = v->kind == PF_V_STRING ? pf_datetime_read(&to[i], &layout, v->s)
						 : PF_DATETIME_UNSURE;
		if (verdict == PF_DATETIME_ZONE && from == PF_FROM_ARRAY)
			verdict = PF_DATETIME_UNSURE; /* numpy turns it into UTC */
		if (verdict == PF_DATETIME_BAD || verdict == PF_DATETIME_ZONE)
			return refuse(err, cells, i, spec, reasons[verdict]);
		if (i == missing + ints)
			first = layout;
		if (verdict == PF_DATETIME_UNSURE || layout != first)
			*why = "dates that are not all spelled in the same ISO way";
	}
	if (ints && ints != rows)
		*why = "dates of which some are numbers";
	return 0;
}

/* ---- */

static const enum pf_type TYPES[] = {
	[PF_D_BOOLEAN] = PF_T_BOOL,   [PF_D_INTEGER] = PF_T_INT32,  [PF_D_LONG] = PF_T_INT64,
	[PF_D_FLOAT] = PF_T_FLOAT32,  [PF_D_DOUBLE] = PF_T_FLOAT64, [PF_D_STRING] = PF_T_STRING,
	[PF_D_BINARY] = PF_T_BYTES,   [PF_D_DATETIME] = PF_T_DATETIME,
};

int pf_column_cast(struct pf_column *out, const char **why, struct pf_arena *a,
		   const struct pf_cells *cells, size_t rows, const struct pf_colspec *spec,
		   enum pf_cast_from from, struct pf_err *err)
{
	struct pf_column made = { 0 };

	if (spec->type > PF_D_DATETIME)
		return pf_nested_column(out, why, a, cells, rows, spec, 2, err);
	made.type = TYPES[spec->type];
	if (spec->type == PF_D_STRING) {
		if (cast_strings(&made, why, a, cells, rows, from) < 0)
			return -1;
	} else if (spec->type == PF_D_BINARY) {
		if (from == PF_FROM_ARRAY)
			*why = "binary values that are no cells of a table";
		else if (cast_bytes(&made, a, cells, rows, spec, err) < 0)
			return -1;
	} else if (spec->type == PF_D_DATETIME) {
		if (cast_dates(&made, why, a, cells, rows, spec, from, err) < 0)
			return -1;
	} else if (cast_numbers(&made, a, cells, rows, spec, err) < 0) {
		return -1;
	}
	made.name = cells->name;
	made.unnamed = cells->unnamed;
	*out = made;
	return 0;
}
