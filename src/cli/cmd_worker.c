/* cmd_worker.c - worker: become the process of a model, for a program that speaks with it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/cli.h"
#include "load.h"
#include "pipeline.h"

/* The socket's descriptor, or -1 for none. */
static int take_socket(int *out, const struct pf_args *args, struct pf_err *err)
{
	const char *text = args->value[PF_OPT_socket];
	bool describe = pf_args_has(args, PF_OPT_describe);
	uint64_t number = 0;
	int type = 0;
	socklen_t size = sizeof(type);

	*out = -1;
	if ((text != NULL) == describe)
		return pf_fail(err, PF_EUSAGE, "worker takes one of --socket FD and --describe");
	if (describe)
		return 0;
	if (!pf_str_u64(pf_s(text), &number) || number > PF_MAX_DESCRIPTOR ||
	    getsockopt((int)number, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
		return pf_fail(err, PF_EUSAGE,
			       "--socket takes the number of a descriptor that is a stream "
			       "socket, not " PF_FMT, PF_ARG(pf_shown(pf_s(text))));
	*out = (int)number;
	return 0;
}

/* Until the model's process is there, which looks after that itself: this one ends with the thread
 * that started it. Did that end before we said so, its socket is closed. */
static int end_with_parent(int socket, struct pf_err *err)
{
	struct pollfd gone = { .fd = socket };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&gone, 1, 0) > 0 && (gone.revents & (POLLHUP | POLLERR)))
		return pf_fail(err, PF_EIO, "nobody is at the other end of the socket");
	return 0;
}

static int become(const struct pf_job *job, int socket, struct pf_str frame,
		  const struct pf_opts *o, struct pf_err *err)
{
	if (pf_frame_send(socket, PF_FRAME_LOAD, pf_str_skip(frame, PF_FRAME_HEADER), err) < 0)
		return -1;
	prctl(PR_SET_PDEATHSIG, 0);
	return pf_runner_become(job->env.python, socket, job->hold, o, err);
}

static int work(struct pf_job *job, int socket, const struct pf_strs *warnings,
		const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) frame = PF_BUF(PF_MAX_FRAME);
	struct pf_load load;
	struct pf_opts o;
	const char *uri;

	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    pf_prepare(job, uri, &o, err) < 0 ||
	    pf_job_load(&load, &a, job, pf_job_mlflow_does(&job->model, &o) != NULL, &o, err) < 0 ||
	    pf_job_load_told(&load, &a, job, warnings, &o, err) < 0 ||
	    pf_load_frame(&frame, &load, err) < 0)
		return -1;
	return socket < 0 ? pf_cli_print_stdout(pf_buf_view(&frame), err) :
			    become(job, socket, pf_buf_view(&frame), &o, err);
}

/* Warnings are for whoever started this to tell; of what fails, they are told here. */
int pf_cmd_worker(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	struct pf_strs warnings = { 0 };
	int socket, rc;

	if (take_socket(&socket, args, err) < 0 ||
	    (socket >= 0 && end_with_parent(socket, err) < 0))
		return -1;
	pf_log_keep_warnings(&warnings, &a);
	rc = work(&job, socket, &warnings, args, err);
	pf_log_keep_warnings(NULL, NULL);
	for (size_t i = 0; rc < 0 && i < warnings.n; i++)
		pf_warn_text(warnings.v[i]);
	return rc;
}
