/* batch_typed.c - arrays and Parquet a batch of rows at a time, of a file where it lies */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <unistd.h>

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
static void let_go(struct pf_str file, const struct pf_value *array, size_t rows)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)array->tensor->data;
	const struct pf_tensor *t = array->tensor;
	size_t size = pf_type_width(t->type) * rows;

	if (from < (uintptr_t)file.p || from >= (uintptr_t)file.p + file.n)
		return;
	for (unsigned i = 1; i < t->rank; i++)
		size *= (size_t)t->shape[i];
	size = (from + size) / page * page - from / page * page;
	if (size)
		madvise((void *)(from / page * page), size, MADV_DONTNEED);
}

int pf_batch_arrays(struct pf_batch_work *w, const struct pf_value *all, size_t rows,
		    struct pf_str file)
{
	size_t from = 0;

	do {
		PF_AUTO(arena) a = { 0 };
		struct pf_request request = { 0 };
		size_t some = rows - from < w->b->rows ? rows - from : w->b->rows;
		struct pf_value part = pf_batch_slice(&a, all, from, some);
		bool map = part.kind == PF_V_MAP;

		if (pf_arrays_request(&request, &a, &part, &w->expect, w->err) < 0)
			return pf_batch_wrap(w, from);
		if (ask_for(w, &a, &request, some) < 0)
			return -1;
		for (size_t i = 0; file.n && i < (map ? part.list.n : 1); i++)
			let_go(file, map ? &part.list.v[2 * i + 1] : &part, some);
		from += some;
		if (w->b->tell)
			w->b->tell(w->b->ctx, from, 0);
	} while (from < rows);
	return pf_batch_finish(w);
}

bool pf_batch_fixes_rows(const struct pf_schema *s)
{
	for (size_t i = 0; s && s->kind == PF_SCHEMA_TENSORS && i < s->n; i++)
		if (!s->tensors[i].rank || s->tensors[i].shape[0] >= 0)
			return true;
	return false;
}

int pf_batches_npy(struct pf_batch_work *w)
{
	PF_AUTO(arena) whole = { 0 };
	struct pf_tensor *t = NULL;
	struct pf_value all = { .kind = PF_V_TENSOR };
	size_t rows;

	if (pf_batch_fixes_rows(w->expect.inputs))
		return pf_batches_whole(w);
	if (pf_npy_read(&t, &whole, w->input->text, w->err) < 0)
		return pf_wrap(w->err, "the input");
	all.tensor = t;
	if (!pf_value_rows(&rows, &all))
		return pf_batches_whole(w);
	return pf_batch_arrays(w, &all, rows, w->b->mapped ? w->input->text : PF_S(""));
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
			return pf_batches_read_whole(w);
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
