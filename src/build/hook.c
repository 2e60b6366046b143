/* hook.c - a backend's process: its variables, its log, its end */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"

static const char PROGRAM[] =
#include "build/hooks.inc"
	;

/* ---- its variables ---- */

/* Beyond what drivers are not told: ways to the network, and places that are not the build's. */
static const char *const dropped[] = { "HOME",
				       "PATH",
				       "TMPDIR",
				       "TMP",
				       "TEMP",
				       "XDG_*",
				       "PIP_*",
				       "UV_*",
				       "*_proxy",
				       "*_PROXY",
				       "SSH_*",
				       "DBUS_*",
				       "GPG_*",
				       "GIT_*",
				       "PYTHONNOUSERSITE",
				       "SOURCE_DATE_EPOCH" };

static bool is_dropped(const char *variable)
{
	struct pf_str name = pf_str_cut(pf_s(variable), 0, pf_str_find(pf_s(variable), '='));

	for (size_t i = 0; i < PF_COUNT(dropped); i++)
		if (pf_str_fits(name, dropped[i]))
			return true;
	return false;
}

static const char *value_of(char **envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return "";
}

/* The date is that of the first day which a ZIP can hold: the same source is the same wheel. */
static char **make_environment(struct pf_arena *a, const struct pf_hook *h)
{
	char **from = pf_drive_environment(a);
	struct pf_str bin = pf_str_cut(pf_s(h->python), 0, pf_str_rfind(pf_s(h->python), '/'));
	PF_VEC(char *) v = { 0 };

	for (char **p = from; *p; p++)
		if (!is_dropped(*p))
			*PF_PUSH(a, &v) = *p;
	*PF_PUSH(a, &v) = pf_formatz(a, "PATH=" PF_FMT ":%s", PF_ARG(bin), value_of(from, "PATH"));
	*PF_PUSH(a, &v) = pf_formatz(a, "HOME=%s/home", h->work);
	*PF_PUSH(a, &v) = pf_formatz(a, "TMPDIR=%s/tmp", h->work);
	*PF_PUSH(a, &v) = pf_dupz(a, PF_S("PYTHONNOUSERSITE=1"));
	*PF_PUSH(a, &v) = pf_dupz(a, PF_S("SOURCE_DATE_EPOCH=315532800"));
	*PF_PUSH(a, &v) = NULL;
	return v.v;
}

/* ---- its process ---- */

static long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* What it prints goes through us, so that there is an end to it. 1: nothing is left for now. */
static int copy_output(int to, int from, size_t *total, struct pf_err *err)
{
	char bytes[PF_KIB(64)];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return pf_fail_errno(err, "cannot read");
	if (n <= 0)
		return 1;
	*total += (size_t)n;
	if (*total > PF_MAX_BUILD_LOG)
		return pf_fail(err, PF_ELIMIT, "its build prints more than %zu bytes",
			       PF_MAX_BUILD_LOG);
	return pf_write_fd(to, bytes, (size_t)n, err);
}

/* Its end is that of the process that was started: what it left running is ended with it. */
static int follow(struct pf_proc *proc, int *status, int log, int output, struct pf_err *err)
{
	long until = now() + PF_WAIT_BUILD;
	struct pollfd p = { .fd = output, .events = POLLIN };
	size_t total = 0;
	int ended = 0, rc = 0;

	while (!ended && rc >= 0) {
		if (poll(&p, 1, 100) > 0)
			rc = copy_output(log, output, &total, err);
		if (rc == 1)
			p.events = 0, p.fd = -1; /* closed: the process may go on */
		if (rc >= 0)
			ended = rc = pf_proc_wait(proc, p.fd < 0 ? 100 : 0, status, err);
		if (rc >= 0 && !ended && now() > until)
			rc = pf_fail(err, PF_ELIMIT, "its build takes longer than %d s",
				     PF_WAIT_BUILD);
	}
	while (rc >= 0 && (rc = copy_output(log, output, &total, err)) == 0)
		;
	return rc < 0 ? -1 : 0;
}

