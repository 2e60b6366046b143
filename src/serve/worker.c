/* worker.c - a worker's life: load, take orders, answer them, be replaced */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "serve/team.h"

/* ---- the runner ---- */

static bool lives(const struct pf_worker *w)
{
	struct pollfd p = { .fd = w->runner.pidfd, .events = POLLIN };

	return w->runner.fd > 0 && w->runner.pidfd > 0 && poll(&p, 1, 0) == 0;
}

static void note_ready(struct pf_worker *w, bool ready)
{
	struct pf_team *p = w->team;

	if (w->to_read)
		return;
	pthread_mutex_lock(&p->lock);
	if (ready) {
		p->state.ready++;
		p->state.was_loaded = true;
		p->state.failing = false;
	} else {
		p->state.ready--;
		p->state.restarts++;
	}
	pthread_mutex_unlock(&p->lock);
	pf_team_wake(p);
}

static void note_end(struct pf_worker *w)
{
	if (!w->loaded)
		return;
	pf_warn("a model's process has ended; another is started");
	note_ready(w, false);
	w->loaded = false;
}

static int start(struct pf_worker *w, struct pf_err *err)
{
	const struct pf_serve_model *m = w->team->model;

	if (m->start(&w->runner, m->how, w->to_read, err) < 0)
		return -1;
	if (pf_runner_wait(&w->runner, 0, err) < 0) {
		pf_runner_free(&w->runner);
		return -1;
	}
	return 0;
}

static bool is_stopping(struct pf_team *p)
{
	bool stopping;

	pthread_mutex_lock(&p->lock);
	stopping = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return stopping;
}

/* 0.5 s, 1 s, 2 s, ... unless the team ends meanwhile. */
static void rest(struct pf_worker *w)
{
	unsigned shift = w->failures > 8 ? 8 : w->failures;
	double seconds = 0.25 * (double)(1u << shift), until;

	if (seconds > PF_WAIT_RESTART)
		seconds = PF_WAIT_RESTART;
	until = pf_clock() + seconds;
	while (pf_clock() < until && !is_stopping(w->team))
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

/* Nobody can answer those that wait: that is said rather than time let pass. */
static void answer_waiting(struct pf_worker *w, const struct pf_err *err)
{
	struct pf_team *p = w->team;
	struct pf_orders *queue = w->to_read ? &p->raw : &p->queue;
	struct pf_order *o;

	while ((o = pf_orders_take(queue))) {
		if (w->to_read) {
			pf_mistake(o, err, NULL, PF_S(""));
		} else {
			o->status = 503;
			o->type = "application/json";
			pf_mistake_say(&o->answer, "TEMPORARILY_UNAVAILABLE",
				       "the model's process cannot be started just now");
		}
		pf_orders_add(&p->done, o);
	}
}

static void note_failure(struct pf_worker *w, const struct pf_err *err)
{
	struct pf_team *p = w->team;
	bool first;

	pthread_mutex_lock(&p->lock);
	first = !p->state.was_loaded;
	if (!w->to_read) {
		p->failed = *err;
		p->state.failing = !p->state.ready;
	}
	if (w->to_read || p->state.failing)
		answer_waiting(w, err);
	pthread_mutex_unlock(&p->lock);
	if (!first && err->code < PF_ESIGNAL)
		pf_warn("a worker could not be started: %s", err->msg);
	pf_team_wake(p);
}

/* False when there is no use in trying again. */
static bool make_ready(struct pf_worker *w)
{
	struct pf_err err = { 0 };

	if (start(w, &err) == 0) {
		w->failures = 0;
		note_ready(w, true);
		return true;
	}
	w->failures++;
	note_failure(w, &err);
	if (err.code >= PF_ESIGNAL)
		return false;
	rest(w);
	return true;
}

/* ---- orders ---- */

static void move(struct pf_orders *to, struct pf_orders *from)
{
	struct pf_order *o;

	while ((o = pf_orders_take(from)))
		pf_orders_add(to, o);
}

/* The runner that reads is not lent. Should it die at rest, that is seen in time. */
static void doze(struct pf_worker *w)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 250000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(w->to_read ? &w->team->reading : &w->back, &w->team->lock, &until);
}

/* With nothing to do, the runner is the loop's. */
static void wait_for_orders(struct pf_worker *w)
{
	if (w->to_read || !pf_direct_lend(w))
		doze(w);
	while (w->lent)
		pthread_cond_wait(&w->back, &w->team->lock);
}

/* Takes orders, or waits for some; false when the worker is to look at its runner or at the
 * team. */
static bool take(struct pf_worker *w, struct pf_orders *out)
{
	struct pf_team *p = w->team;
	struct pf_orders *queue = w->to_read ? &p->raw : &p->queue;
	unsigned most = w->batch ? PF_MAX_BATCH : 1;
	bool any;

	pthread_mutex_lock(&p->lock);
	if (!queue->n && !p->stopping)
		wait_for_orders(w);
	move(out, &w->orders);
	while (queue->n && !w->given.n && out->n < most)
		pf_orders_add(out, pf_orders_take(queue));
	any = out->n || w->given.n;
	p->state.busy += any;
	pthread_mutex_unlock(&p->lock);
	return any;
}

/* What a worker has for the others: answers, what it did not come to, what it cannot read. */
struct outcome {
	struct pf_orders done, back, elsewhere;
};

