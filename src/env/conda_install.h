/* conda_install.h - the conda packages of a plan put into an environment under construction */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/walk.h"
#include "solve/solve.h"

struct pf_conda_place_of {
	int dir;	  /* an empty folder */
	const char *path; /* its own, now */
	const char *final; /* where it will stay */
};

/* Fetches, unpacks, links, and compiles what is noarch by the interpreter that is among them; then
 * conda-meta/, what the packages want to run (only with o->allow_scripts, else a note), and
 * activation.json. `list`: all files. `python` is filled in: version, site-packages, and as
 * base_exe the interpreter's path now. ESOLVE when no interpreter is among them. */
int pf_conda_install(struct pf_found_list *list, struct pf_python *python,
		     const struct pf_conda_place_of *where, const struct pf_plan *plan,
		     struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* The packages that the interpreter needs, a line each with its digest: who starts with them once
 * does so always. */
struct pf_str pf_conda_start_identity(struct pf_arena *a, const struct pf_plan *plan);

/* The interpreter whose package `r` is (NULL: none), at `path`: version, place, and site-packages
 * by what the record says (CEP 17), else `site`, else the place of old. ESOLVE, EINTEGRITY. */
int pf_conda_python_set(struct pf_python *p, const struct pf_conda_record *r, struct pf_str site,
			const char *path, struct pf_err *err) PF_MUST_USE;

