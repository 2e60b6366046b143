/* api.c - the public library: the pipeline behind handles, with the only exported names */
/* SPDX-License-Identifier: Apache-2.0 */
#include "pyfunc_env.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "check/check.h"
#include "input.h"
#include "pipeline.h"
#include "save/save.h"

struct pyfunc_env_model {
	struct pf_fetched from;
	struct pf_model model;
};

struct pyfunc_env_job {
	struct pf_arena arena;	/* the strings of `opts` */
	struct pf_opts opts;
	struct pf_job job;
	struct pf_runner runner;
	bool started;
};

#define X(name, status, shown, meaning) \
	_Static_assert((int)PYFUNC_ENV_##name == (int)PF_##name, "one numbering");
PF_CODES(X)
#undef X
_Static_assert((int)PYFUNC_ENV_FATAL == (int)PF_SEV_FATAL, "one numbering");
_Static_assert((int)PYFUNC_ENV_UNKNOWN == (int)PF_SEV_UNKNOWN, "one numbering");

/* A library is silent until it is asked to talk. */
__attribute__((constructor)) static void be_quiet(void)
{
	pyfunc_env_set_log(0);
}

static int give_error(struct pyfunc_env_error *out, const struct pf_err *err)
{
	if (!out)
		return -1;
	out->code = err->code;
	snprintf(out->message, sizeof(out->message), "%s", err->msg);
	snprintf(out->hint, sizeof(out->hint), "%s", err->hint);
	return -1;
}

/* The buffer's bytes as a text that the caller owns. */
static char *give_text(struct pf_buf *b)
{
	pf_buf_char(b, '\0');
	return PF_TAKE(*b).p;
}

/* calloc, with the one way to run out of memory. */
static void *make(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		pf_oom();
	return p;
}

const char *pyfunc_env_version(void)
{
	return PF_VERSION;
}

void pyfunc_env_set_oom_handler(void (*handler)(void))
{
	pf_oom_set_handler(handler);
}

void pyfunc_env_set_log(int level)
{
	static const enum pf_log_level levels[] = { PF_LOG_QUIET, PF_LOG_WARN, PF_LOG_NOTE,
						    PF_LOG_DEBUG };
	size_t last = PF_COUNT(levels) - 1, i = level < 0 ? 0 : (size_t)level;

	pf_log_setup(&(struct pf_log_opts){ .level = levels[i < last ? i : last] });
}

void pyfunc_env_free(char *text)
{
	free(text);
}

/* ---- options ---- */

static const char *copy(struct pf_arena *a, const char *text)
{
	return text ? pf_dupz(a, pf_s(text)) : NULL;
}

/* The caller's struct may be an older and shorter one: what it lacks is zero. */
static int read_options(struct pf_opts *out, struct pf_arena *a,
			const struct pyfunc_env_options *given, struct pf_err *err)
{
	struct pyfunc_env_options o = { 0 };
	struct pf_opts opts = { 0 };

	if (given && (given->size < sizeof(given->size) || given->size > sizeof(o)))
		return pf_fail(err, PF_EUSAGE,
			       "pyfunc_env_options.size is not the size of the struct");
	if (given)
		memcpy(&o, given, given->size);
	if (pf_opts_manager(&opts, "env_manager", o.env_manager, err) < 0 ||
	    pf_opts_as_of(&opts, "as_of", o.as_of, err) < 0 ||
	    pf_opts_link_mode(&opts, "link_mode", o.link_mode, err) < 0)
		return -1;
	opts.store = copy(a, o.store);
	opts.python = copy(a, o.python);
	opts.python_mirror = copy(a, o.python_mirror);
	opts.lock = copy(a, o.lock);
	opts.strict_python = o.strict_python;
	opts.offline = o.offline;
	opts.refresh = o.refresh;
	opts.repair = o.repair;
	opts.no_build = o.no_build;
	opts.no_bytecode = o.no_bytecode;
	opts.lenient_record = o.lenient_record;
	opts.allow_model_index = o.allow_model_index;
	opts.allow_urls = o.allow_urls;
	*out = opts;
	return 0;
}

/* ---- a model ---- */

int pyfunc_env_open(struct pyfunc_env_model **out, const char *uri, struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	PF_AUTO(fetched) from = { 0 };
	PF_AUTO(model) model = { 0 };
	struct pf_opts o = { 0 };

	if (pf_read_model(&model, &from, uri, PF_ALL_OF_IT, &o, &err) < 0)
		return give_error(error, &err);
	*out = make(sizeof(**out));
	(*out)->from = PF_TAKE(from);
	(*out)->model = PF_TAKE(model);
	return 0;
}

void pyfunc_env_close(struct pyfunc_env_model *model)
{
	if (model) {
		pf_model_free(&model->model);
		pf_fetched_free(&model->from);
	}
	free(model);
}

const char *pyfunc_env_python_version(const struct pyfunc_env_model *model)
{
	struct pf_str version = model->model.needs.python;

	return version.n ? version.p : "";
}

int pyfunc_env_requirements(char **out, struct pyfunc_env_model *model,
			    struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (pf_model_deps_pip(&text, &model->model, &err) < 0 ||
	    pf_buf_check(&text, "the requirements", &err) < 0)
		return give_error(error, &err);
	*out = give_text(&text);
	return 0;
}

/* ---- the model against an interpreter ---- */

static int make_diff(struct pf_diff *out, struct pf_model *model, const struct pf_opts *o,
		     struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };

	if (pf_python_current(&python, o, err) < 0 ||
	    pf_dists_read(&installed, &python.paths, python.prefix, err) < 0)
		return -1;
	pf_diff_make(out, model, &python, &installed);
	return 0;
}

