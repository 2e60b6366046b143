/* parts.c - parts of the native way alone, for the bench: resolving a model, linking wheels of the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/bytecode.h"
#include "env/link.h"
#include "env/venv.h"
#include "env/walk.h"
#include "fetch/fetch.h"
#include "model/model.h"
#include "solve/solve.h"

static struct pf_arena arena;
static struct pf_opts opts = { .env_manager = PF_ENV_VENV };

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* resolve MODEL: a line a package, "NAME==VERSION SHA256 FILE". */
static int resolve(char *dir, struct pf_err *err)
{
	PF_AUTO(model) model = { 0 };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(plan) plan = { 0 };

	if (pf_model_load(&model, dir, err) < 0 ||
	    pf_python_find(&python, model.needs.python, &opts, err) < 0 ||
	    pf_solve(&plan, &model.needs, dir, &python, &opts, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.packages.n; i++) {
		const struct pf_planned *p = &plan.packages.v[i];

		printf(PF_FMT "==" PF_FMT " " PF_FMT " " PF_FMT "\n", PF_ARG(p->name), PF_ARG(p->version),
		       PF_ARG(p->hashes.n ? pf_str_skip(p->hashes.v[0], 7) : PF_S("-")), PF_ARG(p->file));
	}
	return 0;
}

static int get_wheels(struct pf_wheel *wheels, size_t n, char **names, struct pf_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct pf_str rest = pf_s(names[i]), digest;
		int found;

		pf_str_next(&rest, ':', &digest);
		found = pf_wheel_find(&wheels[i], pf_dupz(&arena, digest), rest, false, &opts, err);
		if (found < 0)
			return -1;
		if (!found)
			return pf_fail(err, PF_EUSAGE, "%s is not in the cache", names[i]);
	}
	return 0;
}

/* link DIR SHA256:FILE...: into a new environment there; prints the nanoseconds that linking took. */
static int link_into(const char *dir, size_t n, char **names, struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	PF_AUTO(found_list) placed = { 0 };
	PF_FD(fd) = -1;
	struct pf_wheel *wheels = pf_alloc_array(&arena, n, sizeof(*wheels));
	struct pf_link *links = pf_alloc_array(&arena, n, sizeof(*links));
	struct pf_link_opts how = { .python = &python,
				    .exe = pf_formatz(&arena, "%s/bin/python", dir) };
	long long start;

	if (pf_python_current(&python, &opts, err) < 0 || get_wheels(wheels, n, names, err) < 0 ||
	    (!opts.no_bytecode && pf_wheels_compile(wheels, n, &python, &opts, err) < 0) ||
	    pf_venv_make(dir, &python, err) < 0)
		return -1;
	how.dir = fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < n; i++)
		links[i] = (struct pf_link){ .wheel = &wheels[i], .requested = true };
	start = now();
	if (pf_wheels_link(&placed, links, n, &how, err) < 0)
		return -1;
	printf("%lld\n", now() - start);
	for (size_t i = 0; i < n; i++)
		pf_wheel_free(&wheels[i]);
	return 0;
}

/* parts [-s STORE] [-p PYTHON] [-o] [-n] COMMAND...: -o is offline, -n without byte code. */
int main(int argc, char **argv)
{
	struct pf_err err = { 0 };
	int rc = 2;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_WARN });
	for (int c; (c = getopt(argc, argv, "s:p:onv")) != -1;) {
		if (c == 's')
			opts.store = optarg;
		else if (c == 'p')
			opts.python = optarg;
		else if (c == 'o')
			opts.offline = true;
		else if (c == 'n')
			opts.no_bytecode = true;
		else if (c == 'v')
			pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_DEBUG });
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	if (argc == 2 && strcmp(argv[0], "resolve") == 0)
		rc = resolve(argv[1], &err);
	else if (argc > 2 && strcmp(argv[0], "link") == 0)
		rc = link_into(argv[1], (size_t)argc - 2, argv + 2, &err);
	if (rc < 0)
		pf_log_error(&err);
	pf_arena_free(&arena);
	return rc < 0 ? (int)err.code : rc;
}
