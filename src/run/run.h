/* run.h - a runner in an environment: started, fed, timed, ended */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/proc.h"
#include "data/data.h"
#include "env/env.h"
#include "opts.h"
#include "run/warm.h"

/* A model that can be loaded without MLflow (model/light.h). */
struct pf_load_light {
	const char *flavor;
	struct pf_str path;		/* absolute */
	struct pf_str format, class_name;
	const struct pf_strs *trusted;	/* NULL: none told */
	bool has_params;
	bool only;			/* where it fails, the load fails */
};

/* What a program that asks the runner itself is told besides. */
struct pf_load_told {
	struct pf_str mlmodel;		/* MLmodel's tree: the bytes of a MAP */
	struct pf_str env_dir, python;	/* the environment, or empty; its interpreter */
	const struct pf_strs *warnings;
	struct pf_str inputs, outputs, params; /* of the signature: JSON, or empty */
	bool from_type_hint;
	bool compat;
};

/* How a runner loads a model: what the LOAD frame says. */
struct pf_load {
	const char *model_dir;
	struct pf_str loader_module;
	struct pf_str data_path;	/* absolute: what _load_pyfunc is given */
	struct pf_str code_path;	/* absolute, or empty */
	struct pf_str imports;		/* the environment's list of modules, or empty */
	struct pf_str config_json;	/* empty: _load_pyfunc(path) with one argument */
	struct pf_str overrides_json;	/* in place of what it sets; empty: nothing */
	struct pf_str predict_fn;	/* the method to call; empty: predict */
	bool through_mlflow; /* mlflow.pyfunc.load_model(model_dir) instead of the loader */
	const struct pf_load_light *light; /* to be tried before either; NULL: not */
	struct pf_str env_key;		/* of an environment of the store, or empty */
	const struct pf_strs *watched;	/* beside the model's files: what makes a worker stale */
	bool anew;			/* a process of its own, even where a worker waits */
	bool params_declared;		/* the signature has params: predict(data, params=...) */
	const struct pf_load_told *told; /* NULL: to a runner of ours */
};
/* Appends the whole frame. */
int pf_load_frame(struct pf_buf *out, const struct pf_load *load, struct pf_err *err) PF_MUST_USE;

/* Where the pieces of an answer go, as they come: a value's bytes each (pf_value_read). */
struct pf_pieces {
	int (*take)(void *ctx, struct pf_str bytes, struct pf_err *err);
	void *ctx;
	size_t count;			/* that came */
};

struct pf_runner {
	struct pf_proc proc;
	int fd, pidfd;			/* the socket, the process; 0 when there is none */
	bool loaded;
	bool leaving;			/* it told that it could not load, and is on its way out */
	double load_seconds;		/* importing and loading: known once it has answered */
	double predict_seconds;		/* within the model's predict, the last time */
	struct pf_buf pending;		/* frames on their way to it, from `sent` on */
	size_t sent;
	char early[4096]; /* read from it with what came before: [early_at, early_n) */
	size_t early_at, early_n;
	char marker[64];		/* in its environment, by which its descendants are known */
	struct pf_warm warm;		/* the worker that it is, or may become */
	unsigned warm_seconds;
	uint64_t max_memory;		/* what each of its processes may allocate; 0: no limit */
	char missing[128];		/* the module that an import did not find, or empty */
	const char *stage; /* where the last request failed, as FRAME_FAILED has it; or NULL */
	struct pf_buf traceback;	/* and the traceback that it told, until the next one */
	/* an error of MLflow's own kind: its HTTP status and JSON object; 0: it was none */
	unsigned status;
	struct pf_buf own_answer;
	struct pf_pieces *pieces;	/* while it streams */
};


/* With o->keep_warm, a worker that waits for such a model is taken instead of starting anything; it
 * is turned to by pf_runner_ask, which may find it gone: r->warm.lost says so, and that the request
 * is as if it had never been sent. Otherwise:
 * Starts the environment's interpreter with our shared object and sends LOAD; returns at once, so
 * that the input can be read while Python imports. The runner's environment is the one of
 * pf_run_environment. A runner ends with the thread that started it. Makes this process the
 * reaper of orphans, so that none of a model's processes escapes. */
