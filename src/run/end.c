/* end.c - the end of a runner: waited for, told, and nothing of it left behind */
/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/inside.h"

/* ---- what left the group ---- */

/* Does this process carry the runner's mark? It is inherited by every descendant. */
static bool is_marked(pid_t pid, const char *marker)
{
	struct pf_buf environment = PF_BUF(PF_MIB(4));
	struct pf_str rest, one;
	struct pf_err ignored;
	char path[64];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (pf_read_file(&environment, AT_FDCWD, path, &ignored) == 0) {
		rest = pf_buf_view(&environment);
		while (!found && pf_str_next(&rest, '\0', &one))
			found = pf_str_is(one, marker);
	}
	pf_buf_free(&environment);
	return found;
}

/* Ends our children that carry the mark, but for one: orphans that came to us as their reaper. How
 * many? */
static unsigned end_orphans(const char *marker, pid_t but)
{
	struct pf_buf children = PF_BUF(PF_MIB(4));
	struct pf_str rest, one;
	struct pf_err ignored;
	char path[64];
	uint64_t pid;
	unsigned ended = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	if (pf_read_file(&children, AT_FDCWD, path, &ignored) == 0) {
		rest = pf_buf_view(&children);
		while (pf_str_next(&rest, ' ', &one)) {
			if (!pf_str_u64(one, &pid) || (pid_t)pid == but ||
			    !is_marked((pid_t)pid, marker))
				continue;
			kill((pid_t)pid, SIGKILL);
			pf_proc_reap((pid_t)pid, NULL);
			ended++;
		}
	}
	pf_buf_free(&children);
	return ended;
}

/* Each round makes orphans of the children of those it ended. */
static void sweep(struct pf_runner *r, pid_t but)
{
	for (unsigned round = 0; r->marker[0] && round < PF_MAX_SWEEPS; round++)
		if (!end_orphans(r->marker, but))
			break;
}

void pf_run_forget(struct pf_runner *r)
{
	if (r->fd > 0)
		close(r->fd);
	if (r->pidfd > 0)
		close(r->pidfd);
	r->fd = r->pidfd = 0;
	r->loaded = false;
	pf_buf_free(&r->pending);
	r->sent = r->early_at = r->early_n = 0;
}

void pf_run_end(struct pf_runner *r, unsigned grace_seconds)
{
	pf_proc_end(&r->proc, grace_seconds);
	sweep(r, 0);
	pf_run_forget(r);
}

bool pf_run_reap(struct pf_runner *r, int ms, int *status)
{
	struct pollfd p = { .fd = r->pidfd, .events = POLLIN };
	double until = pf_clock() + ms / 1e3;

	while (poll(&p, 1, 100) <= 0)
		if (pf_clock() > until || pf_signals_pending())
			return false;
	kill(-r->proc.pid, SIGKILL); /* before it is reaped: the number is still its own */
	pf_proc_reap(r->proc.pid, status);
	r->proc.pid = 0;
	sweep(r, 0);
	pf_run_forget(r);
	return true;
}

void pf_run_let_go(struct pf_runner *r)
{
	pid_t pid = r->proc.pid;

	kill(-pid, SIGKILL);
	r->proc.pid = 0;
	sweep(r, pid);
	pf_run_forget(r);
}

/* ---- what is told of it ---- */

