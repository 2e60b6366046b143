/* main.c - locale and signals, then argv to the command line */
/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>

#include "base/proc.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	return pf_cli_main(argc, argv);
}
