/* arrays.c - arrays that came as such, against the signature: their types have to fit exactly */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/arrays.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "data/enforce.h"
#include "data/params.h"
#include "data/strict.h"

/* ---- tensors ---- */

static bool takes_anything(const struct pf_tensorspec *spec)
{
	return pf_str_is(spec->dtype, "object") && spec->rank == 1 && spec->shape[0] == -1;
}

static int enforce_array(const struct pf_tensor *t, const struct pf_tensorspec *spec,
			 struct pf_err *err)
{
	struct pf_str wanted = pf_shown(spec->dtype);

	if (takes_anything(spec))
		return 0;
	if (pf_enforce_shape(t, spec, err) < 0)
		return -1;
	if (t->type == spec->type && t->type != PF_T_OBJECT)
		return 0;
	return pf_fail(err, PF_EMODEL, "dtype of input %s does not match expected dtype " PF_FMT,
		       pf_type_numpy(t->type), PF_ARG(wanted));
}

/* Exactly the arrays that are declared, in their order. */
static int enforce_named(struct pf_value *out, struct pf_arena *a, const struct pf_value *given,
			 const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(a, given->list.n, sizeof(*labels));
	size_t *pick = pf_alloc_array(a, schema->n, sizeof(*pick));
	struct pf_value made = { .kind = PF_V_MAP };

	for (size_t i = 0; i < given->list.n; i++)
		labels[i].name = given->list.v[2 * i].s;
	if (pf_enforce_columns(pick, labels, given->list.n, schema, err) < 0)
		return -1;
	made.list.v = pf_alloc_array(a, 2 * schema->n, sizeof(*made.list.v));
	for (size_t i = 0; i < schema->n; i++) {
		struct pf_value *pair = &made.list.v[2 * made.list.n++];

		memcpy(pair, &given->list.v[2 * pick[i]], 2 * sizeof(*pair));
		if (enforce_array(pair[1].tensor, &schema->tensors[i], err) < 0)
			return pf_wrap(err, "input '" PF_FMT "'", PF_ARG(pf_shown(pair[0].s)));
	}
	*out = made;
	return 0;
}

static int enforce_tensors(struct pf_value *out, struct pf_arena *a, const struct pf_value *given,
			   const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_value none = { .kind = PF_V_MAP }, pair[2],
			one = { .kind = PF_V_MAP, .list = { pair, 1 } };

	if (!schema->named && given->kind == PF_V_MAP)
		return pf_fail(err, PF_EMODEL,
			       "This model contains a tensor-based model signature with no input "
			       "names, which suggests a numpy array input or a pandas dataframe "
			       "input with proper column values, but an input of type <class "
			       "'dict'> was found.");
	if (!schema->named) {
		*out = *given;
		return enforce_array(given->tensor, &schema->tensors[0], err);
	}
	if (given->kind == PF_V_MAP)
		return enforce_named(out, a, given, schema, err);
	if (schema->n > 1)
		return enforce_named(out, a, &none, schema, err);
	pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = schema->tensors[0].name };
	pair[1] = *given;
	return enforce_named(out, a, &one, schema, err);
}

/* ---- tables ---- */

/* Columns side by side, as pandas has them. */
static struct pf_table *table_of_array(struct pf_arena *a, const struct pf_tensor *t)
{
	size_t rows = (size_t)t->shape[0], n = t->rank == 2 ? (size_t)t->shape[1] : 1;
	size_t width = pf_type_width(t->type);
	struct pf_table *made = pf_alloc(a, sizeof(*made));
	char *data = width ? pf_alloc_array(a, rows * n, width) : NULL;

	made->rows = rows;
	made->columns.v = pf_alloc_array(a, n, sizeof(*made->columns.v));
	made->columns.n = made->columns.cap = n;
	for (size_t j = 0; j < n; j++) {
		struct pf_column *c = &made->columns.v[j];

		*c = (struct pf_column){ .unnamed = true, .type = t->type };
		c->data = width ? data + j * rows * width : NULL;
		c->values = width ? NULL : pf_alloc_array(a, rows, sizeof(*c->values));
		for (size_t i = 0; i < rows; i++) {
			if (c->values)
				c->values[i] = t->values[i * n + j];
			else
				memcpy((char *)c->data + i * width,
				       (const char *)t->data + (i * n + j) * width, width);
		}
	}
	return made;
}

