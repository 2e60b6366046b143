/* upload.c - files put on a server, several at a time, big ones in parts */
/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/upload.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

/* All that is under way. */
struct sending {
	struct pf_upload *u;
	struct pf_upload_files *files;
	size_t file, part;  /* the next piece */
	uint64_t sent, all; /* bytes */
	double start;
	struct pf_err err; /* the first one; code 0: none */
	struct slot {
		struct sending *s;
		struct pf_transfer t;
		const struct pf_upload_file *f;
		struct pf_upload_part *piece; /* NULL: the file goes in one piece */
	} slots[PF_MAX_UPLOADS];
};

static void stop(struct sending *s, const struct pf_err *err)
{
	if (!s->err.code)
		s->err = *err;
}

/* ---- one piece ---- */

static void begin_next(struct slot *slot);

static void close_slot(struct slot *slot)
{
	if (slot->t.sends_file)
		pf_fd_close(&slot->t.send_fd);
	pf_transfer_free(&slot->s->u->pool, &slot->t);
}

/* What else is under way is given up. */
static void stop_others(struct slot *but)
{
	struct sending *s = but->s;

	for (size_t i = 0; i < PF_MAX_UPLOADS; i++)
		if (&s->slots[i] != but && !s->slots[i].t.ended)
			close_slot(&s->slots[i]);
}

static void finish(struct pf_transfer *t, void *ctx)
{
	struct slot *slot = ctx;
	struct sending *s = slot->s;

	if (t->err.code) {
		s->u->kind->explain(t, &t->err);
		pf_wrap(&t->err, PF_FMT, PF_ARG(pf_shown(slot->f->path)));
		stop(s, &t->err);
		stop_others(slot);
		return;
	}
	if (slot->piece)
		slot->piece->mark = pf_dup(&s->u->arena, t->got_etag);
	s->sent += t->sends_file ? t->send_size : t->send.n;
	close_slot(slot);
	begin_next(slot);
}

static int open_piece(struct slot *slot, struct pf_err *err)
{
	const struct pf_upload_file *f = slot->f;
	struct pf_transfer *t = &slot->t;
	size_t n = slot->piece ? (size_t)(slot->piece - f->parts) : 0;

	if (f->bytes.p) {
		t->send = f->bytes;
		return 0;
	}
	t->send_from = n * f->part_size;
	t->send_size = f->size - t->send_from;
	if (slot->piece && t->send_size > f->part_size)
		t->send_size = f->part_size;
	t->send_fd = pf_open_beneath(slot->s->u->root, f->path.p, err);
	t->sends_file = t->send_fd >= 0;
	return t->sends_file ? 0 : -1;
}

static bool take_next(struct sending *s, struct slot *slot)
{
	if (s->file >= s->files->n || s->err.code)
		return false;
	slot->f = &s->files->v[s->file];
	slot->piece = slot->f->parts ? &slot->f->parts[s->part++] : NULL;
	if (!slot->piece || s->part == slot->f->part_count) {
		s->file++;
		s->part = 0;
	}
	return true;
}

/* Called when a transfer has ended, too: one that fails at once begins no other. */
static void begin_next(struct slot *slot)
{
	struct sending *s = slot->s;
	struct pf_transfer *t = &slot->t;
	struct pf_err err;

	if (!take_next(s, slot))
		return;
	*t = (struct pf_transfer){ .method = "PUT",
				   .body = PF_BUF(PF_MAX_REST),
				   .problem = PF_BUF(PF_MAX_REST),
				   .stall = PF_WAIT_TAKE,
				   .ended = true,
				   .done = finish,
				   .ctx = slot };
	if (open_piece(slot, &err) < 0) {
		stop(s, &err);
		return;
	}
	s->u->kind->ask(t, s->u, slot->f, slot->piece);
	pf_pool_start(&s->u->pool, t);
}

static void tell(void *ctx)
{
	const struct sending *s = ctx;
	double seconds = pf_clock() - s->start;

	pf_progress("%.1f of %.1f MiB, %.1f MiB/s", (double)s->sent / (1 << 20),
		    (double)s->all / (1 << 20),
		    (double)s->sent / (1 << 20) / (seconds > 0.1 ? seconds : 0.1));
}

