/* document.c - a JSON request as values */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/document.h"

#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"

struct level {
	bool map;
	size_t from;	/* its items begin here among `pending` */
};

struct builder {
	struct pf_arena *out;
	struct pf_arena temp;	/* `pending` and `levels` */
	struct pf_json json;
	PF_VEC(struct pf_value) pending;
	PF_VEC(struct level) levels;
};

static void free_builder(struct builder *b)
{
	pf_json_free(&b->json);
	pf_arena_free(&b->temp);
}

/* A view that outlives the reader: what was unescaped is copied. */
static struct pf_str keep(struct builder *b, struct pf_str s)
{
	bool inside = s.p >= b->json.text.p && s.p <= b->json.text.p + b->json.text.n;

	return inside ? s : pf_dup(b->out, s);
}

static int read_number(struct builder *b, struct pf_value *out, const struct pf_json_token *t,
		       struct pf_err *err)
{
	struct pf_str s = t->text;
	uint64_t big;

	if (t->integer) {
		out->kind = PF_V_INT;
		if (pf_int64_read(s, &out->i))
			return 0;
		if (!pf_uint64_read(s, &big))
			return pf_json_fail(&b->json, err, "an integer does not fit into 64 bits");
		*out = (struct pf_value){ .kind = PF_V_BIGINT, .s = s };
		return 0;
	}
	out->kind = PF_V_FLOAT;
	if (s.p[s.n - 1] == 'N') /* NaN */
		out->d = (double)NAN;
	else if (s.p[s.n - 1] == 'y') /* Infinity */
		out->d = *s.p == '-' ? -(double)INFINITY : (double)INFINITY;
	else if (!pf_double_read(s, &out->d) || isinf(out->d))
		return pf_json_fail(&b->json, err, "a number is beyond the range of a double");
	return 0;
}

static int refuse_duplicates(struct builder *b, const struct pf_value *items, size_t n,
			     struct pf_err *err)
{
	size_t i = n ? pf_find_twice(&items->s, n, 2 * sizeof(*items)) : 0;

	if (i == n)
		return 0;
	return pf_json_fail(&b->json, err, "the key \"" PF_FMT "\" appears twice in an object",
			    PF_ARG(pf_shown(items[2 * i].s)));
}

static int close_collection(struct builder *b, struct pf_err *err)
{
	struct level l = b->levels.v[--b->levels.n];
	size_t n = b->pending.n - l.from;
	struct pf_value *items = n ? b->pending.v + l.from : NULL, made = { 0 };

	made.kind = l.map ? PF_V_MAP : PF_V_LIST;
	made.list.n = l.map ? n / 2 : n;
	if (l.map && refuse_duplicates(b, items, n / 2, err) < 0)
		return -1;
	if (n) {
		made.list.v = pf_alloc_array(b->out, n, sizeof(*items));
		memcpy(made.list.v, items, n * sizeof(*items));
	}
	b->pending.n = l.from;
	*PF_PUSH(&b->temp, &b->pending) = made;
	return 0;
}

static int take_key(struct builder *b, const struct pf_json_token *t, struct pf_err *err)
{
	const struct level *l = &b->levels.v[b->levels.n - 1];

	if (t->text.n > PF_MAX_INPUT_KEY)
		return pf_fail(err, PF_ELIMIT, "a key of the input has %zu bytes; the limit is %zu",
			       t->text.n, PF_MAX_INPUT_KEY);
	if ((b->pending.n - l->from) / 2 >= PF_MAX_COLUMNS)
		return pf_fail(err, PF_ELIMIT, "an object of the input has more than %d keys",
			       PF_MAX_COLUMNS);
	*PF_PUSH(&b->temp, &b->pending) =
		(struct pf_value){ .kind = PF_V_STRING, .s = keep(b, t->text) };
	return 0;
}

static int take(struct builder *b, const struct pf_json_token *t, struct pf_err *err)
{
	struct pf_value v = { 0 };

	switch (t->kind) {
	case PF_JSON_KEY:
		return take_key(b, t, err);
	case PF_JSON_OBJECT:
	case PF_JSON_ARRAY:
		*PF_PUSH(&b->temp, &b->levels) =
			(struct level){ t->kind == PF_JSON_OBJECT, b->pending.n };
		return 0;
	case PF_JSON_OBJECT_END:
	case PF_JSON_ARRAY_END:
		return close_collection(b, err);
	case PF_JSON_TRUE:
	case PF_JSON_FALSE:
		v.kind = PF_V_BOOL;
		v.b = t->kind == PF_JSON_TRUE;
		break;
	case PF_JSON_STRING:
		v.kind = PF_V_STRING;
		v.s = keep(b, t->text);
		break;
	case PF_JSON_NUMBER:
		if (read_number(b, &v, t, err) < 0)
			return -1;
		break;
	default:
		break;
	}
	*PF_PUSH(&b->temp, &b->pending) = v;
	return 0;
}

int pf_document_read(struct pf_value *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	__attribute__((cleanup(free_builder))) struct builder b = { .out = a };
	struct pf_json_token t;

	/* Python's json refuses the mark in a text, and so do we: it is no part of a request. */
	if (pf_str_starts(text, "\xef\xbb\xbf"))
		return pf_fail(err, PF_EMODEL,
			       "line 1, column 1: the input begins with a byte order mark");
	pf_json_init(&b.json, text, 0);
	for (;;) {
		if (pf_json_next(&b.json, &t, err) < 0)
			return -1;
		if (t.kind == PF_JSON_END)
			break;
		if (take(&b, &t, err) < 0)
			return -1;
	}
	*out = b.pending.v[0];
	return 0;
}

const char *pf_value_kind_name(const struct pf_value *v)
{
	static const char *const names[] = {
		[PF_V_NULL] = "null",	    [PF_V_BOOL] = "a boolean",	[PF_V_INT] = "an integer",
		[PF_V_BIGINT] = "a big integer", [PF_V_FLOAT] = "a number",
		[PF_V_STRING] = "a string",
		[PF_V_BYTES] = "bytes",	    [PF_V_LIST] = "a list",	[PF_V_MAP] = "an object",
		[PF_V_TABLE] = "a table",   [PF_V_SERIES] = "a series", [PF_V_TENSOR] = "a tensor",
		[PF_V_DATETIME] = "a datetime", [PF_V_ELEMENT] = "a number",
		[PF_V_TAGGED] = "an object of Python's",
	};

	return names[v->kind];
}

bool pf_value_is_scalar(const struct pf_value *v)
{
	return v->kind != PF_V_LIST && v->kind != PF_V_MAP;
}
