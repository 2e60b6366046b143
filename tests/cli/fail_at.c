/* fail_at.c - a program for which calls that change the disk fail: the Nth one, or all of a kind */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "changes.h"

/* fail_at N ERRNO COMMAND...: its Nth change of the disk fails; with 0 none does, and "COUNT calls" is
 * printed. fail_at N+ ERRNO COMMAND...: so does all after it that needs room. All threads of the command
 * count, the programs that it starts do not.
 *
 * fail_at KIND=ERRNO[,KIND=ERRNO...] COMMAND...: each call of that kind fails, in what it starts as well.
 *
 * Exit status: the command's; 77 where the kernel does not let calls be looked at. */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (skip))

/* What a file system may not know. A call of the kind is `number`, where argument `arg` is, or, with
 * `but`, is not `value`. */
static const struct kind {
	const char *name;
	long number;
	int arg; /* -1: any */
	unsigned value;
	bool but;
} KINDS[] = {
	{ "link", SYS_linkat, -1, 0, false },
#ifdef SYS_link
	{ "link", SYS_link, -1, 0, false },
#endif
	{ "flock", SYS_flock, -1, 0, false },
	{ "flags", SYS_renameat2, 4, 0, true },
	{ "clone", SYS_ioctl, 1, FICLONE, false },
	{ "copy", SYS_copy_file_range, -1, 0, false },
	{ "tmpfile", SYS_openat, 2, 0, false }, /* see below */
};

static struct sock_filter code[256];
static unsigned short length;

static void add(struct sock_filter one)
{
	if (length == PF_COUNT(code))
		abort();
	code[length++] = one;
}

static void add_kind(const struct kind *k, unsigned answer)
{
	add((struct sock_filter)LOAD(nr));
	if (k->arg < 0) {
		add((struct sock_filter)UNLESS(k->number, 1));
	} else if (strcmp(k->name, "tmpfile") == 0) {
		add((struct sock_filter)UNLESS(k->number, 4));
		add((struct sock_filter)LOAD(args[2]));
		add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_TMPFILE));
		add((struct sock_filter)UNLESS(O_TMPFILE, 1));
	} else {
		add((struct sock_filter)UNLESS(k->number, 3));
		add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 (unsigned)offsetof(struct seccomp_data, args) + 8 * (unsigned)k->arg));
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k->value, k->but, !k->but));
	}
	add((struct sock_filter)RETURN(answer));
}

/* The listener's descriptor where one was asked for, else 0; -1. */
static int install(unsigned flags)
{
	struct sock_fprog program = { .len = length, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* ---- kinds ---- */

static int fail_kinds(char *kinds, char **argv)
{
	char *rest = NULL;

	for (char *one = strtok_r(kinds, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		char *is = strchr(one, '=');
		bool known = false;

		if (is)
			*is = '\0';
		for (size_t i = 0; is && i < PF_COUNT(KINDS); i++) {
			if (strcmp(one, KINDS[i].name) != 0)
				continue;
			known = true;
			add_kind(&KINDS[i], SECCOMP_RET_ERRNO | (unsigned)strtoul(is + 1, NULL, 10));
		}
		if (!known)
			return 2;
	}
	add((struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	if (install(0) < 0)
		return 77;
	execvp(argv[0], argv);
	return 127;
}

/* ---- the Nth ---- */

struct counting {
	pid_t pid;
	int listener;
	unsigned long at, count;
	bool from; /* and all after it */
	int error;
};

/* A call of a thread of the command itself, and what it writes to is a file. */
static bool counts(const struct counting *c, const struct seccomp_notif *call)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task/%u", (int)c->pid, call->pid);
	if (access(path, F_OK) < 0 || !is_change(call->data.nr, (const uint64_t *)call->data.args))
		return false;
	if (call->data.nr != SYS_write && call->data.nr != SYS_pwrite64)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/fd/%llu", (int)c->pid, call->data.args[0]);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool fails(struct counting *c, const struct seccomp_notif *call)
{
	if (!counts(c, call))
		return false;
	c->count++;
	return c->at && (c->count == c->at || (c->from && c->count > c->at &&
					       is_growth(call->data.nr, (const uint64_t *)call->data.args)));
}

static void answer(struct counting *c)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp reply = { 0 };

	if (ioctl(c->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* it was killed meanwhile */
	reply.id = call.id;
	if (fails(c, &call))
		reply.error = -c->error;
	else
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)!ioctl(c->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* The child has our descriptors until it starts the command, so that its listener is ours. */
static int start(struct counting *c, char **argv)
{
	volatile int *listener = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (listener == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < PF_COUNT(GROWS) + PF_COUNT(MOVES); i++) {
		long number = i < PF_COUNT(GROWS) ? GROWS[i] : MOVES[i - PF_COUNT(GROWS)];

		add_kind(&(struct kind){ "", number, -1, 0, false }, SECCOMP_RET_USER_NOTIF);
	}
	add((struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	c->pid = (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_FILES | SIGCHLD), NULL, NULL, NULL, NULL);
	if (c->pid == 0) {
		*listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (*listener > 0)
			execvp(argv[0], argv);
		_exit(*listener > 0 ? 127 : 77);
	}
	while (c->pid > 0 && !*listener)
		usleep(500);
	c->listener = *listener;
	return c->pid > 0 && c->listener > 0 ? 0 : -1;
}

static int fail_nth(struct counting *c, char **argv)
{
	int status;
	pid_t ended;

	if (start(c, argv) < 0)
		return 77;
	while ((ended = waitpid(c->pid, &status, WNOHANG)) == 0) {
		struct pollfd p = { .fd = c->listener, .events = POLLIN };

		if (poll(&p, 1, 20) > 0 && (p.revents & POLLIN))
			answer(c);
	}
	if (ended < 0)
		return 77;
	if (!c->at)
		printf("%lu calls\n", c->count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct counting c = { 0 };
	char *end;

	if (argc > 2 && strchr(argv[1], '='))
		return fail_kinds(argv[1], argv + 2);
	if (argc < 4)
		return 2;
	c.at = strtoul(argv[1], &end, 10);
	c.from = *end == '+';
	c.error = (int)strtol(argv[2], NULL, 10);
	return fail_nth(&c, argv + 3);
}
