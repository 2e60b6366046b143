/* answer.c - what the model answered, as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "data/base64.h"
#include "data/data.h"
#include "data/datetime.h"
#include "data/element.h"

/* The values of a frame are nested no deeper than its reader allows; this is the second fence. */
#define MAX_DEPTH 200

static int put_value(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err);

static void put_double(struct pf_buf *out, double d)
{
	char *p = pf_buf_room(out, PF_DOUBLE_SIZE);

	if (!p)
		return;
	if (isfinite(d)) {
		out->n += pf_double_write(p, d);
	} else {
		memcpy(p, "null", 4);
		out->n += 4;
	}
	out->p[out->n] = '\0';
}

static void put_int(struct pf_buf *out, int64_t i)
{
	char *p = pf_buf_room(out, PF_DOUBLE_SIZE);

	if (!p)
		return;
	out->n += pf_int64_write(p, i);
	out->p[out->n] = '\0';
}

static void put_datetime(struct pf_buf *out, int64_t ns)
{
	if (ns == INT64_MIN) {
		pf_buf_cstr(out, "null");
		return;
	}
	pf_buf_char(out, '"');
	pf_datetime_write(out, ns);
	pf_buf_char(out, '"');
}

/* One element of an array or a column. Dates are nanoseconds in an array, as numpy's tolist has
 * them, and text in a table. */
static void put_element(struct pf_buf *out, enum pf_type type, const void *data, size_t i,
			bool in_table)
{
	char text[PF_DOUBLE_SIZE];
	int64_t whole;

	switch (type) {
	case PF_T_BOOL:
		pf_buf_cstr(out, ((const uint8_t *)data)[i] ? "true" : "false");
		return;
	case PF_T_FLOAT32:
		put_double(out, (double)((const float *)data)[i]);
		return;
	case PF_T_FLOAT64:
		put_double(out, ((const double *)data)[i]);
		return;
	case PF_T_UINT64:
		pf_buf_add(out, text, pf_uint64_write(text, ((const uint64_t *)data)[i]));
		return;
	default:
		whole = pf_element_int(type, data, i);
		if (type == PF_T_DATETIME && (in_table || whole == INT64_MIN))
			put_datetime(out, whole);
		else
			put_int(out, whole);
	}
}

/* ---- arrays ---- */

static int put_tensor(struct pf_buf *out, const struct pf_tensor *t, unsigned axis, size_t *next,
		      unsigned depth, struct pf_err *err)
{
	if (axis == t->rank) {
		size_t i = (*next)++;

		if (t->values)
			return put_value(out, &t->values[i], depth + axis, err);
		put_element(out, t->type, t->data, i, false);
		return 0;
	}
	pf_buf_char(out, '[');
	for (uint64_t i = 0; i < t->shape[axis] && !out->toobig; i++) {
		if (i)
			pf_buf_char(out, ',');
		if (put_tensor(out, t, axis + 1, next, depth, err) < 0)
			return -1;
	}
	pf_buf_char(out, ']');
	return 0;
}

/* ---- tables: a list of records ---- */

/* Each column's `"name":`, made once. */
static struct pf_str *make_keys(struct pf_arena *a, const struct pf_table *t)
{
	struct pf_str *keys = pf_alloc_array(a, t->columns.n, sizeof(*keys));

	for (size_t j = 0; j < t->columns.n; j++) {
		const struct pf_column *c = &t->columns.v[j];
		PF_AUTO(buf) key = PF_BUF(PF_MAX_INPUT);

		if (j)
			pf_buf_char(&key, ',');
		if (c->unnamed)
			pf_buf_printf(&key, "\"%zu\"", j);
		else
			pf_json_quote(&key, c->name);
		pf_buf_char(&key, ':');
		keys[j] = pf_dup(a, pf_buf_view(&key));
	}
	return keys;
}

static int put_table(struct pf_buf *out, const struct pf_table *t, unsigned depth,
		     struct pf_err *err)
{
	PF_AUTO(arena) temp = { 0 };
	struct pf_str *keys = make_keys(&temp, t);

	pf_buf_char(out, '[');
	for (size_t i = 0; i < t->rows && !out->toobig; i++) {
		pf_buf_cstr(out, i ? ",{" : "{");
		for (size_t j = 0; j < t->columns.n; j++) {
			const struct pf_column *c = &t->columns.v[j];

			pf_buf_str(out, keys[j]);
			if (!c->values)
				put_element(out, c->type, c->data, i, true);
			else if (put_value(out, &c->values[i], depth + 2, err) < 0)
				return -1;
		}
		pf_buf_char(out, '}');
	}
	pf_buf_char(out, ']');
	return 0;
}

/* ---- values ---- */

static int put_list(struct pf_buf *out, const struct pf_value *v, unsigned depth, struct pf_err *err)
{
	bool map = v->kind == PF_V_MAP;

	pf_buf_char(out, map ? '{' : '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			pf_buf_char(out, ',');
		if (map) {
			pf_json_quote(out, v->list.v[2 * i].s);
			pf_buf_char(out, ':');
		}
		if (put_value(out, &v->list.v[map ? 2 * i + 1 : i], depth + 1, err) < 0)
			return -1;
	}
	pf_buf_char(out, map ? '}' : ']');
	return 0;
}

static int put_value(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err)
{
	size_t next = 0;

	if (depth > MAX_DEPTH)
		return pf_fail(err, PF_ELIMIT, "the answer is nested deeper than %d levels", MAX_DEPTH);
	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, "null");
		return 0;
	case PF_V_BOOL:
		pf_buf_cstr(out, v->b ? "true" : "false");
		return 0;
	case PF_V_INT:
		put_int(out, v->i);
		return 0;
	case PF_V_BIGINT:
		pf_buf_str(out, v->s);
		return 0;
	case PF_V_FLOAT:
		put_double(out, v->d);
		return 0;
	case PF_V_STRING:
		pf_json_quote(out, v->s);
		return 0;
	case PF_V_BYTES:
		pf_buf_char(out, '"');
		pf_base64_encode(out, v->s, "\\n");
		pf_buf_char(out, '"');
		return 0;
	case PF_V_DATETIME:
		put_datetime(out, v->i);
		return 0;
	case PF_V_LIST:
	case PF_V_MAP:
		return put_list(out, v, depth, err);
	case PF_V_TABLE:
	case PF_V_SERIES:
		return put_table(out, v->table, depth, err);
	case PF_V_TENSOR:
		return put_tensor(out, v->tensor, 0, &next, depth, err);
	}
	return pf_fail(err, PF_EBUG, "the answer holds a value of unknown kind %d", (int)v->kind);
}

int pf_answer_json(struct pf_buf *out, const struct pf_value *answer, bool wrapped,
		   struct pf_err *err)
{
	if (wrapped)
		pf_buf_cstr(out, "{\"predictions\": ");
	if (put_value(out, answer, 0, err) < 0)
		return -1;
	if (wrapped)
		pf_buf_char(out, '}');
	return pf_buf_check(out, "the answer", err);
}
