/* warm.c - workers that stay, from outside: looked up, asked, made of a runner, told to go */
/* SPDX-License-Identifier: Apache-2.0 */
#include "run/warm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/inside.h"

void pf_warm_free(struct pf_warm *w)
{
	pf_arena_free(&w->arena);
}

/* ---- the folder and its sockets ---- */

/* STORE/workers, ours alone; NULL when it cannot be. */
static char *open_folder(struct pf_arena *a, const char *store, bool make)
{
	struct pf_err ignored;
	char *root = pf_store_root(a, store, &ignored), *dir;
	struct stat st;

	dir = root ? pf_join(a, root, PF_S("workers")) : NULL;
	if (!dir || (make && pf_mkdir_p(dir, 0700, &ignored) < 0))
		return NULL;
	if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return NULL;
	return (st.st_mode & 077) == 0 || chmod(dir, 0700) == 0 ? dir : NULL;
}

/* A socket's name may be longer than an address takes: the folder goes by its descriptor. A worker
 * whose queue is full is not waited for longer than for its answer. */
static int connect_to(const char *dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PF_WAIT_WARM };
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	PF_FD(folder) = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	PF_FD(fd) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder, name);
	if (folder < 0 || fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid())
		return -1;
	return pf_fd_take(&fd);
}

/* Who listens no more has left its name. */
static bool is_there(const char *dir, const char *name)
{
	PF_FD(fd) = connect_to(dir, name);

	return fd >= 0;
}

static void tell_to_go(const char *dir, const char *name)
{
	PF_FD(fd) = connect_to(dir, name);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct pf_err ignored;

	if (fd >= 0 && pf_frame_send(fd, PF_FRAME_BYE, PF_S(""), &ignored) == 0)
		poll(&p, 1, PF_WAIT_WARM * 1000); /* it closes the socket when all is let go */
}

/* ---- which one ---- */

static void put_name(struct pf_warm *w, const struct pf_warm_for *whom)
{
	struct pf_str key = whom->env_key.n ? whom->env_key : PF_S("local");
	char hex[PF_SHA256_HEX];

	pf_sha256_hex(hex, whom->how.p, whom->how.n);
	snprintf(w->name, sizeof(w->name), "%.32s-%.32s", pf_dupz(&w->arena, key), hex);
}

void pf_warm_look(struct pf_warm *out, const struct pf_warm_for *whom, const char *store, bool end)
{
	char *dir;

	pf_warm_free(out);
	memset(out, 0, sizeof(*out));
	put_name(out, whom);
	dir = open_folder(&out->arena, store, !end);
	if (dir && end) {
		tell_to_go(dir, out->name);
		return;
	}
	if (!dir || !pf_warm_state(out->state, whom)) {
		pf_note("no worker can stay: %s",
			dir ? "the model has too many files" :
			      "its folder in the store is not ours alone");
		return;
	}
	out->dir = dir;
	out->found = is_there(dir, out->name);
	pf_debug("worker %s: %s", out->name, out->found ? "is there" : "is not there");
}

void pf_warm_end_all(const char *store, struct pf_str env_key)
{
	struct pf_arena a = { 0 };
	char *dir = open_folder(&a, store, false), *prefix = pf_dupz(&a, env_key);
	DIR *list = dir ? opendir(dir) : NULL;
	struct dirent *e;

	while (list && (e = readdir(list)))
		if (env_key.n && strncmp(e->d_name, prefix, env_key.n) == 0)
			tell_to_go(dir, e->d_name);
	if (list)
		closedir(list);
	pf_arena_free(&a);
}

void pf_warm_sweep(const char *store)
{
	struct pf_arena a = { 0 };
	char *dir = open_folder(&a, store, false);
	DIR *list = dir ? opendir(dir) : NULL;
	struct dirent *e;

	while (list && (e = readdir(list)))
		if (!is_there(dir, e->d_name) && errno == ECONNREFUSED)
			unlinkat(dirfd(list), e->d_name, 0);
	if (list)
		closedir(list);
	pf_arena_free(&a);
}

