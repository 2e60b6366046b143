/* crew.c - threads that do jobs while the one that hands them out goes on */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/crew.h"

#include <string.h>

#include "base/proc.h"

static void note_failure(struct pf_crew *c, const struct pf_err *err)
{
	if (!c->err.code)
		c->err = *err;
	c->next = c->count;
}

/* False: no more will come. */
static bool wait_for_job(size_t *job, struct pf_crew *c)
{
	while (c->next == c->count && !c->closed)
		pthread_cond_wait(&c->more, &c->lock);
	if (c->next == c->count)
		return false;
	*job = c->jobs[c->next++];
	return true;
}

static void *do_jobs(void *crew)
{
	struct pf_crew *c = crew;
	struct pf_err err = { 0 };
	size_t job;
	int rc;

	pthread_mutex_lock(&c->lock);
	while (wait_for_job(&job, c)) {
		pthread_mutex_unlock(&c->lock);
		rc = c->work(c->ctx, job, &err);
		pthread_mutex_lock(&c->lock);
		if (rc < 0)
			note_failure(c, &err);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void pf_crew_start(struct pf_crew *c, pf_crew_work *work, void *ctx, size_t *jobs, size_t max)
{
	size_t wanted = pf_processors();

	memset(c, 0, sizeof(*c));
	c->work = work;
	c->ctx = ctx;
	c->jobs = jobs;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	while (c->thread_count < wanted && c->thread_count < max && c->thread_count < PF_MAX_CREW) {
		if (pthread_create(&c->threads[c->thread_count], NULL, do_jobs, c) != 0)
			break;
		c->thread_count++;
	}
}

static void insert(struct pf_crew *c, size_t job)
{
	size_t at = c->count++;

	for (; at > c->next && c->jobs[at - 1] > job; at--)
		c->jobs[at] = c->jobs[at - 1];
	c->jobs[at] = job;
}

void pf_crew_add(struct pf_crew *c, size_t job)
{
	pthread_mutex_lock(&c->lock);
	if (!c->err.code)
		insert(c, job);
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
}

bool pf_crew_has_failed(struct pf_crew *c)
{
	bool failed;

	pthread_mutex_lock(&c->lock);
	failed = c->err.code;
	pthread_mutex_unlock(&c->lock);
	return failed;
}

void pf_crew_stop(struct pf_crew *c, const struct pf_err *err)
{
	pthread_mutex_lock(&c->lock);
	note_failure(c, err);
	pthread_mutex_unlock(&c->lock);
}

int pf_crew_end(struct pf_crew *c, struct pf_err *err)
{
	pthread_mutex_lock(&c->lock);
	c->closed = true;
	pthread_cond_broadcast(&c->more);
	pthread_mutex_unlock(&c->lock);
	do_jobs(c);
	for (size_t i = 0; i < c->thread_count; i++)
		pthread_join(c->threads[i], NULL);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	if (!c->err.code)
		return 0;
	*err = c->err;
	return -1;
}
