/* batch_json.c - rows in JSON a batch at a time: the text is cut where they end */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "batch_inside.h"
#include "data/data.h"

/* A file is walked through twice. The first time tells whether its parts are to the signature what
 * the whole is: where they may not be (types that depend on other rows, records that differ in
 * their keys, whatever is not plain or not right) it is read at once, as without --batch-rows. */

enum { STEP = 16 << 20 };	/* bytes after which pages are let go */

enum form { SPLIT, RECORDS, INSTANCES, INPUTS, FORMS };
static const char *const KEYS[] = { "dataframe_split", "dataframe_records", "instances", "inputs" };

struct place {
	size_t from, to;
};

struct walk {
	struct pf_batch_work *w;
	struct pf_arena a;
	struct pf_json json;
	struct pf_json_token t;
	enum form form;
	bool records;				/* rows are objects */
	struct place rows, columns, params;	/* of the text; rows from its bracket on */
	struct pf_strs names;			/* of the columns */
	bool *text;				/* every cell of the column is a string */
	bool lists;				/* rows without names are lists, */
	size_t width;				/* of so many values */
	size_t let_go;
};

static void walk_free(struct walk *k)
{
	pf_json_free(&k->json);
	pf_arena_free(&k->a);
}

static struct pf_str text_at(const struct walk *k, struct place p)
{
	return pf_str_cut(pf_str_skip(k->w->input->text, p.from), 0, p.to - p.from);
}

/* The next token; false for what the whole reader may complain of. */
static bool next(struct walk *k)
{
	struct pf_err ignored;

	return pf_json_next(&k->json, &k->t, &ignored) == 0;
}

static bool skip(struct walk *k)
{
	struct pf_err ignored;

	return pf_json_skip(&k->json, &k->t, &ignored) == 0;
}

/* Pages behind us are read again when they are needed. */
static void let_go(struct walk *k, size_t base, size_t to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)k->w->input->text.p + k->let_go + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)k->w->input->text.p + base + to) / page * page;

	if (base + to - k->let_go < STEP || end <= from)
		return;
	madvise((void *)from, end - from, MADV_DONTNEED);
	k->let_go = base + to;
}

/* A value, from its first token, which is read, to its end. */
static bool take_place(struct place *out, struct walk *k)
{
	if (out->to)
		return false; /* twice */
	out->from = k->json.start;
	if (k->t.kind == PF_JSON_ARRAY) {
		while (next(k) && k->t.kind != PF_JSON_ARRAY_END) {
			if (!skip(k))
				return false;
			let_go(k, 0, k->json.at);
		}
		if (k->t.kind != PF_JSON_ARRAY_END)
			return false;
	} else if (!skip(k)) {
		return false;
	}
	out->to = k->json.at;
	return true;
}

/* ---- what the rows are ---- */

static bool take_names(struct walk *k)
{
	struct pf_node *list;
	struct pf_err ignored;

	if (pf_json_parse(&list, &k->a, text_at(k, k->columns), &ignored) < 0 ||
	    list->kind != PF_NODE_LIST)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind == PF_NODE_STRING)
			*PF_PUSH(&k->a, &k->names) = list->v[i].text;
	return k->names.n == list->n && k->names.n > 0;
}

/* The cells of a row whose bracket was read: as many as there are columns. */
static bool look_at_row(struct walk *k)
{
	size_t n = 0;

	if (k->t.kind != PF_JSON_ARRAY)
		return false;
	for (; next(k) && k->t.kind != PF_JSON_ARRAY_END; n++) {
		if (n == k->names.n)
			return false;
		k->text[n] &= k->t.kind == PF_JSON_STRING;
		if (!skip(k))
			return false;
	}
	return n == k->names.n && k->t.kind == PF_JSON_ARRAY_END;
}

/* A record has the keys of the first, in their order. */
static bool look_at_record(struct walk *k, bool first)
{
	size_t n = 0;

	if (k->t.kind != PF_JSON_OBJECT)
		return false;
	for (; next(k) && k->t.kind == PF_JSON_KEY; n++) {
		if (first)
			*PF_PUSH(&k->a, &k->names) = pf_dup(&k->a, k->t.text);
		else if (n == k->names.n || !pf_str_eq(k->names.v[n], k->t.text))
			return false;
		if (n == PF_MAX_COLUMNS || !next(k))
			return false;
		if (!first)
			k->text[n] &= k->t.kind == PF_JSON_STRING;
		if (!skip(k))
			return false;
	}
	return n == k->names.n && n > 0 && k->t.kind == PF_JSON_OBJECT_END;
}

