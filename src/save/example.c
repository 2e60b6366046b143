/* example.c - an input example as MLflow keeps it: for its own use, and as a request */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "data/data.h"
#include "model/model.h"
#include "save/inside.h"

/* models/utils.py, _Example. A table is told from other JSON by the form of a request that it has
 * (dataframe_split, dataframe_records, inputs, each with params or without); anything else is the
 * value that Python's json would make of the file. */

#define EXAMPLE "input_example.json"
#define SERVING "serving_input_example.json"

struct example {
	struct pf_arena *a;
	struct pf_node input;	/* what input_example.json holds */
	struct pf_node serving; /* ... the other */
	struct pf_node info;	/* MLmodel's saved_input_example_info */
};

static void set(struct pf_arena *a, struct pf_node *map, const char *key, struct pf_node value)
{
	pf_node_set(a, map, pf_s(key), value);
}

static void set_text(struct pf_arena *a, struct pf_node *map, const char *key, const char *text)
{
	set(a, map, key, pf_node_string(pf_s(text)));
}

/* ---- tables ---- */

/* The keys of all of them, in the order in which they come. */
static int find_columns(struct pf_node *out, struct pf_arena *a, const struct pf_node *records,
			struct pf_err *err)
{
	PF_VEC(struct pf_node) columns = { 0 };
	struct pf_map names = { 0 };

	for (size_t i = 0; i < records->n; i++) {
		if (records->v[i].kind != PF_NODE_MAP)
			return pf_fail(err, PF_EMODEL,
				       "dataframe_records holds %s, where objects "
				       "are wanted",
				       pf_node_kind_name(records->v[i].kind));
		for (size_t k = 0; k < records->v[i].n; k++) {
			void **place = pf_map_put(a, &names, records->v[i].v[k].key);

			if (!*place)
				*PF_PUSH(a, &columns) = pf_node_string(records->v[i].v[k].key);
			*place = out;
		}
	}
	*out = pf_node_list();
	out->v = columns.v;
	out->n = columns.n;
	return 0;
}

/* Most rows have all keys, in one order. */
static struct pf_node cell_of(const struct pf_node *row, size_t k, struct pf_str name)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct pf_node *cell = &row->v[(k + i) % row->n];

		if (pf_str_eq(cell->key, name))
			return *cell;
	}
	return (struct pf_node){ 0 };
}

/* Rows that are objects, as columns and rows: what a row lacks is null. */
static int split_records(struct pf_node *out, struct pf_arena *a, const struct pf_node *records,
			 struct pf_err *err)
{
	struct pf_node columns, data = pf_node_list();
	size_t cells;

	if (find_columns(&columns, a, records, err) < 0)
		return -1;
	if (__builtin_mul_overflow(columns.n, records->n, &cells) || cells > PF_MAX_EXAMPLE_CELLS)
		return pf_fail(err, PF_ELIMIT, "an input example of %zu columns and %zu rows",
			       columns.n, records->n);
	data.v = pf_alloc_array(a, records->n, sizeof(*data.v));
	for (; data.n < records->n; data.n++) {
		struct pf_node row = pf_node_list();

		row.v = pf_alloc_array(a, columns.n, sizeof(*row.v));
		for (; row.n < columns.n; row.n++)
			row.v[row.n] = cell_of(&records->v[data.n], row.n, columns.v[row.n].text);
		data.v[data.n] = row;
	}
	*out = pf_node_map();
	set(a, out, "columns", columns);
	set(a, out, "data", data);
	return 0;
}

/* Are they 0, 1, 2, ...: those that a table has without being told? */
static bool are_default(const struct pf_node *columns)
{
	char number[24];

	for (size_t i = 0; i < columns->n; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		if (columns->v[i].kind != PF_NODE_NUMBER || !pf_str_is(columns->v[i].text, number))
			return false;
	}
	return true;
}

