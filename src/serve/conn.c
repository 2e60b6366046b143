/* conn.c - a connection: what is read, what is written, and when it ends */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "serve/server.h"

#define READ_AHEAD PF_KIB(64)	/* of requests that come before the answer to this one */

void pf_conn_set_deadline(struct pf_conn *c, double seconds)
{
	c->deadline = c->server->now + seconds;
	c->moved = 0;
}

static size_t pending(const struct pf_conn *c)
{
	return c->out.n + c->tail.n - c->sent;
}

/* ---- open and close ---- */

static void name_peer(struct pf_conn *c)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof(at);
	const void *address = NULL;

	snprintf(c->peer, sizeof(c->peer), "-");
	if (!c->server->options->access_log || getpeername(c->fd, (struct sockaddr *)&at, &n) < 0)
		return;
	if (at.ss_family == AF_INET)
		address = &((struct sockaddr_in *)(void *)&at)->sin_addr;
	else if (at.ss_family == AF_INET6)
		address = &((struct sockaddr_in6 *)(void *)&at)->sin6_addr;
	if (address)
		inet_ntop(at.ss_family, address, c->peer, sizeof(c->peer));
}

void pf_conn_open(struct pf_server *s, int fd)
{
	struct pf_conn *c = calloc(1, sizeof(*c));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	if (!c)
		pf_oom();
	*c = (struct pf_conn){ .server = s, .fd = fd, .next = s->first, .interest = EPOLLIN };
	c->in = PF_BUF(READ_AHEAD + 2 * PF_SCRATCH);
	c->out = PF_BUF(PF_MAX_ANSWER);
	c->tls = s->tls ? pf_tls_accept(s->tls, fd) : NULL;
	if ((s->tls && !c->tls) || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
		pf_tls_close(c->tls);
		close(fd);
		free(c);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		   sizeof(on)); /* not of Unix sockets, and no matter */
	name_peer(c);
	if (s->first)
		s->first->previous = c;
	s->first = c;
	s->open++;
	s->metrics.connections++;
	pf_conn_set_deadline(c, PF_WAIT_CLIENT);
}

