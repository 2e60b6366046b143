/* hook.h - a backend's hook, called in a process of its own */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "build/backend.h"
#include "base/confine.h"
#include "solve/solve.h"

struct pf_hook {
	const struct pf_backend *backend;
	const char *python;		/* of the build's environment: its bin/python */
	const char *work; /* the folder that may be written: home/ and tmp/ are in it */
	const struct pf_confine *confine; /* cwd is the source */
};

/* Calls it; `folder` is what it builds into. The answer lives in the arena of `w`, whose log gets
 * all that is printed. ESOLVE when it fails: the log stays, its last lines are printed. ELIMIT. */
int pf_hook_call(struct pf_node **answer, const struct pf_hook *h, const char *name,
		 const char *folder, struct pf_workdir *w, struct pf_err *err) PF_MUST_USE;
