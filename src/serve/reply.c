/* reply.c - an answer's head and text into a connection's output */
/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "serve/server.h"

/* RFC 9110, 5.6.7; made anew once a second. */
static const char *http_date(void)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static char text[64];
	static time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now != made) {
		gmtime_r(&now, &tm);
		snprintf(text, sizeof(text), "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday],
			 tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			 tm.tm_sec);
		made = now;
	}
	return text;
}

static void note(struct pf_conn *c, unsigned status, size_t bytes)
{
	struct pf_server *s = c->server;
	double seconds = c->since > 0 ? pf_clock() - c->since : 0;

	pf_metrics_note(&s->metrics, c->route, status, seconds);
	if (s->options->access_log)
		pf_access_note(&s->access,
			       &(struct pf_visit){ c->peer, pf_s(c->verb), pf_s(c->target), status,
						   bytes, seconds, c->predicted });
}

static void put_head(struct pf_conn *c, unsigned status, const char *type, size_t n,
		     const char *more)
{
	const char *connection = !c->keep_alive ? "Connection: close\r\n" :
				 c->minor == 0	? "Connection: keep-alive\r\n" :
						  "";

	pf_buf_printf(
		&c->out,
		"HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
		status, pf_http_reason(status), http_date(), type, n, connection, more ? more : "");
}

void pf_reply(struct pf_conn *c, unsigned status, const char *type, struct pf_buf *text,
	      const char *more)
{
	if (c->server->draining)
		c->keep_alive = false;
	c->last = !c->keep_alive;
	put_head(c, status, type, text->n, more);
	note(c, status, c->method == PF_HEAD ? 0 : text->n);
	if (c->method == PF_HEAD)
		return;
	if (text->n > PF_SMALL_BODY && !c->tail.n)
		c->tail = PF_TAKE(*text);
	else
		pf_buf_add(&c->out, text->p, text->n);
}

void pf_reply_text(struct pf_conn *c, unsigned status, const char *type, struct pf_str text,
		   const char *more)
{
	PF_AUTO(buf) copy = PF_BUF(PF_MAX_ANSWER);

	pf_buf_str(&copy, text);
	pf_reply(c, status, type, &copy, more);
}

void pf_reply_detail(struct pf_conn *c, unsigned status, const char *detail, const char *more)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &text };

	pf_json_open(&w, '{');
	pf_json_key(&w, "detail");
	pf_json_cstr(&w, detail);
	pf_json_close(&w, '}');
	pf_reply(c, status, "application/json", &text, more);
}

void pf_reply_mistake(struct pf_conn *c, unsigned status, const char *code, const char *message,
		      const char *more)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));

	pf_mistake_say(&text, code, message);
	pf_reply(c, status, "application/json", &text, more);
}
