/* conda_scripts.h - what conda packages want to run: once linked, and at each activation */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/conda_link.h"
#include "solve/solve.h"

struct pf_conda_script {
	const struct pf_planned_conda *package;
	struct pf_str path; /* "bin/.demo-post-link.sh" */
};

struct pf_conda_scripts {
	int dir;
	const char *path, *final; /* of the environment, now and once it is in place */
	struct pf_workdir *w;
	const struct pf_opts *o;
	PF_VEC(struct pf_conda_script) post_link;
	struct pf_strs variables; /* etc/conda/env_vars.d, sorted: before the scripts */
	bool activates; /* there is something in etc/conda/activate.d */
};

/* Among what was, or is going to be, placed. */
void pf_conda_scripts_find(struct pf_conda_scripts *s, const struct pf_planned_conda *items,
			   const struct pf_conda_part *parts, size_t n);

/* The same, without the former, among what is there: who linked it has run those. */
void pf_conda_scripts_find_listed(struct pf_conda_scripts *s, const struct pf_found_list *list);

/* Runs the former where the user allows it, else names them in a note; then activates in a clean
 * shell of the machine and writes down in PF_ENV_ACTIVATION what came of it, where anything did.
 * Both confined as builds are, and as if the environment were in place already, as far as the
 * kernel has it. What they wrote is in `list`. EIO when one of the former fails; that an
 * activation does is a warning. */
int pf_conda_scripts_run(struct pf_found_list *list, struct pf_conda_scripts *s,
			 struct pf_err *err) PF_MUST_USE;
