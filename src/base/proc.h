/* proc.h - programs: started with exact arguments, environment and descriptors; no shell */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Seconds of the monotonic clock. */
double pf_clock(void);

/* How many processors this process may use: those it may run on, and no more than what the control
 * group at the root of what we see (a container's) has time for. At least 1. */
unsigned pf_processors(void);

/* What to start. argv[0] is shown to the program; `path` is what is executed (no PATH search). */
struct pf_spawn {
	const char *path;
	char *const *argv;	/* NULL-terminated */
	char *const *envp;	/* NULL: our own environment */
	const char *cwd;	/* NULL: ours */
	int in, out, err;	/* descriptors for 0, 1, 2; -1: /dev/null */
	const int *keep;	/* further descriptors to pass on: keep[i] becomes 3 + i */
	size_t keep_count;
	bool new_group;		/* its own process group, so that all of it can be ended */
	uint64_t max_memory;	/* bytes each of its processes may allocate; 0: no limit */
	/* In the child, last of all: gives up what the program shall not have. Async-signal-safe
	 * calls alone; -1 with errno, and the program does not start. NULL: nothing to do. */
	int (*confine)(const void *how);
	const void *how;
};

struct pf_proc {
	pid_t pid;	/* 0: none; a running process is ended and reaped by pf_proc_free */
	bool group;
};

int pf_proc_start(struct pf_proc *out, const struct pf_spawn *what, struct pf_err *err) PF_MUST_USE;
void pf_proc_free(struct pf_proc *p);
/* This very process becomes the program. Returns only when it cannot, -1, with signals and
 * descriptors as they were arranged for it. */
int pf_proc_become(const struct pf_spawn *what, struct pf_err *err) PF_MUST_USE;

/* Waits up to `ms` milliseconds (-1: without end). Returns 1 when it ended (*status as of
 * waitpid), 0 when the time is up, -1 with err. SIGINT and SIGTERM that reach us while waiting
 * are passed on (see pf_signals_*). */
int pf_proc_wait(struct pf_proc *p, int ms, int *status, struct pf_err *err) PF_MUST_USE;
/* SIGTERM, a grace, SIGKILL; then reaped. */
void pf_proc_end(struct pf_proc *p, unsigned grace_seconds);

/* Instead of a status, where somebody else has reaped the process: SIGCHLD is ignored, or a caller
 * of ours waits for all children. It is none of success. */
#define PF_STATUS_LOST (-1)
/* Waits for a child that is ending: a signal of ours is no reason to leave it. `status` may be
 * NULL. */
void pf_proc_reap(pid_t pid, int *status);

/* Runs a program to its end (not that of what it leaves behind), stdin empty, stdout into `out`
 * (NULL: to /dev/null), stderr to the descriptor `log` (-1: /dev/null). 0 when it could be run,
 * *status as of waitpid; ELIMIT after `seconds` (0: no limit). */
int pf_proc_capture(struct pf_buf *out, const struct pf_spawn *what, int log, unsigned seconds,
		    int *status, struct pf_err *err) PF_MUST_USE;

/* "exit status 3", "signal 11 (Segmentation fault)" */
const char *pf_status_text(char *out, size_t size, int status);

/* The program's absolute path found on PATH (of our own environment), or NULL. Skips pyenv shims
 * and relative entries. */
char *pf_which(struct pf_arena *a, const char *name);

/* SIGINT, SIGTERM and SIGHUP set a flag that long waits look at, the second one of a kind ends the
 * program: pf_signals_catch once, before anything is made that an end would leave half done. Those
 * that are ignored stay so, and those for which a caller of ours has handlers are his. What
 * only reads is better ended at once.
 * pf_signals_pending returns the number of the signal that asked us to stop, or 0. */
void pf_signals_catch(void);
int pf_signals_pending(void);
/* As if that signal had come: for a program that takes them by other means (serve/loop.c). */
void pf_signals_raise(int number);
/* The error of a pending signal: code PF_ESIGNAL + N. Returns -1, or 0 when none is. */
int pf_signals_check(struct pf_err *err) PF_MUST_USE;
/* For who becomes another program: what was caught is the program's own from here on. -1 when one
 * came before, which the program would never hear of. */
int pf_signals_leave(struct pf_err *err) PF_MUST_USE;
