/* losses.c - what is left to the environment: values that it would change are refused before */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/losses.h"

#include "base/str.h"
#include "data/columns.h"
#include "data/document.h"

static const struct pf_value *find(const struct pf_value *map, struct pf_str name)
{
	for (size_t i = 0; map->kind == PF_V_MAP && i < map->list.n; i++)
		if (pf_str_eq(map->list.v[2 * i].s, name))
			return &map->list.v[2 * i + 1];
	return NULL;
}

/* What goes by the name, of each record or of all: how many values. */
static size_t collect(struct pf_cells *out, struct pf_arena *a, const struct pf_value *v,
		      struct pf_str name)
{
	const struct pf_value *all = find(v, name), *from = v->kind == PF_V_LIST ? v : all;
	size_t n = 0, *rows;

	if (!from)
		return 0;
	if (from->kind != PF_V_LIST) {
		out->v = pf_alloc(a, sizeof(*out->v));
		out->v[n++] = *from;
		return n;
	}
	out->v = pf_alloc_array(a, from->list.n, sizeof(*out->v));
	out->rows = rows = pf_alloc_array(a, from->list.n, sizeof(*rows));
	for (size_t i = 0; i < from->list.n; i++) {
		const struct pf_value *one = all ? &from->list.v[i] : find(&from->list.v[i], name);

		if (!one)
			continue;
		rows[n] = i;
		out->v[n++] = *one;
	}
	return n;
}

static bool all_scalars(const struct pf_cells *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!pf_value_is_scalar(&c->v[i]))
			return false;
	return true;
}

int pf_losses_refuse(struct pf_arena *a, const struct pf_value *v, const struct pf_schema *schema,
		     struct pf_err *err)
{
	for (size_t i = 0; schema->named && i < schema->n; i++) {
		const struct pf_colspec *spec = &schema->columns[i];
		struct pf_cells cells = { .name = spec->name };
		struct pf_column ignored;
		const char *odd = NULL;
		size_t n;

		if (spec->type > PF_D_DATETIME)
			continue;
		n = collect(&cells, a, v, spec->name);
		if (n && all_scalars(&cells, n) &&
		    pf_column_cast(&ignored, &odd, a, &cells, n, spec, PF_FROM_ARRAY, err) < 0)
			return -1;
	}
	return 0;
}
