/* to_gs.c - files put into a bucket of Google's storage: gs: */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/gs.h"
#include "publish/upload.h"

static int open_bucket(struct pf_upload *u, const struct pf_where *w, struct pf_err *err)
{
	struct pf_gs *f = pf_alloc(&u->arena, sizeof(*f));

	u->own = f;
	return pf_gs_open(f, &u->arena, &u->pool, w, true, err);
}

/* One request takes a file of any size. */
static uint64_t part_size(struct pf_upload *u, uint64_t size)
{
	(void)u, (void)size;
	return 0;
}

static void ask(struct pf_transfer *t, struct pf_upload *u, const struct pf_upload_file *f,
		const struct pf_upload_part *part)
{
	const struct pf_gs *gs = u->own;
	struct pf_arena *a = &t->arena;
	struct pf_str key = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(gs->key), gs->key.n ? "/" : "",
				      PF_ARG(f->path));

	(void)part;
	t->method = "POST";
	t->url = pf_formatz(a, PF_FMT "/upload" PF_FMT "?uploadType=media&name=" PF_FMT,
			    PF_ARG(gs->server), PF_ARG(gs->objects),
			    PF_ARG(pf_url_encode(a, key, "")));
	*PF_PUSH(a, &t->headers) = pf_format(a, "Content-Type: %s", pf_upload_type(f->path));
	if (gs->header.n)
		*PF_PUSH(a, &t->headers) = gs->header;
}

static void explain(const struct pf_transfer *t, struct pf_err *err)
{
	bool known = false;

	for (size_t i = 0; i < t->headers.n; i++)
		known |= pf_str_starts(t->headers.v[i], "Authorization:");
	pf_gs_refused(t, known, err);
}

const struct pf_upload_kind pf_upload_gs = {
	.schemes = { "gs" },
	.open = open_bucket,
	.part_size = part_size,
	.ask = ask,
	.explain = explain,
};
