/* request.c - a request's head to an answer, or to an order for the model */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "serve/server.h"

void pf_server_drop(struct pf_server *s, struct pf_order *order)
{
	if (order)
		s->held -= order->held;
	pf_order_drop(order);
}

void pf_request_abandon(struct pf_conn *c)
{
	struct pf_server *s = c->server;
	struct pf_order *order = c->order;

	c->order = NULL;
	if (!order || c->state != PF_CONN_WAITING) {
		pf_server_drop(s, order);
		return;
	}
	pf_team_push(s->team, &s->fresh); /* so that it is in one of the team's hands */
	if (pf_team_withdraw(s->team, order)) {
		s->in_flight--;
		pf_server_drop(s, order);
	} else {
		order->conn = NULL; /* a worker has it; dropped when it comes back */
		if (pf_clock() > order->deadline)
			pf_team_late(s->team, order);
	}
}

/* ---- the small ones ---- */

static void reply_ping(struct pf_conn *c)
{
	struct pf_team_state state;

	pf_team_state(c->server->team, &state);
	pf_reply_text(c, state.ready ? 200 : 503, "application/json", PF_S("\n"),
		      state.ready ? NULL : "Retry-After: 1\r\n");
}

static void reply_version(struct pf_conn *c)
{
	pf_reply_text(c, 200, "application/json", pf_s(c->server->options->version), NULL);
}

static void reply_metrics(struct pf_conn *c)
{
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_team_state state;

	pf_team_state(c->server->team, &state);
	pf_metrics_write(&text, &c->server->metrics, &state, c->server->open);
	pf_reply(c, 200, "text/plain; version=0.0.4; charset=utf-8", &text, NULL);
}

/* ---- /invocations ---- */

static void reply_busy(struct pf_conn *c, const char *why)
{
	c->server->metrics.refused++;
	pf_reply_mistake(c, 503, "TEMPORARILY_UNAVAILABLE", why, "Retry-After: 1\r\n");
}

/* True when an order can be taken; else that is answered. */
static bool has_room(struct pf_conn *c)
{
	struct pf_server *s = c->server;
	struct pf_team_state state;

	if (s->in_flight >= s->options->workers + s->options->max_queue) {
		reply_busy(c, "too many requests wait for the model");
		return false;
	}
	pf_team_state(s->team, &state);
	if (!state.was_loaded || (state.failing && !state.ready)) {
		reply_busy(c, state.was_loaded ? "the model's process cannot be started just now" :
						 "the model is not loaded yet");
		return false;
	}
	return true;
}

static void begin_invocation(struct pf_conn *c, const struct pf_http *head)
{
	PF_AUTO(buf) why = PF_BUF(PF_KIB(64));
	struct pf_server *s = c->server;
	int format = pf_route_format(&why, head->content_type);
	enum pf_coding coding = PF_CODING_NONE;

	if (format >= 0 && !pf_coding_find(&coding, head->encoding)) {
		pf_buf_cstr(&why, "The scoring server knows no Content-Encoding but gzip and deflate");
		format = -1;
	}
	if (format < 0)
		pf_reply(c, 415, "text/plain; charset=utf-8", &why, NULL);
	else if (head->length > s->options->max_body)
		pf_reply_detail(c, 413, "the body is too large", NULL);
	else if (s->held + head->length > PF_MAX_BODIES)
		reply_busy(c, "too many large requests at a time");
	else if (has_room(c)) {
		c->order = pf_order_make();
		c->order->format = (enum pf_order_format)format;
		c->order->coding = coding;
		c->order->body = PF_BUF(s->options->max_body);
	}
}

void pf_request_submit(struct pf_conn *c)
{
	struct pf_server *s = c->server;
	struct pf_order *order = c->order;

	if (!has_room(c)) {
		pf_server_drop(s, order);
		c->order = NULL;
		return;
	}
	order->conn = c;
	order->since = pf_clock();
	order->deadline = order->since + s->options->timeout;
	pf_orders_add(&s->fresh, order);
	s->in_flight++;
	c->state = PF_CONN_WAITING;
}

/* ---- */

static void (*const replies[PF_ROUTES])(struct pf_conn *c) = {
	[PF_ROUTE_PING] = reply_ping,
	[PF_ROUTE_HEALTH] = reply_ping,
	[PF_ROUTE_VERSION] = reply_version,
	[PF_ROUTE_METRICS] = reply_metrics,
};

static bool is_admitted(struct pf_conn *c, const struct pf_http *head)
{
	const struct pf_server *s = c->server;

	return !s->options->token_file || pf_route_is_open(c->route) ||
	       pf_tokens_admit(&s->tokens, head->authorization);
}

static void remember(struct pf_conn *c, const struct pf_http *head)
{
	c->method = head->method;
	c->minor = head->minor;
	c->keep_alive = head->keep_alive;
	c->served = true;
	snprintf(c->verb, sizeof(c->verb), PF_FMT, PF_ARG(head->verb));
	snprintf(c->target, sizeof(c->target), PF_FMT, PF_ARG(head->target));
}

/* What comes after a refusal is read to its end where that is not much; else the connection
 * ends. */
static void read_past(struct pf_conn *c, const struct pf_http *head)
{
	c->thrown = PF_BUF(PF_SMALL_BODY);
	if (head->chunked || head->length > PF_SMALL_BODY || head->expects)
		c->keep_alive = false;
}

void pf_request_begin(struct pf_conn *c, const struct pf_http *head)
{
	bool has_body = head->chunked || head->length;
	const char *allow;
	unsigned status;
	char more[64];

	remember(c, head);
	pf_body_start(&c->body, head);
	c->route = pf_route_find(head, &status, &allow);
	if (has_body &&
	    (status != 200 || c->route != PF_ROUTE_INVOCATIONS || !is_admitted(c, head)))
		read_past(c, head);
	if (!is_admitted(c, head)) {
		pf_reply_mistake(c, 401, "UNAUTHENTICATED", "a bearer token is needed",
				 "WWW-Authenticate: Bearer\r\n");
	} else if (status == 405) {
		snprintf(more, sizeof(more), "Allow: %s\r\n", allow);
		pf_reply_detail(c, 405, "Method Not Allowed", more);
	} else if (status == 404) {
		pf_reply_detail(c, 404, "Not Found", NULL);
	} else if (replies[c->route]) {
		replies[c->route](c);
	} else {
		bool kept = c->keep_alive;

		read_past(c, head);
		begin_invocation(c, head);
		if (c->order)
			c->keep_alive = kept;
		if (c->order && head->expects)
			pf_buf_cstr(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	}
	c->state = PF_CONN_BODY;
}
