/* stay.c - a runner that has answered becomes a worker: a socket, request after request */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "runner/runner.h"

/* A worker's place: its name in a folder, by which it is found. */
struct place {
	int listen, folder;
	int hold;			/* keeps the environment from being collected; -1: none */
	char *name, *state;		/* what it was loaded from */
	ino_t inode;			/* of its socket: another one may take its place */
	unsigned seconds;
	double idle_since;
	bool over;
	pid_t children[PF_MAX_WARM_CHILDREN];
	size_t child_count;
};

/* ---- descriptors that come with a frame ---- */

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* One byte, and as many as come with it, up to `n`; the others are -1. */
static bool receive_descriptors(int socket, int *fds, size_t n)
{
	char byte, room[CMSG_SPACE(2 * sizeof(int))];
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *head;

	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return false;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len <= CMSG_LEN(n * sizeof(int)))
		memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
	return fds[0] >= 0;
}

static unsigned seconds_of(const struct pf_value *how)
{
	const struct pf_value *v = pf_value_get(how, "seconds");

	return v && v->kind == PF_V_INT && v->i > 0 && v->i <= PF_MAX_AGE_WARM ? (unsigned)v->i : 1;
}

/* ---- the place ---- */

static void address_of(struct sockaddr_un *out, const struct place *p, const char *name)
{
	out->sun_family = AF_UNIX;
	snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s", p->folder, name);
}

static bool is_ours(const struct place *p)
{
	struct stat st;

	return fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == p->inode;
}

static bool somebody_listens(const struct place *p)
{
	struct sockaddr_un address = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool listens;

	address_of(&address, p, p->name);
	listens = fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
			      errno == EAGAIN); /* its queue is full */
	if (fd >= 0)
		close(fd);
	return listens;
}

/* The name is taken whole: a socket that listens gets it, unless another that listens has it. */
static bool take_name(struct place *p, const char *mine)
{
	for (int tries = 0; tries < 2; tries++) {
		if (linkat(p->folder, mine, p->folder, p->name, 0) == 0)
			return true;
		if (errno != EEXIST || somebody_listens(p))
			return false;
		unlinkat(p->folder, p->name, 0); /* of a worker that was killed */
	}
	return false;
}

