/* batch_typed.c - arrays and Parquet a batch of rows at a time, of a file where it lies */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "batch_inside.h"
#include "data/arrays.h"
#include "data/npy.h"
#include "input.h"

static struct pf_value text_value(struct pf_str s)
{
	return (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

static int ask_for(struct pf_batch_work *w, struct pf_arena *a, const struct pf_request *request,
		   size_t rows)
{
	struct pf_value params;

	if (request->raw)
		return pf_batch_refuse(w, request->why);
	return pf_batch_params(&params, w, a, request) < 0 ||
	       pf_batch_ask(w, &request->data, &params, rows) < 0 ? -1 : 0;
}

/* ---- arrays ---- */

/* Pages of the file that have been used need not stay: they are read again when needed. */
static void let_go(const struct pf_str *file, const char *to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)file->p, end = (uintptr_t)to / page * page;

	if (end > from)
		madvise((void *)from, end - from, MADV_DONTNEED);
}

/* Shapes that a signature says are checked of the whole, not of its parts. */
static bool has_fixed_rows(const struct pf_schema *s)
{
	return s && s->kind == PF_SCHEMA_TENSORS &&
	       (s->n != 1 || !s->tensors[0].rank || s->tensors[0].shape[0] >= 0);
}

int pf_batches_npy(struct pf_batch_work *w)
{
	const struct pf_str *file = &w->input->text;
	PF_AUTO(arena) whole = { 0 };
	struct pf_tensor *t = NULL;
	struct pf_value all = { .kind = PF_V_TENSOR };
	size_t rows, from = 0;
	bool lies_there;

	if (has_fixed_rows(w->expect.inputs))
		return pf_batches_whole(w);
	if (pf_npy_read(&t, &whole, *file, w->err) < 0)
		return pf_wrap(w->err, "the input");
	all.tensor = t;
	if (!pf_value_rows(&rows, &all))
		return pf_batches_whole(w);
	lies_there = (const char *)t->data > file->p && (const char *)t->data < file->p + file->n;
	do {
		PF_AUTO(arena) a = { 0 };
		struct pf_request request = { 0 };
		size_t some = rows - from < w->b->rows ? rows - from : w->b->rows;
		struct pf_value part = pf_value_slice(&a, &all, from, some);

		if (pf_arrays_request(&request, &a, &part, &w->expect, w->err) < 0)
			return pf_batch_wrap(w, from);
		if (ask_for(w, &a, &request, some) < 0)
			return -1;
		if (w->b->mapped && lies_there && part.tensor->data)
			let_go(file, part.tensor->data);
		from += some;
		if (w->b->tell)
			w->b->tell(w->b->ctx, from, 0);
	} while (from < rows);
	return pf_batch_finish(w);
}

/* ---- Parquet ---- */

/* The next rows: a table, behind the last of them an empty list, or text where the environment can
 * read the file as a whole alone. */
static int next_rows(struct pf_value *out, struct pf_arena *a, struct pf_batch_work *w)
{
	struct pf_value pairs[] = {
		text_value(PF_S("format")), text_value(PF_S("parquet")), text_value(PF_S("path")),
		text_value(pf_format(a, "/proc/%d/fd/%d", (int)getpid(), w->b->fd)),
		text_value(PF_S("rows")), { .kind = PF_V_INT, .i = (int64_t)w->b->rows }
	};
	struct pf_value ask = { .kind = PF_V_MAP, .list = { pairs, 3 } };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_FRAME);
	double left;

	if (pf_batch_time(&left, w) < 0 ||
	    pf_runner_ask(w->r, PF_FRAME_READ, &ask, &bytes, left, w->err) < 0 ||
	    pf_value_read(out, a, pf_dup(a, pf_buf_view(&bytes)), w->err) < 0)
		return pf_wrap(w->err, "the input");
	return 0;
}

static int read_whole(struct pf_batch_work *w)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_INPUT);
	struct pf_input input = *w->input;
	struct pf_batch_work own = *w;

	if (pf_read_fd(&text, w->b->fd, w->b->name, w->err) < 0)
		return -1;
	input.text = pf_buf_view(&text);
	own.input = &input;
	return pf_batches_whole(&own);
}

int pf_batches_parquet(struct pf_batch_work *w)
{
	size_t done = 0;

	for (;;) {
		PF_AUTO(arena) a = { 0 };
		struct pf_request request = { 0 };
		struct pf_value table;

		if (next_rows(&table, &a, w) < 0)
			return -1;
		if (table.kind == PF_V_STRING)
			return read_whole(w);
		if (table.kind == PF_V_LIST)
			return pf_batch_finish(w);
		if (pf_table_request(&request, &a, &table, &w->expect, w->err) < 0)
			return pf_batch_wrap(w, done);
		if (ask_for(w, &a, &request, table.table->rows) < 0)
			return -1;
		done += table.table->rows;
		if (w->b->tell)
			w->b->tell(w->b->ctx, done, 0);
	}
}
