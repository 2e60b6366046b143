/* direct.c - small orders: read, asked of a runner and answered by the loop itself */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/epoll.h>

#include "base/limits.h"
#include "serve/server.h"
#include "serve/team.h"

/* While a worker's thread has nothing to do, its runner is lent to the loop, which watches its
 * socket and its process. What is read in next to no time is given and answered right there. For
 * all else, for whatever may have to be waited for, and once there are more orders than runners,
 * the runner goes back to its thread, with the order that it was given. */

/* Of a few bytes a long signature makes many cells. */
static bool is_small(const struct pf_order *o, const struct pf_schema *signature)
{
	return o->format != PF_ORDER_PARQUET && o->coding == PF_CODING_NONE &&
	       o->body.n <= PF_MAX_DIRECT &&
	       (!signature || signature->text.n <= PF_MAX_DIRECT_SIGNATURE);
}

bool pf_direct_lend(struct pf_worker *w)
{
	/* Edges: what nobody asked for wakes nobody again and again. */
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.ptr = &w->runner.fd };

	if (epoll_ctl(w->team->epoll, EPOLL_CTL_ADD, w->runner.fd, &e) < 0)
		return false;
	e.data.ptr = &w->runner.pidfd;
	if (epoll_ctl(w->team->epoll, EPOLL_CTL_ADD, w->runner.pidfd, &e) < 0) {
		epoll_ctl(w->team->epoll, EPOLL_CTL_DEL, w->runner.fd, NULL);
		return false;
	}
	w->lent = true;
	return true;
}

void pf_direct_return(struct pf_worker *w)
{
	epoll_ctl(w->team->epoll, EPOLL_CTL_DEL, w->runner.fd, NULL);
	epoll_ctl(w->team->epoll, EPOLL_CTL_DEL, w->runner.pidfd, NULL);
	w->lent = false;
	pthread_cond_signal(&w->back);
}

static void give_back(struct pf_worker *w)
{
	pthread_mutex_lock(&w->team->lock);
	pf_direct_return(w);
	pthread_mutex_unlock(&w->team->lock);
}

/* ---- give ---- */

static struct pf_worker *find_idle(struct pf_team *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i].lent && !p->workers[i].given.n)
			return &p->workers[i];
	return NULL;
}

/* Orders that wait are the threads': they read the next one while the model is at one, or take
 * all of them together. */
static void return_all(struct pf_team *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i].lent)
			pf_direct_return(&p->workers[i]);
}

/* What the loop is to ask itself, or NULL when it has been left to the worker's thread. */
static struct pf_order *take_order(struct pf_worker *w)
{
	struct pf_orders *queue = &w->team->queue;
	bool together = w->batch && queue->n > 1;
	struct pf_order *order = pf_orders_take(queue);

	if (!together && is_small(order, w->team->model->expect.inputs))
		return order;
	pf_orders_add(&w->orders, order);
	pf_direct_return(w);
	return NULL;
}

static void ask(struct pf_server *s, struct pf_worker *w, struct pf_order *order)
{
	struct pf_orders done = { 0 }, elsewhere = { 0 };
	struct pf_scorer scorer = pf_worker_scorer(w);

	if (pf_score_give(&scorer, order, &done, &elsewhere)) {
		pf_orders_add(&w->given, order);
		if (w->runner.pending.n) /* its socket takes no more */
			give_back(w);
	}
	pf_team_put_elsewhere(s->team, &elsewhere);
	pf_server_answer(s, &done);
}

void pf_direct_give(struct pf_server *s)
{
	struct pf_team *p = s->team;
	struct pf_worker *w;
	struct pf_order *order = NULL;

	do {
		pf_team_push(p, &s->fresh); /* an answer may let its connection's next one in */
		pthread_mutex_lock(&p->lock);
		w = p->queue.n ? find_idle(p) : NULL;
		if (w)
			order = take_order(w);
		else if (p->queue.n)
			return_all(p);
		pthread_mutex_unlock(&p->lock);
		if (w && order)
			ask(s, w, order);
	} while (w);
}

/* ---- take ---- */

static void take_answer(struct pf_server *s, struct pf_worker *w)
{
	struct pf_scorer scorer = pf_worker_scorer(w);
	struct pf_orders done = { 0 };
	struct pf_order *order = pf_orders_take(&w->given);

	pf_score_take(&scorer, order);
	pthread_mutex_lock(&w->team->lock);
	w->team->state.calls += scorer.calls;
	pthread_mutex_unlock(&w->team->lock);
	pf_orders_add(&done, order);
	pf_server_answer(s, &done);
}

static bool is_lent(struct pf_worker *w)
{
	bool lent;

	pthread_mutex_lock(&w->team->lock);
	lent = w->lent;
	pthread_mutex_unlock(&w->team->lock);
	return lent;
}

bool pf_direct_event(struct pf_server *s, void *tag)
{
	struct pf_team *p = s->team;
	struct pf_worker *w;
	int rc = 0;

	if ((char *)tag < (char *)p->workers || (char *)tag >= (char *)(p->workers + p->n))
		return false;
	w = &p->workers[(size_t)((char *)tag - (char *)p->workers) / sizeof(*w)];
	if (!is_lent(w)) /* any more */
		return true;
	if (w->given.n && (rc = pf_runner_ready(&w->runner)) > 0)
		take_answer(s, w);
	if (rc < 0 || tag == &w->runner.pidfd)
		give_back(w);
	return true;
}

void pf_direct_tick(struct pf_server *s)
{
	struct pf_team *p = s->team;

	for (size_t i = 0; i < p->n; i++) {
		struct pf_worker *w = &p->workers[i];

		if (is_lent(w) && w->given.n && s->now > w->given.first->deadline)
			give_back(w);
	}
}