/* A row without names: a list as long as the first, or one value as the first. */
static bool look_at_item(struct walk *k, bool first)
{
	bool list = k->t.kind == PF_JSON_ARRAY;
	size_t n = 0;

	if (k->t.kind == PF_JSON_OBJECT)
		return false;
	for (; list && next(k) && k->t.kind != PF_JSON_ARRAY_END; n++)
		if (!skip(k))
			return false;
	if (first) {
		k->lists = list;
		k->width = n;
	}
	return (!list || k->t.kind == PF_JSON_ARRAY_END) && k->lists == list && k->width == n;
}

static void expect_text(struct walk *k)
{
	k->text = pf_alloc_array(&k->a, k->names.n, sizeof(*k->text));
	memset(k->text, true, k->names.n);
}

/* To the first row, from the bracket on. */
static bool begin_rows(struct walk *k)
{
	pf_json_free(&k->json);
	pf_json_init(&k->json, pf_str_skip(k->w->input->text, k->rows.from), 0);
	return next(k) && k->t.kind == PF_JSON_ARRAY && next(k);
}

/* All rows. The first is seen twice: for its keys or its length, then as any. */
static bool look_at_rows(struct walk *k)
{
	if (!begin_rows(k))
		return false;
	k->let_go = k->rows.from;
	k->records = k->form == RECORDS || (k->form != SPLIT && k->t.kind == PF_JSON_OBJECT);
	if (k->records ? !look_at_record(k, true) :
	    k->form != SPLIT && k->t.kind != PF_JSON_ARRAY_END && !look_at_item(k, true))
		return false;
	expect_text(k);
	for (bool more = begin_rows(k); k->t.kind != PF_JSON_ARRAY_END; more = next(k)) {
		if (!more || (k->records	? !look_at_record(k, false) :
			      k->form == SPLIT ? !look_at_row(k) : !look_at_item(k, false)))
			return false;
		let_go(k, k->rows.from, k->json.at);
	}
	return true;
}

/* Arrays of numbers, whose shape each row can be held to by itself. */
static bool suit_tensors(const struct walk *k, const struct pf_schema *s)
{
	if (pf_batch_fixes_rows(s) || k->form < INSTANCES ||
	    (k->records ? k->form == INPUTS || !s->named : s->n != 1))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->tensors[i].type < PF_T_BOOL || s->tensors[i].type > PF_T_FLOAT64)
			return false;
		for (unsigned j = 1; j < s->tensors[i].rank; j++)
			if (s->tensors[i].shape[j] < 0)
				return false;
	}
	return true;
}

/* Values for the only column, or lists of them for columns of one type. */
static bool suit_items(const struct walk *k, const struct pf_schema *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->columns[i].type > PF_D_STRING || s->columns[i].type != s->columns[0].type)
			return false;
	return k->lists ? !s->named && k->width >= s->n : s->n == 1;
}

/* Does each column's type depend on its own cells alone? Numbers become what is declared one by
 * one; strings stay what they are when all are strings. */
static bool suit_names(const struct walk *k, const struct pf_schema *s)
{
	enum pf_dtype last = k->form < INSTANCES ? PF_D_BINARY : PF_D_STRING;

	for (size_t i = 0; i < s->n; i++) {
		const struct pf_colspec *spec = &s->columns[i];
		size_t j = 0;

		while (j < k->names.n && !pf_str_eq(k->names.v[j], spec->name))
			j++;
		if (spec->type > last)
			return false;
		if (j < k->names.n && spec->type >= PF_D_STRING && !k->text[j])
			return false;
	}
	return s->named;
}

static bool suits(const struct walk *k)
{
	const struct pf_schema *s = k->w->expect.inputs;

	if (pf_find_twice(k->names.v, k->names.n, sizeof(*k->names.v)) < k->names.n)
		return false;
	return s->kind == PF_SCHEMA_TENSORS	   ? suit_tensors(k, s) :
	       k->records || k->form == SPLIT ? suit_names(k, s) :
						suit_items(k, s);
}

/* ---- where they are ---- */

static bool find_in_split(struct walk *k)
{
	if (k->t.kind != PF_JSON_OBJECT)
		return false;
	while (next(k) && k->t.kind == PF_JSON_KEY) {
		bool rows = pf_str_is(k->t.text, "data");

		if (!rows && !pf_str_is(k->t.text, "columns"))
			return false;
		if (!next(k) || !take_place(rows ? &k->rows : &k->columns, k))
			return false;
	}
	return k->t.kind == PF_JSON_OBJECT_END && k->columns.to && k->rows.to;
}

