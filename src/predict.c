/* predict.c - from a job and an input to the answer: load, read, enforce, ask, write */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "check/modules.h"
#include "data/data.h"
#include "input.h"
#include "load.h"
#include "pipeline.h"

static bool needs_mlflow(const struct pf_model *m, const struct pf_opts *o)
{
	return pf_job_mlflow_does(m, o) != NULL;
}

static int start(struct pf_runner *out, const struct pf_job *job, bool through_mlflow, bool anew,
		 const struct pf_opts *o, struct pf_err *err)
{
	struct pf_opts own = *o;
	struct pf_load load;
	PF_AUTO(arena) a = { 0 };

	if (pf_job_load(&load, &a, job, through_mlflow, o, err) < 0)
		return -1;
	load.anew = anew;
	/* What the light loader knows takes as long as the rows are many: threads for a few cost
	 * more than they bring. A worker may be asked for more rows the next time. */
	if (load.light && o->small_input && !o->keep_warm)
		own.threads = 1;
	return pf_runner_start(out, job->env.python, &load, &own, err);
}

int pf_job_start(struct pf_runner *out, const struct pf_job *job, const struct pf_opts *o,
		 struct pf_err *err)
{
	return start(out, job, needs_mlflow(&job->model, o), false, o, err);
}

int pf_job_start_to_read(struct pf_runner *out, const struct pf_job *job, const struct pf_opts *o,
			 struct pf_err *err)
{
	return start(out, job, true, false, o, err);
}

bool pf_job_reads_raw(const struct pf_job *job, const struct pf_opts *o)
{
	return !job->model.signature.present || needs_mlflow(&job->model, o);
}

static bool is_started(const struct pf_runner *r)
{
	return r->proc.pid > 0 || r->warm.found;
}

/* Input that only the environment can read must be enforced there too: by a model that was loaded
 * through mlflow. A model loaded directly is loaded again; one that waited for its input is loaded
 * but once. */
static int start_for(struct pf_runner *r, const struct pf_request *request,
		     const struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	bool to_read = request->raw && !pf_job_reads_raw(job, o);

	if (is_started(r) && !to_read)
		return 0;
	pf_runner_free(r);
	return to_read ? pf_job_start_to_read(r, job, o, err) : pf_job_start(r, job, o, err);
}

static int ask_once(struct pf_buf *bytes, struct pf_runner *r, const struct pf_request *request,
		    const struct pf_input *input, double seconds, struct pf_err *err)
{
	return input->pieces ?
		       pf_runner_stream(r, request, input->text, input->pieces, seconds, err) :
		       pf_runner_predict(r, request, input->text, bytes, seconds, err);
}

/* Asks; a worker that turns out to be gone, or goes meanwhile, is replaced by a process of our own,
 * unless pieces of the answer are out. */
static int ask(struct pf_buf *bytes, struct pf_runner *r, const struct pf_job *job,
	       const struct pf_opts *o, const struct pf_request *request,
	       const struct pf_input *input, struct pf_err *err)
{
	double start_time = pf_clock(), left;
	bool through = needs_mlflow(&job->model, o) || (request->raw && !pf_job_reads_raw(job, o));

	if (start_for(r, request, job, o, err) < 0)
		return -1;
	if (ask_once(bytes, r, request, input, input->seconds, err) == 0)
		return 0;
	if (!r->warm.lost || (input->pieces && input->pieces->count))
		return -1;
	left = input->seconds > 0 ? input->seconds - (pf_clock() - start_time) : 0;
	if (input->seconds > 0 && left <= 0)
		return pf_fail(err, PF_ELIMIT, "the model did not answer within %g s",
			       input->seconds);
	pf_runner_free(r);
	if (start(r, job, through, true, o, err) < 0)
		return -1;
	return ask_once(bytes, r, request, input, left, err);
}

/* Which of the model's requirements should have brought the module? NULL: none. */
static const struct pf_need *who_brings(const struct pf_needs *needs, struct pf_str module)
{
	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *n = &needs->pip.v[i];

		if (n->parsed && !n->constraint && pf_module_is_of(module, n->req.key))
			return n;
	}
	return NULL;
}

/* An import that failed: is it the model's requirements or the environment that lacks it? */
static void explain_missing(const struct pf_runner *r, const struct pf_job *job,
			    const struct pf_opts *o, struct pf_err *err)
{
	struct pf_str module = pf_s(r->missing), text;
	const struct pf_need *need = who_brings(&job->model.needs, module);

	if (!need) {
		pf_hint(err, "the model's requirements do not name a package that provides " PF_FMT
			     ": add it to them, or try create --repair", PF_ARG(module));
		return;
	}
	text = pf_shown(need->text);
	pf_hint(err, PF_FMT " (" PF_FMT ", line %u) should bring " PF_FMT ", and %s", PF_ARG(text),
		PF_ARG(need->file), need->line, PF_ARG(module),
		o->env_manager == PF_ENV_LOCAL ?
			"the current interpreter has it not: leave out --env-manager local" :
			"the installed one has no such module: another version may");
}

