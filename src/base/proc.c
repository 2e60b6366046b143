/* proc.c - programs: started with exact arguments, environment and descriptors; no shell */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

extern char **environ;

/* /sys/fs/cgroup/cpu.max: "QUOTA PERIOD", or "max PERIOD". 0: no limit. */
static unsigned allowed_time(void)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(4));
	struct pf_err ignored;
	struct pf_str rest, quota;
	uint64_t time, period;

	if (pf_read_file(&text, AT_FDCWD, "/sys/fs/cgroup/cpu.max", &ignored) < 0)
		return 0;
	rest = pf_str_trim(pf_buf_view(&text));
	if (!pf_str_next(&rest, ' ', &quota) || !pf_str_u64(quota, &time) ||
	    !pf_str_u64(rest, &period) || !period)
		return 0;
	return (unsigned)((time + period - 1) / period);
}

unsigned pf_processors(void)
{
	unsigned limit = allowed_time(), count = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = (unsigned)CPU_COUNT(&set);
	return limit && limit < count ? limit : count;
}

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t pending_signal;
static volatile sig_atomic_t reminds;

/* A signal that comes between a look at the flag and the call that waits would not end that wait:
 * SIGALRM ends it, once a second from then on. */
static void remind(int number)
{
	(void)number;
	alarm(1);
}

static void note_signal(int number)
{
	pending_signal = number;
	if (reminds)
		alarm(1);
}

static bool has_handler(int number, void (*handler)(int))
{
	struct sigaction old;

	return sigaction(number, NULL, &old) == 0 && old.sa_handler == handler;
}

void pf_signals_catch(void)
{
	struct sigaction catch = { .sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction again = { .sa_handler = remind };

	if (has_handler(SIGALRM, SIG_DFL) && sigaction(SIGALRM, &again, NULL) == 0)
		reminds = 1;
	for (size_t i = 0; i < PF_COUNT(stopping); i++)
		if (has_handler(stopping[i], SIG_DFL))
			sigaction(stopping[i], &catch, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int pf_signals_leave(struct pf_err *err)
{
	for (size_t i = 0; i < PF_COUNT(stopping); i++)
		if (has_handler(stopping[i], note_signal))
			signal(stopping[i], SIG_DFL);
	if (reminds)
		alarm(0);
	return pf_signals_check(err);
}

int pf_signals_pending(void)
{
	return pending_signal;
}

void pf_signals_raise(int number)
{
	pending_signal = number;
}

int pf_signals_check(struct pf_err *err)
{
	int number = pending_signal;

	if (!number)
		return 0;
	return pf_fail(err, PF_ESIGNAL + number, "interrupted by SIG%s", sigabbrev_np(number));
}

/* ---- start ---- */

/* Puts the wanted descriptors at 0, 1, 2, 3... All are first moved out of the way. */
static int place_fds(const struct pf_spawn *what)
{
	int fds[16] = { what->in, what->out, what->err };
	int count = 3 + (int)what->keep_count;
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || count > (int)PF_COUNT(fds))
		return -1;
	for (int i = 3; i < count; i++)
		fds[i] = what->keep[i - 3];
	for (int i = 0; i < count; i++) {
		fds[i] = fcntl(fds[i] < 0 ? null : fds[i], F_DUPFD_CLOEXEC, count);
		if (fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < count; i++)
		if (dup2(fds[i], i) < 0)
			return -1;
	return (int)syscall(SYS_close_range, (unsigned)count, ~0u, 0) < 0 ? count : 0;
}

/* What a process writes to: heap, anonymous and private mappings. Address space is the next best
 * where that is not counted: it also holds what is reserved and never used. */
static int limit_memory(uint64_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = bytes };

	if (!bytes || setrlimit(RLIMIT_DATA, &limit) == 0)
		return 0;
	return setrlimit(RLIMIT_AS, &limit);
}

static void reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < 32; i++)
		sigaction(i, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Last of all, when the descriptors are in their places. */
static int execute(const struct pf_spawn *what)
{
	if (limit_memory(what->max_memory) < 0 || (what->confine && what->confine(what->how) < 0))
		return -1;
	return execve(what->path, what->argv, what->envp ? what->envp : environ);
}

/* In the child; only async-signal-safe calls. Tells its errno through the pipe at `report`. */
PF_NORETURN static void run_child(const struct pf_spawn *what, int report, pid_t parent)
{
	struct pf_spawn moved = *what;
	int keep[12], saved;

	reset_signals();
	if (what->new_group)
		setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || what->keep_count >= PF_COUNT(keep))
		_exit(127);
	if (what->cwd && chdir(what->cwd) < 0)
		goto bad;
	for (size_t i = 0; i < what->keep_count; i++)
		keep[i] = what->keep[i];
	keep[what->keep_count] = report; /* travels as the last one, closed by exec */
	moved.keep = keep;
	moved.keep_count++;
	if (place_fds(&moved) < 0)
		goto bad;
	report = 3 + (int)what->keep_count;
	fcntl(report, F_SETFD, FD_CLOEXEC);
	(void)execute(what);
bad:
	saved = errno;
	if (write(report, &saved, sizeof(saved)) < 0)
		_exit(126);
	_exit(127);
}

void pf_proc_reap(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && status)
		*status = PF_STATUS_LOST;
}

