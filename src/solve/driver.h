/* driver.h - uv, pip and conda as programs: found, given a clean environment, run, understood */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/indexes.h"
#include "solve/solve.h"

enum pf_driver_kind {
	PF_DRIVER_UV,
	PF_DRIVER_PIP,
	PF_DRIVER_CONDA, /* micromamba, mamba, conda: conda_drive.c */
	PF_DRIVER_NONE,	 /* ourselves: native.h */
};

struct pf_driver {
	struct pf_arena arena;
	enum pf_driver_kind kind;
	char *uv, *conda;	/* the program */
	char *pip_python;	/* the interpreter that runs pip while resolving */
	char *pip;		/* "DIR/pip" or "WHEEL/pip", run as a script; NULL: -m pip */
	struct pf_str version;	/* "uv 0.13.9", "pip 23.2.1" */
	struct pf_indexes indexes;
};

/* The driver for o->env_manager: uv, or pip for virtualenv; none for venv and auto.
 * EUSAGE for managers that drive no pip packages, EIO when there is none. */
int pf_driver_find(struct pf_driver *out, const struct pf_python *python,
		   const struct pf_needs *needs, struct pf_workdir *w, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;
void pf_driver_free(struct pf_driver *d);
/* Finds a pip that knows --report (22.2); part of pf_driver_find. */
int pf_driver_find_pip(struct pf_driver *d, const struct pf_python *python, struct pf_workdir *w,
		       const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* The environment a driver gets: ours, less what would lead it astray, plus its settings. `d` may
 * be NULL. Lives in the arena. */
char **pf_driver_environment(struct pf_arena *a, const struct pf_driver *d,
			     const struct pf_opts *o);

/* Runs argv[0] to its end; stdout into `out` (NULL: into the log), stderr into w->log. When it
 * fails: ESOLVE, ETRANSFER, EINTEGRITY or EIO by what the log says, with its explanation; the
 * log stays, its last lines are printed. `action`: "resolve", as in "uv cannot resolve". */
int pf_driver_run(struct pf_buf *out, struct pf_workdir *w, const char *const *argv, char **envp,
		  const char *action, struct pf_err *err) PF_MUST_USE;
/* Appends a line to what will be a file for a driver. EMODEL where it would be more than one, or
 * holds another control character than the tab: others wrote it. */
int pf_driver_line(struct pf_buf *out, struct pf_str line, struct pf_err *err) PF_MUST_USE;
/* What a driver's log says went wrong. */
int pf_driver_explain(struct pf_str log, const char *action, struct pf_err *err);

/* ---- the two, each as resolve and install ---- */

int pf_uv_resolve(struct pf_plan *out, const struct pf_driver *d, const char *requirements,
		  const char *constraints, int as_of, const struct pf_python *python,
		  struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
int pf_uv_install(const struct pf_driver *d, const char *into, const char *requirements,
		  bool hashed, struct pf_workdir *w, const struct pf_opts *o,
		  struct pf_err *err) PF_MUST_USE;
int pf_pip_resolve(struct pf_plan *out, const struct pf_driver *d, const char *requirements,
		   const char *constraints, struct pf_workdir *w, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;
int pf_pip_install(const struct pf_driver *d, const char *into, const char *requirements,
		   bool hashed, struct pf_workdir *w, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;

/* Reads what they answer. */
int pf_uv_read(struct pf_plan *out, struct pf_str compiled, struct pf_err *err) PF_MUST_USE;
int pf_pip_read(struct pf_plan *out, struct pf_str report, struct pf_err *err) PF_MUST_USE;