static int take_split(struct example *e, const struct pf_node *split, struct pf_err *err)
{
	const struct pf_node *columns = pf_node_get(split, "columns"),
			     *data = pf_node_get(split, "data");
	struct pf_node table = pf_node_map();

	if (!data || data->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EMODEL, "dataframe_split has no list of data");
	if (columns && !are_default(columns))
		set(e->a, &table, "columns", *columns);
	set(e->a, &table, "data", *data);
	set_text(e->a, &e->info, "type", "dataframe");
	set_text(e->a, &e->info, "pandas_orient", table.n == 2 ? "split" : "values");
	e->input = table;
	set(e->a, &e->serving, "dataframe_split", table);
	return 0;
}

/* ---- other values ---- */

/* Requests to language models go as they are. */
static bool is_llm(const struct pf_node *n)
{
	return pf_node_get(n, "messages") || pf_node_get(n, "prompt") || pf_node_get(n, "input");
}

static void take_value(struct example *e, const struct pf_node *n, bool tensor)
{
	set_text(e->a, &e->info, "type", tensor ? "ndarray" : "json_object");
	e->input = *n;
	if (is_llm(n))
		e->serving = *n;
	else
		set(e->a, &e->serving, "inputs", *n);
}

static void take_params(struct example *e, const struct pf_node *params)
{
	struct pf_node both = pf_node_map();

	set(e->a, &both, "inputs", e->input);
	set(e->a, &both, "params", *params);
	set(e->a, &e->serving, "params", *params);
	set_text(e->a, &e->info, "params", "true");
	e->input = both;
}

/* What JSON does not tell of `inputs`: {"ndarray": null}, or a matrix as MLflow keeps it,
 * {"sparse_matrix_csr": {"data", "indices", "indptr", "shape"}}, whose request is dense. */
static int take_kept(struct example *e, const struct pf_node *kept, struct pf_err *err)
{
	static const char *const types[] = { "ndarray", "sparse_matrix_csr", "sparse_matrix_csc",
					     NULL };

	if (!kept->n || kept->n > 1 || !pf_str_in(kept->v[0].key, types))
		return pf_fail(err, PF_EMODEL, "an input example is not kept as that: ndarray, "
					       "sparse_matrix_csr and sparse_matrix_csc are known");
	set(e->a, &e->info, "type", pf_node_string(kept->v[0].key));
	if (kept->v[0].kind != PF_NODE_NULL)
		e->input = kept->v[0];
	return 0;
}

/* The form of a request: one of its keys, and maybe params; NULL: none. */
static const struct pf_node *request_form(const struct pf_node *n)
{
	static const char *const forms[] = { "dataframe_split", "dataframe_records", "inputs" };
	const struct pf_node *form = NULL, *params = pf_node_get(n, "params");
	bool kept = pf_node_get(n, "inputs") && pf_node_get(n, "kept");

	for (size_t i = 0; !form && i < PF_COUNT(forms); i++)
		form = pf_node_get(n, forms[i]);
	if (!form || n->n != 1u + (params != NULL) + kept ||
	    (params && params->kind != PF_NODE_MAP))
		return NULL;
	return form;
}

static int take(struct example *e, const struct pf_node *n, bool tensor, struct pf_err *err)
{
	const struct pf_node *form = request_form(n);
	const struct pf_node *kept = form ? pf_node_get(n, "kept") : NULL;
	struct pf_node split;

	e->info = e->serving = pf_node_map();
	set_text(e->a, &e->info, "artifact_path", EXAMPLE);
	set_text(e->a, &e->info, "serving_input_path", SERVING);
	if (!form) {
		take_value(e, n, false);
		return 0;
	}
	if (pf_str_is(form->key, "inputs")) {
		take_value(e, form, tensor);
		if (kept && take_kept(e, kept, err) < 0)
			return -1;
	} else if (pf_str_is(form->key, "dataframe_split")) {
		if (take_split(e, form, err) < 0)
			return -1;
	} else if (split_records(&split, e->a, form, err) < 0 || take_split(e, &split, err) < 0) {
		return -1;
	}
	if (pf_node_get(n, "params"))
		take_params(e, pf_node_get(n, "params"));
	return 0;
}

