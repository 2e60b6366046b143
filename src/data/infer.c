/* infer.c - the type that pandas would give a column of JSON values */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "data/columns.h"
#include "data/element.h"

/* What kinds of cells there are, a bit each; NaN has its own. */
#define KIND(k) (1u << (k))
#define NUMBERS (KIND(PF_V_INT) | KIND(PF_V_FLOAT) | NOT_A_NUMBER)
#define NOT_A_NUMBER KIND(31)

static unsigned kinds_of(const struct pf_value *v, size_t rows)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rows; i++)
		seen |= v[i].kind == PF_V_FLOAT && isnan(v[i].d) ? NOT_A_NUMBER : KIND(v[i].kind);
	return seen;
}

static bool only(unsigned seen, unsigned allowed)
{
	return !(seen & ~allowed);
}

static enum pf_type type_of(unsigned seen)
{
	unsigned missing = KIND(PF_V_NULL) | NOT_A_NUMBER;

	if (only(seen, KIND(PF_V_NULL)))
		return PF_T_OBJECT;
	if (only(seen, KIND(PF_V_INT)))
		return PF_T_INT64;
	if (only(seen, KIND(PF_V_BOOL)))
		return PF_T_BOOL;
	if (only(seen, NUMBERS | KIND(PF_V_NULL)))
		return PF_T_FLOAT64;
	if (only(seen, KIND(PF_V_STRING) | missing))
		return PF_T_STRING;
	return PF_T_OBJECT;
}

void pf_column_infer(struct pf_column *out, const char **why, struct pf_arena *a,
		     const struct pf_cells *cells, size_t rows)
{
	unsigned seen = kinds_of(cells->v, rows);
	struct pf_column made = { .name = cells->name, .unnamed = cells->unnamed };

	if (seen & KIND(PF_V_BIGINT)) {
		*why = "integers beyond int64";
		return;
	}
	made.type = type_of(seen);
	switch (made.type) {
	case PF_T_STRING:
	case PF_T_OBJECT:
		made.values = cells->v;
		break;
	default:
		made.data = pf_alloc_array(a, rows, made.type == PF_T_BOOL ? 1 : 8);
		for (size_t i = 0; i < rows; i++) {
			if (made.type == PF_T_BOOL)
				((uint8_t *)made.data)[i] = cells->v[i].b;
			else if (made.type == PF_T_INT64)
				((int64_t *)made.data)[i] = cells->v[i].i;
			else
				((double *)made.data)[i] =
					cells->v[i].kind == PF_V_INT	 ? (double)cells->v[i].i
					: cells->v[i].kind == PF_V_FLOAT ? cells->v[i].d
									 : (double)NAN;
		}
	}
	*out = made;
}

/* ---- lists that Python made: numpy's scalars among Python's own ---- */

/* The type that numpy gives elements of both; none: another one than either. */
static enum pf_type promote(enum pf_type a, enum pf_type b)
{
	static const struct {
		enum pf_type first, last;
	} kinds[] = { { PF_T_BOOL, PF_T_BOOL },
		      { PF_T_INT8, PF_T_INT64 },
		      { PF_T_UINT8, PF_T_UINT64 },
		      { PF_T_FLOAT32, PF_T_FLOAT64 } };

	for (size_t i = 0; i < PF_COUNT(kinds); i++)
		if (a >= kinds[i].first && a <= kinds[i].last && b >= kinds[i].first &&
		    b <= kinds[i].last)
			return a > b ? a : b;
	return (enum pf_type)0;
}

static enum pf_type common_type(const struct pf_value *v, size_t n)
{
	enum pf_type type = (enum pf_type)0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].kind != PF_V_ELEMENT)
			return (enum pf_type)0;
		type = promote(i ? type : v[i].tensor->type, v[i].tensor->type);
	}
	return type;
}

void pf_column_of_list(struct pf_column *out, const char **why, struct pf_arena *a,
		       const struct pf_cells *cells, size_t rows)
{
	struct pf_column made = { .name = cells->name, .unnamed = cells->unnamed };
	struct pf_cells own = *cells;
	size_t width, put = 0;

	if (!(kinds_of(cells->v, rows) & (KIND(PF_V_ELEMENT) | KIND(PF_V_TAGGED)))) {
		pf_column_infer(out, why, a, cells, rows);
		return;
	}
	made.type = common_type(cells->v, rows);
	own.v = pf_alloc_array(a, rows, sizeof(*own.v));
	for (size_t i = 0; i < rows; i++)
		own.v[i] = pf_element_plain(&cells->v[i]);
	width = made.type ? pf_type_width(made.type) : 0;
	made.data = pf_alloc_array(a, rows, width);
	while (width && put < rows &&
	       pf_element_put((char *)made.data + put * width, made.type, &own.v[put]))
		put++;
	if (put == rows)
		*out = made;
	else
		pf_column_infer(out, why, a, &own, rows);
}