static int run(int *status, const struct pf_hook *h, const char *const *argv, int log,
	       struct pf_workdir *w, struct pf_err *err)
{
	struct pf_spawn what = {
		.path = h->python,
		.argv = (char *const *)(const void *)argv,
		.envp = make_environment(&w->arena, h),
		.cwd = h->confine->cwd,
		.in = -1,
		.new_group = true,
		.confine = pf_confine_enter,
		.how = h->confine,
	};
	PF_AUTO(proc) proc = { 0 };
	PF_FD(reader) = -1;
	pid_t group;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return pf_fail_errno(err, "cannot create a pipe");
	reader = fds[0];
	what.out = what.err = fds[1];
	(void)fcntl(fds[1], F_SETFL, 0); /* it may wait for us */
	rc = pf_proc_start(&proc, &what, err);
	close(fds[1]);
	if (rc < 0)
		return -1;
	group = proc.pid;
	rc = follow(&proc, status, log, reader, err);
	pf_proc_end(&proc, 0);
	kill(-group, SIGKILL);
	return rc;
}

/* ---- its answer, or its failure ---- */

/* "ModuleNotFoundError: No module named 'numpy'" */
static struct pf_str last_line(struct pf_str log)
{
	struct pf_str line, last = { 0 };

	while (pf_str_next_line(&log, &line))
		if (pf_str_trim(line).n && !pf_str_starts(line, "-- "))
			last = pf_str_trim(line);
	return last;
}

static int fail(struct pf_workdir *w, int status, struct pf_err *err)
{
	PF_AUTO(buf) log = PF_BUF(PF_MAX_BUILD_LOG + PF_KIB(64));
	struct pf_err ignored;
	char text[64];

	(void)pf_workdir_keep_log(&log, w, &ignored);
	pf_log_tail(pf_buf_view(&log));
	pf_fail(err, PF_ESOLVE, "its build fails with %s: " PF_FMT,
		pf_status_text(text, sizeof(text), status),
		PF_ARG(pf_shown(last_line(pf_buf_view(&log)))));
	return pf_hint(err, "the whole log: %s", w->log);
}

static int read_answer(struct pf_node **out, const struct pf_hook *h, const char *file,
		       struct pf_workdir *w, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_BUILD_ANSWER);
	PF_FD(work) = open(h->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(fd) =
		work < 0 ? -1 : pf_open_beneath(work, file, err); /* no link that it left there */

	if (work < 0)
		return pf_fail_errno(err, "cannot open %s", h->work);
	if (fd < 0 || pf_read_fd(&text, fd, file, err) < 0 ||
	    pf_json_parse(out, &w->arena, pf_dup(&w->arena, pf_buf_view(&text)), err) < 0) {
		err->code = PF_ESOLVE;
		return pf_wrap(err, "what its build answers");
	}
	return 0;
}

int pf_hook_call(struct pf_node **answer, const struct pf_hook *h, const char *name,
		 const char *folder, struct pf_workdir *w, struct pf_err *err)
{
	struct pf_arena *a = &w->arena;
	const struct pf_backend *b = h->backend;
	char *file = pf_formatz(a, "%s.json", name);
	const char **argv = pf_alloc_array(a, 10 + b->path.n, sizeof(*argv));
	const char *fixed[] = { h->python, "-I", "-u", "-c", PROGRAM, name, pf_dupz(a, b->name),
				pf_formatz(a, "%s/%s", h->work, file), folder };
	PF_FD(log) = open(w->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int status = 0;

	if (log < 0)
		return pf_fail_errno(err, "cannot write %s", w->log);
	memcpy(argv, fixed, sizeof(fixed));
	for (size_t i = 0; i < b->path.n; i++)
		argv[PF_COUNT(fixed) + i] = pf_dupz(a, b->path.v[i]);
	dprintf(log, "-- %s of " PF_FMT "\n", name, PF_ARG(b->name));
	if (run(&status, h, argv, log, w, err) < 0)
		return -1;
	if (status != 0)
		return fail(w, status, err);
	return read_answer(answer, h, file, w, err);
}
