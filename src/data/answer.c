/* answer.c - what the model answered, as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "data/base64.h"
#include "data/data.h"
#include "data/element.h"

/* The values of a frame are nested no deeper than its reader allows; this is the second fence. */
#define MAX_DEPTH 200

/* Dates are nanoseconds in an array, as numpy's tolist has them, and text elsewhere. */
static const struct pf_spelling in_array = { "false", "true", "null", false, NULL };
static const struct pf_spelling elsewhere = { "false", "true", "null", false, "\"" };

static int put_value(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err);

/* ---- arrays ---- */

static int put_tensor(struct pf_buf *out, const struct pf_tensor *t, unsigned axis, size_t *next,
		      unsigned depth, struct pf_err *err)
{
	if (axis == t->rank) {
		size_t i = (*next)++;

		if (t->values)
			return put_value(out, &t->values[i], depth + axis, err);
		pf_element_write(out, &in_array, t->type, t->data, i);
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
				pf_element_write(out, &elsewhere, c->type, c->data, i);
			else if (put_value(out, &c->values[i], depth + 2, err) < 0)
				return -1;
		}
		pf_buf_char(out, '}');
	}
	pf_buf_char(out, ']');
	return 0;
}

/* ---- values ---- */

static int put_list(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		    struct pf_err *err)
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
		return pf_fail(err, PF_ELIMIT, "the answer is nested deeper than %d levels",
			       MAX_DEPTH);
	if (pf_scalar_write(out, &elsewhere, v))
		return 0;
	switch (v->kind) {
	case PF_V_BIGINT:
		pf_buf_str(out, v->s);
		return 0;
	case PF_V_STRING:
		pf_json_quote(out, v->s);
		return 0;
	case PF_V_BYTES:
		pf_buf_char(out, '"');
		pf_base64_encode(out, v->s, "\\n");
		pf_buf_char(out, '"');
		return 0;
	case PF_V_LIST:
	case PF_V_MAP:
		return put_list(out, v, depth, err);
	case PF_V_TABLE:
	case PF_V_SERIES:
		return put_table(out, v->table, depth, err);
	case PF_V_TENSOR:
		return put_tensor(out, v->tensor, 0, &next, depth, err);
	default:
		break;
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
