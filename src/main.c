/* main.c - descriptors and locale, then argv to the command line */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

/* A descriptor that is not there would be the next file that is opened, and model code would write
 * into that. A result has to go somewhere: standard output is one that cannot be written to. */
static void open_standard_files(void)
{
	static const int how[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", how[fd]) != fd)
			_exit(70);
}

int main(int argc, char **argv)
{
	open_standard_files();
	signal(SIGCHLD, SIG_DFL); /* ignored, as some leave it, it loses how children end */
	signal(SIGPIPE, SIG_IGN); /* writing tells of a reader that left */
	signal(SIGXFSZ, SIG_IGN); /* and of a file that may not grow (ulimit -f) */
	setlocale(LC_CTYPE, "C.UTF-8");
	return pf_cli_main(argc, argv);
}
