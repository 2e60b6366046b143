/* batch_csv.c - CSV a batch of rows at a time, from a text that may have no end yet */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "batch_inside.h"
#include "data/data.h"

/* ---- CSV as it comes ---- */

struct csv {
	struct pf_buf text;	/* the header, then rows that are not done */
	size_t header;		/* its bytes */
	size_t read;		/* bytes in all */
	bool ended;
};

static int read_more(struct csv *c, struct pf_batch_work *w)
{
	size_t step = c->text.n > PF_MIB(1) ? c->text.n : PF_MIB(1);
	char *room = pf_buf_room(&c->text, step);
	ssize_t n;

	if (!room)
		return pf_buf_check(&c->text, "one batch of rows", w->err);
	do
		n = read(w->b->fd, room, step);
	while (n < 0 && errno == EINTR && !pf_signals_pending());
	if (pf_signals_check(w->err) < 0)
		return -1;
	if (n < 0)
		return pf_fail_errno(w->err, "cannot read %s", w->b->name);
	if (n && !c->read && memchr(room, 0, (size_t)n))
		return pf_fail(w->err, PF_EMODEL, "%s is no text: it holds a NUL byte", w->b->name);
	c->text.n += (size_t)n;
	c->text.p[c->text.n] = '\0';
	c->read += (size_t)n;
	c->ended = n == 0;
	return 0;
}

/* Reads until `rows` rows behind `from` are there or no more come; `end` is where they end. */
static int take_rows(size_t *end, size_t *found, struct csv *c, struct pf_batch_work *w,
		     size_t from, size_t rows)
{
	size_t more;

	*end = from;
	*found = 0;
	for (;;) {
		*end += pf_csv_cut(&more, pf_str_skip(pf_buf_view(&c->text), *end), rows - *found);
		*found += more;
		if (*found == rows)
			return 0;
		if (c->ended) { /* the last row may have no end */
			*found += pf_str_trim(pf_str_skip(pf_buf_view(&c->text), *end)).n > 0;
			*end = c->text.n;
			return 0;
		}
		if (read_more(c, w) < 0)
			return -1;
	}
}

static int predict_csv(struct pf_batch_work *w, struct pf_str text,
		       const struct pf_csv_types *types)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_request request = { 0 };
	struct pf_value params = { 0 };

	if ((types ? pf_csv_types_read(&request, &a, text, types, &w->expect, w->err) :
		     pf_csv_read(&request, &a, text, &w->expect, w->err)) < 0)
		return pf_batch_wrap(w, w->rows);
	if (request.raw)
		return pf_batch_refuse(w, request.why);
	if (pf_batch_params(&params, w, &a, &request) < 0)
		return -1;
	return pf_batch_ask(w, &request.data, &params, request.data.table->rows);
}

static void drop_rows(struct csv *c, size_t end)
{
	memmove(c->text.p + c->header, c->text.p + end, c->text.n - end);
	c->text.n -= end - c->header;
	c->text.p[c->text.n] = '\0';
}

/* All of it, a batch at a time: `types`, or NULL where the signature tells them, is looked for or,
 * when `look` is not set, used. */
static int each_batch(struct pf_batch_work *w, struct csv *c, struct pf_csv_types *types, bool look)
{
	size_t end, found;
	bool any = false;
	struct pf_str text;

	if (take_rows(&c->header, &found, c, w, 0, 1) < 0)
		return -1;
	do {
		if (take_rows(&end, &found, c, w, c->header, w->b->rows) < 0)
			return -1;
		if (!found && any)
			break;
		any = true;
		text = pf_str_cut(pf_buf_view(&c->text), 0, end);
		if (look ? pf_csv_types_look(types, text, w->err) < 0 :
			   predict_csv(w, text, types) < 0)
			return look ? pf_wrap(w->err, "the input") : -1;
		drop_rows(c, end);
		if (w->b->tell && !look)
			w->b->tell(w->b->ctx, w->rows, c->read - (c->text.n - c->header));
	} while (!c->ended || c->text.n > c->header);
	return 0;
}

/* Without a signature a column's type is of all its rows: the file is read twice. */
static int find_types(struct pf_csv_types *out, struct pf_batch_work *w)
{
	off_t start = lseek(w->b->fd, 0, SEEK_CUR);
	struct csv c = { .text = PF_BUF(PF_MAX_INPUT) };
	const char *why;
	int rc;

	if (start < 0) {
		pf_fail(w->err, PF_EMODEL,
			"CSV in batches takes a model with a signature of columns, or a file that "
			"can be read twice: the types of its columns are of all its rows");
		return pf_hint(w->err, "give the file itself with --input");
	}
	rc = each_batch(w, &c, out, true);
	pf_buf_free(&c.text);
	why = rc == 0 ? pf_csv_types_why(out) : NULL;
	if (why)
		return pf_batch_refuse(w, why);
	if (rc == 0 && lseek(w->b->fd, start, SEEK_SET) < 0)
		return pf_fail_errno(w->err, "cannot read %s again", w->b->name);
	return rc;
}

static bool has_signature(const struct pf_batch_work *w)
{
	const struct pf_schema *s = w->expect.inputs;

	return w->expect.from_type_hint || (s && s->kind != PF_SCHEMA_NONE && s->n);
}

int pf_batches_csv(struct pf_batch_work *w)
{
	struct csv c = { .text = PF_BUF(PF_MAX_INPUT) };
	PF_AUTO(csv_types) types = { 0 };
	bool known = has_signature(w);

	int rc;

	if (!known && find_types(&types, w) < 0)
		return -1;
	rc = each_batch(w, &c, known ? NULL : &types, false);
	pf_buf_free(&c.text);
	return rc < 0 ? -1 : pf_batch_finish(w);
}

