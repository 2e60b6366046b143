/* boot.c - the module _pfr: its main() talks frames over a socket until told to go */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "runner/runner.h"

#define SOON 100e-6 /* seconds after an answer */

/* ---- the conversation ---- */

static int send_loaded(struct pfr *r, double seconds)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	struct pf_err err;
	int rc;

	pf_put_map(&body, 4);
	pf_put_string(&body, "python");
	pf_put_string(&body, Py_GetVersion());
	pf_put_string(&body, "loader");
	pf_put_string(&body, r->loader);
	pf_put_string(&body, "gave_up");
	pf_put_text(&body, PF_V_STRING, pfr_text(r->gave_up));
	pf_put_string(&body, "seconds");
	pf_put_float(&body, seconds);
	rc = pf_frame_send(r->fd, PF_FRAME_LOADED, pf_buf_view(&body), &err);
	pf_buf_free(&body);
	return rc;
}

double pfr_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int load(struct pfr *r, const struct pf_value *how)
{
	const char *stage = "load";
	double start = pfr_clock();
	pid_t self = getpid();
	int rc = pfr_load(r, how, &stage);

	if (getpid() != self)
		_exit(0); /* a child that the model forked: it has no say */
	if (rc == 0)
		return send_loaded(r, pfr_clock() - start);
	if (!pfr_is_ending())
		pfr_report(r, stage);
	return -1;
}

/* What the call took, which Python's callers do not ask for, and the answer. */
static int send_answer(struct pfr *r, struct pf_str body)
{
	struct pf_buf spent = PF_BUF(PF_MAX_FRAME);
	char header[PF_FRAME_HEADER] = { 0 };
	struct pf_err err;
	int rc;

	if (r->exact)
		return pf_frame_send(r->fd, PF_FRAME_ANSWER, body, &err);
	pf_buf_add(&spent, header, sizeof(header));
	pf_put_map(&spent, 1);
	pf_put_string(&spent, "seconds");
	pf_put_float(&spent, r->seconds);
	pf_frame_header(spent.p, PF_FRAME_SPENT, spent.n - sizeof(header));
	rc = pf_frame_send_behind(r->fd, pf_buf_view(&spent), PF_FRAME_ANSWER, body, &err);
	pf_buf_free(&spent);
	return rc;
}

static int answer(struct pfr *r, enum pf_frame_kind kind, const struct pf_value *request)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	const char *stage = "predict";
	pid_t self = getpid();
	int rc = pfr_predict(r, &body, kind, request, &stage);

	if (getpid() != self)
		_exit(0);
	if (rc < 0 && !pfr_is_ending()) {
		rc = pfr_report(r, stage);
	} else if (!pfr_is_ending()) {
		pfr_flush();
		rc = send_answer(r, pf_buf_view(&body));
		pfr_mold_prepare(r);
	}
	pf_buf_free(&body);
	return pfr_is_ending() ? -1 : rc;
}

static bool has_several_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

enum coming {
	A_FRAME,
	NOBODY,		/* who started us has ended */
	NOTHING_YET,
};

/* Who started us may end while something else of it keeps our socket open. A process that cannot be
 * watched is one of an old kernel. One who asked soon after the last answer is waited for awake: to
 * be woken costs more than he takes (measured: 60 us a request, of 200 that it cost to have another
 * process). Now and then signals are to be looked at: one may come before the wait begins. */
static enum coming wait_for_frame(struct pfr *r)
{
	struct pollfd fds[] = { { .fd = r->fd, .events = POLLIN },
				{ .fd = r->parent > 0 ? r->parent : -1, .events = POLLIN } };
	double begun = pfr_clock();
	int ready = 0;

	while (r->watched && r->soon && ready == 0 && pfr_clock() - begun < SOON)
		ready = poll(fds, PF_COUNT(fds), 0);
	if (ready == 0)
		ready = poll(fds, PF_COUNT(fds), PF_WAIT_LOOK * 1000);
	if (r->watched)
		r->soon = pfr_clock() - begun < SOON && (r->soon || has_several_processors());
	if (ready == 0 || (ready < 0 && errno == EINTR))
		return NOTHING_YET;
	return fds[0].revents || !fds[1].revents ? A_FRAME : NOBODY;
}

/* The model's threads may run meanwhile. A worker's client has a time of its own to send one. */
static int receive(struct pfr *r, enum pf_frame_kind *kind, struct pf_buf *body)
{
	enum coming coming;
	struct pf_err err;
	int rc = 0;

	do {
		struct py_thread *others = PyEval_SaveThread();

		coming = r->place ? A_FRAME : wait_for_frame(r);
		if (coming == A_FRAME)
			rc = pf_frame_receive(r->fd, kind, body, &err);
		PyEval_RestoreThread(others);
		if (coming == NOTHING_YET && PyErr_CheckSignals() < 0)
			PyErr_Clear(); /* pfr_is_ending tells */
	} while (coming == NOTHING_YET && !pfr_is_ending());
	return pfr_is_ending() ? -1 : rc;
}

