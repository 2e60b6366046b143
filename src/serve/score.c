/* score.c - orders read, asked of a runner and answered, one by one or together */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "serve/inside.h"

/* One order and what it asks. */
struct one {
	struct pf_order *order;
	struct pf_request request;
	size_t rows;	/* of a batch */
};

static double time_left(const struct pf_order *o)
{
	return o->deadline - pf_clock();
}

/* May the table that the environment reads come back and be enforced here, as by `run`? */
static bool enforces_tables(const struct pf_scorer *s)
{
	const struct pf_expect *e = &s->model->expect;

	return !s->reads_raw && !e->compat && !e->from_type_hint && e->inputs &&
	       e->inputs->kind == PF_SCHEMA_COLUMNS;
}

static struct pf_value text_value(struct pf_str s)
{
	return (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

/* The environment reads it: this runner alone, or whoever it is that enforces, too. No other
 * request is with the runner meanwhile. */
static int read_parquet(struct one *o, struct pf_arena *a, const struct pf_scorer *s,
			const char **stage, struct pf_err *err)
{
	struct pf_value pairs[] = { text_value(PF_S("format")), text_value(PF_S("parquet")),
				    text_value(PF_S("bytes")),
				    { .kind = PF_V_BYTES, .s = pf_buf_view(&o->order->body) } };
	struct pf_value ask = { .kind = PF_V_MAP, .list = { pairs, 2 } }, table;
	PF_AUTO(buf) held = PF_BUF(PF_MAX_FRAME);
	double left = time_left(o->order);

	if (!enforces_tables(s)) {
		o->request = (struct pf_request){ .raw = true, .format = "parquet",
						  .why = "it is Parquet" };
		return 0;
	}
	if (pf_runner_ask(s->runner, PF_FRAME_READ, &ask, &held, left > 0.001 ? left : 0.001,
			  err) < 0) {
		*stage = s->runner->stage;
		return -1;
	}
	return pf_value_read(&table, a, pf_dup(a, pf_buf_view(&held)), err) < 0 ? -1 :
	       pf_table_request(&o->request, a, &table, &s->model->expect, err);
}

static int read_plain(struct one *o, struct pf_arena *a, const struct pf_scorer *s)
{
	struct pf_str body = pf_buf_view(&o->order->body);
	const struct pf_expect *expect = &s->model->expect;
	const char *stage = NULL;
	struct pf_err err = { 0 };
	int rc;

	if (o->order->format == PF_ORDER_CSV)
		rc = pf_csv_read(&o->request, a, body, expect, &err);
	else if (o->order->format == PF_ORDER_JSON)
		rc = pf_payload_read(&o->request, a, body, expect, &err);
	else
		rc = read_parquet(o, a, s, &stage, &err);
	if (rc < 0)
		pf_mistake(o->order, &err, stage, stage ? pf_buf_view(&s->runner->traceback) : PF_S(""));
	o->order->bare = o->request.llm;
	return rc;
}

/* Once: an order may come to another worker. */
static int unpack(struct pf_order *o, const struct pf_scorer *s, struct pf_err *err)
{
	PF_AUTO(buf) plain = PF_BUF(s->max_body);

	if (o->coding == PF_CODING_NONE)
		return 0;
	if (pf_coding_undo(&plain, o->coding, pf_buf_view(&o->body), err) < 0)
		return -1;
	pf_buf_free(&o->body);
	o->body = PF_TAKE(plain);
	o->coding = PF_CODING_NONE;
	return 0;
}

static int read_order(struct one *o, struct pf_arena *a, const struct pf_scorer *s)
{
	struct pf_err err = { 0 };

	if (unpack(o->order, s, &err) == 0)
		return read_plain(o, a, s);
	pf_mistake(o->order, &err, NULL, PF_S(""));
	if (err.code == PF_ELIMIT)
		o->order->status = 413;
	return -1;
}

/* Awaits the answer to what was given. */
static int take(struct pf_value *out, struct pf_arena *a, struct pf_buf *bytes, struct pf_scorer *s,
		double seconds, struct pf_err *err)
{
	s->calls++;
	/* When it is over already, what is left ends the runner: it has the request. */
	if (pf_runner_take(s->runner, bytes, seconds > 0.001 ? seconds : 0.001, err) < 0)
		return -1;
	if (pf_value_read(out, a, pf_buf_view(bytes), err) < 0) {
		err->code = PF_ECODE; /* the model's code wrote to our socket */
		return pf_wrap(err, "the model's answer");
	}
	return 0;
}

static void answer(const struct pf_scorer *s, struct pf_order *o, const struct pf_value *value)
{
	unsigned how = s->model->expect.compat ? PF_ANSWER_BARE_NAN : 0;
	struct pf_err err = { 0 };

	pf_buf_free(&o->answer);
	o->answer = PF_BUF(PF_MAX_ANSWER);
	o->status = 200;
	o->type = "application/json";
	if (pf_answer_json(&o->answer, value, o->bare ? how : how | PF_ANSWER_WRAPPED, &err) < 0)
		pf_mistake(o, &err, "convert", PF_S(""));
}

static bool give(struct pf_scorer *s, struct one *o)
{
	struct pf_err err = { 0 };

	if (time_left(o->order) <= 0)
		pf_fail(&err, PF_ELIMIT,
			"the model did not answer in time: it was not asked any more");
	else if (pf_runner_give(s->runner, &o->request, pf_buf_view(&o->order->body), &err) == 0)
		return true;
	pf_mistake(o->order, &err, NULL, PF_S(""));
	return false;
}

bool pf_score_give(struct pf_scorer *s, struct pf_order *order, struct pf_orders *done,
		   struct pf_orders *elsewhere)
{
	PF_AUTO(arena) a = { 0 };
	struct one o = { .order = order };

	if (read_order(&o, &a, s) < 0)
		pf_orders_add(done, order);
	else if (o.request.raw && !s->reads_raw)
		pf_orders_add(elsewhere, order);
	else if (give(s, &o))
		return true;
	else
		pf_orders_add(done, order);
	return false;
}

void pf_score_take(struct pf_scorer *s, struct pf_order *order)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ANSWER);
	struct pf_err err = { 0 };
	struct pf_value value;