int pf_proc_start(struct pf_proc *out, const struct pf_spawn *what, struct pf_err *err)
{
	int pipe_fds[2], child_errno = 0;
	pid_t parent = getpid(), pid;
	ssize_t n;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return pf_fail_errno(err, "cannot create a pipe");
	pid = fork();
	if (pid == 0)
		run_child(what, pipe_fds[1], parent);
	close(pipe_fds[1]);
	if (pid < 0) {
		close(pipe_fds[0]);
		return pf_fail_errno(err, "cannot start %s", what->path);
	}
	do
		n = read(pipe_fds[0], &child_errno, sizeof(child_errno));
	while (n < 0 && errno == EINTR);
	close(pipe_fds[0]);
	if (n > 0) {
		pf_proc_reap(pid, NULL);
		errno = child_errno;
		return pf_fail_errno(err, "cannot start %s", what->path);
	}
	*out = (struct pf_proc){ .pid = pid, .group = what->new_group };
	return 0;
}

int pf_proc_become(const struct pf_spawn *what, struct pf_err *err)
{
	if (pf_signals_leave(err) < 0)
		return -1;
	reset_signals();
	if (what->new_group)
		setpgid(0, 0);
	if ((what->cwd && chdir(what->cwd) < 0) || place_fds(what) < 0 || execute(what) < 0)
		pf_fail_errno(err, "cannot start %s", what->path);
	return -1;
}

/* ---- wait and end ---- */

double pf_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void send_signal(const struct pf_proc *p, int number)
{
	kill(p->group ? -p->pid : p->pid, number);
}

/* Waits without looking at our own signals: 1 ended, 0 time is up. */
static int wait_quietly(struct pf_proc *p, long ms, int *status)
{
	long until = now_ms() + ms;
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	pid_t got;

	do {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
		long left = until - now_ms();

		if (fd >= 0 && left > 0)
			poll(&poll_fd, 1, (int)left);
		else if (left > 0)
			usleep(5000);
		got = waitpid(p->pid, status, WNOHANG);
	} while (got == 0 && now_ms() < until);
	if (fd >= 0)
		close(fd);
	if (got == 0)
		return 0;
	if (got < 0)
		*status = PF_STATUS_LOST;
	p->pid = 0;
	return 1;
}

void pf_proc_end(struct pf_proc *p, unsigned grace_seconds)
{
	pid_t group = p->group ? p->pid : 0;
	int status;

	if (p->pid <= 0)
		return;
	send_signal(p, SIGTERM);
	if (!wait_quietly(p, (long)grace_seconds * 1000, &status)) {
		send_signal(p, SIGKILL);
		pf_proc_reap(p->pid, &status);
		p->pid = 0;
	}
	if (group)
		kill(-group, SIGKILL); /* what it left behind */
}

