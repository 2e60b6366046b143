/* kill_at.c - kill_at N COMMAND...: SIGKILL when it is about to change the disk for the Nth time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/common.h"

/* Exit status: 137 when it was killed, 77 where programs cannot be traced, else the program's. With
 * N 0 it runs to its end, and "COUNT calls" is printed. Programs it starts are left alone. */

static const long CHANGES[] = {
	SYS_openat2, SYS_renameat2, SYS_renameat, SYS_linkat,   SYS_symlinkat, SYS_unlinkat,
	SYS_mkdirat, SYS_ftruncate, SYS_fchmod,   SYS_fchmodat, SYS_utimensat, SYS_copy_file_range,
#ifdef SYS_rename
	SYS_rename,  SYS_mkdir,     SYS_link,     SYS_symlink,  SYS_unlink,    SYS_rmdir,
	SYS_chmod,
#endif
};

static bool is_change(const struct __ptrace_syscall_info *info)
{
	long number = (long)info->entry.nr;

	if (number == SYS_openat)
		return info->entry.args[2] & O_CREAT;
	if (number == SYS_write || number == SYS_pwrite64)
		return info->entry.args[0] > 2;
	for (size_t i = 0; i < PF_COUNT(CHANGES); i++)
		if (CHANGES[i] == number)
			return true;
	return false;
}

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
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
		return -1;
	return pid;
}

int main(int argc, char **argv)
{
	unsigned long at = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, count = 0;
	int status, deliver = 0;
	pid_t pid = argc > 2 ? start(argv + 2) : -1;

	if (pid < 0)
		return 77;
	while (ptrace(PTRACE_SYSCALL, pid, 0, deliver) == 0 && waitpid(pid, &status, 0) == pid) {
		struct __ptrace_syscall_info info = { 0 };

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (!at)
				printf("%lu calls\n", count);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		deliver = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP
				  ? 0
				  : WSTOPSIG(status);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			return 77;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && is_change(&info) && ++count == at) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 137;
		}
	}
	return 77;
}