	if (take(&value, &a, &bytes, s, time_left(order), &err) < 0) {
		pf_mistake_told(order, &err, s->runner);
		return;
	}
	order->predicted = s->runner->predict_seconds;
	answer(s, order, &value);
}

/* ---- together ---- */

static double longest_left(const struct one *all, size_t n)
{
	double left = 0;

	for (size_t i = 0; i < n; i++)
		if (time_left(all[i].order) > left)
			left = time_left(all[i].order);
	return left;
}

/* Each its rows of the answer; false when it has not as many. */
static bool share(const struct pf_scorer *s, struct one *all, size_t n, struct pf_arena *a,
		  const struct pf_value *value)
{
	size_t total = 0, from = 0;
	struct pf_value part;

	for (size_t i = 0; i < n; i++)
		total += all[i].rows;
	for (size_t i = 0; i < n; i++) {
		if (!pf_batch_part(&part, a, value, from, all[i].rows, total))
			return false;
		answer(s, all[i].order, &part);
		from += all[i].rows;
	}
	return true;
}

/* True when all are answered. One of them may be what the model does not like: then each is asked
 * alone, and it fails alone. */
static bool score_together(struct pf_scorer *s, struct one *all, size_t n)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ANSWER);
	const struct pf_request **requests = pf_alloc_array(&a, n, sizeof(struct pf_request *));
	size_t *rows = pf_alloc_array(&a, n, sizeof(*rows));
	struct pf_request joined;
	struct pf_err err = { 0 };
	struct pf_value value;

	for (size_t i = 0; i < n; i++)
		requests[i] = &all[i].request;
	pf_batch_join(&joined, &a, requests, rows, n);
	for (size_t i = 0; i < n; i++)
		all[i].rows = rows[i];
	if (pf_runner_give(s->runner, &joined, PF_S(""), &err) < 0 ||
	    take(&value, &a, &bytes, s, longest_left(all, n), &err) < 0) {
		if (s->runner->stage) /* it was told, and the runner goes on */
			return false;
		for (size_t i = 0; i < n; i++)
			pf_mistake(all[i].order, &err, NULL, PF_S(""));
		return true;
	}
	if (!share(s, all, n, &a, &value)) {
		pf_warn("the model does not answer with a row for each row: its requests go one by one");
		s->batch = false;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		all[i].order->predicted = s->runner->predict_seconds;
	return true;
}

/* Those that a dead runner left are given back. */
static void score_each(struct pf_scorer *s, struct one *all, size_t n, struct pf_orders *done,
		       struct pf_orders *back)
{
	for (size_t i = 0; i < n; i++) {
		if (s->runner->fd <= 0) {
			pf_orders_add(back, all[i].order);
			continue;
		}
		if (give(s, &all[i]))
			pf_score_take(s, all[i].order);
		pf_orders_add(done, all[i].order);
	}
}

static void score_group(struct pf_scorer *s, struct one *all, size_t n, struct pf_orders *done,
			struct pf_orders *back)
{
	if (n == 1 || !s->batch || s->runner->fd <= 0 || !score_together(s, all, n)) {
		score_each(s, all, n, done, back);
		return;
	}
	for (size_t i = 0; i < n; i++)
		pf_orders_add(done, all[i].order);
}

void pf_score(struct pf_scorer *s, struct pf_orders *orders, struct pf_orders *done,
	      struct pf_orders *elsewhere)
{
	PF_AUTO(arena) a = { 0 };
	struct one *all = pf_alloc_array(&a, orders->n, sizeof(*all));
	struct pf_order *order;
	size_t n = 0, from = 0;

	while (s->runner->fd > 0 && (order = pf_orders_take(orders))) {
		all[n] = (struct one){ .order = order };
		if (read_order(&all[n], &a, s) < 0)
			pf_orders_add(done, order);
		else if (all[n].request.raw && !s->reads_raw)
			pf_orders_add(elsewhere, order);
		else
			n++;
	}
	for (size_t i = 1; i <= n; i++) {
		if (i < n && pf_batch_fits(&all[from].request, &all[i].request))
			continue;
		score_group(s, all + from, i - from, done, orders);
		from = i;
	}
}