static int table_of_arrays(struct pf_table **out, struct pf_arena *a, const struct pf_value *given,
			   struct pf_err *err)
{
	struct pf_table *made = pf_alloc(a, sizeof(*made));

	made->columns.v = pf_alloc_array(a, given->list.n, sizeof(*made->columns.v));
	made->columns.n = made->columns.cap = given->list.n;
	for (size_t i = 0; i < given->list.n; i++) {
		const struct pf_tensor *t = given->list.v[2 * i + 1].tensor;
		struct pf_str name = given->list.v[2 * i].s;

		if (t->rank != 1)
			return pf_fail(err, PF_EMODEL,
				       "the array '" PF_FMT "' has %u dimensions, which a column "
				       "cannot have",
				       PF_ARG(pf_shown(name)), t->rank);
		if (i && (size_t)t->shape[0] != made->rows)
			return pf_fail(err, PF_EMODEL,
				       "This model contains a column-based signature, which "
				       "suggests a DataFrame input. There was an error casting the "
				       "input data to a DataFrame: All arrays must be of the same "
				       "length");
		made->rows = (size_t)t->shape[0];
		made->columns.v[i] = (struct pf_column){
			.name = name, .type = t->type, .data = t->data, .values = t->values
		};
	}
	*out = made;
	return 0;
}

static int enforce_columns(struct pf_request *out, struct pf_arena *a, struct pf_table *t,
			   const struct pf_schema *schema, struct pf_err *err)
{
	if (pf_strict_table(t, &out->why, a, schema, err) < 0)
		return -1;
	out->data = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	if (!out->why)
		return 0;
	return pf_fail(err, PF_EMODEL,
		       "the types of the input do not tell how it fits the signature: %s",
		       out->why);
}

/* ---- the doors ---- */

static int begin(struct pf_request *out, const struct pf_schema **schema, struct pf_arena *a,
		 const struct pf_expect *expect, struct pf_err *err)
{
	*out = (struct pf_request){ 0 };
	*schema = expect->inputs && expect->inputs->kind != PF_SCHEMA_NONE && expect->inputs->n
			  ? expect->inputs : NULL;
	if (expect->from_type_hint)
		return pf_fail(err, PF_EMODEL,
			       "the model's signature is a type hint, to be given in JSON");
	return pf_params_enforce(&out->params, a, NULL, expect->params, err);
}

int pf_arrays_request(struct pf_request *out, struct pf_arena *a, const struct pf_value *given,
		      const struct pf_expect *expect, struct pf_err *err)
{
	struct pf_request made;
	const struct pf_schema *schema;
	struct pf_table *t = NULL;

	if (begin(&made, &schema, a, expect, err) < 0)
		return -1;
	made.data = *given;
	if (schema && schema->kind == PF_SCHEMA_TENSORS) {
		if (enforce_tensors(&made.data, a, given, schema, err) < 0)
			return -1;
	} else if (schema && given->kind == PF_V_TENSOR &&
		   (given->tensor->rank < 1 || given->tensor->rank > 2)) {
		return pf_fail(err, PF_EMODEL,
			       "an array of %u dimensions for a signature of columns",
			       given->tensor->rank);
	} else if (schema) {
		if (given->kind == PF_V_TENSOR)
			t = table_of_array(a, given->tensor);
		else if (table_of_arrays(&t, a, given, err) < 0)
			return -1;
		if (enforce_columns(&made, a, t, schema, err) < 0)
			return -1;
	}
	*out = made;
	return 0;
}

int pf_table_request(struct pf_request *out, struct pf_arena *a, const struct pf_value *given,
		     const struct pf_expect *expect, struct pf_err *err)
{
	struct pf_request made;
	const struct pf_schema *schema;

	if (begin(&made, &schema, a, expect, err) < 0)
		return -1;
	if (given->kind != PF_V_TABLE)
		return pf_fail(err, PF_EBUG, "the runner read a table as something else");
	made.data = *given;
	if (schema && schema->kind == PF_SCHEMA_TENSORS)
		return pf_fail(err, PF_EMODEL,
			       "a table for a signature of tensors: send them as .npy, .npz or "
			       "JSON");
	if (schema && enforce_columns(&made, a, given->table, schema, err) < 0)
		return -1;
	*out = made;
	return 0;
}
