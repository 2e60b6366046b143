/* pipeline.c - from a model's URI to a job: the model, and an environment to run it in */
/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include <unistd.h>

#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "build/build.h"
#include "check/check.h"
#include "fetch/local.h"
#include "solve/solve.h"

void pf_job_free(struct pf_job *job)
{
	pf_model_free(&job->model);
	pf_python_free(&job->python);
	pf_env_free(&job->env);
	if (job->hold > 0)
		close(job->hold);
	job->hold = 0;
}

/* No isolation: the current interpreter as it is; what differs is told in MLflow's words. */
static int use_local(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(diff) diff = { 0 };
	PF_AUTO(dists) installed = { 0 };
	PF_AUTO(buf) text = PF_BUF((size_t)16 << 20);

	if (pf_python_current(&job->python, o, err) < 0)
		return -1;
	if (job->python.major < 3)
		return pf_fail(err, PF_ESOLVE, "%s is python " PF_FMT " (python 3 is needed; try --python)",
			       job->python.exe, PF_ARG(job->python.version));
	if (pf_dists_read(&installed, &job->python.paths, job->python.prefix, err) < 0)
		return -1;
	pf_diff_make(&diff, &job->model, &job->python, &installed);
	pf_report_mlflow_python(&text, job->model.needs.python, &job->python);
	pf_report_mlflow(&text, &diff);
	if (text.n)
		pf_warn_text(pf_buf_view(&text));
	job->env.python = pf_dupz(&job->env.arena, pf_s(job->python.exe));
	return 0;
}

/* The environment of the model's needs: recalled, or resolved and made. */
static int use_environment(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	struct pf_needs *needs = &job->model.needs;
	PF_FD(lock) = -1;
	bool waited;
	int found;

	if (pf_model_allow(&job->model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_needs_date(needs, o, err) < 0 ||
	    pf_python_find(&job->python, needs->python, o, err) < 0)
		return -1;
	found = pf_env_recall(&job->env, needs, &job->python, o, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (pf_env_lock(&lock, &waited, needs, &job->python, o, err) < 0)
		return -1;
	found = waited ? pf_env_recall(&job->env, needs, &job->python, o, err) : 0;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (pf_solve(&plan, needs, job->model.dir, &job->python, o, err) < 0)
		return -1;
	return pf_env_get(&job->env, needs, &plan, &job->python, o, err);
}

int pf_prepare(struct pf_job *out, const char *uri, const struct pf_opts *asked, struct pf_err *err)
{
	struct pf_opts with = *asked, *o = &with;
	PF_AUTO(job) job = { 0 };
	PF_AUTO(arena) a = { 0 };
	char *dir;

	with.builder = pf_build_builder();
	pf_signals_catch();
	if (pf_fetch_local(&dir, &a, uri, err) < 0 || pf_model_load(&job.model, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < job.model.notes.n; i++)
		pf_note(PF_FMT, PF_ARG(job.model.notes.v[i]));
	if (o->env_manager == PF_ENV_LOCAL ? use_local(&job, o, err) < 0 :
					     use_environment(&job, o, err) < 0)
		return -1;
	if (o->repair && job.env.dir && pf_repair(&job, o, err) < 0)
		return -1;
	if (job.env.dir && (job.hold = pf_env_hold(&job.env, err)) < 0)
		return -1;
	*out = PF_TAKE(job);
	return 0;
}
