/* leave.c - the ways out: by a signal, or done, with what Python would do at its end */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "runner/runner.h"

/* Set by the handler alone; Python has one for the whole process too. */
static volatile sig_atomic_t ending;

bool pfr_is_ending(void)
{
	return ending;
}

/* SIGTERM becomes an exception, so that `finally` is run and temporary files go. */
struct py *pfr_end(struct py *self, struct py *args)
{
	(void)self;
	(void)args;
	ending = 1;
	PyErr_SetString(PyExc_SystemExit, "asked to end");
	return NULL;
}

void pfr_watch_for_end(struct py *module)
{
	PF_PY(signals) = PyImport_ImportModule("_signal");
	PF_PY(handler) = PyObject_GetAttrString(module, "end");
	PF_PY(old) = NULL;

	if (signals && handler)
		old = PyObject_CallMethod(signals, "signal", "iO", SIGTERM, handler);
	PyErr_Clear();
}

void pfr_flush(void)
{
	static const char *const streams[] = { "stdout", "stderr" };

	for (size_t i = 0; i < PF_COUNT(streams); i++) {
		struct py *stream = PySys_GetObject(streams[i]);
		PF_PY(done) = stream ? PyObject_CallMethod(stream, "flush", NULL) : NULL;

		if (!done)
			PyErr_Clear();
	}
}

/* Where there are no threads to wait for: the exit functions alone. */
static void run_exit_functions(void)
{
	PF_PY(module) = PyImport_ImportModule("atexit");
	PF_PY(done) = NULL;

	signal(SIGALRM, SIG_DFL);
	alarm(PF_WAIT_GRACE - 1);
	if (module)
		done = PyObject_CallMethod(module, "_run_exitfuncs", NULL);
	PyErr_Clear();
	alarm(0);
}

/* Whoever waits for us need not wait for the kernel too, unless we leave children behind. */
static void tell_gone(const struct pfr *r)
{
	siginfo_t child;
	struct pf_err ignored;

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD &&
	    pf_frame_send(r->fd, PF_FRAME_GONE, PF_S(""), &ignored) < 0)
		return; /* nobody listens any more */
}

void pfr_leave(const struct pfr *r, int status)
{
	signal(SIGTERM, SIG_DFL); /* a second time it is meant */
	if (!PyDict_GetItemString(PyImport_GetModuleDict(), "threading") ||
	    pfr_finish(PF_WAIT_THREADS, PF_WAIT_GRACE - 1) < 0)
		run_exit_functions();
	PyErr_Clear();
	pfr_flush();
	if (!ending) /* else it is our status that tells */
		tell_gone(r);
	close(STDOUT_FILENO); /* whoever reads them sees the end before our memory is gone */
	close(STDERR_FILENO);
	if (r->place)
		kill(0, SIGKILL); /* nobody waits for a worker, and ends what it left behind */
	if (r->watched) {
		signal(SIGTERM, SIG_IGN);
		kill(0, SIGTERM); /* the same, but for our own status, which is waited for */
	}
	_exit(status);
}
