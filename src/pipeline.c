/* pipeline.c - from a model's URI to a job: the model, and an environment to run it in */
/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "build/build.h"
#include "check/check.h"
#include "conda.h"
#include "formats/digest.h"
#include "load.h"
#include "lock/lock.h"
#include "solve/conda_plan.h"
#include "solve/solve.h"

void pf_job_free(struct pf_job *job)
{
	pf_model_free(&job->model);
	pf_fetched_free(&job->from);
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
	struct pf_str told = job->model.python_version; /* which MLflow goes by */

	if (pf_python_current(&job->python, o, err) < 0)
		return -1;
	if (job->python.major < 3)
		return pf_fail(err, PF_ESOLVE,
			       "%s is python " PF_FMT " (python 3 is needed; try --python)",
			       job->python.exe, PF_ARG(job->python.version));
	if (pf_dists_read(&installed, &job->python.paths, job->python.prefix, err) < 0)
		return -1;
	pf_diff_make(&diff, &job->model, &job->python, &installed);
	pf_report_mlflow_python(&text, told.n ? told : job->model.needs.python, &job->python);
	if (text.n)
		pf_warn_text(pf_buf_view(&text));
	text.n = 0;
	pf_report_mlflow(&text, &diff);
	if (text.n)
		pf_warn_text(pf_buf_view(&text));
	job->env.python = pf_dupz(&job->env.arena, pf_s(job->python.exe));
	return 0;
}

