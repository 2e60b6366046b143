/* team.h - what team.c and worker.c share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "serve/inside.h"

struct pf_worker {
	struct pf_team *team;
	pthread_t thread;
	bool to_read; /* the one that reads what we cannot; it starts when there is such an order */
	bool ended;		/* under the lock */
	/* The thread's own. */
	struct pf_runner runner;
	bool loaded;
	unsigned failures;	/* to start, in a row */
	bool batch; /* until the model's answers turn out not to be a row for each row */
};

struct pf_team {
	const struct pf_serve_opts *options;
	const struct pf_serve_model *model;
	int wake;
	struct pf_worker *workers;
	size_t n;
	pthread_mutex_t lock;	/* of all that follows */
	pthread_cond_t work, reading;		/* one for each of the first two queues */
	struct pf_orders queue, raw, done;	/* raw: for the worker that reads */
	unsigned ahead;		/* given to a runner that is at another one: it waits too */
	unsigned late;		/* orders that are late: so many workers are not ready */
	struct pf_team_state state;
	struct pf_err failed;	/* why the last start failed */
	bool stopping;
};

void pf_team_wake(struct pf_team *p);
void *pf_worker_main(void *worker);
