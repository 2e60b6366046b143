/* wire.c - frames to and from a runner, for a caller who is Python: soon interrupted */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "runner/exact.h"

#define AT_ONCE 64	/* pieces */
#define AT_MOST PF_MIB(4)	/* in one call: the kernel goes on as long as the other side does */
#define FIRST PF_MIB(1)	/* a body is believed that long before any of it has come */
#define TURN 0.05		/* seconds, until signals are looked at */
#define OVERDUE 4		/* rounds for what was there when the time was up: a frame */

/* One frame out, one frame in; either may be missing. Reads and writes as poll tells, so that two
 * who both send what no socket holds get on. */
struct wire {
	int fd;
	bool receives;
	double deadline;	/* INFINITY: none */
	unsigned overdue;	/* how often it went on after that */
	char header_out[PF_FRAME_HEADER];
	struct pfr_pieces pieces;
	struct iovec *out;	/* what is still to be sent: the header and the body's pieces */
	size_t out_n;
	bool deaf;		/* the other side takes no more */
	char header_in[PF_FRAME_HEADER];
	size_t got;		/* of header and body */
	enum pf_frame_kind kind;
	size_t length;		/* of the body */
	struct py *body;	/* a bytearray; NULL until the header is there */
	char *room;		/* its bytes */
	size_t size;		/* ... how many there are */
};

enum step {
	STEP_DONE,
	STEP_AGAIN,
	STEP_ROOM,	/* a body to be made, or made larger */
	STEP_TIMEOUT,
	STEP_END,	/* the stream ended */
	STEP_BROKEN,	/* ... before all was sent */
	STEP_ERROR,	/* errno */
};

static bool is_sent(const struct wire *w)
{
	return !w->out_n;
}

static bool is_here(const struct wire *w)
{
	return !w->receives || (w->body && w->got == PF_FRAME_HEADER + w->length);
}

static void skip_sent(struct wire *w, size_t n)
{
	while (w->out_n && n >= w->out->iov_len) {
		n -= w->out++->iov_len;
		w->out_n--;
	}
	if (n) {
		w->out->iov_base = (char *)w->out->iov_base + n;
		w->out->iov_len -= n;
	}
}

static enum step send_some(struct wire *w)
{
	struct iovec some[AT_ONCE];
	struct msghdr message = { .msg_iov = some };
	size_t left = AT_MOST;
	ssize_t n;

	for (size_t i = 0; i < w->out_n && i < AT_ONCE && left; i++) {
		some[i] = w->out[i];
		if (some[i].iov_len > left)
			some[i].iov_len = left;
		left -= some[i].iov_len;
		message.msg_iovlen = i + 1;
	}
	n = sendmsg(w->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0) {
		skip_sent(w, (size_t)n);
		return STEP_AGAIN;
	}
	if (errno == EAGAIN || errno == EINTR)
		return STEP_AGAIN;
	if (errno != EPIPE && errno != ECONNRESET)
		return STEP_ERROR;
	w->deaf = true; /* it may have said why before it went */
	return w->receives ? STEP_AGAIN : STEP_BROKEN;
}

static enum step receive_some(struct wire *w)
{
	bool header = w->got < PF_FRAME_HEADER;
	size_t at = header ? w->got : w->got - PF_FRAME_HEADER;
	size_t room = header ? PF_FRAME_HEADER - at : w->size - at;
	ssize_t n;

	if (!room)
		return STEP_ROOM;
	if (room > AT_MOST)
		room = AT_MOST;
	n = recv(w->fd, (header ? w->header_in : w->room) + at, room, MSG_DONTWAIT);
	if (n > 0) {
		w->got += (size_t)n;
		return w->got == PF_FRAME_HEADER ? STEP_ROOM : STEP_AGAIN;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return STEP_AGAIN;
	return n == 0 || errno == ECONNRESET ? STEP_END : STEP_ERROR;
}

static int milliseconds(double deadline)
{
	double left = deadline - pfr_clock();

	if (left > 1e6)
		return 1000000;
	return left <= 0 ? 0 : (int)ceil(left * 1e3);
}

/* Until something is to be done with the lock of the interpreter. The clock is looked at even if
 * there is always something to read. */
static enum step go_on(struct wire *w)
{
	enum step step = STEP_AGAIN;
	double now = pfr_clock(), turn = now + TURN;

