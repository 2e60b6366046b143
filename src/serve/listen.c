/* listen.c - sockets to listen on: TCP, Unix, or those that systemd passes */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "serve/serve.h"

void pf_listeners_free(struct pf_listeners *l)
{
	for (size_t i = 0; i < l->n; i++)
		close(l->fds[i]);
	if (l->unix_path)
		unlink(l->unix_path);
	l->n = 0;
	l->unix_path = NULL;
}

/* ---- systemd: descriptors from 3 on, for the process that LISTEN_PID names (sd_listen_fds(3))
 * ---- */

static bool listens(int fd)
{
	int type = 0, on = 0;
	socklen_t n = sizeof(type), m = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &m) == 0 && on;
}

static int take_passed(struct pf_listeners *l, struct pf_err *err)
{
	struct pf_str pid = pf_s(getenv("LISTEN_PID")), count = pf_s(getenv("LISTEN_FDS"));
	uint64_t owner, n;

	if (!pf_str_u64(pid, &owner) || owner != (uint64_t)getpid() || !pf_str_u64(count, &n) || !n)
		return 0;
	if (n > PF_COUNT(l->fds))
		return pf_fail(err, PF_EUSAGE,
			       "LISTEN_FDS passes %llu sockets; %zu are taken at most",
			       (unsigned long long)n, PF_COUNT(l->fds));
	for (int fd = 3; fd < 3 + (int)n; fd++) {
		if (!listens(fd))
			return pf_fail(err, PF_EUSAGE,
				       "descriptor %d of LISTEN_FDS is no socket that listens", fd);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		l->fds[l->n++] = fd;
	}
	snprintf(l->where, sizeof(l->where), "the sockets that were passed (LISTEN_FDS=%d)",
		 (int)n);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return 0;
}

/* ---- a socket of the file system ---- */

/* A socket that nobody listens on is left over from one who was killed. */
static bool is_stale(const struct sockaddr_un *where)
{
	PF_FD(fd) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	return fd >= 0 && lstat(where->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       connect(fd, (const struct sockaddr *)where, sizeof(*where)) < 0 &&
	       errno == ECONNREFUSED;
}

static int bind_unix(struct pf_listeners *l, const char *path, struct pf_err *err)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	PF_FD(fd) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (strlen(path) >= sizeof(where.sun_path))
		return pf_fail(err, PF_EUSAGE, "%s: a socket's path has at most %zu bytes", path,
			       sizeof(where.sun_path) - 1);
	memcpy(where.sun_path, path, strlen(path) + 1);
	if (fd < 0)
		return pf_fail_errno(err, "cannot create a socket");
	rc = bind(fd, (struct sockaddr *)&where, sizeof(where));
	if (rc < 0 && errno == EADDRINUSE && is_stale(&where)) {
		unlink(path);
		rc = bind(fd, (struct sockaddr *)&where, sizeof(where));
	}
	if (rc < 0)
		return pf_fail_errno(err, "cannot listen on %s", path);
	l->fds[l->n++] = pf_fd_take(&fd);
	l->unix_path = path;
	snprintf(l->where, sizeof(l->where), "%s", path);
	return 0;
}

/* ---- TCP ---- */

static int bind_address(const struct addrinfo *a)
{
	PF_FD(fd) = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, 26 /* IPV6_V6ONLY */, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 0) < 0)
		return -1;
	return pf_fd_take(&fd);
}

static void tell_where(struct pf_listeners *l, const struct pf_serve_opts *o)
{
	struct sockaddr_storage at;
	socklen_t n = sizeof(at);
	char host[128] = "", port[16] = "";
	const char *scheme = o->tls_cert ? "https" : "http";

	if (getsockname(l->fds[0], (struct sockaddr *)&at, &n) == 0)
		getnameinfo((struct sockaddr *)&at, n, host, sizeof(host), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->where, sizeof(l->where), strchr(host, ':') ? "%s://[%s]:%s" : "%s://%s:%s",
		 scheme, host, port);
}

static int bind_tcp(struct pf_listeners *l, const struct pf_serve_opts *o, struct pf_err *err)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE },
			*found = NULL;
	uint64_t number;
	int rc;

	if (pf_str_u64(pf_s(o->port), &number) && number > UINT16_MAX) /* getaddrinfo cuts it */
		return pf_fail(err, PF_EUSAGE, "a port is a number up to %d, not " PF_FMT,
			       UINT16_MAX, PF_ARG(pf_shown(pf_s(o->port))));
	rc = getaddrinfo(o->host, o->port, &want, &found);
	if (rc != 0)
		return pf_fail(err, PF_EUSAGE, "cannot listen on %s, port %s: %s", o->host, o->port,
			       gai_strerror(rc));
	rc = 0;
	for (struct addrinfo *a = found; a && rc == 0 && l->n < PF_COUNT(l->fds); a = a->ai_next) {
		int fd = bind_address(a);

		if (fd >= 0)
			l->fds[l->n++] = fd;
		else if (!(a->ai_family == AF_INET6 &&
			   (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)))
			rc = pf_fail_errno(err, "cannot listen on %s, port %s", o->host, o->port);
	}
	if (rc == 0 && !l->n)
		rc = pf_fail_errno(err, "cannot listen on %s, port %s", o->host, o->port);
	if (found)
		freeaddrinfo(found);
	return rc;
}

int pf_listeners_open(struct pf_listeners *out, const struct pf_serve_opts *o, struct pf_err *err)
{
	PF_AUTO(listeners) l = { 0 };

	if (take_passed(&l, err) < 0)
		return -1;
	if (!l.n && (o->unix_path ? bind_unix(&l, o->unix_path, err) : bind_tcp(&l, o, err)) < 0)
		return -1;
	if (!l.where[0])
		tell_where(&l, o);
	*out = PF_TAKE(l);
	return 0;
}
