/* show.h - values in the spelling of the recorded tables, signatures for them, and how they fit */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <math.h>

#include "base/json.h"
#include "base/number.h"
#include "base/base64.h"
#include "data/data.h"
#include "data/datetime.h"
#include "data/signature.h"

static inline void show(struct pf_buf *out, const struct pf_value *v);

static inline void show_double(struct pf_buf *out, double d)
{
	char text[PF_DOUBLE_SIZE];

	pf_buf_add(out, text, pf_double_write(text, d));
}

static inline void show_json_string(struct pf_buf *out, struct pf_str s)
{
	pf_json_quote(out, s);
}

static inline void show_element(struct pf_buf *out, enum pf_type type, const void *data, size_t i);

/* JSON, in which numpy's own numbers and arrays are marked. */
static inline void show_nested(struct pf_buf *out, const struct pf_value *v)
{
	bool map = v->kind == PF_V_MAP;

	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, "null");
		return;
	case PF_V_BOOL:
		pf_buf_cstr(out, v->b ? "true" : "false");
		return;
	case PF_V_INT:
		pf_buf_printf(out, "%lld", (long long)v->i);
		return;
	case PF_V_FLOAT:
		if (isnan(v->d) || isinf(v->d))
			pf_buf_cstr(out, isnan(v->d) ? "NaN" : v->d < 0 ? "-Infinity" : "Infinity");
		else
			show_double(out, v->d);
		return;
	case PF_V_BIGINT:
		pf_buf_str(out, v->s);
		return;
	case PF_V_STRING:
		show_json_string(out, v->s);
		return;
	case PF_V_BYTES:
		pf_buf_cstr(out, "b:");
		pf_base64_encode(out, v->s, "");
		return;
	case PF_V_DATETIME:
		pf_buf_char(out, '"');
		pf_datetime_write(out, v->i);
		pf_buf_char(out, '"');
		return;
	case PF_V_ELEMENT:
		pf_buf_printf(out, "<%s ", pf_type_numpy(v->tensor->type));
		show_element(out, v->tensor->type, v->tensor->data, 0);
		pf_buf_char(out, '>');
		return;
	case PF_V_LIST:
	case PF_V_MAP:
		pf_buf_char(out, map ? '{' : '[');
		for (size_t i = 0; i < v->list.n; i++) {
			if (i)
				pf_buf_char(out, ',');
			if (map) {
				show_json_string(out, v->list.v[2 * i].s);
				pf_buf_char(out, ':');
			}
			show_nested(out, &v->list.v[map ? 2 * i + 1 : i]);
		}
		pf_buf_char(out, map ? '}' : ']');
		return;
	default:
		pf_buf_char(out, '<');
		show(out, v);
		pf_buf_char(out, '>');
	}
}

static inline void show_cell(struct pf_buf *out, const struct pf_value *v, bool string_column)
{
	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, string_column ? "-" : "None");
		return;
	case PF_V_BOOL:
		pf_buf_cstr(out, v->b ? "True" : "False");
		return;
	case PF_V_FLOAT:
		if (string_column) /* recorded by pandas 3, whose strings know one kind of missing */
			pf_buf_cstr(out, "-");
		else
			show_double(out, v->d);
		return;
	default:
		show_nested(out, v);
	}
}

static inline void show_element(struct pf_buf *out, enum pf_type type, const void *data, size_t i)
{
	switch (type) {
	case PF_T_BOOL:
		pf_buf_cstr(out, ((const uint8_t *)data)[i] ? "True" : "False");
		return;
	case PF_T_FLOAT32:
		show_double(out, (double)((const float *)data)[i]);
		return;
	case PF_T_FLOAT64:
		show_double(out, ((const double *)data)[i]);
		return;
	case PF_T_DATETIME:
		if (((const int64_t *)data)[i] == INT64_MIN)
			pf_buf_char(out, '-');
		else
			pf_buf_printf(out, "%lld", (long long)((const int64_t *)data)[i]);
		return;
	case PF_T_UINT64:
		pf_buf_printf(out, "%llu", (unsigned long long)((const uint64_t *)data)[i]);
		return;
#define CASE(t, ctype)                                                                  \
	case t:                                                                         \
		pf_buf_printf(out, "%lld", (long long)((const ctype *)data)[i]);        \
		return
		CASE(PF_T_INT8, int8_t);
		CASE(PF_T_INT16, int16_t);
		CASE(PF_T_INT32, int32_t);
		CASE(PF_T_INT64, int64_t);
		CASE(PF_T_UINT8, uint8_t);
		CASE(PF_T_UINT16, uint16_t);
		CASE(PF_T_UINT32, uint32_t);
	default:
		fail_msg("a type without data: %d", (int)type);
	}
}

static inline const char *type_name(enum pf_type type)
{
	return type == PF_T_STRING     ? "string"
	       : type == PF_T_BYTES    ? "bytes"
	       : type == PF_T_DATETIME ? "datetime"
				       : pf_type_numpy(type);
}

