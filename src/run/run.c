/* run.c - a runner: started in an environment, asked, let go */
/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/inside.h"

/* ---- start ---- */

/* The folder goes in as an argument, so that no character of it means anything to Python. */
#define BOOT                                                                                    \
	"import sys;sys.path.insert(0,sys.argv[1]);import _pfr;del sys.path[0];_pfr.main()"

/* Appends a frame, whose body is the value unless that is NULL. */
static int queue(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_value *value,
		 struct pf_err *err)
{
	struct pf_buf *out = &r->pending;
	size_t at = out->n;
	char header[PF_FRAME_HEADER] = { 0 };

	pf_buf_add(out, header, sizeof(header));
	if (value && pf_value_write(out, value, err) < 0) {
		out->n = at; /* the runner never hears of it */
		out->toobig = false;
		return -1;
	}
	if (pf_buf_check(out, "the request", err) < 0)
		return -1;
	pf_frame_header(out->p + at, kind, out->n - at - sizeof(header));
	return 0;
}

static char **with_marker(struct pf_arena *a, char **environment, const char *marker)
{
	size_t n = 0;
	char **out;

	while (environment[n])
		n++;
	out = pf_alloc_array(a, n + 2, sizeof(*out));
	memcpy(out, environment, n * sizeof(*out));
	out[n] = pf_dupz(a, pf_s(marker));
	return out;
}

/* The command of a runner: its interpreter, which gets the further words. */
struct command {
	char *argv[12];
	char **envp;
};

static int make_command(struct command *out, struct pf_arena *a, const char *python,
			const char *const *words, const struct pf_opts *o, struct pf_err *err)
{
	bool local = o && o->env_manager == PF_ENV_LOCAL;
	/* The user's own packages count for the user's own interpreter, PYTHON* never does. */
	const char *const leading[] = { python, local ? "-E" : "-I", "-Xfaulthandler", "-c", BOOT,
					pf_run_find(a, err) };
	size_t n = 0;

	if (!leading[PF_COUNT(leading) - 1])
		return -1;
	for (size_t i = 0; i < PF_COUNT(leading); i++) {
		if (i == 2 && o && o->no_bytecode)
			out->argv[n++] = pf_dupz(a, PF_S("-B"));
		out->argv[n++] = pf_dupz(a, pf_s(leading[i]));
	}
	for (; *words; words++)
		out->argv[n++] = pf_dupz(a, pf_s(*words));
	out->argv[n] = NULL;
	out->envp = pf_run_environment(a, python, o);
	return 0;
}