int pyfunc_env_compare(enum pyfunc_env_severity *verdict, char **report,
		       struct pyfunc_env_model *model, const struct pyfunc_env_options *options,
		       struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	struct pf_opts o;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(diff) diff = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE * 8);

	if (read_options(&o, &a, options, &err) < 0 ||
	    make_diff(&diff, &model->model, &o, &err) < 0)
		return give_error(error, &err);
	pf_report_json(&text, &diff, model->model.dir);
	if (pf_buf_check(&text, "the report", &err) < 0)
		return give_error(error, &err);
	if (verdict)
		*verdict = (enum pyfunc_env_severity)diff.verdict;
	if (report)
		*report = give_text(&text);
	return 0;
}

/* ---- the model's packages ---- */

int pyfunc_env_lock(char **out, const struct pyfunc_env_model *model, const char *format,
		    const struct pyfunc_env_options *options, struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	struct pf_opts o;
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);

	if (read_options(&o, &a, options, &err) < 0 ||
	    pf_write_lock(&text, model->model.dir, format ? format : "pylock", &o, &err) < 0 ||
	    pf_buf_check(&text, "the lock", &err) < 0)
		return give_error(error, &err);
	*out = give_text(&text);
	return 0;
}

/* ---- the model in its environment ---- */

int pyfunc_env_prepare(struct pyfunc_env_job **out, const struct pyfunc_env_model *model,
		       const struct pyfunc_env_options *options, struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	struct pyfunc_env_job *j = make(sizeof(*j));

	if (read_options(&j->opts, &j->arena, options, &err) < 0 ||
	    pf_prepare(&j->job, model->model.dir, &j->opts, &err) < 0) {
		pyfunc_env_job_free(j);
		return give_error(error, &err);
	}
	*out = j;
	return 0;
}

void pyfunc_env_job_free(struct pyfunc_env_job *job)
{
	if (job) {
		pf_runner_free(&job->runner);
		pf_job_free(&job->job);
		pf_arena_free(&job->arena);
	}
	free(job);
}

const char *pyfunc_env_python(const struct pyfunc_env_job *job)
{
	return job->job.env.python;
}

