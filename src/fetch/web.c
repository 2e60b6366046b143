/* web.c - http: and https: URIs of archives */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/remote.h"
#include "fetch/secrets.h"
#include "fetch/tracking.h"
#include "formats/digest.h"

struct web {
	char *url;
	struct pf_str sha256; /* of "#sha256=..." */
};

/* A fragment may tell the archive's digest, as in a requirements file. */
static int check_fragment(const struct pf_where *w, struct pf_err *err)
{
	struct pf_str fragment = w->url.fragment;

	if (!fragment.p)
		return 0;
	if (!pf_str_starts(fragment, "sha256=") || fragment.n != 7 + 64)
		return pf_fail(err, PF_EUSAGE, "behind \"#\" only sha256=DIGEST has a meaning");
	for (size_t i = 7; i < fragment.n; i++)
		if (pf_hex_digit(fragment.p[i]) < 0)
			return pf_fail(err, PF_EUSAGE, "behind \"#\" is no SHA-256");
	return 0;
}

static int open_web(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct web *f = pf_alloc(&r->arena, sizeof(*f));
	struct pf_url bare = w->url;
	char hex[PF_SHA256_HEX];

	pf_tracking_wait(&r->pool->net);
	bare.fragment = (struct pf_str){ 0 };
	f->url = pf_url_bare(&r->arena, &bare);
	f->sha256 = pf_dup(&r->arena, pf_str_skip(w->url.fragment, 7));
	r->source = pf_url_open_part(&r->arena, pf_s(f->url));
	if (w->secrets.n) {
		pf_sha256_hex(hex, w->secrets.p, w->secrets.n);
		r->more = pf_format(&r->arena, "\n%s", hex);
	}
	r->archive = true;
	r->fixed = f->sha256.n > 0;
	r->own = f;
	return w->url.user.p ? pf_pool_login(r->pool, &w->url, err) : 0;
}

/* What the server says of it; one that does not answer HEAD is asked for all of it. */
static int list_web(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	struct web *f = r->own;
	struct pf_transfer t = { .url = f->url, .method = "HEAD", .max = pf_remote_max(r),
				 .body = PF_BUF(PF_KIB(4)) };
	struct pf_remote_file *file = PF_PUSH(&r->arena, out);
	int rc;

	*file = (struct pf_remote_file){ .path = PF_S("archive"),
					 .sha256 = f->sha256,
					 .mark = f->sha256 };
	if (f->sha256.n)
		return 0;
	pf_pool_start(r->pool, &t);
	rc = pf_pool_wait(r->pool, &t, err);
	if (rc < 0 && (t.status == 403 || t.status == 405 || t.status == 501))
		rc = 0;
	else if (rc == 0) {
		file->mark = pf_dup(&r->arena, t.got_etag.n ? t.got_etag : t.got_modified);
		file->size = t.total;
		file->sized = t.total > 0;
	}
	pf_transfer_free(r->pool, &t);
	return rc;
}

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	const struct web *f = r->own;

	(void)file;
	(void)err;
	t->url = f->url;
	return 0;
}

const struct pf_remote_kind pf_remote_web = {
	.schemes = { "http", "https" },
	.rules = PF_WHERE_HOST | PF_WHERE_QUERY | PF_WHERE_FRAGMENT | PF_WHERE_USER,
	.check = check_fragment,
	.open = open_web,
	.list = list_web,
	.ask = ask,
};