int pf_runner_start(struct pf_runner *out, const char *python, const struct pf_load *load,
		    const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* This process becomes a runner that talks over `socket`, and ends when whoever started it has
 * ended. It keeps `hold` (pf_env_hold; 0: none). Returns only when it fails, with descriptors and
 * signals no longer as they were. */
int pf_runner_become(const char *python, int socket, int hold, const struct pf_opts *o,
		     struct pf_err *err) PF_MUST_USE;
/* Sends a request (kind PREDICT or RAW) and waits for the answer, whose bytes go to `answer`
 * (pf_value_read); its ceiling is the answer's, PF_MAX_FRAME when it has none. `seconds` 0: no
 * limit; it covers the loading too. Errors: ECODE with the traceback already on stderr, ELIMIT,
 * EMODEL when the runner refuses the input. While r->fd is there it can be asked again. */
int pf_runner_ask(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_value *request,
		  struct pf_buf *answer, double seconds, struct pf_err *err) PF_MUST_USE;
/* The same for a request as pf_payload_read and pf_csv_read make it; `bytes` are those that came,
 * which are sent when the environment is to read them itself. */
int pf_runner_predict(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		      struct pf_buf *answer, double seconds, struct pf_err *err) PF_MUST_USE;
/* The two halves of it: a request may be given while the answer to the one before it is still to
 * be taken, so that the runner goes on without a pause. Each answer is taken in its turn;
 * `seconds` counts from the taking. When the runner ends over one, it has not begun the next. */
int pf_runner_give(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		   struct pf_err *err) PF_MUST_USE;
int pf_runner_take(struct pf_runner *r, struct pf_buf *answer, double seconds,
		   struct pf_err *err) PF_MUST_USE;
/* Reads what has come, without waiting. 1: the next answer is there as a whole, so that it is taken
 * without waiting, and whatever it is, the runner stays; 0: not yet; -1: that is not to be known
 * without waiting, since it is a large one or the runner has ended or does what it should not. */
int pf_runner_ready(struct pf_runner *r);
/* By predict_stream of MLflow's model: the pieces go where they are taken, until that fails. */
int pf_runner_stream(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		     struct pf_pieces *pieces, double seconds, struct pf_err *err) PF_MUST_USE;
/* Waits until the model is loaded; as in pf_runner_ask. */
int pf_runner_wait(struct pf_runner *r, double seconds, struct pf_err *err) PF_MUST_USE;
/* Makes a worker of a runner that has answered, if it may be one: it is on its own then, and keeps
 * `hold` (pf_env_hold; 0: none). False: it is as it was. */
bool pf_runner_stay(struct pf_runner *r, int hold);
/* Lets it finish, then ends it and whatever it left behind. */
void pf_runner_free(struct pf_runner *r);
/* The same for a program that is about to end itself: a runner that has finished and has no
 * children is not waited for while the kernel takes its memory back (measured: 15 ms of 200 MiB).
 * It is reaped by whoever adopts it. */
void pf_runner_leave(struct pf_runner *r);

/* The folder of _pfr.so: $PYFUNC_ENV_RUNNER_DIR, beside the program (built or installed), or
 * where it was configured to be. */
char *pf_run_find(struct pf_arena *a, struct pf_err *err) PF_MUST_USE;
/* The environment variables of a model's process: ours, less PYTHON*, LD_*, VIRTUAL_ENV, CONDA_*,
 * AWS_*, PIP_*, UV_*, *_TOKEN, *_PASSWORD and *_SECRET* (but for o->pass_env), plus o->set_env,
 * plus the environment's own folder first on PATH and its VIRTUAL_ENV, or what conda's
 * activation tells (CONDA_PREFIX, CONDA_DEFAULT_ENV, CONDA_SHLVL, CONDA_PROMPT_MODIFIER) and the
 * variables that `conda env config vars` gave it, plus OPENBLAS_THREAD_TIMEOUT unless it is set,
 * plus, with o->threads, those that say how many threads there are, unless one of them is set. */
char **pf_run_environment(struct pf_arena *a, const char *python, const struct pf_opts *o);
