/* run.h - a runner in an environment: started, fed, timed, ended */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/proc.h"
#include "data/frame.h"
#include "env/env.h"
#include "opts.h"

/* How a runner loads a model: what the LOAD frame says. */
struct pf_load {
	const char *model_dir;
	struct pf_str loader_module;
	struct pf_str data_path;	/* absolute: what _load_pyfunc is given */
	struct pf_str code_path;	/* absolute, or empty */
	struct pf_str config_json;	/* empty: _load_pyfunc(path) with one argument */
	bool through_mlflow;		/* mlflow.pyfunc.load_model(model_dir) instead of the loader */
	bool params_declared;		/* the signature has params: predict(data, params=...) */
};

struct pf_runner {
	struct pf_proc proc;
	int fd;				/* the socket; 0 when there is none */
	bool loaded;
};

/* Starts the environment's interpreter with our shared object and sends LOAD; returns at once, so
 * that the input can be read while Python imports. The runner's environment is the one of the
 * interface page. */
int pf_runner_start(struct pf_runner *out, const char *python, const struct pf_load *load,
		    const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* Sends a request (kind PREDICT or RAW) and waits for the answer, whose bytes go to `answer`
 * (pf_value_read). `seconds` 0: no limit. Errors: ECODE with the traceback already on stderr,
 * ELIMIT, EMODEL when the runner refuses the input. */
int pf_runner_ask(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_value *request,
		  struct pf_buf *answer, double seconds, struct pf_err *err) PF_MUST_USE;
void pf_runner_free(struct pf_runner *r);
