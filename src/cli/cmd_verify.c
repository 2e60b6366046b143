/* cmd_verify.c - verify: the model's recorded answer, asked for again in its environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <math.h>

#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "cli/cli.h"
#include "proof.h"

static int read_tolerance(double *out, const char *text, struct pf_err *err)
{
	*out = 0;
	if (text && (!pf_double_read(pf_s(text), out) || *out < 0 || !isfinite(*out)))
		return pf_fail(err, PF_EUSAGE, "--tolerance takes a number, 0 or more, not " PF_FMT,
			       PF_ARG(pf_shown(pf_s(text))));
	return 0;
}

/* Is there what the command needs of the model? An environment would be made in vain. */
static int check_model(const struct pf_job *job, bool recording, struct pf_err *err)
{
	if (recording && job->from.source.n)
		return pf_fail(err, PF_EUSAGE,
			       "--record writes into a folder here; the model is elsewhere");
	return pf_record_check(&job->model, recording, err);
}

/* Instead of comparing: the answer is kept. */
static int record(const struct pf_args *args, const struct pf_job *job, const struct pf_opts *o,
		  double seconds, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_ANSWER);
	PF_AUTO(arena) a = { 0 };
	char *path = pf_join(&a, job->model.dir, PF_S(PF_RECORD_FILE));

	if (pf_record_make(&text, job, o, seconds, err) < 0 ||
	    pf_write_atomic(AT_FDCWD, path, pf_buf_view(&text), 0644, err) < 0)
		return -1;
	return pf_cli_print_path(args, path, err);
}

static int write_report(const char *path, const struct pf_verdict *v, const char *model,
			struct pf_err *err)
{
	PF_AUTO(buf) page = PF_BUF(PF_MAX_ANSWER);

	if (!path)
		return 0;
	pf_verdict_page(&page, v, model);
	if (pf_buf_check(&page, path, err) < 0)
		return -1;
	return pf_write_atomic(AT_FDCWD, path, pf_buf_view(&page), 0644, err);
}

int pf_cmd_verify(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	PF_AUTO(verdict) v = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_ANSWER);
	bool recording = pf_args_has(args, PF_OPT_verify_record);
	const char *report = args->value[PF_OPT_verify_report];
	double tolerance, seconds;
	struct pf_opts o;
	const char *uri;

	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    read_tolerance(&tolerance, args->value[PF_OPT_tolerance], err) < 0 ||
	    pf_cli_seconds(&seconds, args->value[PF_OPT_timeout], err) < 0 ||
	    pf_cli_check_path(report, err) < 0 || pf_job_read(&job, uri, &o, err) < 0 ||
	    check_model(&job, recording, err) < 0 || pf_job_make(&job, &o, err) < 0)
		return -1;
	if (recording)
		return record(args, &job, &o, seconds, err);
	if (pf_verdict_make(&v, &job, &o, tolerance, seconds, err) < 0 ||
	    write_report(report, &v, uri, err) < 0)
		return -1;
	if (pf_args_has(args, PF_OPT_json))
		pf_verdict_json(&text, &v, uri);
	else
		pf_verdict_text(&text, &v, uri);
	if (pf_cli_print_stdout(pf_buf_view(&text), err) < 0)
		return -1;
	return v.same ? 0 : PF_EDIFF;
}