static int send_pieces(struct sending *s, struct pf_err *err)
{
	struct pf_upload *u = s->u;
	struct pf_err one;

	s->start = pf_clock();
	u->pool.tick = tell;
	u->pool.tick_ctx = s;
	for (size_t i = 0; i < PF_MAX_UPLOADS; i++) {
		s->slots[i].s = s;
		s->slots[i].t.ended = true;
		begin_next(&s->slots[i]);
	}
	for (size_t i = 0; i < PF_MAX_UPLOADS && !s->err.code; i++)
		if (!s->slots[i].t.ended && pf_pool_wait(&u->pool, &s->slots[i].t, &one) < 0)
			stop(s, &one);
	u->pool.tick = NULL;
	for (size_t i = 0; i < PF_MAX_UPLOADS; i++) {
		s->slots[i].t.done = NULL;
		close_slot(&s->slots[i]);
	}
	if (!s->err.code)
		return 0;
	*err = s->err;
	return -1;
}

/* ---- all of them ---- */

static int begin_parts(struct pf_upload *u, struct pf_upload_file *f, struct pf_err *err)
{
	int rc;

	f->part_size = f->bytes.p ? 0 : u->kind->part_size(u, f->size);
	if (!f->part_size)
		return 0;
	f->part_count = (size_t)(f->size / f->part_size + (f->size % f->part_size != 0));
	rc = u->kind->begin(u, f, err);
	if (rc == 1)
		f->part_size = 0;
	return rc < 0 ? pf_wrap(err, PF_FMT, PF_ARG(pf_shown(f->path))) : 0;
}

static int send(struct sending *s, struct pf_err *err)
{
	struct pf_upload_files *files = s->files;

	for (size_t i = 0; i < files->n; i++) {
		if (begin_parts(s->u, &files->v[i], err) < 0)
			return -1;
		s->all += files->v[i].size;
	}
	if (send_pieces(s, err) < 0)
		return -1;
	for (size_t i = 0; i < files->n; i++) {
		if (!files->v[i].parts)
			continue;
		if (s->u->kind->end(s->u, &files->v[i], err) < 0)
			return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(files->v[i].path)));
		files->v[i].parts = NULL;
	}
	return 0;
}

int pf_upload_send(struct pf_upload *u, struct pf_upload_files *files, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct sending *s = pf_alloc(&a, sizeof(*s));

	s->u = u;
	s->files = files;
	if (send(s, err) == 0)
		return 0;
	u->pool.deaf = true;
	u->pool.net.tries = 1;
	if (err->code > PF_ESIGNAL)
		u->pool.net.wait = PF_WAIT_GRACE;
	for (size_t i = 0; i < files->n; i++)
		if (files->v[i].parts)
			u->kind->drop(u, &files->v[i]);
	return -1;
}

/* ---- places ---- */

static const struct pf_upload_kind *const kinds[] = { &pf_upload_server, &pf_upload_s3,
						      &pf_upload_gs };

int pf_upload_open(struct pf_upload *out, struct pf_str place, int root, struct pf_err *err)
{
	struct pf_str scheme = pf_where_scheme(place);
	struct pf_upload u = { .root = root };
	struct pf_where w;

	for (size_t i = 0; i < PF_COUNT(kinds); i++)
		for (size_t k = 0; k < PF_COUNT(kinds[i]->schemes) && kinds[i]->schemes[k]; k++)
			if (pf_str_ieq(scheme, kinds[i]->schemes[k]))
				u.kind = kinds[i];
	if (!u.kind) {
		pf_fail(err, PF_EUSAGE,
			"the tracking server keeps artifacts at " PF_FMT
			", and nothing is written to " PF_FMT ": here",
			PF_ARG(pf_s(pf_url_shown(&u.arena, pf_shown(place)))), PF_ARG(scheme));
		pf_arena_free(&u.arena);
		return pf_hint(err, "a server with --serve-artifacts takes them itself; else s3:, "
				    "or a folder that is here");
	}
	u.place = pf_dup(&u.arena, place);
	if (pf_where_read(&w, &u.arena, u.place, err) < 0 || u.kind->open(&u, &w, err) < 0) {
		pf_upload_free(&u);
		return -1;
	}
	*out = u;
	return 0;
}

void pf_upload_free(struct pf_upload *u)
{
	pf_pool_free(&u->pool);
	pf_arena_free(&u->arena);
	memset(u, 0, sizeof(*u));
}
