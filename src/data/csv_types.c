/* csv_types.c - types of CSV that is read a piece at a time, as pandas infers them of the whole */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/str.h"
#include "data/csv.h"
#include "data/data.h"
#include "data/params.h"

void pf_csv_types_free(struct pf_csv_types *t)
{
	free(t->seen);
	*t = (struct pf_csv_types){ 0 };
}

int pf_csv_types_look(struct pf_csv_types *t, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(csv) c = { 0 };

	if (pf_csv_split(&c, &a, text, err) < 0)
		return -1;
	if (!t->seen && !(t->seen = calloc(c.columns, sizeof(*t->seen))))
		pf_oom();
	t->columns = c.columns;
	for (size_t i = 0; i < c.rows * c.columns; i++)
		t->seen[i % c.columns] = pf_csv_judge(t->seen[i % c.columns], c.fields[i]);
	t->rows += c.rows;
	return 0;
}

const char *pf_csv_types_why(const struct pf_csv_types *t)
{
	const char *why = NULL;

	for (size_t i = 0; i < t->columns && !why; i++)
		why = pf_csv_doubt(t->seen[i], t->rows * t->columns);
	return why;
}

int pf_csv_types_read(struct pf_request *out, struct pf_arena *a, struct pf_str text,
		      const struct pf_csv_types *t, const struct pf_expect *expect,
		      struct pf_err *err)
{
	struct pf_request made = { 0 };
	struct pf_table *table = pf_alloc(a, sizeof(*table));
	PF_AUTO(csv) c = { 0 };

	if (pf_params_enforce(&made.params, a, NULL, expect->params, err) < 0 ||
	    pf_csv_split(&c, a, text, err) < 0)
		return -1;
	table->rows = c.rows;
	for (size_t i = 0; i < c.columns; i++)
		if (c.columns != t->columns ||
		    !pf_csv_part(PF_PUSH(a, &table->columns), a, &c, i, t->seen[i]))
			return pf_fail(err, PF_EMODEL,
				       "it has changed since its types were looked at");
	made.data = (struct pf_value){ .kind = PF_V_TABLE, .table = table };
	*out = made;
	return 0;
}
