/* cmd_run.c - run: predict with a model in its own environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mapped.h"
#include "base/str.h"
#include "batches.h"
#include "cli/cli.h"
#include "input.h"
#include "pipeline.h"

/* The format of which a file's name has the suffix, or json. */
static const char *by_suffix(const char *path, const char *const *formats)
{
	for (size_t i = 0; path && formats[i]; i++) {
		size_t n = strlen(formats[i]), length = strlen(path);

		if (length > n && path[length - n - 1] == '.' &&
		    pf_str_ieq(pf_s(path + length - n), formats[i]))
			return formats[i];
	}
	return formats[0];
}

/* The request's format: as told, else by the suffix of its file, else json. The answer's is that of
 * its file. */
static int choose_formats(struct pf_input *out, const struct pf_args *args, struct pf_err *err)
{
	const char *told = args->value[PF_OPT_content_type];
	int choice;

	out->answer = by_suffix(args->value[PF_OPT_output], pf_answer_formats);
	out->format = by_suffix(args->value[PF_OPT_input], pf_input_formats);
	out->guessed = !told;
	if (!told)
		return 0;
	choice = pf_opts_choice("--content-type", told, pf_input_formats, err);
	if (choice < 0)
		return -1;
	out->format = pf_input_formats[choice];
	return 0;
}