static inline void show_cells(struct pf_buf *out, enum pf_type type, const void *data,
		       const struct pf_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			pf_buf_char(out, ' ');
		if (values)
			show_cell(out, &values[i], type == PF_T_STRING);
		else
			show_element(out, type, data, i);
	}
}

static inline void show_table(struct pf_buf *out, const struct pf_table *t)
{
	pf_buf_printf(out, "table %zu", t->rows);
	for (size_t j = 0; j < t->columns.n; j++) {
		const struct pf_column *c = &t->columns.v[j];

		pf_buf_cstr(out, " {");
		if (c->unnamed)
			pf_buf_printf(out, "%zu", j);
		else
			show_json_string(out, c->name);
		pf_buf_printf(out, " %s: ", type_name(c->type));
		show_cells(out, c->type, c->data, c->values, t->rows);
		pf_buf_char(out, '}');
	}
	if (t->index) {
		pf_buf_cstr(out, " index ");
		show_cells(out, PF_T_OBJECT, NULL, t->index, t->rows);
	}
}

static inline void show_tensor(struct pf_buf *out, const struct pf_tensor *t)
{
	pf_buf_printf(out, "array %s (", type_name(t->type));
	for (unsigned i = 0; i < t->rank; i++)
		pf_buf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)t->shape[i]);
	pf_buf_cstr(out, "): ");
	show_cells(out, t->type, t->data, t->values, pf_tensor_count(t));
}

static inline void show(struct pf_buf *out, const struct pf_value *v)
{
	if (v->kind == PF_V_TABLE) {
		show_table(out, v->table);
	} else if (v->kind == PF_V_TENSOR) {
		show_tensor(out, v->tensor);
	} else if (v->kind == PF_V_MAP || v->kind == PF_V_LIST) {
		bool map = v->kind == PF_V_MAP;

		pf_buf_cstr(out, map ? "map " : "list ");
		for (size_t i = 0; i < v->list.n; i++) {
			pf_buf_cstr(out, i ? " " : "");
			if (map) {
				show_json_string(out, v->list.v[2 * i].s);
				pf_buf_char(out, '=');
			}
			pf_buf_char(out, '(');
			show(out, &v->list.v[map ? 2 * i + 1 : i]);
			pf_buf_char(out, ')');
		}
	} else {
		pf_buf_cstr(out, "scalar ");
		show_cell(out, v, false);
	}
}

static inline void parse_signature(struct pf_signature *out, struct pf_arena *a, struct pf_str inputs,
			    struct pf_str params)
{
	struct pf_node items[2] = { { .kind = PF_NODE_STRING, .text = inputs, .key = PF_S("inputs") },
				    { .kind = PF_NODE_STRING, .text = params, .key = PF_S("params") } };
	struct pf_node map = { .kind = PF_NODE_MAP, .v = items, .n = 2 };
	struct pf_err err;

	items[0].kind = inputs.p ? PF_NODE_STRING : PF_NODE_NULL;
	items[1].kind = params.p ? PF_NODE_STRING : PF_NODE_NULL;
	if (pf_signature_parse(out, a, &map, &err) < 0)
		fail_msg("%s: " PF_FMT, err.msg, PF_ARG(inputs));
}

/* A difference on purpose has a row of its name in docs/mlflow.md. */
static inline void assert_explained(struct pf_str name)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_err err;

	if (pf_read_file(&text, AT_FDCWD, unit_data(&a, "../../docs/mlflow.md"), &err) < 0)
		fail_msg("%s", err.msg);
	if (pf_str_find_str(pf_buf_view(&text), pf_formatz(&a, "\n| " PF_FMT " |", PF_ARG(name))) == PF_NPOS)
		fail_msg("docs/mlflow.md does not tell of \"" PF_FMT "\"", PF_ARG(name));
}

/* How many rows of a recorded table came out how. */
struct tally {
	size_t same, raw, errors, wrong;
};

static inline void tally_row(struct tally *t, const struct unit_row *r, const char *got,
			     bool any_value)
{
	bool refused = !pf_str_is(r->v[3], "same") && !pf_str_is(r->v[3], "accept");
	bool wanted_error = pf_str_is(r->v[2], "error") || refused;

	if (refused && !pf_str_is(r->v[3], "refuse"))
		assert_explained(r->v[3]);

	if (strcmp(got, "raw") == 0) {
		t->raw++;
	} else if (strncmp(got, "error", 5) == 0 && wanted_error) {
		t->errors++;
	} else if (pf_str_is(r->v[2], got) || any_value) {
		t->same++;
	} else {
		t->wrong++;
		printf("%u\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t%s\n", r->line, PF_ARG(r->v[0]),
		       PF_ARG(pf_shown(r->v[1])), PF_ARG(pf_shown(r->v[2])), got);
	}
}

static inline struct tally tally_table(const char *name,
				       void (*row)(const struct unit_row *, void *))
{
	PF_AUTO(arena) a = { 0 };
	struct tally t = { 0 };

	unit_table(unit_data(&a, name), row, &t);
	printf("# %zu the same, %zu refused, %zu left to the environment, %zu differ\n", t.same,
	       t.errors, t.raw, t.wrong);
	assert_int_equal(t.wrong, 0);
	return t;
}
