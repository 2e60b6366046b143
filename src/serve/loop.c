/* loop.c - one thread for all connections: epoll, signals, time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "serve/server.h"

#define TICK_MS 100

static void server_free(struct pf_server *s)
{
	while (s->first) {
		for (struct pf_conn *c = s->first; c; c = c->next)
			pf_conn_close(c);
		pf_conns_sweep(s);
	}
	pf_team_free(s->team);
	pf_tls_free(s->tls);
	pf_tokens_free(&s->tokens);
	pf_buf_free(&s->access.text);
	free(s->scratch);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? s->epoll : i == 1 ? s->wake : s->signals;

		if (fd > 0)
			close(fd);
	}
}

/* ---- start ---- */

static int watch_fd(struct pf_server *s, int fd, void *tag, struct pf_err *err)
{
	/* Each write to the eventfd is an edge: it need not be read. */
	bool edge = tag == &s->wake;
	struct epoll_event e = { .events = EPOLLIN | (edge ? EPOLLET : 0u), .data.ptr = tag };

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return pf_fail_errno(err, "cannot watch a descriptor");
	return 0;
}

/* As many descriptors as we may have: a connection is one. */
static unsigned most_connections(void)
{
	struct rlimit limit = { 0 };
	rlim_t most = PF_MAX_CONNECTIONS;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < PF_MAX_CONNECTIONS + 200) {
		limit.rlim_cur = limit.rlim_max < PF_MAX_CONNECTIONS + 200
					 ? limit.rlim_max
					 : PF_MAX_CONNECTIONS + 200;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
		most = limit.rlim_cur > 300 ? limit.rlim_cur - 200 : 100;
	}
	return most < PF_MAX_CONNECTIONS ? (unsigned)most : PF_MAX_CONNECTIONS;
}

/* Signals come as data from here on; threads that are started later inherit that. */
static int catch_signals(struct pf_server *s, struct pf_err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pf_signals_check(err) < 0)
		return -1;
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? pf_fail_errno(err, "cannot watch signals")
			      : watch_fd(s, s->signals, &s->signals, err);
}

static int listen_on(struct pf_server *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->listeners->n; i++)
		if (listen(s->listeners->fds[i], 4096) < 0 ||
		    watch_fd(s, s->listeners->fds[i], &s->listeners->fds[i], err) < 0)
			return pf_fail_errno(err, "cannot listen on %s", s->listeners->where);
	s->accepting = true;
	return 0;
}

static int read_keys(struct pf_tokens *tokens, struct pf_tls **tls, const struct pf_serve_opts *o,
		     struct pf_err *err)
{
	if (o->token_file && pf_tokens_read(tokens, o->token_file, err) < 0)
		return -1;
	return o->tls_cert ? pf_tls_open(tls, o->tls_cert, o->tls_key, err) : 0;
}

int pf_serve_check(const struct pf_serve_opts *o, struct pf_err *err)
{
	PF_AUTO(tokens) tokens = { 0 };
	struct pf_tls *tls = NULL;
	int rc = read_keys(&tokens, &tls, o, err);

	pf_tls_free(tls);
	return rc;
}

static int open_server(struct pf_server *s, const struct pf_serve_model *m, struct pf_err *err)
{
	const struct pf_serve_opts *o = s->options;

	s->metrics.start = s->now = pf_clock();
	s->most = most_connections();
	s->access.json = o->json_log;
	s->scratch = malloc(PF_SCRATCH);
	if (!s->scratch)
		pf_oom();
	if (read_keys(&s->tokens, &s->tls, o, err) < 0)
		return -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->epoll < 0 || s->wake < 0)
		return pf_fail_errno(err, "cannot watch descriptors");
	if (watch_fd(s, s->wake, &s->wake, err) < 0 || catch_signals(s, err) < 0 ||
	    listen_on(s, err) < 0)
		return -1;
	return pf_team_start(&s->team, o, m, s->epoll, s->wake, err);
}

/* ---- what comes ---- */

static void stop_accepting(struct pf_server *s)
{
	for (size_t i = 0; s->accepting && i < s->listeners->n; i++)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listeners->fds[i], NULL);
	s->accepting = false;
}

static void accept_some(struct pf_server *s, int listener)
{
	for (unsigned i = 0; i < 64; i++) {
		int fd;

		if (s->open >= s->most) {
			stop_accepting(s); /* the others wait in the kernel's queue */
			return;
		}
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				stop_accepting(s);
			return;
		}
		pf_conn_open(s, fd);
	}
}

/* Once there is room again. */
static void accept_again(struct pf_server *s)
{
	struct pf_err ignored;

	if (s->accepting || s->draining || s->open + s->open / 16 >= s->most)
		return;
	s->accepting = true;
	for (size_t i = 0; i < s->listeners->n; i++)
		if (watch_fd(s, s->listeners->fds[i], &s->listeners->fds[i], &ignored) < 0)
			s->accepting = false;
}

