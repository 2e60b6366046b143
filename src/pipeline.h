/* pipeline.h - from a model's URI to a job, and from a job to predictions */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/data.h"
#include "env/env.h"
#include "fetch/fetch.h"
#include "model/model.h"
#include "opts.h"
#include "run/run.h"

/* A model, and an environment to run it in. */
struct pf_job {
	struct pf_fetched from;
	struct pf_model model;
	struct pf_python python;
	struct pf_env env;
	int hold;		/* keeps the environment from being collected; 0 for none */
};

void pf_job_free(struct pf_job *job);

/* How much of a model that is not here is fetched: all of it, and kept; its text files; its text
 * files and those that are not too big to be looked into (PF_MAX_LOOKED_INTO). */
enum pf_how_much { PF_ALL_OF_IT, PF_TEXTS_OF_IT, PF_LOOKS_OF_IT };

/* fetch, model. `from` has the model's folder, and must outlive it. */
int pf_read_model(struct pf_model *out, struct pf_fetched *from, const char *uri,
		  enum pf_how_much much, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* fetch, model, python, solve, env: the environment is made, or found. */
int pf_prepare(struct pf_job *out, const char *uri, const struct pf_opts *o,
	       struct pf_err *err) PF_MUST_USE;
/* Its two halves, for who has something to ask of the model before an environment is made for it:
 * the model, into a zeroed job, then the environment. */
int pf_job_read(struct pf_job *job, const char *uri, const struct pf_opts *o,
		struct pf_err *err) PF_MUST_USE;
int pf_job_make(struct pf_job *job, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Resolves a model's needs and appends them as a lock; no environment is made. */
int pf_write_lock(struct pf_buf *out, const char *uri, const char *format, const struct pf_opts *o,
		  struct pf_err *err) PF_MUST_USE;
/* What create --repair adds: packages that the model's own files name and its environment, which is
 * there, does not have. Recorded for the model's needs, so that later runs have them too. */
int pf_repair(struct pf_job *job, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* One input for a job's model. Borrows everything. */
struct pf_input {
	struct pf_str text;
	const char *format;	/* of pf_input_formats (input.h) */
	bool guessed;		/* which nobody told */
	const char *answer;	/* of pf_answer_formats; NULL: json */
	struct pf_str params;	/* a JSON object that replaces the input's params; empty: none */
	const struct pf_value *checked; /* what pf_job_params made of them, or NULL */
	double seconds;		/* for loading and predicting; 0: no limit */
	struct pf_pieces *pieces; /* of pf_job_stream's own; NULL */
};

/* Starts a runner, which imports and loads while the caller reads its input. */
int pf_job_start(struct pf_runner *out, const struct pf_job *job, const struct pf_opts *o,
		 struct pf_err *err) PF_MUST_USE;
/* Input that only the environment can read is enforced there, by a model that was loaded through
 * mlflow: can the runner of pf_job_start read it (then it has nothing to enforce, or does), or
 * does it take one that is started to read? */
bool pf_job_reads_raw(const struct pf_job *job, const struct pf_opts *o);
int pf_job_start_to_read(struct pf_runner *out, const struct pf_job *job, const struct pf_opts *o,
			 struct pf_err *err) PF_MUST_USE;
/* What a job's input must fit. Borrows from the job. */
struct pf_expect pf_job_expect(const struct pf_job *job, const struct pf_opts *o);
/* The parameters of --params, checked against the signature; they live in the arena, unless they
 * were checked before. What is ignored is warned of when they are checked. */
int pf_job_params(struct pf_value *out, struct pf_arena *a, const struct pf_input *input,
		  const struct pf_expect *expect, struct pf_err *err) PF_MUST_USE;
/* Checks the input against the signature, asks the runner, appends the answer; JSON has no newline
 * at its end. A runner that was not started, zeroed, is started when the input has told which it
 * takes; Parquet needs one that is. */
int pf_job_predict(struct pf_buf *answer, struct pf_runner *r, const struct pf_job *job,
		   const struct pf_opts *o, const struct pf_input *input,
		   struct pf_err *err) PF_MUST_USE;
/* The same by the model's predict_stream, with o->stream: each piece is written when it comes, as a
 * line of JSON. */
struct pf_lines {
	int (*write)(void *ctx, struct pf_str line, struct pf_err *err);
	void *ctx;
};
int pf_job_stream(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
		  const struct pf_input *input, const struct pf_lines *out,
		  struct pf_err *err) PF_MUST_USE;