/* "512 MiB", or bytes where it is no whole number of a unit. */
static const char *show_size(char *out, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (unit + 1 < PF_COUNT(units) && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(out, size, "%llu %s", (unsigned long long)bytes, units[unit]);
	return out;
}

int pf_run_fail_ended(struct pf_runner *r, struct pf_err *err)
{
	bool loaded = r->loaded;
	char text[96], size[32];
	int status = 0;

	if (r->warm.attached) {
		pf_run_forget(r);
		return pf_warm_lose(r, err);
	}
	if (!pf_run_reap(r, PF_WAIT_GRACE * 1000, &status)) {
		pf_run_end(r, 0);
		return pf_fail(err, PF_ECODE, "the model closed its socket without an answer");
	}
	pf_fail(err, PF_ECODE, "the model's process ended without an answer: %s",
		pf_status_text(text, sizeof(text), status));
	if (r->max_memory)
		pf_hint(err, "it was limited to %s of memory (--max-memory)",
			show_size(size, sizeof(size), r->max_memory));
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		pf_hint(err, "the kernel ends processes so when memory runs out");
	else if (!loaded && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		pf_hint(err, "the interpreter must be CPython 3.6 or newer");
	return -1;
}

static const struct {
	const char *stage;
	int code;
	bool kind;	/* is the exception's type worth showing? */
	const char *text;
} stages[] = {
	{ "start", PF_ECODE, true, "the runner could not start" },
	{ "import", PF_ECODE, true, "the model could not be imported" },
	{ "load", PF_ECODE, true, "the model could not be loaded" },
	{ "input", PF_EMODEL, false, "the model refuses the input" },
	{ "predict", PF_ECODE, true, "the model failed to predict" },
	{ "convert", PF_ECODE, false, "the model's answer cannot be used" },
};

/* One line of it, and not all of a long one. */
static struct pf_str one_line(struct pf_arena *a, struct pf_str text)
{
	char *copy = pf_dupz(a, pf_str_cut(text, 0, 1000));

	for (char *c = copy; *c; c++)
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	return pf_str_trim(pf_s(copy));
}

/* By us, or by whoever started us: ulimit -v, ulimit -d. */
static bool is_bounded(const struct pf_runner *r)
{
	struct rlimit space = { 0 }, data = { 0 };

	return r->max_memory ||
	       (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ||
	       (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY);
}

static void tell_memory(const struct pf_runner *r, struct pf_err *err)
{
	char size[32];

	err->code = r->max_memory ? PF_ELIMIT : PF_ECODE;
	if (!r->max_memory) {
		pf_hint(err, "the model ran out of memory");
		return;
	}
	pf_hint(err, "it may allocate %s (--max-memory)",
		show_size(size, sizeof(size), r->max_memory));
}

/* The model's code may have made its MlflowException as it likes: a status is one of an error. */
static void note_answer(struct pf_runner *r, const struct pf_value *v)
{
	const struct pf_value *status = pf_value_get(v, "status");
	struct pf_str answer = pf_value_text(v, "answer");

	r->status = 0;
	r->own_answer = PF_BUF(PF_MAX_ANSWER);
	if (!status || status->kind != PF_V_INT || status->i == 0 || !answer.n)
		return;
	r->status = status->i >= 400 && status->i < 600 ? (unsigned)status->i : 500;
	pf_buf_str(&r->own_answer, answer);
}

static int tell(struct pf_runner *r, const struct pf_value *v, struct pf_err *err)
{
	struct pf_str stage = pf_value_text(v, "stage"), module = pf_value_text(v, "module");
	struct pf_str kind = pf_value_text(v, "kind"), message = pf_value_text(v, "message");
	struct pf_arena a = { 0 };
	size_t i = 0;

	while (i + 1 < PF_COUNT(stages) && !pf_str_is(stage, stages[i].stage))
		i++;
	if (!kind.n && !message.n) /* not even that could be told */
		kind = is_bounded(r) ? PF_S("MemoryError") : PF_S("an exception without a name");
	message = one_line(&a, message);
	if (!message.n || stages[i].kind)
		message = pf_format(&a, PF_FMT "%s" PF_FMT, PF_ARG(pf_shown(kind)),
				    message.n ? ": " : "", PF_ARG(message));
	pf_fail(err, stages[i].code, "%s: " PF_FMT, stages[i].text, PF_ARG(message));
	r->stage = stages[i].stage;
	r->traceback = PF_BUF(PF_MAX_ANSWER);
	pf_buf_str(&r->traceback, pf_value_text(v, "traceback"));
	note_answer(r, v);
	if (pf_str_is(kind, "ImportError") || module.n)
		err->code = PF_ECODE; /* the environment's fault, whatever was being done */
	snprintf(r->missing, sizeof(r->missing), PF_FMT, PF_ARG(module));
	if (module.n)
		pf_hint(err, "nothing in the environment provides the module " PF_FMT
			     ": add it to the model's requirements", PF_ARG(pf_shown(module)));
	else if (pf_str_ends(kind, "MemoryError")) /* numpy has one of its own */
		tell_memory(r, err);
	pf_arena_free(&a);
	return -1;
}

int pf_run_fail_told(struct pf_runner *r, const struct pf_buf *frame, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct pf_value v = { 0 };

	if (pf_value_read(&v, &a, pf_buf_view(frame), err) == 0)
		tell(r, &v, err);
	else
		err->code = PF_ECODE; /* the model's code wrote to our socket */
	pf_arena_free(&a);
	return -1;
}