static enum form form_of(struct pf_str key)
{
	unsigned i = 0;

	while (i < FORMS && !pf_str_is(key, KEYS[i]))
		i++;
	return (enum form)i;
}

static bool find(struct walk *k)
{
	pf_json_init(&k->json, k->w->input->text, 0);
	if (!next(k) || k->t.kind != PF_JSON_OBJECT)
		return false;
	while (next(k) && k->t.kind == PF_JSON_KEY) {
		enum form form = form_of(k->t.text);

		if ((form == FORMS && !pf_str_is(k->t.text, "params")) ||
		    (form < FORMS && k->rows.to) || !next(k))
			return false;
		k->form = form < FORMS ? form : k->form;
		if (form == SPLIT ? !find_in_split(k) :
				    !take_place(form == FORMS ? &k->params : &k->rows, k))
			return false;
	}
	if (k->t.kind != PF_JSON_OBJECT_END || !next(k) || k->t.kind != PF_JSON_END)
		return false;
	return k->rows.to && (k->form != SPLIT || take_names(k));
}

/* ---- a batch ---- */

/* The next rows, commas between them: their number. */
static size_t take_rows(struct place *out, struct walk *k)
{
	size_t n = 0;

	*out = (struct place){ 0 };
	while (n < k->w->b->rows && next(k) && k->t.kind != PF_JSON_ARRAY_END) {
		out->from = n ? out->from : k->rows.from + k->json.start;
		if (!skip(k))
			break;
		out->to = k->rows.from + k->json.at;
		n++;
	}
	return n;
}

static int predict(struct walk *k, struct place rows, size_t n, size_t from)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) body = PF_BUF(PF_MAX_INPUT);
	struct pf_request request = { 0 };
	struct pf_value params;
	struct pf_batch_work *w = k->w;

	pf_buf_printf(&body, "{\"%s\":%s", KEYS[k->form], k->form == SPLIT ? "{\"columns\":" : "");
	pf_buf_str(&body, text_at(k, k->columns));
	pf_buf_cstr(&body, k->form == SPLIT ? ",\"data\":[" : "[");
	pf_buf_str(&body, text_at(k, rows));
	pf_buf_cstr(&body, k->form == SPLIT ? "]}" : "]");
	pf_buf_cstr(&body, k->params.to ? ",\"params\":" : "");
	pf_buf_str(&body, text_at(k, k->params));
	pf_buf_char(&body, '}');
	if (pf_buf_check(&body, "one batch of rows", w->err) < 0 ||
	    pf_payload_read(&request, &a, pf_buf_view(&body), &w->expect, w->err) < 0)
		return pf_batch_wrap(w, from);
	if (request.raw)
		return pf_batch_refuse(w, request.why);
	return pf_batch_params(&params, w, &a, &request) < 0 ? -1 :
	       pf_batch_ask(w, &request.data, &params, n);
}

static int each_batch(struct walk *k)
{
	struct place rows;
	size_t done = 0, n;

	pf_json_free(&k->json);
	pf_json_init(&k->json, pf_str_skip(k->w->input->text, k->rows.from), 0);
	k->let_go = k->rows.from;
	if (!next(k))
		return pf_fail(k->w->err, PF_EMODEL, "the input has changed while it was read");
	do {
		n = take_rows(&rows, k);
		if (!n && done)
			break;
		if (predict(k, rows, n, done) < 0)
			return -1;
		done += n;
		let_go(k, k->rows.from, k->json.at);
		if (k->w->b->tell)
			k->w->b->tell(k->w->b->ctx, done, k->rows.from + k->json.at);
	} while (n == k->w->b->rows);
	return pf_batch_finish(k->w);
}

int pf_batches_json(struct pf_batch_work *w)
{
	const struct pf_schema *s = w->expect.inputs;
	struct walk k = { .w = w };
	int rc;

	if (!w->b->mapped || w->expect.from_type_hint || w->expect.compat || !s ||
	    s->kind == PF_SCHEMA_NONE || !s->n)
		return pf_batches_whole(w);
	rc = find(&k) && look_at_rows(&k) && suits(&k) ? each_batch(&k) : pf_batches_whole(w);
	walk_free(&k);
	return rc;
}
