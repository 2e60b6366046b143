/* find_python.c - the choice of an interpreter as a command: VERSION [--mirror M] [--offline] [--strict] */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "python/python.h"

int main(int argc, char **argv)
{
	PF_AUTO(python) p = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err = { 0 };

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--mirror") == 0 && i + 1 < argc)
			o.python_mirror = argv[++i];
		o.offline |= strcmp(argv[i], "--offline") == 0;
		o.strict_python |= strcmp(argv[i], "--strict") == 0;
	}
	pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_NOTE });
	if (pf_python_find(&p, pf_s(argv[1]), &o, &err) < 0) {
		pf_log_error(&err);
		return err.code;
	}
	printf("%s " PF_FMT "%s\n", p.exe, PF_ARG(p.version), p.substitute ? " substitute" : "");
	return 0;
}