	if (w->fd < 0)
		return errno = EBADF, STEP_ERROR; /* which poll passes over */
	for (; step == STEP_AGAIN && !(is_sent(w) && is_here(w)); now = pfr_clock()) {
		bool out = !is_sent(w) && !w->deaf;
		struct pollfd p = { .fd = w->fd,
				    .events = (short)((out ? POLLOUT : 0) |
						      (is_here(w) ? 0 : POLLIN)) };
		int wait = isinf(w->deadline) ? -1 : milliseconds(w->deadline);
		int ready;

		if (is_here(w) && w->deaf)
			return STEP_DONE; /* it answered without reading all of it */
		if (now >= turn)
			return STEP_AGAIN;
		ready = poll(&p, 1, wait);
		if (ready < 0)
			return errno == EINTR ? STEP_AGAIN : STEP_ERROR;
		if (pfr_clock() >= w->deadline && (!ready || w->overdue++ == OVERDUE))
			return STEP_TIMEOUT;
		if (p.revents & POLLNVAL)
			return errno = EBADF, STEP_ERROR;
		if (out && p.revents & (POLLOUT | POLLERR | POLLHUP))
			step = send_some(w);
		if (step == STEP_AGAIN && !is_here(w) && p.revents & (POLLIN | POLLERR | POLLHUP))
			step = receive_some(w);
	}
	return step == STEP_AGAIN ? STEP_DONE : step;
}

/* OSError: what follows cannot be told from what is missing, where a ValueError is of a whole
 * frame. */
static int refuse_header(const char *why)
{
	PF_PY(error) = PyObject_CallFunction(PyExc_OSError, "is", EPROTO, why);

	if (error)
		PyErr_SetObject(PyExc_OSError, error);
	return -1;
}

/* With the lock: the header is read, the body grows as far as bytes arrive for it. */
static int make_room(struct wire *w)
{
	struct pf_err err;
	size_t size;

	if (!w->body && pf_frame_parse(&w->kind, &w->length, w->header_in, &err) < 0)
		return refuse_header(err.msg);
	size = w->body ? w->size * 8 : FIRST;
	if (size > w->length)
		size = w->length;
	if (!w->body)
		w->body = PyByteArray_FromStringAndSize(NULL, (ssize_t)size);
	else if (PyByteArray_Resize(w->body, (ssize_t)size) < 0)
		return -1;
	if (!w->body)
		return -1;
	w->room = PyByteArray_AsString(w->body);
	w->size = size;
	return 0;
}

static int fail(const struct wire *w, enum step step)
{
	if (step == STEP_TIMEOUT)
		PyErr_SetString(PyExc_TimeoutError, w->receives ? "no answer in time"
								: "the frame was not taken in time");
	else if (step == STEP_BROKEN || (step == STEP_END && w->deaf))
		PyErr_SetString(PyExc_BrokenPipeError, "the other side is gone");
	else if (step == STEP_END)
		PyErr_SetString(PyExc_EOFError, w->got ? "the stream ended inside a frame"
						       : "the stream ended");
	else
		PyErr_SetFromErrno(PyExc_OSError);
	return -1;
}

/* What a signal's handler raises may be of any class, also of those above: it is told apart by its
 * attribute in_frame. */
static int interrupted(void)
{
	PF_PY(type) = NULL;
	PF_PY(value) = NULL;
	PF_PY(trace) = NULL;
	PF_PY(yes) = PyBool_FromLong(1);

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	if (PyObject_SetAttrString(value, "in_frame", yes) < 0)
		PyErr_Clear();
	PyErr_Restore(py_take(&type), py_take(&value), py_take(&trace));
	return -1;
}

static int carry(struct wire *w)
{
	for (;;) {
		struct py_thread *others = PyEval_SaveThread();
		enum step step = go_on(w);
		int number = errno;

		PyEval_RestoreThread(others);
		errno = number;
		if (step == STEP_DONE)
			return 0;
		if (step == STEP_ROOM && make_room(w) < 0)
			return -1;
		if (step != STEP_ROOM && step != STEP_AGAIN)
			return fail(w, step);
		if (PyErr_CheckSignals() < 0)
			return interrupted();
	}
}

static void forget(struct wire *w)
{
	Py_DecRef(w->body);
	w->body = NULL;
	w->got = w->size = 0;
}

static void finish(struct wire *w)
{
	forget(w);
	pfr_pieces_free(&w->pieces);
}

/* ---- the module's functions ---- */

/* None is no end. */
static int set_deadline(struct wire *w, struct py *timeout)
{
	double seconds = 0;
	PF_PY(none) = Py_BuildValue("");

	w->deadline = (double)INFINITY;
	if (!timeout || timeout == none)
		return 0;
	seconds = PyFloat_AsDouble(timeout);
	if (PyErr_Occurred())
		return -1;
	if (!(seconds >= 0)) {
		PyErr_SetString(PyExc_ValueError, "a timeout is not negative");
		return -1;
	}
	w->deadline = pfr_clock() + seconds;
	return 0;
}

/* The header in front of what the pieces have. */
static int set_frame(struct wire *w, int kind)
{
	struct iovec *body, *all;
	size_t n = pfr_pieces_list(&body, &w->pieces), length = 0;

	for (size_t i = 0; i < n; i++)
		length += body[i].iov_len;
	if (kind < PF_FRAME_LOAD || kind > PF_FRAME_PIECE || length > PF_MAX_FRAME) {
		PyErr_SetString(PyExc_ValueError, "no kind of frame, or a frame too large");
		return -1;
	}
	all = pf_alloc_array(&w->pieces.a, n + 1, sizeof(*all));
	all[0] = (struct iovec){ w->header_out, PF_FRAME_HEADER };
	memcpy(all + 1, body, n * sizeof(*all));
	w->out = all;
	w->out_n = n + 1;
	pf_frame_header(w->header_out, (enum pf_frame_kind)kind, length);
	return 0;
}

/* The bytes are the only piece, lent. */
static int lend(struct wire *w, struct py *bytes)
{
	struct py_view view;

	if (PyObject_GetBuffer(bytes, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return -1;
	*PF_PUSH(&w->pieces.a, &w->pieces.views) = view;
	*PF_PUSH(&w->pieces.a, &w->pieces.loans) =
		(struct pfr_loan){ 0, view.buf, (size_t)view.len };
	return 0;
}

static int encode(struct wire *w, struct py *o)
{
	struct pfr *r = pfr_borrow();
	int rc = pfr_pieces_put(r, &w->pieces, o);

	pfr_give_back(r);
	return rc;
}

/* What is to be sent, and until when; of `encoded` an object, else its bytes. */
static int read_arguments(struct wire *w, struct py *args, struct py *kwargs, bool encoded)
{
	const char *const names[] = { "fd", "kind", encoded ? "obj" : "body", "timeout", NULL };
	struct py *o, *timeout = NULL;
	int kind;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iiO|O", names, &w->fd, &kind, &o,
					 &timeout) ||
	    set_deadline(w, timeout) < 0 || (encoded ? encode(w, o) : lend(w, o)) < 0)
		return -1;
	return set_frame(w, kind);
}

static struct py *send_frame(struct py *args, struct py *kwargs, bool encoded)
{
	struct wire w = { 0 };
	int rc = read_arguments(&w, args, kwargs, encoded);