/* Exactly what the user's lock names. */
static int use_lock(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(lock_text) lock = { 0 };
	const struct pf_needs *needs = &job->model.needs;
	struct pf_lock_for whom = { .needs = needs, .model_dir = job->model.dir,
				    .python = &job->python, .o = o };

	if (pf_lock_open(&lock, o->lock, err) < 0)
		return -1;
	if (pf_lock_is_conda(pf_buf_view(&lock.text))) {
		if (o->env_manager != PF_ENV_AUTO && !pf_needs_conda(needs, o))
			return pf_fail(err, PF_EUSAGE, "%s is a lock of conda packages: "
				       "--env-manager auto, conda and mamba install those", o->lock);
		return pf_use_conda_lock(job, &lock, o, err);
	}
	whom.base = lock.base;
	if (o->env_manager == PF_ENV_CONDA || o->env_manager == PF_ENV_MAMBA)
		return pf_fail(err, PF_EUSAGE, "%s is no lock of conda packages", o->lock);
	if (pf_model_allow(&job->model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_find_python(job, o, err) < 0 ||
	    pf_lock_read(&plan, pf_buf_view(&lock.text), lock.path, &whom, err) < 0)
		return -1;
	pf_plan_warn(&plan);
	return pf_env_get(&job->env, needs, &plan, &job->python, o, err);
}

/* What the model carries beside its needs: its name and text. What of it is followed is a
 * stranger's. */
static const char *read_carried(struct pf_buf *text, struct pf_model *m)
{
	char hex[PF_SHA256_HEX];
	const char *name = pf_lock_carried(text, m->root);

	if (!name)
		return NULL;
	pf_sha256_hex(hex, text->p, text->n);
	m->needs.lock = pf_dup(&m->arena, pf_s(hex));
	return name;
}

/* By the lock that the model carries, when it is good; else resolved. */
static int plan(struct pf_plan *out, const struct pf_job *job, const char *carried,
		struct pf_str text, const struct pf_opts *o, struct pf_err *err)
{
	const struct pf_needs *needs = &job->model.needs;
	struct pf_lock_for whom = { .needs = needs, .model_dir = job->model.dir,
				    .python = &job->python, .o = o,
				    .base = job->model.dir, .stranger = true };

	if (carried && pf_lock_read(out, text, carried, &whom, err) == 0) {
		pf_note("the packages are those of the model's own %s", carried);
		pf_plan_warn(out);
		return 0;
	}
	if (carried && err->code >= PF_ESIGNAL)
		return -1;
	if (carried)
		pf_note("the model's own lock is not used: %s", err->msg);
	return pf_solve(out, needs, job->model.dir, &job->python, o, err);
}

/* The environment of the model's needs: recalled, or resolved and made. */
static int use_venv(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) wanted = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
	struct pf_needs *needs = &job->model.needs;
	const char *carried = read_carried(&text, &job->model);
	PF_FD(lock) = -1;
	int found;

	if (pf_model_allow(&job->model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_needs_date(needs, o, err) < 0 ||
	    pf_find_python(job, o, err) < 0)
		return -1;
	found = pf_env_recall(&job->env, &lock, needs, &job->python, o, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (plan(&wanted, job, carried, pf_buf_view(&text), o, err) < 0)
		return -1;
	if (pf_env_get(&job->env, needs, &wanted, &job->python, o, err) == 0)
		return 0;
	if (err->gone && !o->refresh)
		pf_hint(err, "what the index was seen to have is not there: --refresh looks anew");
	return -1;
}

static int use_environment(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	int made = pf_needs_conda(&job->model.needs, o) ? pf_use_conda(job, o, err) : 0;

	return made ? (made < 0 ? -1 : 0) : use_venv(job, o, err);
}

int pf_read_model(struct pf_model *out, struct pf_fetched *from, const char *uri,
		  enum pf_how_much much, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_fetch_opts how = { .store = o->store, .offline = o->offline,
				     .max_bytes = o->max_model,
				     .texts = much == PF_TEXTS_OF_IT,
				     .max_file = much == PF_LOOKS_OF_IT ? PF_MAX_LOOKED_INTO : 0 };

	pf_signals_catch();
	if (pf_fetch_model(from, uri, &how, err) < 0 || pf_model_load(out, from->dir, err) < 0)
		return -1;
	if (o->channels.n)
		pf_model_set_channels(out, &o->channels);
	return 0;
}

static int read_model(struct pf_job *job, const char *uri, enum pf_how_much much,
		      const struct pf_opts *o, struct pf_err *err)
{
	if (pf_read_model(&job->model, &job->from, uri, much, o, err) < 0)
		return -1;
	for (size_t i = 0; i < job->model.notes.n; i++)
		pf_note(PF_FMT, PF_ARG(job->model.notes.v[i]));
	return 0;
}

int pf_job_read(struct pf_job *job, const char *uri, const struct pf_opts *o, struct pf_err *err)
{
	if (o->lock && o->env_manager == PF_ENV_LOCAL)
		return pf_fail(err, PF_EUSAGE,
			       "--lock makes an environment; --env-manager local has none");
	if (read_model(job, uri, PF_ALL_OF_IT, o, err) < 0)
		return -1;
	return pf_job_check_loader(&job->model, o, err);
}

static int make(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	int rc;

	if (o->lock)
		rc = use_lock(job, o, err);
	else if (o->env_manager == PF_ENV_LOCAL)
		rc = use_local(job, o, err);
	else
		rc = use_environment(job, o, err);
	if (rc >= 0 && o->repair && !o->lock && job->env.dir)
		rc = pf_repair(job, o, err);
	return rc < 0 ? -1 : 0;
}

/* One that is removed before we hold it is made again. */
int pf_job_make(struct pf_job *job, const struct pf_opts *asked, struct pf_err *err)
{
	struct pf_opts with = *asked;
	bool gone = false;

	with.builder = pf_build_builder();
	for (unsigned tries = 0; tries < PF_TRIES_HOLD; tries++) {
		pf_env_free(&job->env);
		pf_python_free(&job->python);
		if (make(job, &with, err) < 0)
			return -1;
		job->hold = job->env.dir ? pf_env_hold(&job->env, &gone, err) : 0;
		if (job->hold >= 0)
			return 0;
		if (!gone)
			return -1;
	}
	return -1;
}

int pf_prepare(struct pf_job *out, const char *uri, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(job) job = { 0 };

	if (pf_job_read(&job, uri, o, err) < 0 || pf_job_make(&job, o, err) < 0)
		return -1;
	*out = PF_TAKE(job);
	return 0;
}

int pf_write_lock(struct pf_buf *out, const char *uri, const char *format, const struct pf_opts *o,
		  struct pf_err *err)
{
	PF_AUTO(job) job = { 0 };
	PF_AUTO(plan) locked = { 0 };
	struct pf_opts native = *o;
	struct pf_needs *needs = &job.model.needs;

	native.env_manager = PF_ENV_VENV;
	native.builder = pf_build_builder();
	if ((format && pf_lock_check_format(format, err) < 0) ||
	    read_model(&job, uri, PF_TEXTS_OF_IT, o, err) < 0 ||
	    pf_model_allow(&job.model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_needs_date(needs, &native, err) < 0)
		return -1;
	if (pf_needs_conda(needs, o))
		return pf_write_conda_lock(out, &job, format ? format : "conda-lock", &native, err);
	format = format ? format : "pylock";
	if (pf_find_python(&job, &native, err) < 0 ||
	    pf_solve(&locked, needs, job.model.dir, &job.python, &native, err) < 0 ||
	    pf_lock_learn(&locked, needs, &job.python, &native, err) < 0)
		return -1;
	return pf_lock_write(out, format,
			     &(struct pf_lock_of){ .plan = &locked, .needs = needs,
						   .python = &job.python,
						   .model_dir = job.model.dir }, err);
}
