/* git_inside.h - one question to a repository, as asker and waiter have it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "fetch/git.h"

struct pf_git_job {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	atomic_bool given_up;
	atomic_size_t news;	/* changes with every sign of life */

	char *url, *path;
	char *rev;		/* NULL: HEAD */
	char *wanted;		/* the commit; NULL: it is asked for */
	char *user;		/* "name:password" of the URL, which is without; NULL: none */
	unsigned asked;		/* for credentials */

	struct pf_git_found found;
	struct pf_err err;
	int rc;
};

/* All of it: git_work.c. */
int pf_git_work(struct pf_git_job *j) PF_MUST_USE;
/* A file of certificates that counts instead of libgit2's own. */
int pf_git_trust(const char *file);
