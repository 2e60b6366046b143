/* access.c - a line for each request, many at a write */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "serve/inside.h"

#define SHOWN 600	/* bytes of a target, of which a visit has 511 at most */

/* 2026-01-31T12:00:00Z 127.0.0.1 "POST /invocations" 200 23 0.000731 0.000650: bytes of the answer,
 * seconds, those within the model's predict */
static void put_text(struct pf_buf *out, const char *time, const struct pf_visit *v)
{
	char verb[4 * SHOWN], target[4 * SHOWN];

	pf_escape(verb, sizeof(verb), v->verb);
	pf_escape(target, sizeof(target), v->target);
	if (strchr(target, '?')) /* a secret in a query is none of the log's */
		pf_redact(target);
	pf_buf_printf(out, "%s %s \"%s %s\" %u %zu %.6f %.6f\n", time, v->peer, verb, target,
		      v->status, v->bytes, v->seconds, v->predicted);
}

static void put_json(struct pf_buf *out, const char *time, const struct pf_visit *v)
{
	struct pf_json_out w = { .buf = out };
	char shown[SHOWN];

	snprintf(shown, sizeof(shown), PF_FMT, PF_ARG(v->target));
	pf_redact(shown);
	pf_json_begin(&w, "access");
	pf_json_key(&w, "time");
	pf_json_cstr(&w, time);
	pf_json_key(&w, "peer");
	pf_json_cstr(&w, v->peer);
	pf_json_field(&w, "method", v->verb);
	pf_json_key(&w, "target");
	pf_json_cstr(&w, shown);
	pf_json_key(&w, "status");
	pf_json_int(&w, v->status);
	pf_json_key(&w, "bytes");
	pf_json_int(&w, (int64_t)v->bytes);
	pf_json_key(&w, "microseconds");
	pf_json_int(&w, (int64_t)(v->seconds * 1e6));
	pf_json_key(&w, "predict_microseconds");
	pf_json_int(&w, (int64_t)(v->predicted * 1e6));
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
}

void pf_access_note(struct pf_access *log, const struct pf_visit *visit)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	log->text.max = PF_MIB(1);
	if (log->text.n > PF_KIB(512)) { /* nobody reads them */
		log->lost++;
		return;
	}
	if (log->lost)
		pf_buf_printf(&log->text, "%llu lines were lost\n", (unsigned long long)log->lost);
	log->lost = 0;
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	(log->json ? put_json : put_text)(&log->text, stamp, visit);
}

/* A pipe that is ready takes this much at once (PIPE_BUF). */
#define AT_ONCE 4096

void pf_access_flush(struct pf_access *log)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	size_t done = 0;

	while (done < log->text.n && poll(&p, 1, 0) == 1 && p.revents & POLLOUT) {
		size_t some = log->text.n - done > AT_ONCE ? AT_ONCE : log->text.n - done;
		ssize_t wrote = write(STDERR_FILENO, log->text.p + done, some);

		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	if (p.revents & (POLLERR | POLLNVAL))
		done = log->text.n; /* it is gone */
	if (done == log->text.n)
		log->text.n = 0;
	else if (done) {
		memmove(log->text.p, log->text.p + done, log->text.n - done);
		log->text.n -= done;
	}
}
