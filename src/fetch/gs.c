/* gs.c - gs: URIs: buckets of Google Cloud Storage, by its JSON API */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/gs.h"

#include "base/json.h"
#include "base/str.h"
#include "fetch/google.h"
#include "fetch/listing.h"
#include "fetch/refusal.h"
#include "fetch/setting.h"

struct gs {
	struct pf_str base;   /* "https://storage.googleapis.com/storage/v1/b/BUCKET/o" */
	struct pf_str key;    /* of the folder */
	struct pf_str header; /* Authorization; or empty */
};

static int check(const struct pf_where *w, struct pf_err *err)
{
	struct pf_str name = w->url.host;
	bool good = name.n >= 3 && name.n <= 222 && pf_is_alnum(name.p[0]) &&
		    pf_is_alnum(name.p[name.n - 1]) && pf_str_find_str(name, "..") == PF_NPOS &&
		    !w->url.port.n;

	for (size_t i = 0; i < name.n; i++)
		good &= pf_lower(name.p[i]) == name.p[i] && name.p[i] != '[';
	return good ? 0
		    : pf_fail(err, PF_EUSAGE, PF_FMT " names no bucket",
			      PF_ARG(pf_shown(w->shown)));
}

/* "localhost:9023" and "http://localhost:9023" */
static int find_server(struct pf_str *base, struct pf_arena *a, struct pf_err *err)
{
	struct pf_str emulator = pf_s(pf_setting("STORAGE_EMULATOR_HOST"));
	struct pf_err ignored;
	struct pf_url u;

	*base = PF_S("https://storage.googleapis.com");
	if (!emulator.n)
		return 0;
	if (pf_str_find_str(emulator, "://") == PF_NPOS)
		emulator = pf_format(a, "http://" PF_FMT, PF_ARG(emulator));
	while (pf_str_ends(emulator, "/"))
		emulator.n--;
	if (pf_url_split(&u, emulator, &ignored) < 0 || !pf_url_is_http(&u) || u.user.p)
		return pf_fail(err, PF_EUSAGE,
			       "STORAGE_EMULATOR_HOST is no server that is asked over HTTP");
	*base = emulator;
	return 0;
}

int pf_gs_open(struct pf_gs *out, struct pf_arena *a, struct pf_pool *p, const struct pf_where *w,
	       bool writes, struct pf_err *err)
{
	struct pf_gs f = { 0 };

	if (find_server(&f.server, a, err) < 0 ||
	    pf_google_find(&f.header, a, p, pf_setting("STORAGE_EMULATOR_HOST") != NULL, writes,
			   err) < 0)
		return -1;
	f.objects = pf_format(a, "/storage/v1/b/" PF_FMT "/o", PF_ARG(w->url.host));
	f.key = pf_dup(a, w->path);
	*out = f;
	return 0;
}

static int open_gs(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct gs *f = pf_alloc(&r->arena, sizeof(*f));
	struct pf_arena *a = &r->arena;
	struct pf_gs place;

	if (pf_gs_open(&place, a, r->pool, w, false, err) < 0)
		return -1;
	f->base = pf_format(a, PF_FMT PF_FMT, PF_ARG(place.server), PF_ARG(place.objects));
	f->key = place.key;
	f->header = place.header;
	r->own = f;
	r->source = pf_setting("STORAGE_EMULATOR_HOST")
			    ? pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(f->base), PF_ARG(f->key))
			    : pf_dup(a, w->shown);
	return 0;
}

static void sign(struct pf_transfer *t, const struct gs *f)
{
	if (f->header.n)
		*PF_PUSH(&t->arena, &t->headers) = f->header;
}

/* ---- lists ---- */

static void ask_page(struct pf_transfer *t, struct pf_listing *l)
{
	const struct gs *f = l->r->own;
	struct pf_arena *a = &t->arena;

	t->url =
		pf_formatz(a,
			   PF_FMT "?prefix=" PF_FMT
				  "&fields=nextPageToken,items(name,size,generation)%s" PF_FMT,
			   PF_ARG(f->base), PF_ARG(pf_url_encode(a, l->prefix, "")),
			   l->token.n ? "&pageToken=" : "", PF_ARG(pf_url_encode(a, l->token, "")));
	t->accept = "application/json";
	sign(t, f);
}

static int read_page(struct pf_listing *l, struct pf_str body, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_node *items;
	struct pf_node *root;

	if (pf_json_parse(&root, &a, body, err) < 0)
		return -1;
	if (root->kind != PF_NODE_MAP)
		return pf_fail(err, PF_ETRANSFER, "no list of Google");
	items = pf_node_get(root, "items");
	for (size_t i = 0; items && i < items->n; i++) {
		const struct pf_node *one = &items->v[i];

		if (pf_listing_add(l, pf_node_text(one, "name"), pf_node_text(one, "size"),
				   pf_node_text(one, "generation"), err) < 0)
			return -1;
	}
	l->token = pf_dup(&l->r->arena, pf_node_text(root, "nextPageToken"));
	return 0;
}

void pf_gs_refused(const struct pf_transfer *t, bool known, struct pf_err *err)
{
	if (pf_refusal_json(pf_buf_view(&t->problem), err))
		err->gone = t->status == 404;
	if ((t->status == 401 || t->status == 403) && !known)
		pf_hint(err,
			"no Google credentials were found: set GOOGLE_APPLICATION_CREDENTIALS, or "
			"gcloud auth application-default login");
}

static int refused(struct pf_listing *l, const struct pf_transfer *t, struct pf_err *err)
{
	const struct gs *f = l->r->own;

	pf_gs_refused(t, f->header.n > 0, err);
	return -1;
}

static int list_gs(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	static const struct pf_listing_kind kind = { .ask = ask_page,
						     .read = read_page,
						     .refused = refused };
	const struct gs *f = r->own;
	struct pf_listing l = { .r = r,
				.files = out,
				.prefix = pf_listing_prefix(&r->arena, f->key) };

	return pf_listing_get(&l, &kind, err);
}

/* ---- files ---- */

/* A generation's bytes never change. */
static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	const struct gs *f = r->own;
	struct pf_arena *a = &t->arena;
	struct pf_str key = pf_format(a, PF_FMT PF_FMT, PF_ARG(pf_listing_prefix(a, f->key)),
				      PF_ARG(file->path)),
		      generation = pf_str_cut(file->mark, 1, file->mark.n - (file->mark.n > 0));
	uint64_t number;

	(void)err;
	t->pinned = pf_str_u64(generation, &number);
	t->url = pf_formatz(a, PF_FMT "/" PF_FMT "?alt=media%s" PF_FMT, PF_ARG(f->base),
			    PF_ARG(pf_url_encode(a, key, "")), t->pinned ? "&generation=" : "",
			    PF_ARG(t->pinned ? generation : PF_S("")));
	t->sums = true;
	sign(t, f);
	return 0;
}

const struct pf_remote_kind pf_remote_gs = {
	.schemes = { "gs" },
	.rules = PF_WHERE_HOST | PF_WHERE_TEXT | PF_WHERE_RAW | PF_WHERE_EMPTY,
	.check = check,
	.open = open_gs,
	.list = list_gs,
	.ask = ask,
};
