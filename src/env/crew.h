/* crew.h - threads that do jobs while the one that hands them out goes on */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "base/err.h"
#include "base/limits.h"

/* A job is a number that its doer knows: of those in line, the lowest is the next. It touches
 * nothing that another one touches. */
typedef int pf_crew_work(void *ctx, size_t job, struct pf_err *err);

/* Stays where it is while it is at work. */
struct pf_crew {
	pf_crew_work *work;
	void *ctx;
	pthread_t threads[PF_MAX_CREW];
	size_t thread_count;
	pthread_mutex_t lock;
	pthread_cond_t more;
	size_t *jobs;		/* in line: from `next` to `count` */
	size_t next, count;
	bool closed;		/* no more will come */
	struct pf_err err;	/* of the first one that failed: nothing is begun after it */
};

/* As many threads as there are processors, and no more than jobs; where there can be none, the jobs
 * are done at the end. `jobs` is room for all of their numbers. */
void pf_crew_start(struct pf_crew *c, pf_crew_work *work, void *ctx, size_t *jobs, size_t max);
void pf_crew_add(struct pf_crew *c, size_t job);
bool pf_crew_has_failed(struct pf_crew *c);
/* Drops what has not been begun: pf_crew_end fails with `err`, unless a job did before. */
void pf_crew_stop(struct pf_crew *c, const struct pf_err *err);
/* Takes part until all is done, and ends the threads. */
int pf_crew_end(struct pf_crew *c, struct pf_err *err) PF_MUST_USE;