/* ---- files ---- */

/* A CSV file by way of the records that an answer would have. */
static int read_csv(struct pf_node **out, struct pf_arena *a, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_AUTO(buf) json = PF_BUF(4 * PF_MAX_TEXT_FILE);
	struct pf_request request;
	struct pf_node *records, split, *doc;
	const struct pf_expect any = { 0 };

	if (pf_read_file(&text, AT_FDCWD, path, err) < 0 ||
	    pf_csv_read(&request, a, pf_buf_view(&text), &any, err) < 0)
		return pf_wrap(err, "--input-example");
	if (request.raw)
		return pf_fail(err, PF_EMODEL,
			       "--input-example %s: %s: give it as JSON, dataframe_split", path,
			       request.why);
	if (pf_answer_json(&json, &request.data, 0, err) < 0 ||
	    pf_buf_check(&json, "the input example", err) < 0 ||
	    pf_json_parse(&records, a, pf_dup(a, pf_buf_view(&json)), err) < 0 ||
	    split_records(&split, a, records, err) < 0)
		return pf_wrap(err, "--input-example %s", path);
	*out = doc = pf_alloc(a, sizeof(*doc));
	*doc = pf_node_map();
	set(a, doc, "dataframe_split", split);
	return 0;
}

/* utils: _validate_prediction_input of what would be served. */
static int check(const struct pf_saving *w, struct pf_str serving, struct pf_err *err)
{
	const struct pf_node *map = pf_node_get(&w->mlmodel, "signature");
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s = { 0 };
	struct pf_request request;
	struct pf_expect expect = { .inputs = &s.inputs, .params = &s.params };
	struct pf_err why = { 0 };

	if (!map)
		return 0;
	if (pf_signature_parse(&s, &a, map, err) < 0)
		return -1;
	if (pf_payload_read(&request, &a, serving, &expect, &why) == 0)
		return 0;
	return pf_fail(err, why.code, "Input example does not match the model signature. %s",
		       why.msg);
}

static int write(struct pf_saving *w, const struct example *e, struct pf_err *err)
{
	PF_AUTO(buf) input = PF_BUF(2 * PF_MAX_TEXT_FILE);
	PF_AUTO(buf) serving = PF_BUF(16 * PF_MAX_TEXT_FILE);

	pf_json_as_python(&input, &e->input, 0);
	pf_json_as_python(&serving, &e->serving, 2);
	if (pf_buf_check(&input, EXAMPLE, err) < 0 || pf_buf_check(&serving, SERVING, err) < 0 ||
	    check(w, pf_buf_view(&serving), err) < 0 ||
	    pf_save_file(w, EXAMPLE, pf_buf_view(&input), err) < 0 ||
	    pf_save_file(w, SERVING, pf_buf_view(&serving), err) < 0)
		return -1;
	w->size += input.n + serving.n;
	return 0;
}

static bool is_tensor(const struct pf_saving *w)
{
	const struct pf_node *signature = pf_node_get(&w->mlmodel, "signature");

	return pf_str_find_str(pf_node_text(signature, "inputs"), "\"tensor-spec\"") != PF_NPOS;
}

int pf_save_example(struct pf_saving *w, struct pf_err *err)
{
	const char *path = w->s->input_example;
	struct example e = { .a = &w->arena };
	struct pf_node *doc = NULL;

	if (!path)
		return 0;
	if ((pf_str_ends(pf_s(path), ".csv")
		     ? read_csv(&doc, e.a, path, err)
		     : pf_save_read_json(&doc, e.a, "--input-example", path, err)) < 0 ||
	    take(&e, doc, is_tensor(w), err) < 0 || write(w, &e, err) < 0)
		return -1;
	set(e.a, &w->mlmodel, "saved_input_example_info", e.info);
	return 0;
}
