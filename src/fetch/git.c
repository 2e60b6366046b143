/* git.c - what is asked of a repository, on a thread of its own that is looked after */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "fetch/git_inside.h"
#include "fetch/pool.h"

#define TICKS 5 /* a second: how often it is looked after */

static void free_job(struct pf_git_job *j)
{
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->changed);
	free(j->url);
	free(j->path);
	free(j->rev);
	free(j->wanted);
	if (j->user)
		explicit_bzero(j->user, strlen(j->user));
	free(j->user);
	free(j);
}

static void *work(void *arg)
{
	struct pf_git_job *j = arg;
	bool left;

	j->rc = pf_git_work(j);
	pthread_mutex_lock(&j->lock);
	j->done = true;
	left = j->given_up;
	pthread_cond_signal(&j->changed);
	pthread_mutex_unlock(&j->lock);
	if (left)
		free_job(j);
	return NULL;
}

static char *copy(struct pf_str s)
{
	return s.n ? strndup(s.p, s.n) : NULL;
}

/* For http the user's name and password are given when they are asked for, and stand in no file. */
static struct pf_git_job *new_job(const char *path, const struct pf_git_source *from)
{
	struct pf_git_job *j = calloc(1, sizeof(*j));
	struct pf_arena a = { 0 };
	struct pf_err ignored;
	struct pf_url url;

	if (!j)
		pf_oom();
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->changed, NULL);
	j->path = strdup(path);
	j->rev = copy(from->rev);
	j->wanted = copy(from->commit);
	if (pf_url_split(&url, from->url, &ignored) == 0 && pf_url_is_http(&url)) {
		j->user = copy(url.user);
		j->url = strdup(pf_url_bare(&a, &url));
	} else {
		j->url = copy(from->url);
	}
	pf_arena_free(&a);
	if (!j->url || !j->path)
		pf_oom();
	return j;
}

/* Until it is done, we are asked to stop, or nothing has come for PF_WAIT_STALL seconds. Called
 * with the lock held. */
static void watch(struct pf_git_job *j)
{
	size_t seen = 0;
	unsigned quiet = 0;

	while (!j->done && !pf_signals_pending() && quiet < PF_WAIT_STALL * TICKS) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000000 / TICKS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&j->changed, &j->lock, &until);
		quiet = seen == atomic_load(&j->news) ? quiet + 1 : 0;
		seen = atomic_load(&j->news);
	}
	j->given_up = !j->done;
}

/* libgit2 waits for a silent server as long as that is silent; a thread that is given up is left
 * to its end, with what is its own. */
static int run(struct pf_git_found *out, const char *path, const struct pf_git_source *from,
	       struct pf_err *err)
{
	struct pf_git_job *j = new_job(path, from);
	pthread_t thread;
	int rc;

	if (pthread_create(&thread, NULL, work, j) != 0) {
		free_job(j);
		return pf_fail(err, PF_ELIMIT, "no thread can be had");
	}
	pthread_detach(thread);
	pthread_mutex_lock(&j->lock);
	watch(j);
	if (j->given_up) {
		pthread_mutex_unlock(&j->lock);
		return pf_signals_check(err) < 0 ? -1 :
		       pf_fail(err, PF_ETRANSFER, "nothing has come for %d s", PF_WAIT_STALL);
	}
	pthread_mutex_unlock(&j->lock);
	rc = j->rc;
	if (rc == 0)
		*out = j->found;
	else
		*err = j->err;
	free_job(j);
	return rc;
}

/* libgit2 goes along with a redirect to another port of the host, and takes the password there.
 * Whoever has one to lose is asked by ourselves first, by the rules of fetch/pool.h, and has to
 * answer from where he was asked. */
static int check_origin(const struct pf_git_source *from, const struct pf_url *asked,
			struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(pool) pool = { .net.cert = getenv("GIT_SSL_CAINFO") };
	struct pf_transfer t = {
		.url = pf_formatz(&a, PF_FMT "/info/refs?service=git-upload-pack",
				  PF_ARG(from->url)),
		.max = PF_MAX_PAGE,
		.body = PF_BUF(PF_MAX_PAGE),
	};
	struct pf_url there;
	int rc;

	pf_pool_start(&pool, &t);
	rc = pf_pool_wait(&pool, &t, err);
	if (rc == 0 &&
	    (pf_url_split(&there, t.final, err) < 0 || !pf_url_same_origin(asked, &there)))
		rc = pf_fail(err, PF_ETRANSFER, "it redirects to %s, for which its password is not",
			     pf_url_shown(&a, t.final));
	pf_buf_free(&t.body);
	pf_transfer_free(&pool, &t);
	return rc;
}

static int run_for(struct pf_git_found *out, const char *path, const struct pf_git_source *from,
		   struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct pf_err ignored;
	struct pf_url url;
	int rc = 0;

	if (pf_url_split(&url, from->url, &ignored) == 0 && pf_url_is_http(&url) && url.user.n)
		rc = check_origin(from, &url, err);
	if (rc == 0)
		rc = run(out, path, from, err);
	if (rc < 0)
		pf_wrap(err, "%s", pf_dupz(&a, pf_git_bare(&a, from->url)));
	pf_arena_free(&a);
	return rc;
}

int pf_git_find(char commit[PF_GIT_COMMIT], const char *scratch, const struct pf_git_source *from,
		struct pf_err *err)
{
	struct pf_git_found found;

	if (from->commit.n) {
		snprintf(commit, PF_GIT_COMMIT, PF_FMT, PF_ARG(from->commit));
		return 0;
	}
	if (run_for(&found, scratch, from, err) < 0)
		return -1;
	memcpy(commit, found.commit, PF_GIT_COMMIT);
	return 0;
}

int pf_git_clone(struct pf_git_found *out, const char *path, const struct pf_git_source *from,
		 struct pf_err *err)
{
	return run_for(out, path, from, err);
}
