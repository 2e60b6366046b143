/* serve.c - files of a folder over HTTP/1.1: kept connections, ranges, a thread each, nothing in between */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUEST 16384
#define PAGE "application/vnd.pypi.simple.v1+json"

static int root, missed = -1, asked = -1;
static unsigned away; /* milliseconds that each answer takes to set out */

struct connection {
	int fd;
	size_t n;
	char text[MAX_REQUEST + 1];
};

struct answer {
	int file;
	off_t from, to, total;
	bool part, head;
	const char *type;
};

static void note(int fd, const char *path)
{
	char line[MAX_REQUEST + 2];
	int n = snprintf(line, sizeof(line), "%s\n", path);

	if (fd >= 0 && write(fd, line, (size_t)n) < 0)
		perror("a log");
}

/* The request's text up to its blank line, ended in place; what follows stays behind it. 0: no more. */
static size_t take_request(struct connection *c)
{
	for (;;) {
		char *end;
		ssize_t got;

		c->text[c->n] = '\0';
		end = strstr(c->text, "\r\n\r\n");
		if (end) {
			*end = '\0';
			return (size_t)(end - c->text) + 4;
		}
		if (c->n == MAX_REQUEST)
			return 0;
		got = read(c->fd, c->text + c->n, MAX_REQUEST - c->n);
		if (got <= 0)
			return 0;
		c->n += (size_t)got;
	}
}

static const char *find_header(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = strstr(text, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':')
			return line + 3 + n + strspn(line + 3 + n, " ");
	return NULL;
}

/* "bytes=0-99", "bytes=100-", "bytes=-50" */
static void take_range(struct answer *a, const char *range)
{
	char *end;
	off_t first, last;

	if (!range || strncmp(range, "bytes=", 6) != 0)
		return;
	range += 6;
	first = strtoll(range, &end, 10);
	if (*range == '-') {
		a->from = -first < a->total ? a->total + first : 0;
	} else {
		last = end[1] >= '0' && end[1] <= '9' ? strtoll(end + 1, NULL, 10) : a->total - 1;
		a->from = first < a->total ? first : a->total;
		a->to = last < a->total ? last + 1 : a->total;
	}
	a->part = true;
}

/* A folder is its index.json. */
static bool find_file(struct answer *a, const char *path)
{
	char name[MAX_REQUEST + 32];
	struct stat st;

	if (path[0] != '/' || strstr(path, ".."))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path + 1, "?#"), path + 1);
	a->type = "application/octet-stream";
	if (name[0] && name[strlen(name) - 1] == '/') {
		strncat(name, "index.json", sizeof(name) - strlen(name) - 1);
		a->type = PAGE;
	}
	a->file = openat(root, name, O_RDONLY | O_CLOEXEC);
	if (a->file < 0 || fstat(a->file, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	a->to = a->total = st.st_size;
	return true;
}

static bool send_text(int fd, const char *text, size_t n, int flags)
{
	while (n) {
		ssize_t sent = send(fd, text, n, flags | MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool send_file(int fd, struct answer *a)
{
	char head[512], range[128] = "";
	int n;

	if (a->part)
		snprintf(range, sizeof(range), "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)a->from,
			 (long long)a->to - 1, (long long)a->total);
	n = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
		     "Accept-Ranges: bytes\r\n%s\r\n", a->part ? "206 Partial Content" : "200 OK", a->type,
		     (long long)(a->to - a->from), range);
	if (!send_text(fd, head, (size_t)n, a->head ? 0 : MSG_MORE))
		return false;
	while (!a->head && a->from < a->to)
		if (sendfile(fd, a->file, &a->from, (size_t)(a->to - a->from)) <= 0)
			return false;
	return true;
}

static bool answer(struct connection *c)
{
	static const char absent[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	struct answer a = { .file = -1 };
	char method[8], path[MAX_REQUEST];
	bool good;

	if (sscanf(c->text, "%7s %16383s", method, path) != 2)
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = away * 1000000L }, NULL);
	note(asked, path);
	a.head = strcmp(method, "HEAD") == 0;
	if (find_file(&a, path)) {
		take_range(&a, find_header(c->text, "Range"));
		good = send_file(c->fd, &a);
	} else {
		note(missed, path);
		good = send_text(c->fd, absent, sizeof(absent) - 1, 0);
	}
	if (a.file >= 0)
		close(a.file);
	return good;
}

static void *serve(void *ctx)
{
	struct connection *c = ctx;
	size_t used;

	while ((used = take_request(c)) && answer(c)) {
		c->n -= used;
		memmove(c->text, c->text + used, c->n);
	}
	close(c->fd);
	free(c);
	return NULL;
}

static int listen_on_loopback(unsigned short port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 512) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0) {
		perror("loopback");
		exit(1);
	}
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static void serve_all(int listening)
{
	pthread_attr_t how;

	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&how, 256 * 1024);
	for (;;) {
		struct connection *c = calloc(1, sizeof(*c));
		pthread_t thread;
		int one = 1;

		c->fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (c->fd < 0 || pthread_create(&thread, &how, serve, c) != 0) {
			perror("a connection");
			exit(1);
		}
	}
}

/* serve [-p PORT] [-m MISSED] [-a ASKED] [-d MS] DIR: prints the port. */
int main(int argc, char **argv)
{
	unsigned short port = 0;

	signal(SIGPIPE, SIG_IGN);
	for (int c; (c = getopt(argc, argv, "p:m:a:d:")) != -1;) {
		switch (c) {
		case 'p':
			port = (unsigned short)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			missed = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
			break;
		case 'a':
			asked = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
			break;
		case 'd':
			away = (unsigned)strtoul(optarg, NULL, 10) % 1000;
			break;
		default:
			return 2;
		}
	}
	root = argc - optind == 1 ? open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (root < 0)
		return 2;
	serve_all(listen_on_loopback(port));
	return 0;
}