static int predict(struct pf_buf *answer, struct pyfunc_env_job *job, const struct pf_input *input,
		   struct pf_err *err)
{
	if (!pf_str_in(pf_s(input->format), pf_input_formats))
		return pf_fail(err, PF_EUSAGE,
			       "a request is json, csv, parquet, npy or npz, not " PF_FMT,
			       PF_ARG(pf_shown(pf_s(input->format))));
	if (!job->started && pf_job_start(&job->runner, &job->job, &job->opts, err) < 0)
		return -1;
	job->started = true;
	if (pf_job_predict(answer, &job->runner, &job->job, &job->opts, input, err) == 0 &&
	    pf_buf_check(answer, "the answer", err) == 0)
		return 0;
	pf_runner_free(&job->runner);
	job->started = false;
	return -1;
}

int pyfunc_env_predict(char **answer, struct pyfunc_env_job *job, const char *request, size_t size,
		       const char *format, double seconds, struct pyfunc_env_error *error)
{
	struct pf_err err = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_INPUT);
	struct pf_input input = { .text = { request, size }, .format = format, .seconds = seconds };

	if (predict(&text, job, &input, &err) < 0)
		return give_error(error, &err);
	*answer = give_text(&text);
	return 0;
}

/* ---- models written ---- */

static struct pf_strs list_of(struct pf_arena *a, const char *const *v)
{
	struct pf_strs out = { 0 };

	for (; v && *v; v++)
		*PF_PUSH(a, &out) = pf_s(*v);
	return out;
}

/* The caller's struct, which may be an older and shorter one, into ours. */
static int read_struct(void *out, size_t size, const void *given, size_t given_size,
		       struct pf_err *err)
{
	if (given_size < sizeof(size_t) || given_size > size)
		return pf_fail(err, PF_EUSAGE, "size is not the size of the struct");
	memcpy(out, given, given_size);
	return 0;
}

int pyfunc_env_save(const struct pyfunc_env_save_options *what,
		    const struct pyfunc_env_options *options, struct pyfunc_env_error *error)
{
	struct pyfunc_env_save_options w = { 0 };
	struct pf_err err = { 0 };
	struct pf_opts o;
	struct pf_save s;
	PF_AUTO(arena) a = { 0 };

	if (read_struct(&w, sizeof(w), what, what->size, &err) < 0 ||
	    read_options(&o, &a, options, &err) < 0)
		return give_error(error, &err);
	s = (struct pf_save){
		.path = w.path ? w.path : "",
		.loader_module = w.loader_module,
		.data_path = w.data_path,
		.code_paths = list_of(&a, w.code_paths),
		.conda_env = w.conda_env,
		.pip_requirements = list_of(&a, w.pip_requirements),
		.extra_pip_requirements = list_of(&a, w.extra_pip_requirements),
		.signature = w.signature,
		.input_example = w.input_example,
		.metadata = w.metadata,
		.model_config = w.model_config,
		.streamable = w.streamable,
		.python_version = w.python_version,
		.model = w.mlflow_model,
	};
	return pf_save_model(&s, &o, &err) < 0 ? give_error(error, &err) : 0;
}

int pyfunc_env_add(const struct pyfunc_env_flavor *what, const struct pyfunc_env_options *options,
		   struct pyfunc_env_error *error)
{
	struct pyfunc_env_flavor w = { 0 };
	struct pf_err err = { 0 };
	struct pf_opts o;
	struct pf_save_flavor f;
	PF_AUTO(arena) a = { 0 };

	if (read_struct(&w, sizeof(w), what, what->size, &err) < 0 ||
	    read_options(&o, &a, options, &err) < 0)
		return give_error(error, &err);
	f = (struct pf_save_flavor){
		.mlmodel = w.mlmodel ? w.mlmodel : "",
		.loader_module = w.loader_module,
		.data = w.data,
		.code = w.code,
		.conda_env = w.conda_env,
		.python_env = w.python_env,
		.model_config = w.model_config,
		.python_version = w.python_version,
		.more = list_of(&a, w.more),
	};
	return pf_save_add(&f, &o, &err) < 0 ? give_error(error, &err) : 0;
}
