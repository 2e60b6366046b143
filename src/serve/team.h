/* team.h - what team.c and worker.c share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "serve/inside.h"

struct pf_worker {
	struct pf_team *team;
	pthread_t thread;
	bool to_read; /* the one that reads what we cannot; it starts when there is such an order */
	pthread_cond_t back;	/* the runner is not lent any more */
	/* Under the lock. */
	bool ended;
	bool lent;		/* the loop has the runner (direct.c); it alone ends that */
	struct pf_orders orders;	/* from the loop, to be given */
	/* Of whoever has the runner; the thread changes it under the lock. */
	struct pf_orders given;	/* the model is at the first of them */
	struct pf_runner runner;
	/* The thread's own. */
	bool loaded;
	unsigned failures;	/* to start, in a row */
	bool batch; /* until the model's answers turn out not to be a row for each row */
};

struct pf_team {
	const struct pf_serve_opts *options;
	const struct pf_serve_model *model;
	int wake, epoll;
	struct pf_worker *workers;
	size_t n;
	pthread_mutex_t lock;	/* of all that follows */
	pthread_cond_t reading;	/* there is something in the second of the queues */
	struct pf_orders queue, raw, done;	/* raw: for the worker that reads */
	unsigned late;		/* orders that are late: so many workers are not ready */
	struct pf_team_state state;
	struct pf_err failed;	/* why the last start failed */
	bool stopping;
};

void pf_team_wake(struct pf_team *p);
/* Those that another worker is to read. */
void pf_team_put_elsewhere(struct pf_team *p, struct pf_orders *orders);
void *pf_worker_main(void *worker);
/* What it takes to ask its runner. */
struct pf_scorer pf_worker_scorer(struct pf_worker *w);

/* direct.c; under the lock. */
/* Lends the runner to the loop; false when it cannot be watched. */
bool pf_direct_lend(struct pf_worker *w);
/* The loop's: gives a runner back to its thread. */
void pf_direct_return(struct pf_worker *w);
