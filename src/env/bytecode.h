/* bytecode.h - byte code of wheels: compiled once for an interpreter, kept in the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/workdir.h"
#include "env/wheel.h"
#include "python/python.h"

/* Gives each wheel its byte_code, from STORE/wheels/SHA256/pyc-cpython-311 or compiled now: one
 * process of that interpreter for all that is missing. Tests and templates are left out, and what
 * is no valid Python. Byte code names the module as the wheel does ("sklearn/base.py"); an import
 * corrects that to the file's own path. It holds for any file of the source's time and size: those
 * of a link are the same, and those of a copy are kept the same. */
int pf_wheels_compile(struct pf_wheel *wheels, size_t n, const struct pf_python *python,
		      const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* What of it is in the cache already; `all`: nothing is left to compile. */
int pf_wheels_compiled(bool *all, struct pf_wheel *wheels, size_t n,
		       const struct pf_python *python, const struct pf_opts *o,
		       struct pf_err *err) PF_MUST_USE;

/* An environment whose files are there: where they are, where they will be, and what of it. */
struct pf_modules {
	int dir;		/* of `path` */
	const char *path, *final;
	const char *site;	/* "lib/python3.11/site-packages" */
};

/* Byte code beside the modules that have none, which names them by their final places. */
int pf_modules_compile(const struct pf_modules *m, const struct pf_python *python,
		       struct pf_workdir *w, struct pf_err *err) PF_MUST_USE;