static void hand_over(struct pf_worker *w, struct outcome *o)
{
	struct pf_team *p = w->team;
	bool wake;

	if (w->runner.fd <= 0)
		note_end(w); /* before what it was late with is forgotten */
	pf_team_put_elsewhere(p, &o->elsewhere);
	pthread_mutex_lock(&p->lock);
	for (struct pf_order *one = o->done.first; one; one = one->next)
		p->late -= one->late;
	if (w->runner.fd <= 0)
		move(&o->back, &w->given); /* over the one before them */
	wake = (!p->done.n && o->done.n) || o->back.n;
	move(&p->done, &o->done);
	pf_orders_put_back(w->to_read ? &p->raw : &p->queue, &o->back);
	pthread_mutex_unlock(&p->lock);
	if (wake)
		pf_team_wake(p);
}

static void note_done(struct pf_worker *w, unsigned calls)
{
	pthread_mutex_lock(&w->team->lock);
	w->team->state.busy--;
	w->team->state.calls += calls;
	pthread_mutex_unlock(&w->team->lock);
}

static void give(struct pf_worker *w, struct pf_scorer *s, struct pf_order *order,
		 struct outcome *o)
{
	if (!pf_score_give(s, order, &o->done, &o->elsewhere))
		return;
	pthread_mutex_lock(&w->team->lock);
	pf_orders_add(&w->given, order);
	pthread_mutex_unlock(&w->team->lock);
}

/* The next order, given to the runner while it is at another one. With other workers it is left to
 * whichever is free first, and a batch is what has come until the runner is. */
static void give_next(struct pf_worker *w, struct pf_scorer *s, struct outcome *o)
{
	struct pf_team *p = w->team;
	struct pf_order *next = NULL;

	if (w->to_read || w->batch || p->options->workers > 1 || w->given.n > 1)
		return;
	pthread_mutex_lock(&p->lock);
	if (p->queue.first && p->queue.first->format != PF_ORDER_PARQUET) /* the runner reads it */
		next = pf_orders_take(&p->queue);
	pthread_mutex_unlock(&p->lock);
	if (next)
		give(w, s, next, o);
}

static struct pf_order *take_given(struct pf_worker *w, struct pf_scorer *s)
{
	struct pf_order *order = w->given.first;

	pf_score_take(s, order);
	pthread_mutex_lock(&w->team->lock);
	pf_orders_take(&w->given);
	pthread_mutex_unlock(&w->team->lock);
	return order;
}

/* One by one: while the model is at one, the next is read and on its way to it. */
static void answer_each(struct pf_worker *w, struct pf_scorer *s, struct pf_orders *orders)
{
	struct outcome o = { 0 };

	if (orders->n)
		give(w, s, pf_orders_take(orders), &o);
	while (w->given.n) {
		give_next(w, s, &o);
		pf_orders_add(&o.done, take_given(w, s));
		hand_over(w, &o);
	}
	hand_over(w, &o);
}

static void answer_together(struct pf_worker *w, struct pf_scorer *s, struct pf_orders *orders)
{
	struct outcome o = { 0 };

	pf_score(s, orders, &o.done, &o.elsewhere);
	o.back = *orders;
	*orders = (struct pf_orders){ 0 };
	hand_over(w, &o);
}

struct pf_scorer pf_worker_scorer(struct pf_worker *w)
{
	const struct pf_team *p = w->team;

	return (struct pf_scorer){ .model = p->model,
				   .runner = &w->runner,
				   .reads_raw = w->to_read || p->model->reads_raw,
				   .batch = w->batch,
				   .max_body = p->options->max_body };
}

static void answer(struct pf_worker *w, struct pf_orders *orders)
{
	struct pf_scorer s = pf_worker_scorer(w);
	struct outcome o = { 0 };

	if (orders->n && !lives(w)) { /* they wait for the next one */
		o.back = *orders;
		*orders = (struct pf_orders){ 0 };
		hand_over(w, &o);
	} else if (orders->n && w->batch) {
		answer_together(w, &s, orders);
		w->batch = s.batch;
	} else {
		answer_each(w, &s, orders);
	}
	note_done(w, s.calls);
}

/* The worker that reads has no runner until there is something to read. */
static void await_need(struct pf_worker *w)
{
	struct pf_team *p = w->team;

	if (!w->to_read)
		return;
	pthread_mutex_lock(&p->lock);
	while (!p->raw.n && !p->stopping)
		pthread_cond_wait(&p->reading, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

/* A runner that has ended is let go, and another one loaded. False: the worker is to end. */
static bool replace(struct pf_worker *w)
{
	note_end(w);
	pf_runner_free(&w->runner);
	await_need(w);
	if (is_stopping(w->team) || !make_ready(w))
		return false;
	w->loaded = w->runner.loaded;
	return true;
}

void *pf_worker_main(void *worker)
{
	struct pf_worker *w = worker;
	struct pf_orders orders = { 0 };
	bool going = true;

	while (going && !is_stopping(w->team)) {
		if (!lives(w))
			going = replace(w);
		else if (take(w, &orders))
			answer(w, &orders);
	}
	pf_runner_free(&w->runner);
	pthread_mutex_lock(&w->team->lock);
	w->ended = true;
	pthread_mutex_unlock(&w->team->lock);
	pf_team_wake(w->team);
	return NULL;
}
