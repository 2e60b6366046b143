/* conda.c - the environment of a model that names packages of conda, of its channels */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conda.h"

#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "build/build.h"
#include "env/conda_fetch.h"
#include "solve/conda_plan.h"

/* The packages bring the interpreter: of the machine, the platform alone counts. */
static void set_machine(struct pf_python *p)
{
	p->implementation = PF_S("cpython");
	p->platform = pf_conda_subdir();
}

/* A program that is driven runs what packages want to run, whoever allows it. What .condarc says of
 * the network holds for all of the environment, pip's part too. */
static struct pf_opts as_conda(const struct pf_opts *asked, const struct pf_channels *settings)
{
	struct pf_opts with = *asked;

	with.offline |= settings->offline;
	if (with.env_manager == PF_ENV_MAMBA)
		with.allow_scripts = true;
	else
		with.env_manager = PF_ENV_CONDA;
	return with;
}

/* What pip would be asked for; conda's own part is done. */
static struct pf_needs pip_part(const struct pf_needs *needs)
{
	struct pf_needs rest = *needs;

	rest.conda = rest.build = (struct pf_strs){ 0 };
	return rest;
}

static bool has_pip_part(const struct pf_needs *needs)
{
	for (size_t i = 0; i < needs->pip.n; i++)
		if (!needs->pip.v[i].constraint)
			return true;
	return false;
}

/* Resolved by the interpreter and beside the distributions of an environment that holds what conda
 * brings, and nothing else: it is in the store, for all models that need the same. */
static int plan_pip(struct pf_plan *plan, const struct pf_job *job, const struct pf_needs *needs,
		    const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(env) base = { 0 };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) upon = { 0 };
	struct pf_needs rest = pip_part(needs);
	struct pf_opts native = *o;

	native.env_manager = PF_ENV_VENV;
	if (pf_env_get(&base, NULL, plan, &job->python, o, err) < 0 ||
	    pf_python_in(&python, base.dir, o, err) < 0 ||
	    pf_dists_read(&upon, &python.paths, python.prefix, err) < 0)
		return -1;
	return pf_solve_upon(plan, &rest, job->model.dir, &python, &upon, &native, err);
}

static int plan_all(struct pf_plan *plan, struct pf_job *job, struct pf_conda_task *t,
		    const struct pf_opts *o, struct pf_err *err)
{
	const struct pf_needs *needs = &job->model.needs;

	bool driven = o->env_manager == PF_ENV_MAMBA;

	if ((driven ? pf_conda_task_drive : pf_conda_task_solve)(plan, t, needs, o, err) < 0 ||
	    (driven && pf_conda_check_allowed(plan, &t->channels, err) < 0) ||
	    (!driven && pf_conda_learn(plan, o, err) < 0) ||
	    pf_plan_seal(plan, &job->python, o, err) < 0)
		return -1;
	return has_pip_part(needs) && (plan_pip(plan, job, needs, o, err) < 0 ||
				       pf_plan_seal(plan, &job->python, o, err) < 0)
		       ? -1
		       : 0;
}

static int make(struct pf_job *job, struct pf_conda_task *t, const struct pf_opts *o,
		struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };

	return plan_all(&plan, job, t, o, err) < 0 ?
		       -1 :
		       pf_env_get(&job->env, &job->model.needs, &plan, &job->python, o, err);
}

static int use(struct pf_job *job, struct pf_conda_task *t, const struct pf_opts *asked,
	       struct pf_err *err)
{
	const struct pf_needs *needs = &job->model.needs;
	struct pf_opts with, *o = &with;
	PF_FD(lock) = -1;
	int found;

	with = as_conda(asked, &t->channels);
	set_machine(&job->python);
	found = pf_env_recall(&job->env, &lock, needs, &job->python, o, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return make(job, t, o, err);
}

int pf_use_conda(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_needs *needs = &job->model.needs;
	PF_AUTO(conda_task) task = { 0 };

	if (pf_model_allow(&job->model, o->allow_model_index, o->allow_urls, err) < 0 ||
	    pf_needs_date(needs, o, err) < 0)
		return -1;
	if (pf_conda_task_open(&task, needs, o, err) == 0) {
		needs->conda_from = pf_dup(&job->model.arena, needs->conda_from);
		if (use(job, &task, o, err) == 0)
			return 1;
	}
	if (err->code == PF_ETRANSFER && task.channels.offline && !o->offline)
		return pf_hint(err, "offline is true in .condarc, or CONDA_OFFLINE is");
	if (o->env_manager != PF_ENV_AUTO || err->code != PF_ETRANSFER)
		return -1;
	if (!pf_conda_has_twins(needs))
		return pf_hint(err, "--channel names another channel by its address; --env-manager "
				    "venv goes without what only conda has");
	pf_warn("the conda packages come from the package index: %s", err->msg);
	pf_python_free(&job->python);
	needs->conda_from = (struct pf_str){ 0 };
	return 0;
}

/* ---- an interpreter alone ---- */

/* By the user's channels: a model that names none of conda's packages has no say in this. */
static int get_python(struct pf_python *out, struct pf_str version, const struct pf_opts *o,
		      struct pf_err *err)
{
	PF_AUTO(conda_task) task = { 0 };
	PF_AUTO(job) base = { 0 };
	struct pf_needs *needs = &base.model.needs;
	struct pf_opts with = *o;

