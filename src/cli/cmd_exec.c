/* cmd_exec.c - exec: any command inside the model's environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/cli.h"
#include "pipeline.h"

/* As shells and env(1) have it. */
enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

static int take_words(struct pf_args *model, const char *const **argv, const struct pf_args *args,
		      struct pf_err *err)
{
	size_t first = args->value[PF_OPT_model] ? 0 : 1;

	if (args->rest_count <= first)
		return pf_fail(err, PF_EUSAGE, "exec needs a model and a command: exec MODEL -- CMD...");
	*model = *args;
	model->rest_count = first;
	*argv = (const char *const *)args->rest + first;
	return 0;
}

/* The environment stays held: the lock is a descriptor that the command inherits. */
static void keep_held(const struct pf_job *job)
{
	int flags = job->hold > 0 ? fcntl(job->hold, F_GETFD) : -1;

	if (flags >= 0)
		(void)fcntl(job->hold, F_SETFD, flags & ~FD_CLOEXEC);
}

static const char *value_of(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* Replaces this process. */
static int become(const char *const *argv, char **envp)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str rest = pf_s(value_of(envp, "PATH")), dir;
	struct pf_err err = { 0 };
	int why = ENOENT;

	signal(SIGXFSZ, SIG_DFL);
	signal(SIGPIPE, SIG_DFL); /* what is ignored stays so; what is caught does not */
	if (strchr(argv[0], '/')) {
		execve(argv[0], (char *const *)(const void *)argv, envp);
		why = errno;
	}
	while (!strchr(argv[0], '/') && pf_str_next(&rest, ':', &dir)) {
		execve(pf_formatz(&a, PF_FMT "/%s", PF_ARG(dir), argv[0]),
		       (char *const *)(const void *)argv, envp);
		why = errno == ENOENT || errno == ENOTDIR ? why : errno;
	}
	(void)pf_fail(&err, PF_EUSAGE, "%s: %s", argv[0], strerror(why));
	pf_log_error(&err);
	return why == ENOENT || why == ENOTDIR ? NOT_FOUND : CANNOT_EXECUTE;
}

int pf_cmd_exec(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	struct pf_args model;
	struct pf_opts o;
	const char *const *argv = NULL;
	const char *uri;
	char **envp;

	if (take_words(&model, &argv, args, err) < 0 || pf_cli_model(&uri, &model, err) < 0 ||
	    pf_cli_opts(&o, args, &a, err) < 0 || pf_prepare(&job, uri, &o, err) < 0)
		return -1;
	envp = pf_run_environment(&a, job.env.python, &o);
	if (pf_signals_leave(err) < 0)
		return -1;
	keep_held(&job);
	return become(argv, envp);
}
