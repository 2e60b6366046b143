/* infer.c - the type that pandas would give a column of JSON values */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "data/columns.h"

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
