/* azure.c - wasbs: and abfss: URIs: containers of Azure's blob storage */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/azure.h"

#include "base/str.h"
#include "fetch/listing.h"
#include "fetch/refusal.h"
#include "formats/xml.h"

struct container {
	struct pf_azure who;
	struct pf_str base; /* "https://account.blob.core.windows.net/container" */
	struct pf_str path; /* of the folder */
};

static bool is_container(struct pf_str name)
{
	static const char *const own[] = { "$root", "$web", NULL };
	bool good = name.n >= 3 && name.n <= 63 && name.p[0] != '-' && name.p[name.n - 1] != '-';

	for (size_t i = 0; i < name.n; i++)
		good &= pf_is_digit(name.p[i]) || name.p[i] == '-' ||
			(pf_is_alnum(name.p[i]) && pf_lower(name.p[i]) == name.p[i]);
	return good || pf_str_in(name, own);
}

static int check(const struct pf_where *w, struct pf_err *err)
{
	struct pf_str account, suffix;

	if (is_container(w->url.user) && !w->url.port.n &&
	    pf_azure_host(&account, &suffix, w->url.host))
		return 0;
	pf_fail(err, PF_EUSAGE, "not a proper " PF_FMT ": URI: " PF_FMT, PF_ARG(w->url.scheme),
		PF_ARG(pf_shown(w->shown)));
	return pf_hint(err, "wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/PATH or "
			    "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH");
}

static int open_azure(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct container *f = pf_alloc(&r->arena, sizeof(*f));
	struct pf_arena *a = &r->arena;

	if (pf_azure_find(&f->who, a, w, err) < 0)
		return -1;
	f->base = pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(f->who.base), PF_ARG(w->url.user));
	f->path = pf_dup(a, w->path);
	r->own = f;
	r->source = pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(f->base), PF_ARG(f->path));
	return 0;
}

static void sign(struct pf_transfer *t, struct container *f)
{
	t->sign = pf_azure_hook;
	t->sign_ctx = &f->who;
	t->secret = f->who.token;
}

/* ---- lists ---- */

static void ask_page(struct pf_transfer *t, struct pf_listing *l)
{
	struct container *f = l->r->own;
	struct pf_arena *a = &t->arena;

	t->url = pf_formatz(a,
			    PF_FMT "?comp=list&include=metadata&prefix=" PF_FMT
				   "&restype=container%s" PF_FMT,
			    PF_ARG(f->base), PF_ARG(pf_url_encode(a, l->prefix, "")),
			    l->token.n ? "&marker=" : "", PF_ARG(pf_url_encode(a, l->token, "")));
	sign(t, f);
}

#define BLOB "EnumerationResults/Blobs/Blob"

/* <EnumerationResults><Blobs><Blob><Name/><Properties><Etag/><Content-Length/>... <NextMarker/> */
struct page {
	struct pf_listing *l;
	struct pf_arena a; /* of one blob */
	struct pf_str name, size, mark, kind, folder;
	struct pf_str next;
	bool is_list;
};

static int take_blob(struct page *p, struct pf_err *err)
{
	bool folder = pf_str_is(p->kind, "directory") || pf_str_ieq(p->folder, "true");

	if (!(folder && pf_str_is(p->size, "0")) &&
	    pf_listing_add(p->l, p->name, p->size, p->mark, err) < 0)
		return -1;
	p->name = p->size = p->mark = p->kind = p->folder = (struct pf_str){ 0 };
	pf_arena_free(&p->a);
	return 0;
}

static int take_element(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	static const struct {
		const char *path;
		size_t at;
	} texts[] = {
		{ BLOB "/Name", offsetof(struct page, name) },
		{ BLOB "/Properties/Content-Length", offsetof(struct page, size) },
		{ BLOB "/Properties/Etag", offsetof(struct page, mark) },
		{ BLOB "/Properties/ResourceType", offsetof(struct page, kind) },
		{ BLOB "/Metadata/hdi_isfolder", offsetof(struct page, folder) },
	};
	struct page *p = ctx;

	for (size_t i = 0; i < PF_COUNT(texts); i++)
		if (pf_str_is(path, texts[i].path))
			*(struct pf_str *)(void *)((char *)p + texts[i].at) = pf_dup(&p->a, text);
	if (pf_str_is(path, "EnumerationResults/NextMarker"))
		p->next = pf_dup(&p->l->r->arena, text);
	else if (pf_str_is(path, "EnumerationResults"))
		p->is_list = true;
	return pf_str_is(path, BLOB) ? take_blob(p, err) : 0;
}

static int read_page(struct pf_listing *l, struct pf_str body, struct pf_err *err)
{
	struct page p = { .l = l };
	int rc;

	if (pf_str_starts(body, "\xef\xbb\xbf"))
		body = pf_str_skip(body, 3);
	rc = pf_xml_read(body, take_element, &p, err);
	pf_arena_free(&p.a);
	if (rc < 0)
		return -1;
	if (!p.is_list)
		return pf_fail(err, PF_ETRANSFER, "no list of Azure");
	l->token = p.next;
	return 0;
}

static int refused(struct pf_listing *l, const struct pf_transfer *t, struct pf_err *err)
{
	const struct container *f = l->r->own;

	if (pf_refusal_xml(NULL, &l->r->arena, pf_buf_view(&t->problem), err))
		err->gone = t->status == 404;
	if (t->status >= 400 && t->status < 500 && !f->who.key.n && !f->who.token.n)
		pf_hint(err,
			"no credentials for this account were found: set "
			"AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCESS_KEY or "
			"AZURE_STORAGE_SAS_TOKEN");
	return -1;
}

static int list_azure(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	static const struct pf_listing_kind kind = { .ask = ask_page,
						     .read = read_page,
						     .refused = refused };
	const struct container *f = r->own;
	struct pf_listing l = { .r = r,
				.files = out,
				.prefix = pf_listing_prefix(&r->arena, f->path) };

	return pf_listing_get(&l, &kind, err);
}

/* ---- files ---- */

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	struct container *f = r->own;
	struct pf_arena *a = &t->arena;
	struct pf_str path = pf_format(a, PF_FMT PF_FMT, PF_ARG(pf_listing_prefix(a, f->path)),
				       PF_ARG(file->path));

	(void)err;
	t->url = pf_formatz(a, PF_FMT "/" PF_FMT, PF_ARG(f->base),
			    PF_ARG(pf_url_encode(a, path, "/")));
	pf_listing_pin(t, file);
	t->sums = true;
	sign(t, f);
	return 0;
}

const struct pf_remote_kind pf_remote_azure = {
	.schemes = { "wasbs", "wasb", "abfss", "abfs" },
	.rules = PF_WHERE_HOST | PF_WHERE_TEXT | PF_WHERE_RAW | PF_WHERE_EMPTY | PF_WHERE_CONTAINER,
	.check = check,
	.open = open_azure,
	.list = list_azure,
	.ask = ask,
};
