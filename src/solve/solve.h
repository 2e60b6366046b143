/* solve.h - needs to a plan, and the drivers that carry one out */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/plan.h"
#include "base/workdir.h"

/* Of which packages the same needs come to: part of a lock's name. */
#define PF_SOLVE_RULES 4

/* Does this program resolve by itself, rather than by a driver? */
bool pf_is_native(const struct pf_opts *o);
/* Settles needs->as_of by what the user asked and when the model was saved: to be called before
 * anything that goes by it. EMODEL where that day is asked for and not known. */
int pf_needs_date(struct pf_needs *needs, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Resolves every transitive dependency for this interpreter: by ourselves, or with the driver that
 * o->env_manager names. Build dependencies count too, and setuptools below 81 where
 * nothing names one and Python is older than 3.12. ESOLVE with the resolver's own last lines,
 * ETRANSFER, ELIMIT. */
int pf_solve(struct pf_plan *out, const struct pf_needs *needs, const char *model_dir,
	     const struct pf_python *python, const struct pf_opts *o,
	     struct pf_err *err) PF_MUST_USE;

/* The same natively, beside the distributions that are in the environment of `python` already:
 * those that fit are kept, and are not in the plan. Adds to *out. */
int pf_solve_upon(struct pf_plan *out, const struct pf_needs *needs, const char *model_dir,
		  const struct pf_python *python, const struct pf_dists *upon,
		  const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Installs exactly the plan into the environment whose interpreter is `into` (a venv of `python`),
 * with the same kind of driver. `needs` tells the indexes a model may have added; may be NULL.
 * Temporary files and the log lie in `w`. */
int pf_install(const char *into, const struct pf_plan *plan, const struct pf_needs *needs,
	       const struct pf_python *python, struct pf_workdir *w, const struct pf_opts *o,
	       struct pf_err *err) PF_MUST_USE;

/* An environment of exactly the plan's conda packages at `prefix`, which is not there yet, by
 * whichever of micromamba, mamba and conda is there: they get addresses, and solve nothing. */
int pf_install_conda(const char *prefix, const struct pf_plan *plan, struct pf_workdir *w,
		     const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* The packages of an environment, by its conda-meta/: into plan->conda. EINTEGRITY for one of which
 * neither file nor digest is told. */
int pf_conda_read_prefix(struct pf_plan *plan, const char *prefix, struct pf_err *err) PF_MUST_USE;

/* Which python of the channels will do for these needs, another patch of it too; `out` borrows from
 * the arena and the needs. EMODEL. */
int pf_conda_python_spec(struct pf_match_spec *out, struct pf_arena *a,
			 const struct pf_needs *needs, struct pf_err *err) PF_MUST_USE;

/* Runs one of the environment's own programs (byte compiler, a first start) with the drivers'
 * clean environment, all its output going to the log. 0 when it could be run: *status as of
 * waitpid. */
int pf_drive(int *status, struct pf_workdir *w, const char *const *argv,
	     struct pf_err *err) PF_MUST_USE;

/* That environment alone. */
char **pf_drive_environment(struct pf_arena *a);

/* What the user's settings of pip and uv are part of, whatever is needed: the places that packages
 * come from, without logins, and which of their files count. Lines for a lock's name. */
void pf_settings_identity(struct pf_buf *out, const struct pf_python *python);

/* Warns of the conda packages that a plan has to leave out. */
void pf_plan_warn(const struct pf_plan *plan);