void pf_conn_close(struct pf_conn *c)
{
	if (c->dead)
		return;
	pf_request_abandon(c);
	pf_tls_close(c->tls);
	c->tls = NULL;
	/* A runner that is just being started may hold a copy: closing alone would not end the
	 * watch. */
	epoll_ctl(c->server->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	c->dead = true;
	c->server->open--;
}

void pf_conns_sweep(struct pf_server *s)
{
	struct pf_conn *c = s->first, *next;

	for (; c; c = next) {
		next = c->next;
		if (!c->dead)
			continue;
		if (c->previous)
			c->previous->next = c->next;
		else
			s->first = c->next;
		if (c->next)
			c->next->previous = c->previous;
		pf_buf_free(&c->in);
		pf_buf_free(&c->out);
		pf_buf_free(&c->tail);
		pf_buf_free(&c->thrown);
		free(c);
	}
}

/* ---- bytes ---- */

/* True when some came. */
static bool read_some(struct pf_conn *c)
{
	char *room = c->server->scratch;
	ssize_t n =
		c->tls ? pf_tls_read(c->tls, room, PF_SCRATCH) : recv(c->fd, room, PF_SCRATCH, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		pf_conn_close(c);
		return false;
	}
	if (n == 0) {
		c->ended = true;
		return false;
	}
	c->moved += (size_t)n;
	if (c->state != PF_CONN_LINGER) /* what comes after the end is thrown away */
		pf_buf_add(&c->in, room, (size_t)n);
	return true;
}

static ssize_t send_some(struct pf_conn *c, const char *p, size_t n, bool more)
{
	ssize_t sent = c->tls ? pf_tls_write(c->tls, p, n) :
				send(c->fd, p, n, MSG_NOSIGNAL | (more ? MSG_MORE : 0));

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return sent;
}

/* Writes what the socket takes just now. */
static void flush(struct pf_conn *c)
{
	bool began = pending(c) > 0;

	while (pending(c)) {
		bool head = c->sent < c->out.n;
		const char *p = head ? c->out.p + c->sent : c->tail.p + (c->sent - c->out.n);
		ssize_t n =
			send_some(c, p, head ? c->out.n - c->sent : pending(c), head && c->tail.n);

		if (n < 0) {
			pf_conn_close(c);
			return;
		}
		if (n == 0) {
			if (!(c->interest & EPOLLOUT))
				pf_conn_set_deadline(c, PF_WAIT_CLIENT);
			return;
		}
		c->sent += (size_t)n;
		c->moved += (size_t)n;
	}
	c->sent = c->out.n = 0;
	pf_buf_free(&c->tail);
	if (c->out.cap > PF_KIB(16)) {
		pf_buf_free(&c->out);
		c->out.max = PF_MAX_ANSWER;
	}
	if (began && c->state != PF_CONN_WAITING)
		pf_conn_set_deadline(c, c->state == PF_CONN_HEAD ? PF_WAIT_IDLE : PF_WAIT_CLIENT);
}

/* ---- requests ---- */

/* An answer before which nothing, and after which the end. */
static void refuse(struct pf_conn *c, unsigned status, const char *why)
{
	if (c->state == PF_CONN_HEAD) {
		c->method = PF_OTHER_METHOD;
		c->route = PF_ROUTE_NONE;
		c->minor = 1;
		snprintf(c->verb, sizeof(c->verb), "-");
		snprintf(c->target, sizeof(c->target), "-");
	}
	pf_request_abandon(c);
	c->keep_alive = false;
	pf_reply_detail(c, status, why, NULL);
}

static bool read_head(struct pf_conn *c)
{
	struct pf_http head;
	struct pf_refusal no;
	ssize_t n;

	if (c->at == c->in.n)
		return false;
	if (!(c->since > 0)) {
		c->since = pf_clock();
		pf_conn_set_deadline(c, PF_WAIT_CLIENT);
	}
	n = pf_http_read(&head, c->in.p + c->at, c->in.n - c->at, &no);
	if (n < 0)
		refuse(c, no.status, no.why);
	if (n <= 0)
		return n < 0;
	pf_request_begin(c, &head); /* borrows what was read */
	c->at += (size_t)n;
	pf_conn_set_deadline(c, PF_WAIT_CLIENT);
	return true;
}

static void next_request(struct pf_conn *c)
{
	pf_buf_free(&c->thrown);
	c->state = PF_CONN_HEAD;
	c->since = c->predicted = 0;
}

static bool read_body(struct pf_conn *c)
{
	struct pf_buf *to = c->order ? &c->order->body : &c->thrown;
	size_t before = to->n;
	struct pf_refusal no;
	ssize_t n = 0;

	if (c->body.state != PF_BODY_DONE && c->at < c->in.n) {
		n = pf_body_read(&c->body, to, c->in.p + c->at, c->in.n - c->at, &no);
		if (c->order) {
			c->server->held += to->n - before;
			c->order->held += to->n - before;
		}
		if (n < 0 || c->server->held > PF_MAX_BODIES) {
			refuse(c, n < 0 ? no.status : 503,
			       n < 0 ? no.why : "too many large requests at a time");
			return true;
		}
		c->at += (size_t)n;
	}
	if (c->body.state != PF_BODY_DONE)
		return n > 0;
	if (c->order)
		pf_request_submit(c);
	if (!c->order)
		next_request(c);
	return true;
}

static void compact(struct pf_conn *c)
{
	size_t left = c->in.n - c->at;

	if (!left) {
		c->in.n = 0;
		if (c->in.cap > PF_KIB(16)) {
			pf_buf_free(&c->in);
			c->in.max = READ_AHEAD + 2 * PF_SCRATCH;
		}
	} else if (c->at) {
		memmove(c->in.p, c->in.p + c->at, left);
		c->in.n = left;
	}
	c->at = 0;
}

/* ---- the course of it ---- */

static bool reads(const struct pf_conn *c)
{
	return !c->ended && !pending(c) &&
	       (c->state != PF_CONN_WAITING || c->in.n - c->at < READ_AHEAD);
}

static void watch(struct pf_conn *c)
{
	uint32_t wanted = (reads(c) ? EPOLLIN : 0u) | (pending(c) ? EPOLLOUT : 0u);
	struct epoll_event e = { .events = wanted, .data.ptr = c };

	if (c->dead || wanted == c->interest)
		return;
	epoll_ctl(c->server->epoll, EPOLL_CTL_MOD, c->fd, &e);
	c->interest = wanted;
}

/* All is said: the peer may still send, and would lose our answer were we to hang up on it. */
static void linger(struct pf_conn *c)
{
	pf_request_abandon(c);
	c->state = PF_CONN_LINGER;
	c->in.n = c->at = 0;
	pf_conn_set_deadline(c, PF_WAIT_LINGER);
	if (c->ended || c->tls)
		pf_conn_close(c);
	else
		shutdown(c->fd, SHUT_WR);
}

/* One step; false when there is nothing to do before something comes. */
static bool step(struct pf_conn *c)
{
	flush(c);
	if (c->dead || pending(c))
		return false;
	if (c->last && c->state != PF_CONN_LINGER) {
		linger(c);
		return false;
	}
	switch (c->state) {
	case PF_CONN_HEAD:
		return read_head(c);
	case PF_CONN_BODY:
		return read_body(c);
	default:
		return false;
	}
}

static void proceed(struct pf_conn *c)
{
	do {
		while (step(c))
			;
		if (!c->dead)
			compact(c);
		/* What libssl has read already, epoll does not tell. */
	} while (c->tls && !c->dead && reads(c) && c->state != PF_CONN_WAITING && read_some(c));
	if (c->dead)
		return;
	if (c->ended && c->state != PF_CONN_WAITING && !pending(c))
		pf_conn_close(c);
	watch(c);
}

void pf_conn_event(struct pf_conn *c, uint32_t events)
{
	if (c->dead)
		return;
	if (events & (EPOLLERR | EPOLLHUP)) {
		pf_conn_close(c);
		return;
	}
	if (events & EPOLLIN && reads(c))
		read_some(c);
	if (!c->dead)
		proceed(c);
}

void pf_conn_answer(struct pf_conn *c, struct pf_order *order)
{
	c->order = NULL;
	c->predicted = order->predicted;
	if (order->predicted > 0)
		pf_metrics_predicted(&c->server->metrics, order->predicted);
	pf_reply(c, order->status, order->type, &order->answer,
		 order->status == 503 ? "Retry-After: 1\r\n" : NULL);
	pf_server_drop(c->server, order);
	next_request(c);
	proceed(c);
}

static void time_is_up(struct pf_conn *c)
{
	pf_request_abandon(c);
	pf_reply_mistake(c, 504, "DEADLINE_EXCEEDED", "Request processing time exceeded limit",
			 NULL);
	next_request(c);
	proceed(c);
}

void pf_conn_tick(struct pf_conn *c)
{
	double now = c->server->now;

	if (c->dead)
		return;
	if (c->state == PF_CONN_WAITING) {
		if (now > c->order->deadline)
			time_is_up(c);
		return;
	}
	if (now < c->deadline)
		return;
	if (c->state != PF_CONN_HEAD && c->state != PF_CONN_LINGER && c->moved >= PF_MIN_PROGRESS)
		pf_conn_set_deadline(c, PF_WAIT_CLIENT);
	else if (pending(c) && c->moved >= PF_MIN_PROGRESS)
		pf_conn_set_deadline(c, PF_WAIT_CLIENT);
	else if (pending(c) || c->state == PF_CONN_LINGER || !(c->since > 0))
		pf_conn_close(c);
	else {
		refuse(c, 408, "the request did not come in time");
		proceed(c);
	}
}
