/* cmd_serve.c - serve: MLflow's scoring protocol with a model in its own environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "pipeline.h"
#include "python/installed.h"
#include "serve/serve.h"

/* ---- options ---- */

/* The option, else MLflow's variable, else what is usual. */
static const char *chosen(const struct pf_args *args, enum pf_opt_id id, const char *variable,
			  const char *usual)
{
	const char *set = getenv(variable);

	return args->value[id] ? args->value[id] : set && *set ? set : usual;
}

static int read_count(unsigned *out, const char *what, const char *text, unsigned least,
		      unsigned most, struct pf_err *err)
{
	uint64_t n;

	if (!pf_str_u64(pf_s(text), &n) || n < least || n > most)
		return pf_fail(err, PF_EUSAGE, "%s takes a number from %u to %u, not " PF_FMT, what,
			       least, most, PF_ARG(pf_shown(pf_s(text))));
	*out = (unsigned)n;
	return 0;
}

static int read_limits(struct pf_serve_opts *out, const struct pf_args *args, struct pf_err *err)
{
	const char *workers = chosen(args, PF_OPT_workers, "MLFLOW_MODELS_WORKERS", "1");
	const char *queue = args->value[PF_OPT_max_queue];
	uint64_t body = 0;

	if (read_count(&out->workers, "--workers", workers, 1, PF_MAX_SERVE_WORKERS, err) < 0 ||
	    pf_cli_size(&body, "--max-body", args->value[PF_OPT_max_body], err) < 0 ||
	    pf_cli_seconds(
		    &out->timeout,
		    chosen(args, PF_OPT_timeout, "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", NULL),
		    err) < 0)
		return -1;
	if (body > PF_MAX_INPUT)
		return pf_fail(err, PF_EUSAGE, "--max-body takes 4G at most");
	out->max_body = body ? (size_t)body : PF_MAX_BODY;
	out->timeout = out->timeout > 0 ? out->timeout : PF_WAIT_SCORE;
	out->max_queue = PF_MAX_QUEUE;
	return queue ? read_count(&out->max_queue, "--max-queue", queue, 0, 100000, err) : 0;
}

static int read_options(struct pf_serve_opts *out, const struct pf_args *args, struct pf_err *err)
{
	*out = (struct pf_serve_opts){
		.host = chosen(args, PF_OPT_host, "MLFLOW_HOST", "127.0.0.1"),
		.port = chosen(args, PF_OPT_port, "MLFLOW_PORT", "5000"),
		.unix_path = args->value[PF_OPT_unix_socket],
		.tls_cert = args->value[PF_OPT_tls_cert],
		.tls_key = args->value[PF_OPT_tls_key],
		.token_file = args->value[PF_OPT_token_file],
		.batch = pf_args_has(args, PF_OPT_batch),
		.access_log = !pf_args_has(args, PF_OPT_no_access_log) &&
			      !pf_args_has(args, PF_OPT_quiet),
		.json_log = pf_args_has(args, PF_OPT_json),
	};
	if (!out->tls_cert != !out->tls_key)
		return pf_fail(err, PF_EUSAGE, "--tls-cert and --tls-key are given together");
	return read_limits(out, args, err);
}

/* ---- the model ---- */

struct how {
	const struct pf_job *job;
	const struct pf_opts *opts;
};

static int start(struct pf_runner *out, const void *how, bool to_read, struct pf_err *err)
{
	const struct how *h = how;

	return to_read ? pf_job_start_to_read(out, h->job, h->opts, err) :
			 pf_job_start(out, h->job, h->opts, err);
}

/* The version of MLflow that the model's environment has, else of the one that saved it, else
 * ours. */
static struct pf_str mlflow_version(struct pf_arena *a, const struct pf_job *job,
				    const struct pf_opts *o)
{
	static const char *const names[] = { "mlflow", "mlflow-skinny" };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };
	struct pf_str saved = pf_node_text(job->model.mlmodel, "mlflow_version");
	struct pf_err ignored;

	if (pf_python_describe(&python, job->env.python, o, &ignored) == 0 &&
	    pf_dists_read(&installed, &python.paths, python.prefix, &ignored) == 0)
		for (size_t i = 0; i < PF_COUNT(names); i++) {
			const struct pf_dist *d = pf_map_get(&installed.by_name, pf_s(names[i]));

			if (d)
				return pf_dup(a, d->version);
		}
	return saved.n ? pf_dup(a, saved) : PF_S(PF_VERSION);
}

static int serve(struct pf_listeners *l, struct pf_serve_opts *so, const struct pf_job *job,
		 const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_opts own = *o;
	struct how how = { job, &own };
	unsigned processors = pf_processors();
	struct pf_serve_model model = { .expect = pf_job_expect(job, o),
					.start = start,
					.how = &how,
					.reads_raw = pf_job_reads_raw(job, o) };

	/* Each process its share of the processors. One alone is told when they are fewer than its
	 * libraries would count. */
	if (so->workers > 1 || processors < sysconf(_SC_NPROCESSORS_ONLN))
		own.threads = processors > so->workers ? processors / so->workers : 1;
	so->version = pf_dupz(&a, mlflow_version(&a, job, o));
	return pf_serve(l, so, &model, err);
}

int pf_cmd_serve(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	PF_AUTO(listeners) listeners = { 0 };
	struct pf_serve_opts so;
	struct pf_opts o;
	const char *uri;

	/* What is misspelled or taken is told before an environment is made. */
	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    read_options(&so, args, err) < 0 || pf_serve_check(&so, err) < 0 ||
	    pf_listeners_open(&listeners, &so, err) < 0 || pf_prepare(&job, uri, &o, err) < 0)
		return -1;
	return serve(&listeners, &so, &job, &o, err);
}
