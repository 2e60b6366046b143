/* inside.h - what the files of serve/ share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "serve/serve.h"

/* ---- an order: a request to the model, on its way between the loop's thread and a worker's
 * ---- */

enum pf_order_format { PF_ORDER_JSON, PF_ORDER_CSV, PF_ORDER_PARQUET };

/* coding.c - Content-Encoding. */
enum pf_coding { PF_CODING_NONE, PF_CODING_GZIP, PF_CODING_DEFLATE };
/* False for a name that is not known; the empty one is none. */
bool pf_coding_find(enum pf_coding *out, struct pf_str name);
/* Appends what was packed. EMODEL when it is damaged, ELIMIT beyond the ceiling of `out`. */
int pf_coding_undo(struct pf_buf *out, enum pf_coding coding, struct pf_str packed,
		   struct pf_err *err) PF_MUST_USE;

struct pf_order {
	struct pf_order *next, *previous;	/* in a queue, under the team's lock */
	enum pf_order_format format;
	struct pf_buf body;			/* as it came, until its worker unpacks it */
	enum pf_coding coding;
	size_t held;				/* what it counts among the bodies that are held */
	double since, deadline;			/* of pf_clock */
	/* The loop's alone: whom it is for; NULL when nobody waits any more. */
	struct pf_conn *conn;
	/* The worker's: its answer is not wrapped in {"predictions": ...}. */
	bool bare;
	/* Under the team's lock: it is for the worker that reads; its time was up while another one
	 * had it. */
	bool elsewhere, late;
	/* Set by whoever answers. */
	unsigned status;
	const char *type;			/* of its content */
	struct pf_buf answer;
	double predicted; /* seconds within the model's predict; 0: it was not asked */
};

struct pf_order *pf_order_make(void);
void pf_order_drop(struct pf_order *order);

/* ---- team.c: the workers, each a thread with a runner of its own, and the orders that wait
 * ---- */

struct pf_orders {
	struct pf_order *first, *last;
	unsigned n;
};
void pf_orders_add(struct pf_orders *list, struct pf_order *order);
struct pf_order *pf_orders_take(struct pf_orders *list);	/* the first, or NULL */
/* All of `from`, in their order, before those of `list`. */
void pf_orders_put_back(struct pf_orders *list, struct pf_orders *from);
void pf_orders_remove(struct pf_orders *list, struct pf_order *order);

struct pf_team;
struct pf_team_state {
	unsigned workers, ready, busy, waiting;
	uint64_t restarts, calls;
	bool was_loaded;	/* at least once, by one of them */
	bool failing;		/* no worker can be started just now */
};

/* `wake` is an eventfd that is written when there is something to fetch or to look at; `epoll` is
 * where the loop watches runners that are lent to it: pf_direct_event knows their events. */
int pf_team_start(struct pf_team **out, const struct pf_serve_opts *o,
		  const struct pf_serve_model *m, int epoll, int wake,
		  struct pf_err *err) PF_MUST_USE;
void pf_team_state(struct pf_team *p, struct pf_team_state *out);
/* Puts all of a list into the queue; it is empty then. */
void pf_team_push(struct pf_team *p, struct pf_orders *fresh);
/* Takes an order back that no worker has begun; false when one has. */
bool pf_team_withdraw(struct pf_team *p, struct pf_order *order);
/* Its time is up and a worker has it, whose process is ended for that: until there is another one
 * it does not count as ready. */
void pf_team_late(struct pf_team *p, struct pf_order *order);
/* Answered ones. */
void pf_team_fetch(struct pf_team *p, struct pf_orders *out);
/* -1 with err when the model could not be loaded the first time. */
int pf_team_check(struct pf_team *p, struct pf_err *err) PF_MUST_USE;
/* Lets idle workers go; true when all have ended. */
bool pf_team_stop(struct pf_team *p);
/* Waits for all of them. */
void pf_team_free(struct pf_team *p);

/* ---- score.c: one order, or several together, asked of a runner ---- */

struct pf_scorer {
	const struct pf_serve_model *model;
	struct pf_runner *runner;
	bool reads_raw;		/* this runner may be asked to read */
	bool batch;
	size_t max_body;	/* of one that is unpacked */
	unsigned calls;		/* of predict, so far */
};

