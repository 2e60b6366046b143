/* payload.c - a request body to what the model is asked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "data/data.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/grid.h"
#include "data/inputs.h"
#include "data/params.h"
#include "data/rows.h"

/* The four forms; exactly one of them is in a body. */
enum form { SPLIT, RECORDS, INSTANCES, INPUTS };
static const char *const FORMS[] = { "dataframe_split", "dataframe_records", "instances",
				     "inputs" };

/* Any of these makes the whole body the input of a language model. */
static const char *const LLM_KEYS[] = { "messages", "prompt", "input" };

#define PROTOCOL "exactly one of dataframe_split, dataframe_records, instances and inputs"

static int find_form(enum form *form, const struct pf_value **v, const struct pf_value *body,
		     struct pf_err *err)
{
	*v = NULL;
	for (size_t i = 0; i < PF_COUNT(FORMS); i++) {
		const struct pf_value *found = pf_value_get(body, FORMS[i]);

		if (found && *v)
			return pf_fail(err, PF_EMODEL,
				       "the input holds both \"%s\" and \"%s\"; it must be "
				       "an object with " PROTOCOL,
				       FORMS[*form], FORMS[i]);
		if (found) {
			*form = (enum form)i;
			*v = found;
		}
	}
	if (!*v)
		return pf_fail(err, PF_EMODEL, "the input must be an object with " PROTOCOL);
	return 0;
}

static const struct pf_schema *schema_of(const struct pf_expect *expect)
{
	const struct pf_schema *s = expect->inputs;

	return s && s->kind != PF_SCHEMA_NONE && s->n ? s : NULL;
}

/* A table's cells row by row, for a signature of one array. */
static struct pf_value rows_of(struct pf_arena *a, const struct pf_grid *g)
{
	struct pf_value rows = { .kind = PF_V_LIST };

	rows.list.n = g->rows;
	rows.list.v = pf_alloc_array(a, g->rows, sizeof(*rows.list.v));
	for (size_t i = 0; i < g->rows; i++) {
		struct pf_value *row = &rows.list.v[i];

		row->kind = PF_V_LIST;
		row->list.n = g->n;
		row->list.v = pf_alloc_array(a, g->n, sizeof(*row->list.v));
		for (size_t j = 0; j < g->n; j++)
			row->list.v[j] = g->columns[j].v[i];
	}
	return rows;
}

static int read_frame(struct pf_request *out, struct pf_arena *a, enum form form,
		      const struct pf_value *v, const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_grid g = { 0 };
	struct pf_value rows;

	if ((form == SPLIT ? pf_grid_split(&g, &out->why, a, v, err)
			   : pf_grid_records(&g, &out->why, a, v, err)) < 0)
		return -1;
	if (out->why)
		return 0;
	if (schema && schema->kind == PF_SCHEMA_TENSORS) {
		rows = rows_of(a, &g);
		return pf_inputs_from_grid(&out->data, &out->why, a, &rows, g.n, schema, err);
	}
	return pf_grid_table(&out->data, &out->why, a, &g, schema, PF_FROM_FRAME, err);
}

static bool is_llm(const struct pf_value *body)
{
	for (size_t i = 0; i < PF_COUNT(LLM_KEYS); i++)
		if (pf_value_get(body, LLM_KEYS[i]))
			return true;
	return false;
}

/* The whole body is the data, but for what the signature declares as parameters. Without declared
 * ones there are none: nothing is to be lost. */
static int read_llm(struct pf_request *out, struct pf_arena *a, const struct pf_value *body,
		    const struct pf_expect *expect, struct pf_err *err)
{
	struct pf_value data = { .kind = PF_V_MAP }, given = { .kind = PF_V_MAP };

	out->llm = true;
	if (expect->through_mlflow || expect->from_type_hint) {
		out->why = "a request to a language model of mlflow's own kinds";
		return 0;
	}
	data.list.v = pf_alloc_array(a, 2 * body->list.n, sizeof(*data.list.v));
	given.list.v = pf_alloc_array(a, 2 * body->list.n, sizeof(*data.list.v));
	for (size_t i = 0; i < body->list.n; i++) {
		bool param =
			expect->params && pf_params_find(expect->params, body->list.v[2 * i].s);
		struct pf_value *to = param ? &given : &data;

		memcpy(&to->list.v[2 * to->list.n++], &body->list.v[2 * i], 2 * sizeof(*body));
	}
	if (pf_params_enforce(&out->params, a, &given, expect->params, err) < 0)
		return -1;
	return pf_row_of_llm(&out->data, &out->why, a, &data, schema_of(expect), err);
}

static int read_body(struct pf_request *out, struct pf_arena *a, const struct pf_value *body,
		     const struct pf_expect *expect, struct pf_err *err)
{
	const struct pf_value *v;
	enum form form = SPLIT;

	if (body->kind != PF_V_MAP)
		return pf_fail(err, PF_EMODEL,
			       "the input is %s; it must be an object with " PROTOCOL,
			       pf_value_kind_name(body));
	if (is_llm(body))
		return read_llm(out, a, body, expect, err);
	if (find_form(&form, &v, body, err) < 0 ||
	    pf_params_enforce(&out->params, a, pf_value_get(body, "params"), expect->params,
			      err) < 0)
		return -1;
	if (expect->from_type_hint) {
		if (form != INPUTS)
			return pf_fail(err, PF_EMODEL,
				       "the model's signature is a type hint: its input goes "
				       "under \"inputs\", not \"%s\"",
				       FORMS[form]);
		out->why = "a signature made of a type hint";
		return 0;
	}
	if (form == SPLIT || form == RECORDS)
		return read_frame(out, a, form, v, schema_of(expect), err);
	return pf_inputs_read(&out->data, &out->why, a, v, form == INSTANCES, schema_of(expect),
			      err);
}

int pf_payload_read(struct pf_request *out, struct pf_arena *a, struct pf_str body,
		    const struct pf_expect *expect, struct pf_err *err)
{
	struct pf_request made = { 0 };
	struct pf_value document;

	if (pf_document_read(&document, a, body, err) < 0 ||
	    read_body(&made, a, &document, expect, err) < 0) {
		if (!expect->compat || err->code != PF_EMODEL)
			return -1;
		made.why = "as MLflow would, whatever becomes of it";
		made.params = (struct pf_value){ 0 };
	}
	if (made.why) {
		made.raw = true;
		made.format = "json";
		made.data = (struct pf_value){ 0 };
		pf_debug("the environment reads the input itself: %s", made.why);
	}
	*out = made;
	return 0;
}
