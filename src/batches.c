/* batches.c - many rows, a batch at a time: their answers put together as if it were one */
/* SPDX-License-Identifier: Apache-2.0 */
#include "batches.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "data/data.h"
#include "input.h"

struct work {
	struct pf_runner *r;
	const struct pf_input *input;
	const struct pf_batches *b;
	struct pf_expect expect;
	const char *format;	/* of the answer */
	unsigned how;
	double until;		/* on the clock; 0: no end */
	size_t rows;		/* done */
	struct pf_buf header;	/* of the answer as CSV, from the first batch */
	bool begun;
	struct pf_err *err;
};

static int write_piece(struct work *w, struct pf_str piece)
{
	return w->b->write(w->b->ctx, piece, w->err);
}

/* ---- answers ---- */

/* The elements between a list's brackets. */
static int put_json(struct work *w, const struct pf_value *answer)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_ANSWER);
	struct pf_str inner;

	if (pf_answer_json(&text, answer, w->how, w->err) < 0)
		return -1;
	inner = pf_str_cut(pf_buf_view(&text), 1, text.n - 1);
	if (!w->begun && write_piece(w, PF_S("{\"predictions\": [")) < 0)
		return -1;
	if (w->begun && w->rows && inner.n && write_piece(w, PF_S(",")) < 0)
		return -1;
	return write_piece(w, inner);
}

static int put_csv(struct work *w, const struct pf_value *answer)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_ANSWER);
	struct pf_str whole, header;
	size_t found;

	if (pf_answer_csv(&text, answer, w->err) < 0)
		return -1;
	whole = pf_buf_view(&text);
	header = pf_str_cut(whole, 0, pf_csv_cut(&found, whole, 1));
	if (w->begun && !pf_str_eq(header, pf_buf_view(&w->header)))
		return pf_fail(w->err, PF_EMODEL,
			       "the model's answer has other columns than for the rows "
			       "before");
	if (w->begun)
		return write_piece(w, pf_str_skip(whole, header.n));
	w->header = PF_BUF(PF_MAX_ANSWER);
	pf_buf_str(&w->header, header);
	return write_piece(w, whole);
}

static int put_answer(struct work *w, const struct pf_value *answer, size_t rows)
{
	size_t got = 0;

	if (!pf_value_rows(&got, answer))
		return pf_fail(w->err, PF_EMODEL,
			       "the model's answer has no rows, so that answers to batches "
			       "cannot be put together (leave out --batch-rows)");
	if (got != rows)
		return pf_fail(w->err, PF_EMODEL,
			       "the model answered %zu rows with %zu: answers to batches "
			       "cannot be put together (leave out --batch-rows)",
			       rows, got);
	if ((strcmp(w->format, "csv") == 0 ? put_csv(w, answer) : put_json(w, answer)) < 0)
		return -1;
	w->begun = true;
	w->rows += rows;
	return 0;
}

static int finish(struct work *w)
{
	return strcmp(w->format, "csv") == 0 ? 0 : write_piece(w, PF_S("]}\n"));
}

/* ---- one batch ---- */

static int ask(struct work *w, const struct pf_value *data, const struct pf_value *params,
	       size_t rows)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ANSWER);
	struct pf_request part = { .data = *data, .params = *params };
	struct pf_value answer;
	double left = w->until > 0 ? w->until - pf_clock() : 0;

	if (pf_signals_check(w->err) < 0)
		return -1;
	if (w->until > 0 && left <= 0)
		return pf_fail(w->err, PF_ELIMIT, "the model did not answer in time");
	if (pf_runner_predict(w->r, &part, PF_S(""), &bytes, left, w->err) < 0)
		return -1;
	if (pf_value_read(&answer, &a, pf_buf_view(&bytes), w->err) < 0) {
		w->err->code = PF_ECODE; /* the model's code wrote to our socket */
		return pf_wrap(w->err, "the model's answer");
	}
	return put_answer(w, &answer, rows);
}

static int wrap_rows(struct work *w, size_t from)
{
	return pf_wrap(w->err, "the input, of which row %zu is row 0 here", from);
}

static int refuse_raw(struct work *w, const char *why)
{
	return pf_fail(w->err, PF_EMODEL,
		       "the input cannot be taken in batches, since only the environment can "
		       "read it: %s (leave out --batch-rows)",
		       why);
}

