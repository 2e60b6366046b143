/* watch.c - who is asked by a client that goes away does not go on for ever */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "runner/runner.h"

/* A model in the middle of its work looks at no socket: the kernel tells by SIGIO that the other
 * side closed it, and a timer ends what is still at it a grace later, its whole group. Signals are
 * the process's own, so that these few words are too. */
static volatile sig_atomic_t watched = -1;
static volatile sig_atomic_t has_timer, is_alone;
static timer_t timer;

#define LATE (SIGRTMAX - 3)

static void on_late(int signal)
{
	(void)signal;
	if (watched >= 0)
		kill(0, SIGKILL);
}

static void on_change(int signal)
{
	struct itimerspec grace = { .it_value = { .tv_sec = PF_WAIT_GRACE } };
	int error = errno, fd = watched;
	char c;

	(void)signal;
	if (fd >= 0 && recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
		if (has_timer)
			timer_settime(timer, 0, &grace, NULL);
		if (is_alone)
			kill(0, SIGTERM); /* `finally` is run, as by a process of one's own */
	}
	errno = error;
}

void pfr_watch(int fd, bool alone)
{
	struct sigaction change = { .sa_handler = on_change, .sa_flags = SA_RESTART };
	struct sigaction late = { .sa_handler = on_late, .sa_flags = SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = LATE };

	sigaction(SIGIO, &change, NULL);
	sigaction(LATE, &late, NULL);
	has_timer = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	is_alone = alone;
	watched = fd;
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
	on_change(SIGIO); /* it may be gone already */
}

void pfr_unwatch(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC);
	watched = -1;
	if (has_timer)
		timer_delete(timer);
	has_timer = 0;
}
