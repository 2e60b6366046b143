/* envtool.c - the stages from needs to an environment alone, for the scenarios of the store */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "build/build.h"
#include "env/env.h"

/* A file of needs, one a line: "r TEXT", "c TEXT", "b TEXT" (build), "k SPEC" (conda), "h HASH" of
 * the requirement above, "i OPTION" (an index that the model asks for). */
static int read_needs(struct pf_needs *n, struct pf_arena *a, const char *path, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str rest, line;

	if (pf_read_file(&text, AT_FDCWD, path, err) < 0)
		return -1;
	rest = pf_dup(a, pf_buf_view(&text));
	pf_buf_free(&text);
	for (unsigned number = 1; pf_str_next_line(&rest, &line); number++) {
		struct pf_str value = pf_str_trim(pf_str_skip(line, 2));
		struct pf_need need = { .text = value, .file = PF_S("needs"), .line = number };

		if (!line.n)
			continue;
		if (line.p[0] == 'b') {
			*PF_PUSH(a, &n->build) = value;
		} else if (line.p[0] == 'k') {
			*PF_PUSH(a, &n->conda) = value;
		} else if (line.p[0] == 'i') {
			*PF_PUSH(a, &n->asked) = (struct pf_asked){ .kind = PF_ASKED_INDEX,
								    .text = value };
		} else if (line.p[0] == 'h') {
			*PF_PUSH(a, &n->pip.v[n->pip.n - 1].hashes) = value;
			n->require_hashes = true;
		} else {
			need.constraint = line.p[0] == 'c';
			need.parsed = pf_requirement_parse(&need.req, a, value, err) == 0;
			need.link = need.parsed ? need.req.url : value;
			*PF_PUSH(a, &n->pip) = need;
		}
	}
	return 0;
}

static int create(const char *file, const char *dir, const struct pf_opts *o, bool hold,
		  struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(env) env = { 0 };
	struct pf_arena a = { 0 };
	struct pf_needs needs = { 0 };
	PF_FD(lock) = -1;
	bool gone;
	int rc, fd;

	rc = read_needs(&needs, &a, file, err);
	if (rc == 0)
		rc = pf_python_current(&python, o, err);
	if (rc == 0)
		rc = pf_env_recall(&env, &lock, &needs, &python, o, err);
	if (rc == 0) {
		rc = pf_solve(&plan, &needs, dir, &python, o, err);
		if (rc == 0)
			rc = pf_env_get(&env, &needs, &plan, &python, o, err);
	}
	pf_arena_free(&a);
	if (rc < 0)
		return -1;
	printf("%s\n", env.dir);
	fflush(stdout);
	if (!hold)
		return 0;
	fd = pf_env_hold(&env, &gone, err);
	while (fd >= 0 && !pf_signals_pending())
		pause();
	return fd < 0 ? -1 : 0;
}

static const char *const managers[] = { "auto", "venv", "conda", "uv", "virtualenv", "mamba", "local" };

static void set_manager(struct pf_opts *o, const char *name)
{
	for (size_t i = 0; i < PF_COUNT(managers); i++)
		if (strcmp(name, managers[i]) == 0)
			o->env_manager = (enum pf_env_manager)i;
}

static int run(int argc, char **argv, struct pf_opts *o, bool json, int days, struct pf_err *err)
{
	struct pf_buf out = PF_BUF(PF_MIB(64));
	const char *what = argc > 0 ? argv[0] : "", *key = argc > 1 ? argv[1] : NULL;
	size_t broken = 0;
	int rc;

	if ((strcmp(what, "create") == 0 || strcmp(what, "hold") == 0) && key)
		return create(key, argc > 2 ? argv[2] : ".", o, what[0] == 'h', err);
	if (strcmp(what, "list") == 0)
		rc = pf_store_list(&out, o, json, err);
	else if (strcmp(what, "show") == 0 && key)
		rc = pf_store_show(&out, key, o, json, err);
	else if (strcmp(what, "rm") == 0 && key)
		rc = pf_store_remove(&out, key, o, json, err);
	else if (strcmp(what, "gc") == 0)
		rc = pf_store_gc(&out, days, false, o, json, err);
	else if (strcmp(what, "verify") == 0)
		rc = pf_store_verify(&out, &broken, key, o, json, err);
	else
		rc = pf_fail(err, PF_EUSAGE, "create, hold, list, show, rm, gc or verify");
	if (rc == 0)
		fwrite(out.p ? out.p : "", 1, out.n, stdout);
	if (rc == 0 && broken)
		rc = pf_fail(err, PF_EINTEGRITY, "%zu environments are damaged", broken);
	pf_buf_free(&out);
	return rc;
}

int main(int argc, char **argv)
{
	struct pf_opts o = { 0 };
	struct pf_log_opts log = { .level = PF_LOG_NOTE };
	struct pf_err err = { 0 };
	bool json = false;
	int days = -1;

	o.builder = pf_build_builder();

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	for (int c; (c = getopt(argc, argv, "m:p:s:d:joRrivBWS")) != -1;) {
		switch (c) {
		case 'm': set_manager(&o, optarg); break;
		case 'p': o.python = optarg; break;
		case 's': o.store = optarg; break;
		case 'd': days = (int)strtol(optarg, NULL, 10); break;
		case 'j': json = true; break;
		case 'o': o.offline = true; break;
		case 'R': o.repair = true; break;
		case 'r': o.refresh = true; break;
		case 'i': o.allow_model_index = true; break;
		case 'v': log.level = PF_LOG_DEBUG; break;
		case 'B': o.no_bytecode = true; break;
		case 'W': o.no_build = true; break;
		case 'S': o.link_mode = PF_LINK_SYMBOLIC; break;
		default: return 2;
		}
	}
	pf_log_setup(&log);
	if (run(argc - optind, argv + optind, &o, json, days, &err) == 0)
		return 0;
	pf_log_error(&err);
	return err.code;
}
