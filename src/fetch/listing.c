/* listing.c - what is in a bucket, page by page */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/listing.h"

#include "base/limits.h"
#include "base/str.h"

static int get_page(struct pf_listing *l, const struct pf_listing_kind *kind, struct pf_err *err)
{
	struct pf_transfer t = { .body = PF_BUF(PF_MAX_LISTING),
				 .problem = PF_BUF(PF_MAX_REST),
				 .max = PF_MAX_LISTING,
				 .want_header = kind->want_header };
	int rc;

	kind->ask(&t, l);
	pf_pool_start(l->r->pool, &t);
	rc = pf_pool_wait(l->r->pool, &t, err);
	if (rc < 0)
		rc = kind->refused && t.status && err->code < PF_ESIGNAL ?
			     kind->refused(l, &t, err) :
			     -1;
	else if (kind->read(l, pf_buf_view(&t.body), err) < 0) {
		err->code = err->code == PF_EMODEL ? PF_ETRANSFER : err->code;
		rc = pf_wrap(err, "the server's list of files");
	}
	pf_transfer_free(l->r->pool, &t);
	return rc;
}

/* A server that goes in circles would keep us for ever. */
static int check_progress(const struct pf_listing *l, struct pf_str before, struct pf_err *err)
{
	if (l->token.n && pf_str_eq(l->token, before))
		return pf_fail(err, PF_EINTEGRITY, "the server's list of files leads in a circle");
	if (l->pages > PF_MAX_PAGES || l->files->n > PF_MAX_MODEL_FILES)
		return pf_fail(err, PF_ELIMIT, "the model has files without end");
	return 0;
}

int pf_listing_get(struct pf_listing *l, const struct pf_listing_kind *kind, struct pf_err *err)
{
	struct pf_str before;
	int rc;

	do {
		before = l->token;
		rc = get_page(l, kind, err);
		if (rc < 0)
			return -1;
		l->pages++;
		if (rc == 0 && check_progress(l, before, err) < 0)
			return -1;
	} while (l->token.n || rc == 1);
	return l->files->n ? 0 : pf_fail(err, PF_EMODEL, "nothing is there");
}

int pf_listing_add(struct pf_listing *l, struct pf_str name, struct pf_str size, struct pf_str mark,
		   struct pf_err *err)
{
	struct pf_arena *a = &l->r->arena;
	struct pf_remote_file f = { 0 };

	if (name.n < l->prefix.n || memcmp(name.p, l->prefix.p, l->prefix.n) != 0)
		return pf_fail(err, PF_EINTEGRITY,
			       "\"" PF_FMT "\" is in it, which was not asked for",
			       PF_ARG(pf_shown(name)));
	f.sized = pf_str_u64(size, &f.size);
	if (pf_str_ends(name, "/") && f.sized && !f.size)
		return 0;
	if (!f.sized)
		return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" has no size in it",
			       PF_ARG(pf_shown(name)));
	f.path = pf_dup(a, pf_str_skip(name, l->prefix.n));
	if (mark.n && pf_str_find(mark, '\n') == PF_NPOS && pf_str_find(mark, '\r') == PF_NPOS)
		f.mark = pf_str_starts(mark, "\"") || pf_str_starts(mark, "W/")
				 ? pf_dup(a, mark)
				 : pf_format(a, "\"" PF_FMT "\"", PF_ARG(mark));
	*PF_PUSH(a, l->files) = f;
	return 0;
}

struct pf_str pf_listing_prefix(struct pf_arena *a, struct pf_str path)
{
	return path.n ? pf_format(a, PF_FMT "/", PF_ARG(path)) : PF_S("");
}

void pf_listing_pin(struct pf_transfer *t, const struct pf_remote_file *f)
{
	if (!pf_str_starts(f->mark, "\""))
		return;
	*PF_PUSH(&t->arena, &t->headers) =
		pf_format(&t->arena, "If-Match: " PF_FMT, PF_ARG(f->mark));
	t->pinned = true;
}