	with.env_manager = PF_ENV_CONDA;
	with.allow_scripts = with.repair = false;
	needs->python = version;
	needs->channels = o->channels;
	needs->channels_by_user = o->channels.n > 0;
	if (pf_conda_task_open(&task, needs, &with, err) < 0 ||
	    use(&base, &task, &with, err) < 0 || pf_python_in(out, base.env.dir, o, err) < 0)
		return -1;
	out->substitute = pf_conda_names_patch(needs) && !pf_str_eq(out->version, version);
	if (base.env.fresh)
		pf_note("python " PF_FMT " is conda's: none that fits is here",
			PF_ARG(out->version));
	return 0;
}

int pf_find_python(struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_str version = job->model.needs.python;
	struct pf_err other;

	if (pf_python_find(&job->python, version, o, err) == 0)
		return 0;
	if (err->code != PF_ESOLVE || o->python || !pf_is_native(o) ||
	    !pf_str_starts(version, "3."))
		return -1;
	if (get_python(&job->python, version, o, &other) == 0)
		return 0;
	if (other.code >= PF_ESIGNAL) {
		*err = other;
		return -1;
	}
	return *err->hint ? -1 : pf_hint(err, "nor is there one of conda's: %s", other.msg);
}

/* ---- locks ---- */

int pf_use_conda_lock(struct pf_job *job, const struct pf_lock_text *lock,
		      const struct pf_opts *asked, struct pf_err *err)
{
	PF_AUTO(channels) settings = { 0 };
	PF_AUTO(conda_task) task = { 0 };
	PF_AUTO(plan) plan = { 0 };
	struct pf_opts with;
	const struct pf_needs *needs = &job->model.needs;
	struct pf_err ignored;
	struct pf_lock_for whom = { .needs = needs, .model_dir = job->model.dir,
				    .python = &job->python, .o = &with, .base = lock->base };

	if (pf_channels_settings(&settings, err) < 0)
		return -1;
	with = as_conda(asked, &settings);
	set_machine(&job->python);
	if (pf_model_allow(&job->model, with.allow_model_index, with.allow_urls, err) < 0 ||
	    pf_lock_read(&plan, pf_buf_view(&lock->text), lock->path, &whom, err) < 0)
		return -1;
	/* Logins, proxies and certificates of its channels, where they are known here. */
	if (pf_conda_task_open(&task, &job->model.needs, &with, &ignored) == 0)
		pf_conda_task_places(&plan, &task);
	if (pf_conda_check_allowed(&plan, &settings, err) < 0 ||
	    pf_conda_task_check(&plan, &task, needs, err) < 0)
		return pf_wrap(err, "%s", lock->path);
	if (with.env_manager == PF_ENV_CONDA &&
	    (pf_conda_learn(&plan, &with, err) < 0 ||
	     pf_plan_seal(&plan, &job->python, &with, err) < 0))
		return -1;
	return pf_env_get(&job->env, needs, &plan, &job->python, &with, err);
}

int pf_write_conda_lock(struct pf_buf *out, struct pf_job *job, const char *format,
			const struct pf_opts *asked, struct pf_err *err)
{
	PF_AUTO(conda_task) task = { 0 };
	PF_AUTO(plan) plan = { 0 };
	struct pf_opts with = *asked;
	struct pf_needs *needs = &job->model.needs;

	with.env_manager = PF_ENV_CONDA;
	set_machine(&job->python);
	if (pf_conda_task_open(&task, needs, &with, err) < 0)
		return -1;
	with.offline |= task.channels.offline;
	if (plan_all(&plan, job, &task, &with, err) < 0 ||
	    pf_lock_learn(&plan, needs, &job->python, &with, err) < 0)
		return -1;
	return pf_lock_write(out, format,
			     &(struct pf_lock_of){ .plan = &plan, .needs = needs,
						   .python = &job->python,
						   .model_dir = job->model.dir }, err);
}