struct pf_expect pf_job_expect(const struct pf_job *job, const struct pf_opts *o)
{
	const struct pf_signature *s = &job->model.signature;

	return (struct pf_expect){ .inputs = s->present ? &s->inputs : NULL,
				   .params = &s->params,
				   .from_type_hint = s->from_type_hint,
				   .through_mlflow = needs_mlflow(&job->model, o),
				   .compat = o->mlflow_compat };
}

int pf_job_params(struct pf_value *out, struct pf_arena *a, const struct pf_input *input,
		  const struct pf_expect *expect, struct pf_err *err)
{
	if (input->checked)
		*out = *input->checked;
	else if (pf_params_read(out, a, input->params, expect->params, err) < 0)
		return pf_wrap(err, "--params");
	return 0;
}

static unsigned answer_how(const struct pf_opts *o)
{
	return o->mlflow_compat ? PF_ANSWER_BARE_NAN : 0;
}

static int read_request(struct pf_request *out, struct pf_arena *a, struct pf_buf *held,
			struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
			const struct pf_input *input, struct pf_err *err)
{
	struct pf_expect expect = pf_job_expect(job, o);

	if (pf_input_read(out, a, held, r, input, &expect, err) < 0) {
		if (input->guessed && strcmp(input->format, "json") == 0 &&
		    !pf_str_starts(pf_str_trim(input->text), "{"))
			pf_hint(err, "it was taken for JSON; of another kind, --content-type tells which");
		return pf_wrap(err, "the input");
	}
	return input->params.n ? pf_job_params(&out->params, a, input, &expect, err) : 0;
}

static int predict(struct pf_buf *answer, struct pf_runner *r, const struct pf_job *job,
		   const struct pf_opts *o, const struct pf_input *input, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ANSWER);
	PF_AUTO(buf) held = PF_BUF(PF_MAX_FRAME);
	struct pf_request request = { 0 };
	unsigned how = answer_how(o);
	struct pf_value value;

	if (read_request(&request, &a, &held, r, job, o, input, err) < 0 ||
	    ask(&bytes, r, job, o, &request, input, err) < 0)
		return -1;
	if (pf_value_read(&value, &a, pf_buf_view(&bytes), err) < 0) {
		err->code = PF_ECODE; /* the model's code wrote to our socket */
		return pf_wrap(err, "the model's answer");
	}
	return pf_answer_write(answer, r, &value, input->answer ? input->answer : "json",
			       request.llm ? how : how | PF_ANSWER_WRAPPED, input->seconds, err);
}

int pf_job_predict(struct pf_buf *answer, struct pf_runner *r, const struct pf_job *job,
		   const struct pf_opts *o, const struct pf_input *input, struct pf_err *err)
{
	if (predict(answer, r, job, o, input, err) == 0)
		return 0;
	if (r->missing[0])
		explain_missing(r, job, o, err);
	return -1;
}

/* ---- in pieces ---- */

struct lines {
	const struct pf_lines *out;
	unsigned how;
};

static int write_line(void *ctx, struct pf_str bytes, struct pf_err *err)
{
	const struct lines *l = ctx;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) line = PF_BUF(PF_MAX_ANSWER);
	struct pf_value value;

	if (pf_value_read(&value, &a, bytes, err) < 0 ||
	    pf_answer_json(&line, &value, l->how, err) < 0) {
		err->code = PF_ECODE;
		return pf_wrap(err, "a piece of the model's answer");
	}
	pf_buf_char(&line, '\n');
	return l->out->write(l->out->ctx, pf_buf_view(&line), err);
}

int pf_job_stream(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
		  const struct pf_input *input, const struct pf_lines *out, struct pf_err *err)
{
	struct lines lines = { .out = out, .how = answer_how(o) };
	struct pf_pieces pieces = { .take = write_line, .ctx = &lines };
	struct pf_input streamed = *input;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) held = PF_BUF(PF_MAX_FRAME);
	struct pf_request request = { 0 };

	streamed.pieces = &pieces;
	if (read_request(&request, &a, &held, r, job, o, &streamed, err) == 0 &&
	    ask(NULL, r, job, o, &request, &streamed, err) == 0)
		return 0;
	if (r->missing[0])
		explain_missing(r, job, o, err);
	return -1;
}
