/* batches.c - many rows, a batch at a time: their answers put together as if it were one */
/* SPDX-License-Identifier: Apache-2.0 */
#include "batches.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "batch_inside.h"
#include "data/data.h"
#include "input.h"

static int write_piece(struct pf_batch_work *w, struct pf_str piece)
{
	return w->b->write(w->b->ctx, piece, w->err);
}

/* ---- answers ---- */

/* The elements between a list's brackets. */
static int put_json(struct pf_batch_work *w, const struct pf_value *answer)
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

static int put_csv(struct pf_batch_work *w, const struct pf_value *answer)
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

static int put_answer(struct pf_batch_work *w, const struct pf_value *answer, size_t rows)
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

int pf_batch_finish(struct pf_batch_work *w)
{
	return strcmp(w->format, "csv") == 0 ? 0 : write_piece(w, PF_S("]}\n"));
}

/* ---- one batch ---- */

int pf_batch_time(double *left, struct pf_batch_work *w)
{
	if (pf_signals_check(w->err) < 0)
		return -1;
	*left = w->until > 0 ? w->until - pf_clock() : 0;
	if (w->until > 0 && *left <= 0)
		return pf_fail(w->err, PF_ELIMIT, "the model did not answer in time");
	return 0;
}

int pf_batch_ask(struct pf_batch_work *w, const struct pf_value *data,
		 const struct pf_value *params, size_t rows)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ANSWER);
	struct pf_request part = { .data = *data, .params = *params };
	struct pf_value answer;
	double left;

	if (pf_batch_time(&left, w) < 0 ||
	    pf_runner_predict(w->r, &part, PF_S(""), &bytes, left, w->err) < 0)
		return -1;
	if (pf_value_read(&answer, &a, pf_buf_view(&bytes), w->err) < 0) {
		w->err->code = PF_ECODE; /* the model's code wrote to our socket */
		return pf_wrap(w->err, "the model's answer");
	}
	return put_answer(w, &answer, rows);
}

int pf_batch_wrap(struct pf_batch_work *w, size_t from)
{
	return pf_wrap(w->err, "the input, of which row %zu is row 0 here", from);
}

int pf_batch_refuse(struct pf_batch_work *w, const char *why)
{
	return pf_fail(w->err, PF_EMODEL,
		       "the input cannot be taken in batches, since only the environment can "
		       "read it: %s (leave out --batch-rows)",
		       why);
}

/* --params replace those that the input came with. */
int pf_batch_params(struct pf_value *out, struct pf_batch_work *w, struct pf_arena *a,
		     const struct pf_request *request)
{
	*out = request->params;
	return w->input->params.n ? pf_job_params(out, a, w->input, &w->expect, w->err) : 0;
}

/* ---- what is in memory: tables and arrays ---- */

bool pf_batch_rows_of(size_t *rows, const struct pf_value *v)
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

struct pf_value pf_batch_slice(struct pf_arena *a, const struct pf_value *v, size_t from,
			       size_t rows)
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

int pf_batches_whole(struct pf_batch_work *w)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) held = PF_BUF(PF_MAX_FRAME);
	struct pf_request request = { 0 };
	struct pf_value params = { 0 };
	size_t all = 0, from = 0;

	if (w->input->text.n > PF_SMALL_INPUT)
		pf_note("the input is read into memory as a whole, and predicted in batches");
	if (pf_input_read(&request, &a, &held, w->r, w->input, &w->expect, w->err) < 0)
		return pf_wrap(w->err, "the input");
	if (request.raw)
		return pf_batch_refuse(w, request.why);
	if (request.llm || !pf_batch_rows_of(&all, &request.data))
		return pf_fail(w->err, PF_EMODEL,
			       "the input has no rows that could be taken in batches");
	if (pf_batch_params(&params, w, &a, &request) < 0)
		return -1;
	do {
		PF_AUTO(arena) temp = { 0 };
		size_t rows = all - from < w->b->rows ? all - from : w->b->rows;
		struct pf_value part = pf_batch_slice(&temp, &request.data, from, rows);

		if (pf_batch_ask(w, &part, &params, rows) < 0)
			return -1;
		from += rows;
		if (w->b->tell)
			w->b->tell(w->b->ctx, from, 0);
	} while (from < all);
	return pf_batch_finish(w);
}

int pf_batches_read_whole(struct pf_batch_work *w)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_INPUT);
	struct pf_input input = *w->input;
	struct pf_batch_work own = *w;

	if (pf_read_fd(&text, w->b->fd, w->b->name, w->err) < 0)
		return -1;
	input.text = pf_buf_view(&text);
	own.input = &input;
	return pf_batches_whole(&own);
}

/* Formats that need not be read whole; from what is no file some do. */
static const struct {
	const char *format;
	bool from_pipes;
	int (*all)(struct pf_batch_work *w);
} ways[] = {
	{ "csv", true, pf_batches_csv },
	{ "parquet", false, pf_batches_parquet },
	{ "npy", false, pf_batches_npy },
	{ "npz", false, pf_batches_npz },
	{ "json", false, pf_batches_json },
};

int pf_job_predict_batches(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
			   const struct pf_input *input, const struct pf_batches *b,
			   struct pf_err *err)
{
	struct pf_batch_work w = { .r = r, .input = input, .b = b, .err = err,
			  .expect = pf_job_expect(job, o),
			  .store = o->store,
			  .format = input->answer ? input->answer : "json",
			  .how = o->mlflow_compat ? PF_ANSWER_BARE_NAN : 0,
			  .until = input->seconds > 0 ? pf_clock() + input->seconds : 0 };
	bool file = b->mapped || b->file;
	size_t i = 0;
	int rc;

	if (strcmp(w.format, "parquet") == 0)
		return pf_fail(err, PF_EUSAGE,
			       "an answer in batches is written as JSON or CSV, not as Parquet");
	while (i < PF_COUNT(ways) && strcmp(input->format, ways[i].format) != 0)
		i++;
	rc = i < PF_COUNT(ways) && (file || ways[i].from_pipes) ? ways[i].all(&w) :
								   pf_batches_whole(&w);
	pf_buf_free(&w.header);
	return rc;
}