static bool settle(struct place *p)
{
	struct sockaddr_un address = { 0 };
	struct stat st;
	char mine[32];
	mode_t mask = umask(0177);
	bool listens;

	snprintf(mine, sizeof(mine), ".%d", (int)getpid());
	address_of(&address, p, mine);
	unlinkat(p->folder, mine, 0);
	p->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	listens = p->listen >= 0 &&
		  bind(p->listen, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		  listen(p->listen, PF_MAX_WARM_CHILDREN) == 0 &&
		  fstatat(p->folder, mine, &st, AT_SYMLINK_NOFOLLOW) == 0 && take_name(p, mine);
	umask(mask);
	unlinkat(p->folder, mine, 0);
	if (listens)
		p->inode = st.st_ino;
	else if (p->listen >= 0)
		close(p->listen);
	return listens;
}

static void leave_place(struct place *p)
{
	if (is_ours(p))
		unlinkat(p->folder, p->name, 0);
	close_all((int[]){ p->listen, p->folder, p->hold }, 3);
}

/* ---- one request ---- */

static void print_to(int fd)
{
	pfr_flush();
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

/* Frames until the client has what it wanted, or is gone. */
static void converse(struct pfr *r, int fd, const int *given, bool alone)
{
	struct pf_err ignored;
	int rc = 1;

	print_to(given[0]);
	if (given[1] < 0 || fchdir(given[1]) < 0)
		rc = -1;
	r->fd = fd;
	pfr_watch(fd, alone);
	if (rc > 0 && pf_frame_send(fd, PF_FRAME_ATTACH, PF_S(""), &ignored) == 0)
		while (rc > 0)
			rc = pfr_serve_one(r);
	PyErr_Clear();
	pfr_unwatch(fd);
	pfr_flush();
}

static bool has_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned n = 0;
	struct dirent *e;

	while (tasks && (e = readdir(tasks)))
		n += e->d_name[0] != '.';
	if (tasks)
		closedir(tasks);
	return n != 1;
}

/* A process for this request; 0 in it, -1 when there can be none. What holds locks in a thread
 * would hold them for ever in the child. */
static pid_t try_fork(struct place *p)
{
	PF_PY(os) = NULL;
	PF_PY(pid) = NULL;
	long long number = -1;

	if (p->child_count == PF_MAX_WARM_CHILDREN || has_threads())
		return -1;
	os = PyImport_ImportModule("os");
	pid = os ? PyObject_CallMethod(os, "fork", NULL) : NULL;
	if (pid)
		number = PyLong_AsLongLong(pid);
	PyErr_Clear();
	if (number > 0)
		p->children[p->child_count++] = (pid_t)number;
	return (pid_t)number;
}

static void serve(struct pfr *r, struct place *p, int fd, const int *given)
{
	pid_t pid = try_fork(p);
	int nothing;

	if (pid > 0)
		return;
	if (pid == 0) {
		setpgid(0, 0);
		close(p->listen);
		converse(r, fd, given, true);
		_exit(0); /* exit functions are the worker's */
	}
	nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	converse(r, fd, given, false);
	print_to(nothing);
	close(nothing);
	(void)!chdir("/"); /* no file system is kept busy */
}

/* ---- who comes ---- */

static void hear(struct pfr *r, struct place *p, int fd)
{
	struct pf_buf body = PF_BUF(PF_KIB(4));
	struct pf_arena a = { 0 };
	struct pf_value how = { 0 };
	enum pf_frame_kind kind = PF_FRAME_GONE;
	int given[2] = { -1, -1 };
	struct pf_err ignored;

	if (pf_frame_receive(fd, &kind, &body, &ignored) <= 0)
		kind = PF_FRAME_GONE; /* it only looked */
	else if (kind == PF_FRAME_BYE)
		p->over = true;
	if (kind == PF_FRAME_ATTACH && receive_descriptors(fd, given, 2) &&
	    pf_value_read(&how, &a, pf_buf_view(&body), &ignored) == 0) {
		p->over = !pf_str_is(pf_value_text(&how, "state"), p->state);
		p->seconds = seconds_of(&how);
		if (!p->over)
			serve(r, p, fd, given);
		p->idle_since = pfr_clock();
	}
	close_all(given, 2);
	pf_arena_free(&a);
	pf_buf_free(&body);
}

/* A client is one of our user's, and in no position to keep others waiting. */
static void take_client(struct pfr *r, struct place *p)
{
	struct timeval patience = { .tv_sec = PF_WAIT_ATTACHED };
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = accept4(p->listen, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid())
		hear(r, p, fd);
	if (p->over)
		leave_place(p); /* whoever told us to go sees by the socket's end that it is free */
	close(fd);
}

/* With a process goes what it left behind in its group. */
static bool has_ended(pid_t pid)
{
	siginfo_t how = { 0 };

	if (waitid(P_PID, (id_t)pid, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && !how.si_pid)
		return false;
	kill(-pid, SIGKILL); /* before it is reaped: the number is still its own */
	waitpid(pid, NULL, 0);
	return true;
}

static void reap(struct place *p)
{
	for (size_t i = p->child_count; i-- > 0;)
		if (has_ended(p->children[i])) {
			p->children[i] = p->children[--p->child_count];
			p->idle_since = pfr_clock();
		}
}

/* For a client, or until it is time to look around. */
static bool wait_for_client(struct place *p)
{
	double left = p->idle_since + p->seconds - pfr_clock();
	struct pollfd poll_for = { .fd = p->listen, .events = POLLIN };
	struct py_thread *others = PyEval_SaveThread();
	int ms = p->child_count ? 200 : left < PF_WAIT_LOOK ? (int)(left * 1000) + 1 :
							      PF_WAIT_LOOK * 1000;
	int rc = poll(&poll_for, 1, ms > 0 ? ms : 0);

	PyEval_RestoreThread(others);
	if (PyErr_CheckSignals() < 0)
		PyErr_Clear(); /* pfr_is_ending tells */
	return rc > 0;
}

void pfr_work(struct pfr *r)
{
	struct place *p = r->place;

	close(r->fd);
	p->idle_since = pfr_clock();
	while (!p->over && !pfr_is_ending()) {
		bool came = wait_for_client(p);

		reap(p);
		if (came)
			take_client(r, p);
		else if (!is_ours(p) ||
			 (!p->child_count && pfr_clock() > p->idle_since + p->seconds))
			break;
	}
	if (!p->over)
		leave_place(p);
	r->fd = -1;
}

/* ---- asked to stay ---- */

static bool has_children(void)
{
	siginfo_t child;

	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static struct place *make_place(struct pfr *r, const struct pf_value *how, const int *given)
{
	struct place *p = pf_alloc(&r->kept, sizeof(*p));

	p->folder = given[0];
	p->hold = given[1];
	p->seconds = seconds_of(how);
	p->name = pf_dupz(&r->kept, pf_value_text(how, "name"));
	p->state = pf_dupz(&r->kept, pf_value_text(how, "state"));
	return p;
}

int pfr_stay(struct pfr *r, const struct pf_value *how)
{
	int given[2], nothing;
	struct pf_err ignored;

	if (!receive_descriptors(r->fd, given, 2) || has_children())
		return -1;
	r->place = make_place(r, how, given);
	if (!settle(r->place))
		return -1;
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGHUP, SIG_IGN); /* of a terminal that is not ours any more */
	nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	print_to(nothing);
	close(nothing);
	(void)!chdir("/");
	return pf_frame_send(r->fd, PF_FRAME_STAY, PF_S(""), &ignored) < 0 ? -1 : 2;
}
