/* timed.c - runs a command and tells what it took: a parent so small that its memory does not count */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long in_us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

/* timed RESULT COMMAND...: into RESULT microseconds of wall and of CPU time, and peak memory in KiB. */
int main(int argc, char **argv)
{
	long long start = now(), end;
	struct rusage used;
	int status = 0;
	FILE *result;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0)
		return 126;
	end = now();
	result = fopen(argv[1], "we");
	if (!result)
		return 126;
	fprintf(result, "%lld %lld %ld\n", end - start, in_us(used.ru_utime) + in_us(used.ru_stime),
		used.ru_maxrss);
	if (fclose(result) != 0)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
