/* kill_at.c - kill_at N COMMAND...: SIGKILL when it is about to change the disk for the Nth time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "changes.h"

/* Exit status: 137 when it was killed, 77 where programs cannot be traced, else the program's. With
 * N 0 it runs to its end, and "COUNT calls, of which OTHERS by other threads" is printed. All of its
 * threads count, in the order in which they come; programs it starts are left alone. */

static int start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(77);
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE) < 0)
		return -1;
	return pid;
}

/* What a stopped thread has to be handed: neither the tracer's own stops nor a new thread's first one. */
static int signal_of(int status, bool is_new)
{
	int number = WSTOPSIG(status) & ~0x80;

	return number == SIGTRAP || (number == SIGSTOP && is_new) ? 0 : number;
}

/* Ends all of it, and waits until it is gone: its threads are waited for as well. */
static int kill_all(pid_t pid)
{
	pid_t one;
	int status;

	kill(pid, SIGKILL);
	do
		one = waitpid(-1, &status, __WALL);
	while (one > 0 && (one != pid || WIFSTOPPED(status)));
	return 137;
}

int main(int argc, char **argv)
{
	unsigned long at = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, count = 0, others = 0;
	int status, deliver = 0;
	pid_t pid = argc > 2 ? start(argv + 2) : -1, one = pid;

	if (pid < 0)
		return 77;
	/* A thread that ended before it could go on is none. */
	while ((ptrace(PTRACE_SYSCALL, one, 0, deliver) == 0 || errno == ESRCH) &&
	       (one = waitpid(-1, &status, __WALL)) > 0) {
		struct __ptrace_syscall_info info = { 0 };

		deliver = 0;
		if (!WIFSTOPPED(status)) {
			if (one != pid)
				continue;
			if (!at)
				printf("%lu calls, of which %lu by other threads\n", count, others);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		deliver = signal_of(status, one != pid);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, one, sizeof(info), &info) < 0 && errno != ESRCH)
			return 77;
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !is_change((long)info.entry.nr, (const uint64_t *)info.entry.args))
			continue;
		others += one != pid;
		if (++count == at)
			return kill_all(pid);
	}
	return 77;
}
