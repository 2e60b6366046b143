/* server.h - what the loop and its connections share; all of it belongs to one thread */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "serve/http.h"
#include "serve/inside.h"
#include "serve/route.h"

struct pf_server {
	const struct pf_serve_opts *options;
	struct pf_listeners *listeners;
	int epoll, wake, signals;	/* 0: none */
	struct pf_team *team;
	struct pf_tls *tls;
	struct pf_tokens tokens;
	struct pf_metrics metrics;
	struct pf_access access;
	struct pf_conn *first;
	unsigned open;			/* connections */
	unsigned most;			/* of them */
	bool accepting, draining, said_ready;
	unsigned in_flight;		/* orders that were handed over and have not come back */
	size_t held;			/* bytes of bodies */
	struct pf_orders fresh;		/* of this round: handed over at its end, together */
	double now;
	char *scratch;			/* SCRATCH bytes, for what is read */
};
#define PF_SCRATCH ((size_t)256 << 10)

struct pf_conn {
	struct pf_conn *next, *previous;
	struct pf_server *server;
	int fd;
	struct pf_tls_conn *tls;
	char peer[64];
	enum { PF_CONN_HEAD, PF_CONN_BODY, PF_CONN_WAITING, PF_CONN_LINGER } state;
	bool ended;		/* the peer sends no more */
	bool dead;		/* to be freed at the end of the round */
	bool keep_alive;	/* after this answer */
	bool last;		/* it ends once its output is written */
	bool served;		/* a request before this one */
	uint32_t interest;	/* what epoll watches for */
	double deadline;
	size_t moved;		/* bytes since the deadline was set */
	struct pf_buf in;	/* [at, n) is still to be looked at */
	size_t at;
	struct pf_buf out, tail;	/* heads and small answers, then a big one */
	size_t sent;		/* of both */

	/* The request. */
	enum pf_method method;
	unsigned minor;
	enum pf_route route;
	struct pf_body body;
	struct pf_buf thrown;	/* a body that nobody reads: its ceiling alone counts */
	struct pf_order *order;	/* NULL: the body is thrown away */
	double since, predicted;
	char verb[24], target[512];
};

/* loop.c - gives answers to those who wait for them. */
void pf_server_answer(struct pf_server *s, struct pf_orders *done);

/* direct.c */
/* The end of a round: what came in it is asked, or left to whoever is free. */
void pf_direct_give(struct pf_server *s);
/* False when the tag of an event is none of the team's. */
bool pf_direct_event(struct pf_server *s, void *tag);
/* Runners that are late go back to their threads. */
void pf_direct_tick(struct pf_server *s);

/* conn.c */
void pf_conn_open(struct pf_server *s, int fd);
void pf_conn_event(struct pf_conn *c, uint32_t events);
/* An order has come back: gives the answer; drops the order. */
void pf_conn_answer(struct pf_conn *c, struct pf_order *order);
void pf_conn_tick(struct pf_conn *c);	/* what time brings */
void pf_conn_close(struct pf_conn *c);	/* freed by pf_conns_sweep */
void pf_conns_sweep(struct pf_server *s);
void pf_conn_set_deadline(struct pf_conn *c, double seconds);

/* reply.c */
/* Puts an answer into the connection's output; `more` is further header lines, each with CRLF, or
 * NULL. A big text may be taken. */
void pf_reply(struct pf_conn *c, unsigned status, const char *type, struct pf_buf *text,
	      const char *more);
void pf_reply_text(struct pf_conn *c, unsigned status, const char *type, struct pf_str text,
		   const char *more);
/* {"detail": ...}, as MLflow's framework has it. */
void pf_reply_detail(struct pf_conn *c, unsigned status, const char *detail, const char *more);
/* MLflow's object for what is none of the model's business. */
void pf_reply_mistake(struct pf_conn *c, unsigned status, const char *code, const char *message,
		      const char *more);

/* request.c */
/* A head was read: answers it, or makes an order for its body. */
void pf_request_begin(struct pf_conn *c, const struct pf_http *head);
/* Its body is whole. */
void pf_request_submit(struct pf_conn *c);
/* Nobody waits for the order any more. */
void pf_request_abandon(struct pf_conn *c);
void pf_server_drop(struct pf_server *s, struct pf_order *order);
