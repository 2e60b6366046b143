/* exchange.c - frames to and from a runner that may hang, die or be in no hurry to read */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "run/inside.h"

/* A frame that is coming in. */
struct incoming {
	char header[PF_FRAME_HEADER];
	size_t have;	/* of the header */
	size_t left;	/* of the body */
	enum pf_frame_kind kind;
	struct pf_buf *body;
};

enum { MORE, WHOLE, ENDED };

/* recv, but 0 for "not now" and -1 for the end of the stream, however it came. Small frames that
 * came together are read at once. */
static ssize_t receive(struct pf_runner *r, char *p, size_t n)
{
	bool small = n < sizeof(r->early);
	size_t left = r->early_n - r->early_at;
	ssize_t got;

	if (!left) {
		got = recv(r->fd, small ? r->early : p, small ? sizeof(r->early) : n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got <= 0 || !small)
			return got > 0 ? got : -1;
		r->early_at = 0;
		r->early_n = left = (size_t)got;
	}
	left = left < n ? left : n;
	memcpy(p, r->early + r->early_at, left);
	r->early_at += left;
	return (ssize_t)left;
}

static int take_header(struct incoming *in, struct pf_runner *r, struct pf_err *err)
{
	ssize_t got = receive(r, in->header + in->have, sizeof(in->header) - in->have);

	if (got <= 0)
		return got < 0 ? ENDED : MORE;
	in->have += (size_t)got;
	if (in->have < sizeof(in->header))
		return MORE;
	if (pf_frame_parse(&in->kind, &in->left, in->header, err) < 0)
		return -1;
	if (in->left > in->body->max) {
		pf_fail(err, PF_ELIMIT, "the model's answer is larger than %zu bytes",
			in->body->max);
		return pf_hint(err, "ask for fewer rows at a time");
	}
	return in->left ? MORE : WHOLE;
}

/* A length is believed only as far as bytes arrive for it. */
static int take_body(struct incoming *in, struct pf_runner *r, struct pf_err *err)
{
	size_t step = in->body->n > PF_MIB(1) ? in->body->n : PF_MIB(1);
	char *room;
	ssize_t got;

	if (step > in->left)
		step = in->left;
	room = pf_buf_room(in->body, step);
	if (!room)
		return pf_buf_check(in->body, "the model's answer", err);
	got = receive(r, room, step);
	if (got <= 0)
		return got < 0 ? ENDED : MORE;
	in->body->n += (size_t)got;
	in->body->p[in->body->n] = '\0';
	in->left -= (size_t)got;
	return in->left ? MORE : WHOLE;
}

/* Reads as long as there is something to read. */
static int drain(struct incoming *in, struct pf_runner *r, struct pf_err *err)
{
	size_t before;
	int rc;

	do {
		before = in->have + in->body->n;
		rc = in->have < sizeof(in->header) ? take_header(in, r, err) :
						     take_body(in, r, err);
	} while (rc == MORE && in->have + in->body->n > before);
	return rc;
}

/* What of an answer is in `early`: as pf_runner_ready. */
static int look(const struct pf_runner *r)
{
	size_t at = r->early_at, length;
	enum pf_frame_kind kind;
	struct pf_err ignored;

	while (r->early_n - at >= PF_FRAME_HEADER) {
		if (pf_frame_parse(&kind, &length, r->early + at, &ignored) < 0)
			return -1;
		at += PF_FRAME_HEADER;
		if (length > r->early_n - at)
			return at + length - r->early_at <= sizeof(r->early) ? 0 : -1;
		at += length;
		if (kind != PF_FRAME_SPENT)
			return kind == PF_FRAME_ANSWER || kind == PF_FRAME_FAILED ? 1 : -1;
	}
	return 0;
}

int pf_runner_ready(struct pf_runner *r)
{
	int found = look(r);
	size_t have = r->early_n - r->early_at;
	ssize_t got;

	if (found)
		return found;
	memmove(r->early, r->early + r->early_at, have);
	r->early_at = 0;
	r->early_n = have;
	got = recv(r->fd, r->early + have, sizeof(r->early) - have, MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return -1;
	r->early_n += (size_t)got;
	return look(r);
}

void pf_run_push(struct pf_runner *r)
{
	ssize_t done = send(r->fd, r->pending.p + r->sent, r->pending.n - r->sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (done > 0)
		r->sent += (size_t)done;
	else if (done < 0 && errno != EAGAIN && errno != EINTR)
		r->sent = r->pending.n; /* nobody reads it; what it said is still to be read */
	if (r->sent == r->pending.n) {
		pf_buf_free(&r->pending);
		r->sent = 0;
	}
}

static int check_time(double until, struct pf_err *err)
{
	if (pf_signals_check(err) < 0)
		return -1;
	if (until > 0 && pf_clock() > until)
		return pf_fail(err, PF_ELIMIT, "the model did not answer in time");
	return 0;
}

static int wait_ms(double until)
{
	double left = until > 0 ? (until - pf_clock()) * 1000 : 200;

	return left > 200 ? 200 : left > 0 ? (int)left + 1 : 0;
}

int pf_run_exchange(struct pf_runner *r, enum pf_frame_kind *kind, struct pf_buf *body,
		    double until, struct pf_err *err)
{
	struct incoming in = { .body = body };
	int rc = MORE;

	body->n = 0;
	if (r->early_n > r->early_at)
		rc = drain(&in, r, err);
	while (rc == MORE) {
		struct pollfd fds[2] = {
			{ .fd = r->fd, .events = POLLIN },
			{ .fd = r->pidfd > 0 ? r->pidfd : -1, .events = POLLIN },
		};

		if (r->pending.n)
			fds[0].events |= POLLOUT;
		if (check_time(until, err) < 0)
			return -1;
		if (poll(fds, 2, wait_ms(until)) <= 0)
			continue;
		if (r->pending.n && fds[0].revents & (POLLOUT | POLLERR | POLLHUP))
			pf_run_push(r);
		rc = drain(&in, r, err);
		if (rc == MORE && fds[1].revents)
			rc = ENDED; /* even if a child of it holds the socket */
	}
	*kind = in.kind;
	return rc < 0 ? -1 : rc == WHOLE;
}
