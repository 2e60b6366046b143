/* pool.c - transfers that run at the same time, over as few connections as there can be */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/pool.h"

#include <time.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "fetch/request.h"

#define MAX_PER_HOST 8		/* connections, where they cannot be shared */
#define LOOK_UP 200		/* milliseconds between looks for a signal */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- lines of transfers ---- */

static void unlink_from(struct pf_pool *p, struct pf_transfer *t)
{
	struct pf_transfer **head = p->running == t ? &p->running : &p->waiting;

	if (t->previous)
		t->previous->next = t->next;
	else if (*head == t)
		*head = t->next;
	if (t->next)
		t->next->previous = t->previous;
	if (p->last == t)
		p->last = t->previous;
	t->next = t->previous = NULL;
}

static void push(struct pf_transfer **head, struct pf_transfer *t)
{
	t->previous = NULL;
	t->next = *head;
	if (*head)
		(*head)->previous = t;
	*head = t;
}

static void append_waiting(struct pf_pool *p, struct pf_transfer *t)
{
	t->next = NULL;
	t->previous = p->last;
	if (p->last)
		p->last->next = t;
	else
		p->waiting = t;
	p->last = t;
}

static void push_waiting(struct pf_pool *p, struct pf_transfer *t)
{
	if (!p->waiting)
		p->last = t;
	push(&p->waiting, t);
}

/* ---- libcurl's handles ---- */

static int open_multi(struct pf_pool *p, struct pf_err *err)
{
	if (p->multi)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		p->multi = curl_multi_init();
	if (!p->multi) {
		pf_fail(err, PF_EIO, "libcurl cannot be loaded");
		return pf_hint(err, "install libcurl, or download the file yourself");
	}
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MAX_PER_HOST);
	return 0;
}

static CURL *take_handle(struct pf_pool *p)
{
	CURL *c = p->idle.n ? p->idle.v[--p->idle.n] : curl_easy_init();

	if (!c)
		pf_oom();
	return c;
}

static void stop_running(struct pf_pool *p, struct pf_transfer *t)
{
	curl_multi_remove_handle(p->multi, t->own->curl);
	*PF_PUSH(&p->arena, &p->idle) = t->own->curl;
	t->own->curl = NULL;
	p->running_count--;
	unlink_from(p, t);
}

/* ---- a transfer's way ---- */

static void end(struct pf_transfer *t)
{
	if (t->err.code)
		pf_wrap(&t->err, "%s", pf_url_shown(&t->arena, pf_s(t->url)));
	t->retries = t->own ? t->own->tries : 0;
	if (t->own)
		pf_request_close(t);
	t->ended = true;
	if (t->done)
		t->done(t, t->ctx);
}

void pf_pool_start(struct pf_pool *p, struct pf_transfer *t)
{
	t->ended = false;
	t->status = 0;
	t->max_age = -1;
	t->err = (struct pf_err){ 0 };
	if (open_multi(p, &t->err) < 0 || pf_request_open(p, t) < 0)
		end(t);
	else
		append_waiting(p, t);
}

static void run(struct pf_pool *p, struct pf_transfer *t)
{
	unlink_from(p, t);
	t->own->curl = take_handle(p);
	pf_request_prepare(t);
	push(&p->running, t);
	p->running_count++;
	curl_multi_add_handle(p->multi, t->own->curl);
}

/* Starts what may run; milliseconds until the next one of those that rest may. */
static int64_t run_waiting(struct pf_pool *p)
{
	unsigned max = p->in_flight ? p->in_flight : PF_MAX_IN_FLIGHT;
	int64_t now = now_ms(), soonest = LOOK_UP;

	for (struct pf_transfer *t = p->waiting, *next; t && p->running_count < max; t = next) {
		next = t->next;
		if (t->own->due <= now)
			run(p, t);
		else if (t->own->due - now < soonest)
			soonest = t->own->due - now;
	}
	return soonest;
}

static void take_finished(struct pf_pool *p)
{
	struct CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left))) {
		CURLcode code = m->data.result;
		struct pf_transfer *t = NULL;
		enum pf_verdict verdict;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		verdict = pf_request_judge(t, code, now_ms());
		stop_running(p, t);
		if (verdict == PF_ONCE_MORE)
			push_waiting(p, t);
		else
			end(t);
	}
}

static int go_on(struct pf_pool *p, struct pf_err *err)
{
	int64_t soonest = run_waiting(p);
	int running = 0;
	CURLMcode code;

	if (!p->deaf && pf_signals_check(err) < 0)
		return -1;
	code = curl_multi_perform(p->multi, &running);
	if (code == CURLM_OK && running == (int)p->running_count)
		code = curl_multi_poll(p->multi, NULL, 0, (int)soonest, NULL);
	if (code != CURLM_OK)
		return pf_fail(err, PF_EIO, "downloads fail: %s", curl_multi_strerror(code));
	take_finished(p);
	if (p->tick && now_ms() >= p->next_tick) {
		p->next_tick = now_ms() + LOOK_UP;
		p->tick(p->tick_ctx);
	}
	return 0;
}

int pf_pool_wait(struct pf_pool *p, struct pf_transfer *t, struct pf_err *err)
{
	if (!t->ended && !t->own->curl) {
		unlink_from(p, t);
		push_waiting(p, t);
	}
	while (!t->ended)
		if (go_on(p, err) < 0)
			return -1;
	if (t->err.code)
		*err = t->err;
	return t->err.code ? -1 : 0;
}

uint64_t pf_transfer_got(const struct pf_transfer *t)
{
	return t->own ? t->own->bytes : 0;
}

/* ---- the end ---- */

void pf_transfer_free(struct pf_pool *p, struct pf_transfer *t)
{
	if (t->own && t->own->curl)
		stop_running(p, t);
	else if (t->own && !t->ended)
		unlink_from(p, t);
	if (t->own)
		pf_request_close(t);
	pf_buf_free(&t->body);
	pf_buf_free(&t->problem);
	pf_arena_free(&t->arena);
	t->own = NULL;
	t->ended = true;
}

void pf_pool_free(struct pf_pool *p)
{
	while (p->running)
		stop_running(p, p->running);
	for (size_t i = 0; i < p->idle.n; i++)
		curl_easy_cleanup(p->idle.v[i]);
	if (p->multi)
		curl_multi_cleanup(p->multi);
	pf_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}