static int spawn(struct pf_runner *r, struct pf_arena *a, const char *python, int socket,
		 const struct pf_opts *o, struct pf_err *err)
{
	static unsigned count;
	struct command command;
	struct pf_spawn what = { .path = python, .argv = command.argv, .in = -1,
				 .out = STDERR_FILENO, .err = STDERR_FILENO, .keep = &socket,
				 .keep_count = 1, .new_group = true, .max_memory = r->max_memory };

	if (make_command(&command, a, python, (const char *const[]){ "3", NULL }, o, err) < 0)
		return -1;
	snprintf(r->marker, sizeof(r->marker), "PYFUNC_ENV_RUNNER=%d.%u", (int)getpid(),
		 __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
	what.envp = with_marker(a, command.envp, r->marker);
	return pf_proc_start(&r->proc, &what, err);
}

int pf_runner_become(const char *python, int socket, int hold, const struct pf_opts *o,
		     struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct command command;
	int keep[] = { socket, hold };
	struct pf_spawn what = { .path = python, .argv = command.argv, .in = -1,
				 .out = STDERR_FILENO, .err = STDERR_FILENO, .keep = keep,
				 .keep_count = hold > 0 ? 2 : 1, .new_group = true,
				 .max_memory = o->max_memory };
	char *parent = pf_formatz(&a, "%d", (int)getppid());

	if (make_command(&command, &a, python, (const char *const[]){ "3", parent, NULL }, o,
			 err) < 0)
		return -1;
	what.envp = command.envp;
	return pf_proc_become(&what, err);
}

/* ---- a worker instead ---- */

/* Everything that the process would be started with, but for what its terminal and its shell put
 * into the variables: another window is no reason for another worker. */
static void put_how(struct pf_buf *out, struct pf_arena *a, const struct pf_runner *r,
		    const char *python, const struct pf_opts *o)
{
	static const char *const passing[] = {
		"PWD", "OLDPWD", "SHLVL", "_", "TERM", "TERM_*", "COLORTERM", "COLUMNS", "LINES",
		"WINDOWID", "SSH_*", "TMUX*", "STY", "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_*",
		"DBUS_*", "GPG_TTY", "PS1", "HISTFILE", "LS_COLORS", "VTE_VERSION",
		"INVOCATION_ID", "JOURNAL_STREAM",
	};
	mode_t mask = umask(0);
	struct stat st = { 0 };
	struct pf_err ignored;
	char *dir = pf_run_find(a, &ignored), **e = pf_run_environment(a, python, o);

	umask(mask);
	if (dir)
		(void)stat(pf_formatz(a, "%s/_pfr.so", dir), &st);
	pf_buf_printf(out, "%s\n%d %d %o %llu\n%s %llu %lld.%ld\n", python,
		      o->env_manager == PF_ENV_LOCAL, o->no_bytecode, (unsigned)mask,
		      (unsigned long long)o->max_memory, dir ? dir : "",
		      (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
		      st.st_mtim.tv_nsec);
	pf_buf_add(out, r->pending.p, r->pending.n);
	for (; *e; e++) {
		struct pf_str name = pf_str_cut(pf_s(*e), 0, pf_str_find(pf_s(*e), '='));
		size_t i = 0;

		while (i < PF_COUNT(passing) && !pf_str_fits(name, passing[i]))
			i++;
		if (i == PF_COUNT(passing))
			pf_buf_add(out, *e, strlen(*e) + 1);
	}
}

static void look_for_worker(struct pf_runner *r, struct pf_arena *a, const char *python,
			    const struct pf_load *load, const struct pf_opts *o)
{
	struct pf_buf how = PF_BUF(PF_MAX_FRAME);
	struct pf_warm_for whom = { .model_dir = load->model_dir, .env_key = load->env_key,
				    .watched = load->watched };

	put_how(&how, a, r, python, o);
	whom.how = pf_buf_view(&how);
	pf_warm_look(&r->warm, &whom, o->store, !o->warm_seconds);
	r->warm_seconds = o->warm_seconds;
	r->warm.found = r->warm.found && !load->anew;
	pf_buf_free(&how);
}

int pf_runner_start(struct pf_runner *out, const char *python, const struct pf_load *load,
		    const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(runner) r = { 0 };
	struct pf_arena a = { 0 };
	PF_FD(theirs) = -1;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return pf_fail_errno(err, "cannot create a socket");
	r.fd = pair[0];
	theirs = pair[1];
	r.max_memory = o ? o->max_memory : 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r.pending.max = PF_MAX_FRAME;
	rc = pf_load_frame(&r.pending, load, err);
	if (rc == 0 && o && o->keep_warm)
		look_for_worker(&r, &a, python, load, o);
	if (rc == 0 && !r.warm.found)
		rc = spawn(&r, &a, python, theirs, o, err);
	pf_arena_free(&a);
	if (rc < 0)
		return -1;
	if (r.warm.found) {
		pf_run_forget(&r);
		*out = PF_TAKE(r);
		return 0;
	}
	r.pidfd = (int)syscall(SYS_pidfd_open, r.proc.pid, 0);
	if (r.pidfd < 0) {
		r.pidfd = 0;
		return pf_fail_errno(err, "cannot watch a process");
	}
	pf_run_push(&r);
	*out = PF_TAKE(r);
	return 0;
}

/* ---- ask ---- */

static void tell_loaded(const struct pf_value *v, double seconds)
{
	struct pf_str python = pf_shown(pf_value_text(v, "python"));
	struct pf_str loader = pf_shown(pf_value_text(v, "loader"));
	struct pf_str gave_up = pf_shown(pf_value_text(v, "gave_up"));

	pf_debug("imported and loaded in %.1f ms by Python " PF_FMT ", loader: " PF_FMT "%s" PF_FMT,
		 seconds * 1000, PF_ARG(python), PF_ARG(loader),
		 gave_up.n ? ", as the light one gave up: " : "", PF_ARG(gave_up));
}

static void note_times(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_buf *frame)
{
	struct pf_arena a = { 0 };
	struct pf_value v = { 0 };
	struct pf_err ignored;
	const struct pf_value *seconds;
	double spent = 0;

	if (pf_value_read(&v, &a, pf_buf_view(frame), &ignored) == 0) {
		seconds = pf_value_get(&v, "seconds");
		spent = seconds && seconds->kind == PF_V_FLOAT ? seconds->d : 0;
	}
	if (kind == PF_FRAME_LOADED) {
		r->loaded = true;
		r->load_seconds = spent;
		tell_loaded(&v, spent);
	} else {
		r->predict_seconds = spent;
		pf_debug("predicted in %.1f ms", spent * 1000);
	}
	pf_arena_free(&a);
}

/* Takes frames until one of the wanted kind has come. */
static int expect(struct pf_runner *r, enum pf_frame_kind wanted, struct pf_buf *body,
		  double seconds, struct pf_err *err)
{
	double until = seconds > 0 ? pf_clock() + seconds : 0;
	enum pf_frame_kind kind = PF_FRAME_BYE;
	int rc;

	for (;;) {
		rc = pf_run_exchange(r, &kind, body, until, err);
		if (rc <= 0)
			break;
		if (kind == PF_FRAME_LOADED ? !r->loaded : kind == PF_FRAME_SPENT && r->loaded)
			note_times(r, kind, body);
		else if (kind == PF_FRAME_FAILED) {
			r->leaving = !r->loaded;
			return pf_run_fail_told(r, body, err);
		}
		else if (kind == PF_FRAME_PIECE && r->pieces && r->loaded) {
			r->pieces->count++;
			rc = r->pieces->take(r->pieces->ctx, pf_buf_view(body), err);
			if (rc < 0)
				break;
		}
		else if (kind != wanted || !r->loaded) {
			rc = pf_fail(err, PF_ECODE, "the model's process sent an unexpected frame");
			break;
		}
		if (kind == wanted)
			return 0;
	}
	if (rc == 0)
		return pf_run_fail_ended(r, err);
	pf_run_end(r, err->code >= PF_ESIGNAL ? PF_WAIT_INTERRUPTED : PF_WAIT_GRACE);
	if (err->code == PF_EBUG)
		err->code = PF_ECODE; /* the model's code wrote to our socket */
	if (err->code == PF_ELIMIT && until > 0 && pf_clock() > until)
		return pf_fail(err, PF_ELIMIT, "the model did not answer within %g s and was ended",
			       seconds);
	return -1;
}

int pf_runner_wait(struct pf_runner *r, double seconds, struct pf_err *err)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	int rc = 0;

	if (r->fd <= 0)
		return pf_fail(err, PF_EBUG, "there is no runner to wait for");
	if (!r->loaded)
		rc = expect(r, PF_FRAME_LOADED, &body, seconds, err);
	pf_buf_free(&body);
	return rc;
}

static int give(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_value *request,
		struct pf_err *err)
{
	if (r->warm.found && !r->warm.attached && pf_warm_attach(r, err) < 0)
		return -1;
	if (r->fd <= 0)
		return pf_fail(err, PF_EBUG, "there is no runner to ask");
	return queue(r, kind, request, err);
}

int pf_runner_ask(struct pf_runner *r, enum pf_frame_kind kind, const struct pf_value *request,
		  struct pf_buf *answer, double seconds, struct pf_err *err)
{
	return give(r, kind, request, err) < 0 ? -1 : pf_runner_take(r, answer, seconds, err);
}

/* The frame's map: entries of fixed names. */
static struct pf_value map_of(struct pf_value *entries, size_t count)
{
	return (struct pf_value){ .kind = PF_V_MAP, .list = { entries, count } };
}

static struct pf_value text_value(struct pf_str s)
{
	return (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

int pf_runner_give(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		   struct pf_err *err)
{
	struct pf_value stream = { .kind = PF_V_BOOL, .b = r->pieces != NULL };
	struct pf_value typed[] = { text_value(PF_S("data")), request->data,
				    text_value(PF_S("params")), request->params,
				    text_value(PF_S("stream")), stream };
	struct pf_value raw[] = { text_value(PF_S("format")), text_value(pf_s(request->format)),
				  text_value(PF_S("bytes")), { .kind = PF_V_BYTES, .s = bytes },
				  text_value(PF_S("params")), request->params,
				  text_value(PF_S("stream")), stream };
	struct pf_value map = request->raw ? map_of(raw, 4) : map_of(typed, 3);

	if (give(r, request->raw ? PF_FRAME_RAW : PF_FRAME_PREDICT, &map, err) < 0)
		return -1;
	pf_run_push(r);
	return 0;
}

int pf_runner_take(struct pf_runner *r, struct pf_buf *answer, double seconds, struct pf_err *err)
{
	if (r->fd <= 0)
		return pf_fail(err, PF_EBUG, "there is no runner to ask");
	if (!answer->max)
		answer->max = PF_MAX_FRAME;
	r->stage = NULL;
	r->status = 0;
	pf_buf_free(&r->traceback);
	pf_buf_free(&r->own_answer);
	return expect(r, PF_FRAME_ANSWER, answer, seconds, err);
}

int pf_runner_predict(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		      struct pf_buf *answer, double seconds, struct pf_err *err)
{
	if (pf_runner_give(r, request, bytes, err) < 0)
		return -1;
	return pf_runner_take(r, answer, seconds, err);
}

int pf_runner_stream(struct pf_runner *r, const struct pf_request *request, struct pf_str bytes,
		     struct pf_pieces *pieces, double seconds, struct pf_err *err)
{
	struct pf_buf end = PF_BUF(PF_MAX_ANSWER);
	int rc;

	r->pieces = pieces;
	rc = pf_runner_predict(r, request, bytes, &end, seconds, err);
	r->pieces = NULL;
	pf_buf_free(&end);
	return rc;
}

/* ---- end ---- */

/* How long a runner may take that has been told to go: its threads, then its exit functions. */
#define PATIENCE (PF_WAIT_THREADS + PF_WAIT_GRACE)

static void say_bye(struct pf_runner *r)
{
	struct pf_err ignored;

	if (r->proc.pid > 0 && r->loaded && !r->leaving && !r->pending.n &&
	    queue(r, PF_FRAME_BYE, NULL, &ignored) == 0) {
		pf_run_push(r);
		r->leaving = true;
	}
}

void pf_runner_leave(struct pf_runner *r)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	enum pf_frame_kind kind = PF_FRAME_BYE;
	double until = pf_clock() + PATIENCE;
	struct pf_err ignored;

	say_bye(r);
	if (r->leaving && pf_run_exchange(r, &kind, &body, until, &ignored) > 0 &&
	    kind == PF_FRAME_GONE)
		pf_run_let_go(r);
	pf_buf_free(&body);
	pf_runner_free(r);
}

void pf_runner_free(struct pf_runner *r)
{
	int status;

	say_bye(r);
	if (r->proc.pid > 0 && r->leaving)
		pf_run_reap(r, PATIENCE * 1000, &status);
	pf_run_end(r, r->loaded ? 0 : pf_signals_pending() ? PF_WAIT_INTERRUPTED : PF_WAIT_GRACE);
	pf_buf_free(&r->traceback);
	pf_buf_free(&r->own_answer);
	pf_warm_free(&r->warm);
	memset(&r->warm, 0, sizeof(r->warm));
}
