/* floor.c - makes the folders and the links of a list and nothing else: what linking cannot go below */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *read_list(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		fail(path);
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
		fail(path);
	close(fd);
	return text;
}

static int open_folder(int at, const char *name)
{
	int fd = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail(name);
	return fd;
}

/* Lines: "d FOLDER", parents first, then the names of its files "f NAME". */
static void make(char *list, int from, int to)
{
	int source = from, target = to;

	for (char *line = strtok_r(list, "\n", &list); line; line = strtok_r(NULL, "\n", &list)) {
		const char *name = line + 2;

		if (*line == 'f') {
			if (linkat(source, name, target, name, 0) < 0)
				fail(name);
			continue;
		}
		if (source != from) {
			close(source);
			close(target);
		}
		if (mkdirat(to, name, 0755) < 0)
			fail(name);
		source = open_folder(from, name);
		target = open_folder(to, name);
	}
}

/* floor LIST FROM TO: prints the nanoseconds it took; TO is an empty folder. */
int main(int argc, char **argv)
{
	long long start;
	int from, to;
	char *list;

	if (argc != 4)
		return 2;
	list = read_list(argv[1]);
	from = open_folder(AT_FDCWD, argv[2]);
	to = open_folder(AT_FDCWD, argv[3]);
	start = now();
	make(list, from, to);
	printf("%lld\n", now() - start);
	return 0;
}