/* --params replace those that the input came with. */
static int params_of(struct pf_value *out, struct work *w, struct pf_arena *a,
		     const struct pf_request *request)
{
	*out = request->params;
	if (w->input->params.n &&
	    pf_params_read(out, a, w->input->params, w->expect.params, w->err) < 0)
		return pf_wrap(w->err, "--params");
	return 0;
}

/* ---- CSV as it comes ---- */

struct csv {
	struct pf_buf text;	/* the header, then rows that are not done */
	size_t header;		/* its bytes */
	size_t read;		/* bytes in all */
	bool ended;
};

static int read_more(struct csv *c, struct work *w)
{
	size_t step = c->text.n > PF_MIB(1) ? c->text.n : PF_MIB(1);
	char *room = pf_buf_room(&c->text, step);
	ssize_t n;

	if (!room)
		return pf_buf_check(&c->text, "one batch of rows", w->err);
	do
		n = read(w->b->fd, room, step);
	while (n < 0 && errno == EINTR && !pf_signals_pending());
	if (pf_signals_check(w->err) < 0)
		return -1;
	if (n < 0)
		return pf_fail_errno(w->err, "cannot read %s", w->b->name);
	if (n && !c->read && memchr(room, 0, (size_t)n))
		return pf_fail(w->err, PF_EMODEL, "%s is no text: it holds a NUL byte", w->b->name);
	c->text.n += (size_t)n;
	c->text.p[c->text.n] = '\0';
	c->read += (size_t)n;
	c->ended = n == 0;
	return 0;
}

/* Reads until `rows` rows behind `from` are there or no more come; `end` is where they end. */
static int take_rows(size_t *end, size_t *found, struct csv *c, struct work *w, size_t from,
		     size_t rows)
{
	size_t more;

	*end = from;
	*found = 0;
	for (;;) {
		*end += pf_csv_cut(&more, pf_str_skip(pf_buf_view(&c->text), *end), rows - *found);
		*found += more;
		if (*found == rows)
			return 0;
		if (c->ended) { /* the last row may have no end */
			*found += pf_str_trim(pf_str_skip(pf_buf_view(&c->text), *end)).n > 0;
			*end = c->text.n;
			return 0;
		}
		if (read_more(c, w) < 0)
			return -1;
	}
}

static int predict_csv(struct work *w, struct pf_str text, const struct pf_csv_types *types)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_request request = { 0 };
	struct pf_value params = { 0 };

	if ((types ? pf_csv_types_read(&request, &a, text, types, &w->expect, w->err) :
		     pf_csv_read(&request, &a, text, &w->expect, w->err)) < 0)
		return wrap_rows(w, w->rows);
	if (request.raw)
		return refuse_raw(w, request.why);
	if (params_of(&params, w, &a, &request) < 0)
		return -1;
	return ask(w, &request.data, &params, request.data.table->rows);
}

static void drop_rows(struct csv *c, size_t end)
{
	memmove(c->text.p + c->header, c->text.p + end, c->text.n - end);
	c->text.n -= end - c->header;
	c->text.p[c->text.n] = '\0';
}

/* All of it, a batch at a time: `types`, or NULL where the signature tells them, is looked for or,
 * when `look` is not set, used. */
static int each_batch(struct work *w, struct csv *c, struct pf_csv_types *types, bool look)
{
	size_t end, found;
	bool any = false;
	struct pf_str text;

	if (take_rows(&c->header, &found, c, w, 0, 1) < 0)
		return -1;
	do {
		if (take_rows(&end, &found, c, w, c->header, w->b->rows) < 0)
			return -1;
		if (!found && any)
			break;
		any = true;
		text = pf_str_cut(pf_buf_view(&c->text), 0, end);
		if (look ? pf_csv_types_look(types, text, w->err) < 0 :
			   predict_csv(w, text, types) < 0)
			return look ? pf_wrap(w->err, "the input") : -1;
		drop_rows(c, end);
		if (w->b->tell && !look)
			w->b->tell(w->b->ctx, w->rows, c->read - (c->text.n - c->header));
	} while (!c->ended || c->text.n > c->header);
	return 0;
}

