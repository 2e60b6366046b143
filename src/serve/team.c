/* team.c - workers, each a thread with a runner of its own, and the orders that wait for them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "serve/team.h"

/* The model's process is a child of its worker's thread and ends with it: it is started, asked and
 * reaped there and nowhere else, by the same calls that `run` makes. */

void pf_team_wake(struct pf_team *p)
{
	uint64_t one = 1;

	if (write(p->wake, &one, sizeof(one)) < 0)
		return; /* it is awake as can be */
}

/* ---- for the loop ---- */

void pf_team_state(struct pf_team *p, struct pf_team_state *out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->state;
	out->ready = p->state.ready > p->late ? p->state.ready - p->late : 0;
	out->waiting = p->queue.n + p->raw.n;
	for (size_t i = 0; i < p->n; i++) {
		const struct pf_worker *w = &p->workers[i];

		out->busy += w->lent && w->given.n;
		out->waiting += w->given.n > 1 ? w->given.n - 1 : 0;
	}
	pthread_mutex_unlock(&p->lock);
}

void pf_team_push(struct pf_team *p, struct pf_orders *fresh)
{
	struct pf_order *o;

	if (!fresh->n)
		return;
	pthread_mutex_lock(&p->lock);
	while ((o = pf_orders_take(fresh)))
		pf_orders_add(&p->queue, o);
	pthread_mutex_unlock(&p->lock);
}

void pf_team_put_elsewhere(struct pf_team *p, struct pf_orders *orders)
{
	struct pf_order *o;

	if (!orders->n)
		return;
	pthread_mutex_lock(&p->lock);
	while ((o = pf_orders_take(orders))) {
		o->elsewhere = true;
		pf_orders_add(&p->raw, o);
	}
	pthread_mutex_unlock(&p->lock);
	pthread_cond_broadcast(&p->reading);
}

static bool is_in(const struct pf_orders *list, const struct pf_order *order)
{
	const struct pf_order *o = list->first;

	while (o && o != order)
		o = o->next;
	return o != NULL;
}

bool pf_team_withdraw(struct pf_team *p, struct pf_order *order)
{
	struct pf_orders *lists[] = { &p->queue, &p->raw };
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PF_COUNT(lists) && !found; i++) {
		found = is_in(lists[i], order);
		if (found)
			pf_orders_remove(lists[i], order);
	}
	pthread_mutex_unlock(&p->lock);
	return found;
}

void pf_team_late(struct pf_team *p, struct pf_order *order)
{
	pthread_mutex_lock(&p->lock);
	/* It may have been answered just now. */
	order->late = !order->elsewhere && !is_in(&p->done, order);
	p->late += order->late;
	pthread_mutex_unlock(&p->lock);
}

void pf_team_fetch(struct pf_team *p, struct pf_orders *out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->done;
	p->done = (struct pf_orders){ 0 };
	pthread_mutex_unlock(&p->lock);
}

int pf_team_check(struct pf_team *p, struct pf_err *err)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->failed.code && !p->state.was_loaded) {
		*err = p->failed;
		rc = -1;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

bool pf_team_stop(struct pf_team *p)
{
	bool ended = true;

	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	for (size_t i = 0; i < p->n; i++)
		ended &= p->workers[i].ended;
	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i].lent)
			pf_direct_return(&p->workers[i]);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_broadcast(&p->reading);
	return ended;
}

void pf_team_free(struct pf_team *p)
{
	struct pf_order *o;

	if (!p)
		return;
	pf_team_stop(p);
	for (size_t i = 0; i < p->n; i++) {
		pthread_join(p->workers[i].thread, NULL);
		pthread_cond_destroy(&p->workers[i].back);
	}
	while ((o = pf_orders_take(&p->queue)) || (o = pf_orders_take(&p->raw)) ||
	       (o = pf_orders_take(&p->done)))
		pf_order_drop(o);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->reading);
	free(p->workers);
	free(p);
}

/* ---- start ---- */

static int start_thread(struct pf_team *p, bool to_read, struct pf_err *err)
{
	struct pf_worker *w = &p->workers[p->n];
	int rc;

	*w = (struct pf_worker){ .team = p, .to_read = to_read,
				  .batch = p->options->batch && !to_read };
	pthread_cond_init(&w->back, NULL);
	rc = pthread_create(&w->thread, NULL, pf_worker_main, w);
	if (rc != 0)
		return pf_fail(err, PF_EIO, "cannot start a thread: %s", strerror(rc));
	p->n++;
	return 0;
}

int pf_team_start(struct pf_team **out, const struct pf_serve_opts *o,
		  const struct pf_serve_model *m, int epoll, int wake, struct pf_err *err)
{
	struct pf_team *p = calloc(1, sizeof(*p));
	unsigned threads = o->workers + (m->reads_raw ? 0 : 1);

	if (!p || !(p->workers = calloc(threads, sizeof(*p->workers))))
		pf_oom();
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->reading, NULL);
	p->options = o;
	p->model = m;
	p->wake = wake;
	p->epoll = epoll;
	p->state.workers = o->workers;
	for (unsigned i = 0; i < threads; i++)
		if (start_thread(p, i == o->workers, err) < 0) {
			pf_signals_raise(SIGTERM); /* the others need not finish loading */
			pf_team_free(p);
			return -1;
		}
	*out = p;
	return 0;
}
