/* conda.h - the environment of a model that names packages of conda, of its channels */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lock/lock.h"
#include "pipeline.h"

/* Found or made: 1, and job->env is set. 0: nobody insists on conda, its channels cannot be
 * reached, and the package index has all that is named. -1: err. */
int pf_use_conda(struct pf_job *job, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* An interpreter to make a model's venv with (pf_python_find); where none fits, nobody named one
 * and this program makes the venv, that of the user's channels, which is an environment like others
 * in the store. ESOLVE listing what was found. */
int pf_find_python(struct pf_job *job, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* Exactly what a lock of conda's packages names. */
int pf_use_conda_lock(struct pf_job *job, const struct pf_lock_text *lock, const struct pf_opts *o,
		      struct pf_err *err) PF_MUST_USE;
/* Appends the lock of what pf_use_conda would make. */
int pf_write_conda_lock(struct pf_buf *out, struct pf_job *job, const char *format,
			const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
