/* answer.c - what the model answered, as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/data.h"
#include "data/element.h"

/* The values of a frame are nested no deeper than its reader allows; this is the second fence. */
#define MAX_DEPTH 200

/* Dates are nanoseconds in an array, as numpy's tolist has them, and text elsewhere. */
struct spellings {
	struct pf_spelling in_array, elsewhere;
};

static const struct spellings json = {
	{ "false", "true", "null", "null", NULL, "null", NULL },
	{ "false", "true", "null", "null", NULL, "null", "\"" },
};
static const struct spellings python = {
	{ "false", "true", "null", "NaN", "Infinity", "null", NULL },
	{ "false", "true", "null", "NaN", "Infinity", "\"NaT\"", "\"" },
};

struct writer {
	struct pf_buf *out;
	const struct spellings *as;
	struct pf_err *err;
};

static int put_value(struct writer *w, const struct pf_value *v, unsigned depth);

/* ---- arrays ---- */

static int put_tensor(struct writer *w, const struct pf_tensor *t, unsigned axis, size_t *next,
		      unsigned depth)
{
	struct pf_buf *out = w->out;
	bool whole = !t->values && axis + 1 == t->rank;

	if (axis == t->rank) {
		size_t i = (*next)++;

		if (t->values)
			return put_value(w, &t->values[i], depth + axis);
		pf_element_write(out, &w->as->in_array, t->type, t->data, i);
		return 0;
	}
	pf_buf_char(out, '[');
	if (whole) {
		pf_elements_write(out, &w->as->in_array, t->type, t->data, *next, t->shape[axis]);
		*next += t->shape[axis];
	}
	for (uint64_t i = 0; !whole && i < t->shape[axis] && !out->toobig; i++) {
		if (i)
			pf_buf_char(out, ',');
		if (put_tensor(w, t, axis + 1, next, depth) < 0)
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

static int put_table(struct writer *w, const struct pf_table *t, unsigned depth)
{
	struct pf_buf *out = w->out;
	PF_AUTO(arena) temp = { 0 };
	struct pf_str *keys = make_keys(&temp, t);

	pf_buf_char(out, '[');
	for (size_t i = 0; i < t->rows && !out->toobig; i++) {
		pf_buf_cstr(out, i ? ",{" : "{");
		for (size_t j = 0; j < t->columns.n; j++) {
			const struct pf_column *c = &t->columns.v[j];

			pf_buf_str(out, keys[j]);
			if (!c->values)
				pf_element_write(out, &w->as->elsewhere, c->type, c->data, i);
			else if (put_value(w, &c->values[i], depth + 2) < 0)
				return -1;
		}
		pf_buf_char(out, '}');
	}
	pf_buf_char(out, ']');
	return 0;
}

/* ---- values ---- */

static int put_list(struct writer *w, const struct pf_value *v, unsigned depth)
{
	struct pf_buf *out = w->out;
	bool map = v->kind == PF_V_MAP;

	pf_buf_char(out, map ? '{' : '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			pf_buf_char(out, ',');
		if (map) {
			pf_json_quote(out, v->list.v[2 * i].s);
			pf_buf_char(out, ':');
		}
		if (put_value(w, &v->list.v[map ? 2 * i + 1 : i], depth + 1) < 0)
			return -1;
	}
	pf_buf_char(out, map ? '}' : ']');
	return 0;
}

static int put_value(struct writer *w, const struct pf_value *v, unsigned depth)
{
	const struct pf_spelling *elsewhere = &w->as->elsewhere;
	struct pf_buf *out = w->out;
	size_t next = 0;

	if (depth > MAX_DEPTH)
		return pf_fail(w->err, PF_ELIMIT, "the answer is nested deeper than %d levels",
			       MAX_DEPTH);
	if (pf_scalar_write(out, elsewhere, v))
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
		return put_list(w, v, depth);
	case PF_V_TABLE:
	case PF_V_SERIES:
		return put_table(w, v->table, depth);
	case PF_V_TENSOR:
		return put_tensor(w, v->tensor, 0, &next, depth);
	case PF_V_TAGGED: /* of an exact answer alone */
		return pf_fail(w->err, PF_EMODEL,
			       "the answer holds an object of Python's (" PF_FMT
			       "), which cannot be written as JSON",
			       PF_ARG(pf_shown(v->list.v[0].s)));
	default:
		break;
	}
	return pf_fail(w->err, PF_EBUG, "the answer holds a value of unknown kind %d",
		       (int)v->kind);
}

int pf_answer_json(struct pf_buf *out, const struct pf_value *answer, unsigned how,
		   struct pf_err *err)
{
	struct writer w = { out, how & PF_ANSWER_BARE_NAN ? &python : &json, err };
	bool wrapped = how & PF_ANSWER_WRAPPED;

	if (wrapped)
		pf_buf_cstr(out, "{\"predictions\": ");
	if (put_value(&w, answer, 0) < 0)
		return -1;
	if (wrapped)
		pf_buf_char(out, '}');
	return pf_buf_check(out, "the answer", err);
}