/* ---- descriptors over the socket ---- */

static int send_descriptors(int socket, const int *fds, size_t n, struct pf_err *err)
{
	char byte = 0, room[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room,
				  .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(head), fds, n * sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 :
	       pf_fail_errno(err, "cannot hand on a descriptor");
}

static void put_text(struct pf_buf *out, const char *key, const char *text)
{
	pf_put_string(out, key);
	pf_put_string(out, text);
}

/* A frame, then the descriptors that go with it. */
static int send_with(int socket, enum pf_frame_kind kind, const struct pf_warm *w, unsigned seconds,
		     const int *fds, size_t n, struct pf_err *err)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	int rc;

	pf_put_map(&body, 3);
	put_text(&body, "name", w->name);
	put_text(&body, "state", w->state);
	pf_put_string(&body, "seconds");
	pf_put_int(&body, seconds);
	rc = pf_frame_send(socket, kind, pf_buf_view(&body), err);
	pf_buf_free(&body);
	return rc < 0 ? -1 : send_descriptors(socket, fds, n, err);
}

/* ---- asked ---- */

/* What it prints comes out at our stderr, and paths are relative to our folder, as with a process
 * of our own. */
static int greet(struct pf_runner *r, struct pf_err *err)
{
	PF_FD(here) = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	PF_FD(said) = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	r->fd = connect_to(r->warm.dir, r->warm.name);
	if (said < 0)
		said = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (r->fd < 0 || here < 0 || said < 0)
		return pf_fail_errno(err, "the worker %s", r->warm.name);
	return send_with(r->fd, PF_FRAME_ATTACH, &r->warm, r->warm_seconds, (int[]){ said, here },
			 2, err);
}

int pf_warm_attach(struct pf_runner *r, struct pf_err *err)
{
	struct pf_buf body = PF_BUF(PF_KIB(4));
	enum pf_frame_kind kind = PF_FRAME_BYE;
	int rc = greet(r, err);

	if (rc == 0)
		rc = pf_run_exchange(r, &kind, &body, pf_clock() + PF_WAIT_WARM, err);
	pf_buf_free(&body);
	if (rc > 0 && kind == PF_FRAME_ATTACH) {
		r->warm.attached = r->loaded = true;
		return 0;
	}
	if (r->fd > 0)
		close(r->fd);
	r->fd = 0;
	if (rc < 0 && err->code >= PF_ESIGNAL)
		return -1;
	pf_debug("the worker does not turn to us");
	return pf_warm_lose(r, err);
}

int pf_warm_lose(struct pf_runner *r, struct pf_err *err)
{
	r->warm.lost = true;
	return pf_fail(err, PF_ECODE, "the worker ended without an answer");
}

/* ---- made ---- */

bool pf_runner_stay(struct pf_runner *r, int hold)
{
	struct pf_buf body = PF_BUF(PF_KIB(4));
	enum pf_frame_kind kind = PF_FRAME_BYE;
	PF_FD(folder) = r->warm.dir ? open(r->warm.dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int fds[] = { folder, hold };
	struct pf_err ignored;
	bool stays;

	if (folder < 0 || r->warm.attached || !r->loaded || r->leaving || r->fd <= 0 ||
	    r->pending.n)
		return false;
	stays = send_with(r->fd, PF_FRAME_STAY, &r->warm, r->warm_seconds, fds, hold > 0 ? 2 : 1,
			  &ignored) == 0 &&
		pf_run_exchange(r, &kind, &body, pf_clock() + PF_WAIT_WARM, &ignored) > 0 &&
		kind == PF_FRAME_STAY;
	pf_buf_free(&body);
	if (!stays) {
		pf_debug(
			"no worker stays: it has processes of its own, or another one has its place");
		return false;
	}
	r->proc.pid = 0;
	r->marker[0] = '\0'; /* nobody's orphans are to be ended */
	pf_run_end(r, 0);
	return true;
}
