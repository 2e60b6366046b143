/* test_proc.c - programs that are run, and signals that come at any moment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"

#define PATIENCE 60 /* seconds, until what hangs is killed: nothing depends on how long it takes */

/* ---- signals: each in a process of its own, as that one came is never forgotten ---- */

static int status_of(pid_t pid)
{
	int status = 0;

	for (int i = 0; i < PATIENCE * 100; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return status;
}

static void assert_stopped(int status)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), PF_ESIGNAL + SIGTERM);
}

static pid_t start(int (*act)(const void *what, struct pf_err *err), const void *what)
{
	struct pf_err err = { 0 };
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pf_signals_catch();
		_exit(act(what, &err) < 0 ? err.code : 0);
	}
	return pid;
}

static int wait_for_lock(const void *what, struct pf_err *err)
{
	raise(SIGTERM);
	return pf_lock(AT_FDCWD, what, PATIENCE, NULL, err);
}

static void signals_end_a_wait_for_a_lock(void **state)
{
	char path[] = "/tmp/pf-test-XXXXXX";
	struct pf_err err;
	int lock;

	(void)state;
	close(mkstemp(path));
	lock = pf_lock(AT_FDCWD, path, 0, NULL, &err);
	assert_true(lock >= 0);
	assert_stopped(status_of(start(wait_for_lock, path)));
	close(lock);
	unlink(path);
}

/* The signal comes when the flag has been looked at, and the wait has not begun. */
static int read_late(const void *what, struct pf_err *err)
{
	const int *fds = what;
	struct pf_buf out = PF_BUF(100);

	raise(SIGTERM);
	return pf_read_fd(&out, fds[0], "a pipe", err);
}

static int open_late(const void *what, struct pf_err *err)
{
	raise(SIGTERM);
	if (open(what, O_RDONLY | O_CLOEXEC) < 0 && errno == EINTR)
		return pf_signals_check(err);
	return 0;
}

static void signals_end_a_wait_that_they_come_before(void **state)
{
	char dir[] = "/tmp/pf-test-XXXXXX", path[64];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_stopped(status_of(start(read_late, fds)));
	close(fds[0]);
	close(fds[1]);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_stopped(status_of(start(open_late, path)));
	unlink(path);
	rmdir(dir);
}

static int write_much(const void *what, struct pf_err *err)
{
	static const char much[PF_MIB(2)];

	return pf_write_fd(((const int *)what)[1], much, sizeof(much), err);
}

/* A pipe has taken a part, and nobody reads: write(2) gives that part rather than EINTR. */
static void signals_end_a_write_that_is_done_in_part(void **state)
{
	int fds[2], room, there = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	room = fcntl(fds[1], F_GETPIPE_SZ);
	assert_true(room > 0 && room < (int)PF_MIB(2));
	pid = start(write_much, fds);
	for (int i = 0; i < PATIENCE * 100 && there < room; i++) {
		usleep(10000);
		assert_int_equal(ioctl(fds[0], FIONREAD, &there), 0);
	}
	kill(pid, SIGTERM);
	assert_stopped(status_of(pid));
	close(fds[0]);
	close(fds[1]);
}

static int become_late(const void *what, struct pf_err *err)
{
	char *argv[] = { "true", NULL };
	struct pf_spawn how = { .path = "/bin/sh", .argv = argv, .in = -1, .out = 2, .err = 2 };

	(void)what;
	raise(SIGTERM);
	return pf_proc_become(&how, err);
}

static int leave(const void *what, struct pf_err *err)
{
	(void)what;
	if (pf_signals_leave(err) == 0)
		raise(SIGTERM);
	return 0;
}