/* New tokens count from now on; with a file that is none the old ones stay. */
static void read_tokens_again(struct pf_server *s)
{
	struct pf_tokens fresh = { 0 };
	struct pf_err err = { 0 };

	if (!s->options->token_file)
		return;
	if (pf_tokens_read(&fresh, s->options->token_file, &err) < 0) {
		pf_warn("the tokens stay as they were: %s", err.msg);
		return;
	}
	pf_tokens_free(&s->tokens);
	s->tokens = fresh;
}

static void drain(struct pf_server *s)
{
	s->draining = true;
	stop_accepting(s);
	pf_listeners_free(s->listeners);
	pf_note("stopping: requests that are under way are finished");
	for (struct pf_conn *c = s->first; c; c = c->next)
		if (!c->dead && c->state == PF_CONN_HEAD && !(c->since > 0))
			pf_conn_set_deadline(c, 1); /* a request may be on its way */
}

/* SIGHUP reads the tokens again; the first of the others drains, the second ends. */
static int take_signal(struct pf_server *s, struct pf_err *err)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			read_tokens_again(s);
		} else if (!s->draining) {
			drain(s);
		} else {
			pf_signals_raise((int)info.ssi_signo);
			return pf_signals_check(err);
		}
	}
	return 0;
}

void pf_server_answer(struct pf_server *s, struct pf_orders *done)
{
	struct pf_order *order;

	while ((order = pf_orders_take(done))) {
		s->in_flight--;
		if (order->conn)
			pf_conn_answer(order->conn, order);
		else
			pf_server_drop(s, order);
	}
}

static int take_answers(struct pf_server *s, struct pf_err *err)
{
	struct pf_orders done;

	pf_team_fetch(s->team, &done);
	pf_server_answer(s, &done);
	return pf_team_check(s->team, err);
}

static void tell_ready(struct pf_server *s)
{
	struct pf_team_state state;

	if (s->said_ready)
		return;
	pf_team_state(s->team, &state);
	s->said_ready = state.was_loaded;
	if (s->said_ready)
		pf_note("serving on %s", s->listeners->where);
}

static int dispatch(struct pf_server *s, const struct epoll_event *e, struct pf_err *err)
{
	int *fd = e->data.ptr;

	if (fd == &s->signals)
		return take_signal(s, err);
	if (fd == &s->wake)
		return take_answers(s, err);
	if (fd >= s->listeners->fds && fd < s->listeners->fds + PF_COUNT(s->listeners->fds)) {
		if (!s->draining)
			accept_some(s, *fd);
		return 0;
	}
	if (!pf_direct_event(s, e->data.ptr))
		pf_conn_event(e->data.ptr, e->events);
	return 0;
}

/* ---- rounds ---- */

static int round_of_events(struct pf_server *s, int ms, struct pf_err *err)
{
	struct epoll_event events[256];
	int n = epoll_wait(s->epoll, events, PF_COUNT(events), ms), rc = 0;

	s->now = pf_clock();
	for (int i = 0; i < n && rc == 0; i++)
		rc = dispatch(s, &events[i], err);
	pf_direct_give(s);
	pf_access_flush(&s->access);
	return rc;
}

static int run(struct pf_server *s, struct pf_err *err)
{
	double next = 0, end = 0;

	while (!s->draining || s->open) {
		if (round_of_events(s, s->open || s->draining ? TICK_MS : 1000, err) < 0)
			return -1;
		tell_ready(s);
		if (s->draining && !(end > 0))
			end = s->now + PF_WAIT_DRAIN;
		if (s->draining && s->now > end) {
			pf_warn("%u connections are cut: they took too long to finish", s->open);
			return 0;
		}
		if (s->now < next)
			continue;
		next = s->now + TICK_MS / 1000.0;
		for (struct pf_conn *c = s->first; c; c = c->next)
			pf_conn_tick(c);
		pf_direct_tick(s);
		pf_direct_give(s);
		pf_conns_sweep(s);
		accept_again(s);
	}
	return 0;
}

/* Idle workers say goodbye to their runners; one that loads or hangs is then told to end. */
static int stop_workers(struct pf_server *s, struct pf_err *err)
{
	double end = s->now + PF_WAIT_THREADS + 2 * PF_WAIT_GRACE;

	while (!pf_team_stop(s->team) && s->now < end) {
		struct pf_team_state state;

		pf_team_state(s->team, &state);
		if (state.busy || !state.ready)
			end = 0;
		else if (round_of_events(s, TICK_MS, err) < 0)
			return -1;
		s->now = pf_clock();
	}
	if (!pf_team_stop(s->team))
		pf_signals_raise(SIGTERM);
	return 0;
}

int pf_serve(struct pf_listeners *l, const struct pf_serve_opts *o, const struct pf_serve_model *m,
	     struct pf_err *err)
{
	struct pf_server s = { .options = o, .listeners = l };
	int rc;

	pf_log_wait_for_nobody();
	rc = open_server(&s, m, err);
	if (rc == 0)
		rc = run(&s, err);
	if (rc == 0)
		rc = stop_workers(&s, err);
	else if (s.team && !pf_signals_pending())
		pf_signals_raise(SIGTERM); /* the others need not finish loading */
	pf_access_flush(&s.access);
	server_free(&s);
	return rc;
}