/* Which frames may come depends on where we are: a model is loaded once, a worker is one
 * already. */
static int act_on(struct pfr *r, enum pf_frame_kind kind, const struct pf_value *value)
{
	switch (kind) {
	case PF_FRAME_LOAD:
		return r->model || load(r, value) < 0 ? -1 : 1;
	case PF_FRAME_STAY:
		return r->model && !r->place ? pfr_stay(r, value) : -1;
	default:
		return answer(r, kind, value) < 0 ? -1 : 1;
	}
}

/* The other side's going away is noticed while the model is at work, too. */
static int act_watched(struct pfr *r, enum pf_frame_kind kind, const struct pf_value *value)
{
	int rc;

	if (r->watched)
		pfr_watch(r->fd, true);
	rc = act_on(r, kind, value);
	if (r->watched)
		pfr_unwatch(r->fd);
	return rc;
}

int pfr_serve_one(struct pfr *r)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	struct pf_arena a = { 0 };
	struct pf_value value = { 0 };
	enum pf_frame_kind kind = PF_FRAME_BYE;
	struct pf_err err;
	int rc = receive(r, &kind, &body);

	if (rc == 1 && kind == PF_FRAME_BYE)
		rc = 0;
	if (rc == 1)
		rc = pf_value_read(&value, &a, pf_buf_view(&body), &err) < 0 ? -1 : 1;
	if (rc == 1)
		rc = act_watched(r, kind, &value);
	pf_arena_free(&a);
	pf_buf_free(&body);
	return rc;
}

/* ---- start and end ---- */

/* The socket goes up, out of the way of code that closes every small descriptor it can think of;
 * what is written to 1, by print or by C, comes out at 2. Results travel by the socket alone. */
static int arrange_descriptors(int fd)
{
	struct rlimit limit = { .rlim_cur = 1024 };
	int top;

	getrlimit(RLIMIT_NOFILE, &limit);
	top = fcntl(fd, F_DUPFD_CLOEXEC, limit.rlim_cur < 4096 ? (int)limit.rlim_cur - 1 : 4095);
	if (top >= 0)
		close(fd);
	else
		fcntl(top = fd, F_SETFD, FD_CLOEXEC);
	return dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? -1 : top;
}

/* -1: there is none. */
static int number_at(struct py *argv, ssize_t i)
{
	struct py *text = argv && i < PyList_Size(argv) ? PyList_GetItem(argv, i) : NULL;
	uint64_t number;

	return text && pf_str_u64(pfr_text(text), &number) && number <= INT_MAX ? (int)number : -1;
}

/* argv: -c, our directory, the socket's number; and, of a runner that no program of ours looks
 * after, the process that started it. */
static int read_words(struct pfr *r)
{
	struct py *argv = PySys_GetObject("argv");
	int socket = number_at(argv, 2), parent = number_at(argv, 3);

	if (parent > 0) {
		r->watched = true;
		r->parent = (int)syscall(SYS_pidfd_open, parent, 0);
		if (getppid() != parent)
			return -1; /* it has ended */
	}
	return socket < 0 || PyList_SetSlice(argv, 1, PyList_Size(argv), NULL) < 0 ? -1 : socket;
}

/* Without -I, the current directory is on the path as "": no model is to find its modules there. */
static void drop_current_directory(void)
{
	struct py *path = PySys_GetObject("path");
	PF_PY(empty) = PyUnicode_FromString("");
	PF_PY(done) = NULL;

	if (path && empty && PySequence_Contains(path, empty) > 0)
		done = PyObject_CallMethod(path, "remove", "O", empty);
	PyErr_Clear();
}

struct py *pfr_module_main(struct py *self, struct py *ignored)
{
	struct pfr r = { .none = Py_BuildValue("") };
	int fd = read_words(&r), rc;

	(void)ignored;
	r.fd = fd < 0 ? -1 : arrange_descriptors(fd);
	if (r.fd < 0) {
		PyErr_SetString(PyExc_RuntimeError, "_pfr is started by pyfunc-env alone");
		return NULL;
	}
	drop_current_directory();
	pfr_watch_for_end(self);
	do
		rc = pfr_serve_one(&r);
	while (rc == 1);
	if (rc == 2)
		pfr_work(&r);
	pfr_leave(&r, rc < 0);
}