	if (rc == 0)
		rc = carry(&w);
	finish(&w);
	return rc < 0 ? NULL : Py_BuildValue("");
}

struct py *pfr_module_send(struct py *self, struct py *args, struct py *kwargs)
{
	(void)self;
	return send_frame(args, kwargs, true);
}

struct py *pfr_module_send_bytes(struct py *self, struct py *args, struct py *kwargs)
{
	(void)self;
	return send_frame(args, kwargs, false);
}

static struct py *answer(struct wire *w, bool decoded)
{
	PF_PY(body) = w->body;
	struct pfr *r = NULL;
	PF_PY(o) = NULL;

	w->body = NULL;
	if (w->kind == PF_FRAME_GONE) { /* a model that was told to end, by whomever */
		PyErr_SetString(PyExc_EOFError, "the other side is gone");
		return NULL;
	}
	r = decoded ? pfr_borrow() : NULL;
	o = r ? pfr_decode(r, body) : py_ref(body);
	pfr_give_back(r);
	return o ? Py_BuildValue("iO", (int)w->kind, o) : NULL;
}

static struct py *receive(struct py *args, struct py *kwargs, bool decoded)
{
	static const char *const names[] = { "fd", "timeout", NULL };
	struct wire w = { .receives = true };
	struct py *timeout = NULL, *made = NULL;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|O", names, &w.fd, &timeout) ||
	    set_deadline(&w, timeout) < 0)
		return NULL;
	if (carry(&w) == 0)
		made = answer(&w, decoded);
	finish(&w);
	return made;
}

struct py *pfr_module_receive(struct py *self, struct py *args, struct py *kwargs)
{
	(void)self;
	return receive(args, kwargs, true);
}

struct py *pfr_module_receive_bytes(struct py *self, struct py *args, struct py *kwargs)
{
	(void)self;
	return receive(args, kwargs, false);
}

/* What the call took comes before the answer, and is not told. */
static int exchange(struct wire *w)
{
	w->receives = true;
	for (;;) {
		if (carry(w) < 0)
			return -1;
		if (w->kind != PF_FRAME_SPENT)
			return 0;
		forget(w);
	}
}

struct py *pfr_module_exchange(struct py *self, struct py *args, struct py *kwargs)
{
	struct wire w = { 0 };
	struct py *made = NULL;

	(void)self;
	if (read_arguments(&w, args, kwargs, true) == 0 && exchange(&w) == 0)
		made = answer(&w, true);
	finish(&w);
	return made;
}
