/* input.c - inputs and answers of every format, some of which only the environment can read */
/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <sys/mman.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "data/arrays.h"
#include "data/npy.h"
#include "formats/zip.h"

/* What one format needs to be read; all but `out` and `held` are there for it to use. */
struct reading {
	struct pf_arena *a;
	struct pf_buf *held;
	struct pf_runner *r;
	const struct pf_input *input;
	const struct pf_expect *expect;
	struct pf_err *err;
};

static struct pf_value text_value(struct pf_str s)
{
	return (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

/* ---- text ---- */

static int read_json(struct pf_request *out, struct reading *w)
{
	return pf_payload_read(out, w->a, w->input->text, w->expect, w->err);
}

static int read_csv(struct pf_request *out, struct reading *w)
{
	return pf_csv_read(out, w->a, w->input->text, w->expect, w->err);
}

/* ---- arrays ---- */

static int read_npy(struct pf_request *out, struct reading *w)
{
	struct pf_tensor *t = NULL;
	struct pf_value given = { .kind = PF_V_TENSOR };

	if (pf_npy_read(&t, w->a, w->input->text, w->err) < 0)
		return -1;
	given.tensor = t;
	return pf_arrays_request(out, w->a, &given, w->expect, w->err);
}

/* An array for each member NAME.npy. */
static int read_member(struct pf_value *pair, struct reading *w, struct pf_zip *zip,
		       const struct pf_zip_member *m)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_INPUT);
	struct pf_tensor *t = NULL;
	struct pf_str name;

	if (pf_npz_name(&name, m->name, w->err) < 0)
		return -1;
	if (pf_zip_read(&bytes, zip, m, w->err) < 0 ||
	    pf_npy_read(&t, w->a, pf_dup(w->a, pf_buf_view(&bytes)), w->err) < 0)
		return pf_wrap(w->err, PF_FMT, PF_ARG(pf_shown(m->name)));
	pair[0] = text_value(pf_dup(w->a, name));
	pair[1] = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
	return 0;
}

static int read_npz(struct pf_request *out, struct reading *w)
{
	PF_FD(fd) = memfd_create("input", MFD_CLOEXEC);
	PF_AUTO(zip) zip = { 0 };
	struct pf_value given = { .kind = PF_V_MAP };

	if (fd < 0)
		return pf_fail_errno(w->err, "cannot make a file in memory");
	if (pf_write_fd(fd, w->input->text.p, w->input->text.n, w->err) < 0 ||
	    pf_zip_open(&zip, fd, w->err) < 0)
		return -1;
	given.list.v = pf_alloc_array(w->a, 2 * zip.members.n, sizeof(*given.list.v));
	for (size_t i = 0; i < zip.members.n; i++)
		if (read_member(&given.list.v[2 * given.list.n++], w, &zip, &zip.members.v[i]) < 0)
			return -1;
	return pf_arrays_request(out, w->a, &given, w->expect, w->err);
}

/* ---- tables that the environment reads ---- */

static int read_parquet(struct pf_request *out, struct reading *w)
{
	struct pf_value pairs[] = { text_value(PF_S("format")), text_value(PF_S("parquet")),
				    text_value(PF_S("bytes")),
				    { .kind = PF_V_BYTES, .s = w->input->text } };
	struct pf_value ask = { .kind = PF_V_MAP, .list = { pairs, 2 } }, table;

	if (!pf_str_starts(w->input->text, "PAR1"))
		return pf_fail(w->err, PF_EMODEL, "no Parquet: it does not begin with PAR1");
	if (pf_runner_ask(w->r, PF_FRAME_READ, &ask, w->held, w->input->seconds, w->err) < 0 ||
	    pf_value_read(&table, w->a, pf_buf_view(w->held), w->err) < 0)
		return -1;
	return pf_table_request(out, w->a, &table, w->expect, w->err);
}

/* ---- */

const char *const pf_input_formats[] = { "json", "csv", "parquet", "npy", "npz", NULL };

static const struct {
	bool text;
	int (*read)(struct pf_request *out, struct reading *w);
} readers[] = {
	{ true, read_json }, { true, read_csv }, { false, read_parquet },
	{ false, read_npy }, { false, read_npz },
};

static size_t number_of(const char *format)
{
	size_t i = 0;

	while (pf_input_formats[i + 1] && strcmp(pf_input_formats[i], format) != 0)
		i++;
	return i;
}

bool pf_input_is_text(const char *format)
{
	return readers[number_of(format)].text;
}

int pf_input_read(struct pf_request *out, struct pf_arena *a, struct pf_buf *held,
		  struct pf_runner *r, const struct pf_input *input, const struct pf_expect *expect,
		  struct pf_err *err)
{
	struct reading w = { a, held, r, input, expect, err };

	return readers[number_of(input->format)].read(out, &w);
}

/* ---- answers ---- */

const char *const pf_answer_formats[] = { "json", "csv", "parquet", NULL };

static int write_parquet(struct pf_buf *out, struct pf_runner *r, const struct pf_value *answer,
			 double seconds, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) held = PF_BUF(PF_MAX_ANSWER);
	struct pf_value pairs[] = { text_value(PF_S("format")), text_value(PF_S("parquet")),
				    text_value(PF_S("data")), *answer };
	struct pf_value ask = { .kind = PF_V_MAP, .list = { pairs, 2 } }, bytes;

	if (answer->kind != PF_V_TABLE && answer->kind != PF_V_SERIES &&
	    (answer->kind != PF_V_TENSOR || answer->tensor->rank < 1 || answer->tensor->rank > 2))
		return pf_fail(err, PF_EMODEL,
			       "the answer is no table, so it cannot be written as Parquet "
			       "(write it as JSON)");
	if (pf_runner_ask(r, PF_FRAME_WRITE, &ask, &held, seconds, err) < 0 ||
	    pf_value_read(&bytes, &a, pf_buf_view(&held), err) < 0)
		return -1;
	if (bytes.kind != PF_V_BYTES)
		return pf_fail(err, PF_EBUG, "the runner wrote a table as something else");
	pf_buf_str(out, bytes.s);
	return pf_buf_check(out, "the answer", err);
}

int pf_answer_write(struct pf_buf *out, struct pf_runner *r, const struct pf_value *answer,
		    const char *format, unsigned how, double seconds, struct pf_err *err)
{
	if (strcmp(format, "csv") == 0)
		return pf_answer_csv(out, answer, err);
	if (strcmp(format, "parquet") == 0)
		return write_parquet(out, r, answer, seconds, err);
	return pf_answer_json(out, answer, how, err);
}