void pf_proc_free(struct pf_proc *p)
{
	pf_proc_end(p, 0);
}

int pf_proc_wait(struct pf_proc *p, int ms, int *status, struct pf_err *err)
{
	long until = ms < 0 ? -1 : now_ms() + ms;

	for (;;) {
		long left = until < 0 ? 200 : until - now_ms();

		if (wait_quietly(p, left > 200 ? 200 : left < 0 ? 0 : left, status))
			return 1;
		if (pf_signals_check(err) < 0) {
			pf_proc_end(p, PF_WAIT_INTERRUPTED);
			return -1;
		}
		if (until >= 0 && now_ms() >= until)
			return 0;
	}
}

/* ---- capture ---- */

/* It may have been reaped elsewhere, too. */
static bool has_ended(pid_t pid)
{
	siginfo_t how = { 0 };

	return waitid(P_PID, (id_t)pid, &how, WEXITED | WNOHANG | WNOWAIT) < 0 || how.si_pid;
}

/* Its end is that of the process, even if something that it left behind holds the pipe. */
static int read_until_end(struct pf_buf *out, int fd, pid_t pid, long until, struct pf_err *err)
{
	char bytes[65536];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		bool ended = has_ended(pid);
		int ready;
		ssize_t n;

		if (pf_signals_check(err) < 0)
			return -1;
		if (until && now_ms() > until)
			return pf_fail(err, PF_ELIMIT, "took too long");
		ready = poll(&p, 1, ended ? 0 : 200);
		if (ready == 0 && ended)
			return 0;
		if (ready <= 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno != EINTR)
			return pf_fail_errno(err, "cannot read");
		if (n == 0)
			return 0;
		if (n > 0)
			pf_buf_add(out, bytes, (size_t)n);
		if (out->toobig)
			return pf_fail(err, PF_ELIMIT, "wrote more than %zu bytes", out->max);
	}
}

int pf_proc_capture(struct pf_buf *out, const struct pf_spawn *what, int log, unsigned seconds,
		    int *status, struct pf_err *err)
{
	PF_AUTO(proc) proc = { 0 };
	struct pf_buf ignored = PF_BUF(PF_MAX_PROC_OUTPUT);
	struct pf_spawn how = *what;
	long until = seconds ? now_ms() + (long)seconds * 1000 : 0, left;
	PF_FD(reader) = -1;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return pf_fail_errno(err, "cannot create a pipe");
	reader = fds[0];
	how.in = -1;
	how.out = fds[1];
	how.err = log;
	how.new_group = true;
	rc = pf_proc_start(&proc, &how, err);
	close(fds[1]);
	if (rc == 0)
		rc = read_until_end(out ? out : &ignored, reader, proc.pid, until, err);
	left = until - now_ms();
	if (rc == 0)
		rc = pf_proc_wait(&proc, !until ? -1 : left > 0 ? (int)left : 0, status, err);
	pf_buf_free(&ignored);
	if (rc == 0)
		return pf_fail(err, PF_ELIMIT, "%s took longer than %u s", what->path, seconds);
	return rc < 0 ? pf_wrap(err, "%s", what->path) : 0;
}

const char *pf_status_text(char *out, size_t size, int status)
{
	if (status == PF_STATUS_LOST)
		snprintf(out, size, "an end that was not seen");
	else if (WIFSIGNALED(status))
		snprintf(out, size, "signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(out, size, "exit status %d", WEXITSTATUS(status));
	return out;
}

char *pf_which(struct pf_arena *a, const char *name)
{
	struct pf_str rest = pf_s(getenv("PATH")), dir;

	while (pf_str_next(&rest, ':', &dir)) {
		char *path;

		if (!pf_str_starts(dir, "/") || pf_str_ends(dir, "/shims"))
			continue;
		path = pf_formatz(a, PF_FMT "/%s", PF_ARG(dir), name);
		if (pf_is_executable(path))
			return path;
	}
	return NULL;
}