/* One by one, in two halves, so that the runner has the next one at hand when it is done with
 * one: an order is read and given to the runner (true), or answered into `done`, or put into
 * `elsewhere`; then its answer is awaited and written. */
bool pf_score_give(struct pf_scorer *s, struct pf_order *order, struct pf_orders *done,
		   struct pf_orders *elsewhere);
void pf_score_take(struct pf_scorer *s, struct pf_order *order);
/* Answers orders into `done`, together where that is possible; those that this runner cannot read
 * go to `elsewhere`. What is left in `orders` was not asked: its runner died over one before. */
void pf_score(struct pf_scorer *s, struct pf_orders *orders, struct pf_orders *done,
	      struct pf_orders *elsewhere);

/* ---- batch.c: tables and arrays put together, and an answer taken apart ---- */

/* Can b's rows follow those of a? */
bool pf_batch_fits(const struct pf_request *a, const struct pf_request *b);
/* n requests as one; each fits the first. Rows of each go to rows[i]. Borrows text. */
void pf_batch_join(struct pf_request *out, struct pf_arena *a, const struct pf_request *const *all,
		   size_t *rows, size_t n);
/* Rows [from, from + n) of an answer that has one for each of `total`; false when it has not. */
bool pf_batch_part(struct pf_value *out, struct pf_arena *a, const struct pf_value *answer,
		   size_t from, size_t n, size_t total);

/* ---- mistake.c: what is answered instead of a prediction ---- */

/* MLflow's object: error_code, message, sqlstate, error_class, stack_trace. */
void pf_mistake(struct pf_order *o, const struct pf_err *err, const char *stage,
		struct pf_str traceback);
/* The same of what a runner told; an error of MLflow's own kind as MLflow answers it. */
void pf_mistake_told(struct pf_order *o, const struct pf_err *err, const struct pf_runner *r);
void pf_mistake_say(struct pf_buf *out, const char *code, const char *message);

/* ---- token.c ---- */

struct pf_tokens {
	struct pf_buf text;	/* tokens, each ended by a newline */
};
int pf_tokens_read(struct pf_tokens *out, const char *path, struct pf_err *err) PF_MUST_USE;
void pf_tokens_free(struct pf_tokens *t);
/* The value of an Authorization field against all of them, in a time that does not depend on how
 * much of one is right. */
bool pf_tokens_admit(const struct pf_tokens *t, struct pf_str authorization);

/* ---- tls.c ---- */

struct pf_tls;		/* a certificate */
struct pf_tls_conn;	/* one connection */
int pf_tls_open(struct pf_tls **out, const char *cert, const char *key,
		struct pf_err *err) PF_MUST_USE;
void pf_tls_free(struct pf_tls *t);
struct pf_tls_conn *pf_tls_accept(struct pf_tls *t, int fd);
/* As recv and send on a socket that does not block, -1 with EAGAIN included. */
ssize_t pf_tls_read(struct pf_tls_conn *c, void *p, size_t n);
ssize_t pf_tls_write(struct pf_tls_conn *c, const void *p, size_t n);
void pf_tls_close(struct pf_tls_conn *c);

/* ---- metrics.c: counted by the loop alone ---- */

#define PF_BUCKETS 12
struct pf_histogram {
	uint64_t counts[PF_BUCKETS + 1], count;
	double sum;
};

struct pf_metrics {
	uint64_t requests[8][32];	/* by route and status (metrics.c has the lists) */
	struct pf_histogram request, predict;
	uint64_t connections, refused;
	double start;
};

void pf_metrics_note(struct pf_metrics *m, size_t route, unsigned status, double seconds);
void pf_metrics_predicted(struct pf_metrics *m, double seconds);
void pf_metrics_write(struct pf_buf *out, const struct pf_metrics *m,
		      const struct pf_team_state *team, unsigned open);

/* ---- access.c: a line for each request, many at a write ---- */

struct pf_access {
	struct pf_buf text;
	uint64_t lost;
	bool json;
};
/* One request and what came of it. */
struct pf_visit {
	const char *peer;
	struct pf_str verb, target;
	unsigned status;
	size_t bytes;		/* of the answer's text */
	double seconds, predicted;
};
void pf_access_note(struct pf_access *log, const struct pf_visit *visit);
/* Writes what stderr takes; never waits for it. */
void pf_access_flush(struct pf_access *log);
