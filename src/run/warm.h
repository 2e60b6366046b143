/* warm.h - workers that stay: a runner that has answered waits for another run of its model */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "formats/digest.h"

/* A worker is a runner behind a socket, STORE/workers/KEY-HASH: KEY is the environment's, HASH is
 * over all that a runner is started with (what LOAD says, the interpreter, the variables that a
 * model may see, limits). What may change under it, the model's files above all, is the state: a
 * worker that is asked with another one goes. The folder is of mode 0700, the socket of 0600, and
 * both sides look who the other one is. */

#define PF_WARM_NAME 72

struct pf_warm {
	struct pf_arena arena;
	char *dir;			/* STORE/workers; NULL: no worker is wanted */
	char name[PF_WARM_NAME];	/* of the socket */
	char state[PF_SHA256_HEX];
	bool found;			/* a worker has the socket: no process of our own */
	bool attached;			/* it has turned to us */
	bool lost;			/* it ended or did not: start a process of our own */
};

/* What a worker is known by. */
struct pf_warm_for {
	struct pf_str how;		/* the body of LOAD, and whatever else it is started with */
	const char *model_dir;
	struct pf_str env_key;		/* empty: no environment of the store */
	const struct pf_strs *watched;	/* files and folders besides the model's */
};

/* Fills all but the last two; `store` as for pf_store_root. Ends a worker that is there when
 * `end` is set, then found is false. Where there can be none, because the folder is somebody
 * else's or the model has too many files, out->dir is NULL, with a note. */
void pf_warm_look(struct pf_warm *out, const struct pf_warm_for *whom, const char *store, bool end);
void pf_warm_free(struct pf_warm *w);

/* Asks the idle workers of an environment to go, and waits for them for seconds at most. */
void pf_warm_end_all(const char *store, struct pf_str env_key);

/* Removes the names of workers that were killed. */
void pf_warm_sweep(const char *store);

/* For warm.c: a digest of what pf_warm_for names; false: there is too much of it. */
bool pf_warm_state(char out[PF_SHA256_HEX], const struct pf_warm_for *whom);
