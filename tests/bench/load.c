/* load.c - asks an HTTP server the same over kept connections: how many a second, how long each took */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* load [-c CONNECTIONS] [-n REQUESTS | -s SECONDS] PORT BODY...: the bodies (files of JSON) in turn, to
 * /invocations. Prints requests, those that were answered by 200, requests a second, and the 50th, 90th and
 * 99th of a hundred times in microseconds. */

#define MAX_BODIES 16
#define MAX_ANSWER (1 << 20)
#define MAX_TIMES 4000000

struct connection {
	int fd;
	double since;
	size_t have;
	char answer[MAX_ANSWER];
};

static char *requests[MAX_BODIES];
static size_t lengths[MAX_BODIES];
static unsigned body_count, connections = 1;
static unsigned long wanted, sent, answered, good;
static double seconds;
static float *times;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_body(const char *path)
{
	char head[256];
	FILE *f = fopen(path, "rb");
	long n = 0;
	int m;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (n = ftell(f)) < 0)
		die(path);
	rewind(f);
	m = snprintf(head, sizeof(head), "POST /invocations HTTP/1.1\r\nHost: load\r\nContent-Type: "
		     "application/json\r\nContent-Length: %ld\r\n\r\n", n);
	requests[body_count] = malloc((size_t)(m + n));
	if (!requests[body_count])
		die("memory");
	memcpy(requests[body_count], head, (size_t)m);
	if (fread(requests[body_count] + m, 1, (size_t)n, f) != (size_t)n)
		die(path);
	lengths[body_count++] = (size_t)(m + n);
	fclose(f);
}

static void ask(struct connection *c)
{
	const char *p = requests[sent % body_count];
	size_t n = lengths[sent % body_count];

	sent++;
	c->have = 0;
	c->since = now();
	while (n) {
		ssize_t done = write(c->fd, p, n);

		if (done < 0)
			die("write");
		p += done;
		n -= (size_t)done;
	}
}

static struct connection *open_one(int epoll, unsigned short port)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct connection *c = calloc(1, sizeof(*c));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	if (!c)
		die("memory");
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, (struct sockaddr *)&where, sizeof(where)) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
		die("epoll");
	ask(c);
	return c;
}

/* Is the answer whole? */
static bool is_whole(struct connection *c)
{
	char *end, *length;

	c->answer[c->have] = '\0';
	end = strstr(c->answer, "\r\n\r\n");
	length = end ? strcasestr(c->answer, "\r\ncontent-length:") : NULL;
	return end && length && c->have >= (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static void take(struct connection *c)
{
	ssize_t n = read(c->fd, c->answer + c->have, MAX_ANSWER - 1 - c->have);

	if (n <= 0) {
		errno = n == 0 ? ECONNRESET : errno;
		die("read");
	}
	c->have += (size_t)n;
	if (!is_whole(c))
		return;
	if (answered < MAX_TIMES)
		times[answered] = (float)((now() - c->since) * 1e6);
	answered++;
	good += strncmp(c->answer, "HTTP/1.1 200 ", 13) == 0;
	if (wanted ? sent < wanted : seconds > 0)
		ask(c);
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static void run(unsigned short port)
{
	int epoll = epoll_create1(0);
	double start = now(), end = start + seconds;
	struct epoll_event events[64];
	size_t n;

	for (unsigned i = 0; i < connections && (!wanted || sent < wanted); i++)
		open_one(epoll, port);
	while (answered < sent) {
		int ready = epoll_wait(epoll, events, 64, 1000);

		if (seconds > 0 && now() > end)
			seconds = 0; /* what is under way is awaited */
		for (int i = 0; i < ready; i++)
			take(events[i].data.ptr);
	}
	end = now();
	n = answered < MAX_TIMES ? answered : MAX_TIMES;
	qsort(times, n, sizeof(*times), by_size);
	printf("%lu %lu %.1f %.0f %.0f %.0f\n", answered, good, (double)answered / (end - start),
	       (double)times[n / 2], (double)times[n * 9 / 10], (double)times[n * 99 / 100]);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "c:n:s:")) != -1) {
		if (option == 'c')
			connections = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'n')
			wanted = strtoul(optarg, NULL, 10);
		else if (option == 's')
			seconds = strtod(optarg, NULL);
		else
			return 2;
	}
	if (argc - optind < 2 || argc - optind > MAX_BODIES || !connections || (!wanted && !(seconds > 0))) {
		fprintf(stderr, "usage: load [-c CONNECTIONS] [-n REQUESTS | -s SECONDS] PORT BODY...\n");
		return 2;
	}
	times = malloc(MAX_TIMES * sizeof(*times));
	if (!times)
		die("memory");
	for (int i = optind + 1; i < argc; i++)
		read_body(argv[i]);
	run((unsigned short)strtoul(argv[optind], NULL, 10));
	return 0;
}