/* A misspelled input is told before an environment is made for it. */
static int check_input(const struct pf_args *args, struct pf_err *err)
{
	const char *path = args->value[PF_OPT_input];
	struct stat st;

	if (!path || strcmp(path, "-") == 0)
		return 0;
	if (stat(path, &st) < 0 || access(path, R_OK) < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	return S_ISDIR(st.st_mode) ? pf_fail(err, PF_EIO, "%s is a directory", path) : 0;
}

/* So are parameters that the model does not have; what is made of them lives in the arena. */
static int check_params(struct pf_input *input, struct pf_arena *a, const struct pf_job *job,
			const struct pf_opts *o, struct pf_err *err)
{
	struct pf_expect expect = pf_job_expect(job, o);
	struct pf_value *checked = pf_alloc(a, sizeof(*checked));

	if (!input->params.n)
		return 0;
	if (pf_job_params(checked, a, input, &expect, err) < 0)
		return -1;
	input->checked = checked;
	return 0;
}

static int open_input(const char *path, struct pf_err *err)
{
	int fd;

	if (!path || strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			pf_note("reading the request from the terminal; "
				"Ctrl-D ends it (or give --input)");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? pf_fail_errno(err, "cannot read standard input") : fd;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC); /* waits for the writer of a FIFO */
	if (fd < 0 && errno == EINTR && pf_signals_check(err) < 0)
		return -1;
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	return fd;
}

/* Reads the whole request. Where text is wanted a first block with a NUL is none: an endless device
 * is not read to the ceiling. */
static int read_all(struct pf_buf *out, int fd, const char *name, bool text, struct pf_err *err)
{
	char *room = pf_buf_room(out, PF_KIB(64));
	ssize_t n;

	do
		n = read(fd, room, PF_KIB(64));
	while (n < 0 && errno == EINTR && !pf_signals_pending());
	if (pf_signals_check(err) < 0)
		return -1;
	if (n < 0)
		return pf_fail_errno(err, "cannot read %s", name);
	if (text && memchr(room, 0, (size_t)n))
		return pf_fail(err, PF_EMODEL, "%s is no text: it holds a NUL byte", name);
	out->n += (size_t)n;
	return n ? pf_read_fd(out, fd, name, err) : 0;
}

static const char *name_of(const char *path)
{
	return path && strcmp(path, "-") != 0 ? path : "standard input";
}

static int read_input(struct pf_buf *out, const char *path, bool text, struct pf_err *err)
{
	PF_FD(fd) = open_input(path, err);

	return fd < 0 ? -1 : read_all(out, fd, name_of(path), text, err);
}

/* ---- in batches ---- */

struct batching {
	struct pf_cli_out out;
	off_t size;	/* of the input, or 0 */
};

static int write_piece(void *ctx, struct pf_str piece, struct pf_err *err)
{
	return pf_cli_out_write(&((struct batching *)ctx)->out, piece, err);
}

/* Drawn over on a terminal; elsewhere nobody waits for it. */
static void tell(void *ctx, size_t rows, size_t bytes)
{
	const struct batching *b = ctx;
	enum { WIDTH = 30 };
	size_t done = b->size > 0 ? (size_t)((double)bytes / (double)b->size * WIDTH) : 0;

	if (!isatty(STDERR_FILENO))
		return;
	done = done > WIDTH ? WIDTH : done;
	if (b->size > 0 && bytes)
		pf_step("[%.*s%.*s] %zu rows", (int)done, "##############################",
			(int)(WIDTH - done), "..............................", rows);
	else
		pf_step("%zu rows", rows);
}

/* What is to be read: formats that are streamed stay where they are, in a file or behind the
 * descriptor; everything else is read. */
static int take_input(struct pf_batches *b, struct pf_input *input, struct pf_mapped *mapped,
		      struct pf_buf *body, struct pf_err *err)
{
	bool csv = strcmp(input->format, "csv") == 0, parquet = strcmp(input->format, "parquet") == 0;
	bool npz = strcmp(input->format, "npz") == 0;
	char magic[4] = "";
	struct stat st;

	b->file = fstat(b->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		  lseek(b->fd, 0, SEEK_CUR) == 0;
	if (csv || (b->file && npz))
		return 0;
	if (b->file && parquet) {
		if (pread(b->fd, magic, sizeof(magic), 0) != sizeof(magic) ||
		    memcmp(magic, "PAR1", sizeof(magic)) != 0)
			return pf_fail(err, PF_EMODEL,
				       "the input: no Parquet: it does not begin with PAR1");
		return 0;
	}
	if (b->file) {
		if (pf_map(mapped, b->fd, b->name, err) < 0)
			return -1;
		input->text = mapped->text;
		b->mapped = true;
		return 0;
	}
	if (read_all(body, b->fd, b->name, pf_input_is_text(input->format), err) < 0)
		return -1;
	input->text = pf_buf_view(body);
	return 0;
}

static int predict_batches(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
			   struct pf_input *input, size_t rows, const struct pf_args *args,
			   struct pf_err *err)
{
	const char *path = args->value[PF_OPT_input];
	struct batching batching = { 0 };
	PF_FD(fd) = open_input(path, err);
	struct pf_batches b = { .rows = rows,
				.fd = fd,
				.name = name_of(path),
				.write = write_piece,
				.tell = tell,
				.ctx = &batching };
	PF_AUTO(buf) body = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(mapped) mapped = { 0 };
	struct stat st;
	int rc;

	if (fd < 0 || take_input(&b, input, &mapped, &body, err) < 0)
		return -1;
	batching.size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
	rc = pf_cli_out_open(&batching.out, args, err);
	if (rc == 0)
		rc = pf_job_predict_batches(r, job, o, input, &b, err);
	if (pf_mapped_check(&mapped, err) < 0) /* whatever was made of it */
		rc = -1;
	pf_step_done();
	if (rc == 0)
		rc = pf_cli_out_commit(&batching.out, err);
	pf_cli_out_free(&batching.out);
	return rc;
}

/* ---- at once ---- */

static int predict_all(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
		       struct pf_input *input, const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(buf) answer = PF_BUF(PF_MAX_ANSWER);

	if (read_input(&body, args->value[PF_OPT_input], pf_input_is_text(input->format), err) < 0)
		return -1;
	input->text = pf_buf_view(&body);
	if (pf_job_predict(&answer, r, job, o, input, err) < 0 ||
	    pf_signals_check(err) < 0) /* asked to stop while the answer came */
		return -1;
	if (input->answer == pf_answer_formats[0])
		pf_buf_char(&answer, '\n');
	return pf_cli_print(args, pf_buf_view(&answer), err);
}

/* ---- in pieces ---- */

static int write_line(void *ctx, struct pf_str line, struct pf_err *err)
{
	return pf_cli_out_write(ctx, line, err);
}

static int stream_all(struct pf_runner *r, const struct pf_job *job, const struct pf_opts *o,
		      struct pf_input *input, const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(buf) body = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(cli_out) out = { 0 };
	struct pf_lines lines = { .write = write_line, .ctx = &out };

	if (read_input(&body, args->value[PF_OPT_input], pf_input_is_text(input->format), err) < 0)
		return -1;
	input->text = pf_buf_view(&body);
	if (pf_cli_out_open(&out, args, err) < 0 ||
	    pf_job_stream(r, job, o, input, &lines, err) < 0)
		return -1;
	return pf_cli_out_commit(&out, err);
}

/* ---- */

static int read_batch_rows(size_t *out, const struct pf_args *args, struct pf_err *err)
{
	const char *text = args->value[PF_OPT_batch_rows];
	uint64_t rows = 0;

	if (text && (!pf_str_u64(pf_s(text), &rows) || !rows || rows > PF_MAX_CELLS))
		return pf_fail(err, PF_EUSAGE,
			       "--batch-rows takes a number of rows from 1 to %d, not " PF_FMT,
			       PF_MAX_CELLS, PF_ARG(pf_shown(pf_s(text))));
	if (rows && pf_args_has(args, PF_OPT_stream))
		return pf_fail(err, PF_EUSAGE, "--batch-rows and --stream exclude each other");
	*out = (size_t)rows;
	return 0;
}

/* A worker may go away in between: one question can be asked again, a series of them cannot. */
static bool asks_once(const struct pf_input *input, size_t rows)
{
	return !rows && strcmp(input->format, "parquet") != 0 &&
	       (!input->answer || strcmp(input->answer, "parquet") != 0);
}

/* A file whose size can be seen before it is read. */
static bool is_small(const char *path)
{
	struct stat st;
	bool piped = !path || strcmp(path, "-") == 0;

	return (piped ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size <= (off_t)PF_SMALL_INPUT;
}

int pf_cmd_run(const struct pf_args *args, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(job) job = { 0 };
	PF_AUTO(runner) runner = { 0 };
	struct pf_input input = { .params = pf_s(args->value[PF_OPT_params]) };
	struct pf_opts o;
	const char *uri;
	size_t rows = 0;

	if (pf_cli_model(&uri, args, err) < 0 || pf_cli_opts(&o, args, &a, err) < 0 ||
	    choose_formats(&input, args, err) < 0 || read_batch_rows(&rows, args, err) < 0 ||
	    pf_cli_seconds(&input.seconds, args->value[PF_OPT_timeout], err) < 0 ||
	    check_input(args, err) < 0 || pf_cli_check_output(args, err) < 0)
		return -1;
	o.keep_warm &= asks_once(&input, rows);
	o.small_input = is_small(args->value[PF_OPT_input]);
	/* Where a worker may wait, or is to, the input tells which: nothing is started in vain. */
	if (pf_job_read(&job, uri, &o, err) < 0 || check_params(&input, &a, &job, &o, err) < 0 ||
	    pf_job_make(&job, &o, err) < 0 ||
	    (!o.keep_warm && pf_job_start(&runner, &job, &o, err) < 0) ||
	    (rows     ? predict_batches(&runner, &job, &o, &input, rows, args, err) :
	     o.stream ? stream_all(&runner, &job, &o, &input, args, err) :
			predict_all(&runner, &job, &o, &input, args, err)) < 0)
		return -1;
	if (!o.keep_warm || !pf_runner_stay(&runner, job.hold))
		pf_runner_leave(&runner);
	return 0;
}