static void signals_are_no_programs_to_miss(void **state)
{
	int status;

	(void)state;
	assert_stopped(status_of(start(become_late, NULL)));
	status = status_of(start(leave, NULL));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static volatile sig_atomic_t seen;

static void see(int number)
{
	seen = number;
}

static int keep_own(const void *what, struct pf_err *err)
{
	(void)what;
	signal(SIGTERM, see);
	signal(SIGALRM, see);
	signal(SIGINT, SIG_IGN);
	pf_signals_catch();
	raise(SIGINT);
	raise(SIGTERM);
	if (seen != SIGTERM)
		return pf_fail(err, PF_EBUG, "its handler was replaced");
	raise(SIGALRM);
	return seen == SIGALRM ? pf_signals_check(err) :
				 pf_fail(err, PF_EBUG, "its alarm was replaced");
}

static void signals_that_are_somebody_elses_stay_his(void **state)
{
	int status;

	(void)state;
	status = status_of(start(keep_own, NULL));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- programs ---- */

static void runs_programs(void **state)
{
	char *argv[] = { "sh", "-c", "echo out; exit 3", NULL };
	struct pf_spawn how = { .path = "/bin/sh", .argv = argv };
	struct pf_buf out = PF_BUF(100);
	struct pf_err err;
	int status;

	(void)state;
	assert_int_equal(pf_proc_capture(&out, &how, -1, 10, &status, &err), 0);
	assert_string_equal(out.p, "out\n");
	assert_int_equal(WEXITSTATUS(status), 3);
	argv[2] = "sleep 30";
	assert_int_equal(pf_proc_capture(&out, &how, -1, 1, &status, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	how.path = "/nonexistent";
	assert_int_equal(pf_proc_capture(&out, &how, -1, 1, &status, &err), -1);
	assert_int_equal(err.code, PF_EIO);
	pf_buf_free(&out);
}

/* It holds the pipe for longer than is waited. */
static void ends_with_the_program_and_not_with_what_it_leaves(void **state)
{
	char *argv[] = { "sh", "-c", "sleep 1000 & echo $!; exit 3", NULL };
	struct pf_spawn how = { .path = "/bin/sh", .argv = argv };
	struct pf_buf out = PF_BUF(100);
	struct pf_err err;
	int status;

	(void)state;
	assert_int_equal(pf_proc_capture(&out, &how, -1, PATIENCE, &status, &err), 0);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(kill((pid_t)strtol(out.p, NULL, 10), SIGKILL), 0);
	pf_buf_free(&out);
}

/* Where SIGCHLD is ignored, the kernel reaps. */
static void an_end_that_was_not_seen_is_no_success(void **state)
{
	char *argv[] = { "sh", "-c", "exit 0", NULL }, text[64];
	struct pf_spawn how = { .path = "/bin/sh", .argv = argv };
	struct pf_err err;
	int status = 0;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(pf_proc_capture(NULL, &how, -1, PATIENCE, &status, &err), 0);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(status, PF_STATUS_LOST);
	assert_string_equal(pf_status_text(text, sizeof(text), status), "an end that was not seen");
}

/* A child that becomes a program: with a descriptor at its place, and the rest gone. */
static void becomes_a_program(void **state)
{
	char *argv[] = { "sh", "-c", "echo there >&3; exec 3>&-; [ ! -e /proc/self/fd/4 ] || exit 5; exit 7", NULL };
	int pipe_fds[2], status = 0;
	char text[16] = "";
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct pf_spawn how = { .path = "/bin/sh", .argv = argv, .in = -1, .out = 2, .err = 2,
					.keep = &pipe_fds[1], .keep_count = 1, .new_group = true };
		struct pf_err err;

		_exit(pf_proc_become(&how, &err));
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], text, sizeof(text) - 1), 6);
	assert_string_equal(text, "there\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	close(pipe_fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_end_a_wait_for_a_lock),
		cmocka_unit_test(signals_end_a_wait_that_they_come_before),
		cmocka_unit_test(signals_end_a_write_that_is_done_in_part),
		cmocka_unit_test(signals_are_no_programs_to_miss),
		cmocka_unit_test(signals_that_are_somebody_elses_stay_his),
		cmocka_unit_test(runs_programs),
		cmocka_unit_test(ends_with_the_program_and_not_with_what_it_leaves),
		cmocka_unit_test(an_end_that_was_not_seen_is_no_success),
		cmocka_unit_test(becomes_a_program),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