/* Without a signature a column's type is of all its rows: the file is read twice. */
static int find_types(struct pf_csv_types *out, struct work *w)
{
	off_t start = lseek(w->b->fd, 0, SEEK_CUR);
	struct csv c = { .text = PF_BUF(PF_MAX_INPUT) };
	const char *why;
	int rc;

	if (start < 0) {
		pf_fail(w->err, PF_EMODEL,
			"CSV in batches takes a model with a signature of columns, or a file that "
			"can be read twice: the types of its columns are of all its rows");
		return pf_hint(w->err, "give the file itself with --input");
	}
	rc = each_batch(w, &c, out, true);
	pf_buf_free(&c.text);
	why = rc == 0 ? pf_csv_types_why(out) : NULL;
	if (why)
		return refuse_raw(w, why);
	if (rc == 0 && lseek(w->b->fd, start, SEEK_SET) < 0)
		return pf_fail_errno(w->err, "cannot read %s again", w->b->name);
	return rc;
}

static bool has_signature(const struct work *w)
{
	return w->expect.from_type_hint ||
	       (w->expect.inputs && w->expect.inputs->kind != PF_SCHEMA_NONE && w->expect.inputs->n);
}

static int stream(struct work *w, struct csv *c)
{
	PF_AUTO(csv_types) types = { 0 };
	bool known = has_signature(w);

	if (!known && find_types(&types, w) < 0)
		return -1;
	if (each_batch(w, c, known ? NULL : &types, false) < 0)
		return -1;
	return finish(w);
}

/* ---- what is in memory: tables and arrays ---- */

/* Every array of a map has as many rows as the first. */
static bool rows_of(const struct pf_value *v, size_t *rows)
{
	size_t one;

	if (v->kind != PF_V_MAP)
		return v->kind != PF_V_LIST && pf_value_rows(rows, v);
	for (size_t i = 0; i < v->list.n; i++) {
		if (v->list.v[2 * i + 1].kind != PF_V_TENSOR ||
		    !pf_value_rows(&one, &v->list.v[2 * i + 1]) || (i && one != *rows))
			return false;
		*rows = one;
	}
	return v->list.n > 0;
}

/* Of a map of arrays, rows of each. */
static struct pf_value slice(struct pf_arena *a, const struct pf_value *v, size_t from, size_t rows)
{
	struct pf_value made = *v;

	if (v->kind != PF_V_MAP)
		return pf_value_slice(a, v, from, rows);
	made.list.v = pf_alloc_array(a, 2 * v->list.n, sizeof(*made.list.v));
	for (size_t i = 0; i < v->list.n; i++) {
		made.list.v[2 * i] = v->list.v[2 * i];
		made.list.v[2 * i + 1] = pf_value_slice(a, &v->list.v[2 * i + 1], from, rows);
	}
	return made;
}

static int cut_up(struct work *w)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) held = PF_BUF(PF_MAX_FRAME);
	struct pf_request request = { 0 };
	struct pf_value params = { 0 };
	size_t all = 0, from = 0;

	if (pf_input_read(&request, &a, &held, w->r, w->input, &w->expect, w->err) < 0)
		return pf_wrap(w->err, "the input");
	if (request.raw)
		return refuse_raw(w, request.why);
	if (request.llm || !rows_of(&request.data, &all))
		return pf_fail(w->err, PF_EMODEL,
			       "the input has no rows that could be taken in batches");
	if (params_of(&params, w, &a, &request) < 0)
		return -1;
	do {
		PF_AUTO(arena) temp = { 0 };
		size_t rows = all - from < w->b->rows ? all - from : w->b->rows;
		struct pf_value part = slice(&temp, &request.data, from, rows);

		if (ask(w, &part, &params, rows) < 0)
			return -1;
		from += rows;
		if (w->b->tell)
			w->b->tell(w->b->ctx, from, 0);
	} while (from < all);
	return finish(w);
}

int pf_job_predict_batches(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
			   const struct pf_input *input, const struct pf_batches *b,
			   struct pf_err *err)
{
	struct work w = { .r = r, .input = input, .b = b, .err = err,
			  .expect = pf_job_expect(job, o),
			  .format = input->answer ? input->answer : "json",
			  .how = o->mlflow_compat ? PF_ANSWER_BARE_NAN : 0,
			  .until = input->seconds > 0 ? pf_clock() + input->seconds : 0 };
	struct csv c = { .text = PF_BUF(PF_MAX_INPUT) };
	int rc;

	if (strcmp(w.format, "parquet") == 0)
		return pf_fail(err, PF_EUSAGE,
			       "an answer in batches is written as JSON or CSV, not as Parquet");
	rc = strcmp(input->format, "csv") == 0 ? stream(&w, &c) : cut_up(&w);
	pf_buf_free(&c.text);
	pf_buf_free(&w.header);
	return rc;
}
