/* web.c - http: and https: URIs: archives, and folders of a tracking server */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/artifacts.h"
#include "fetch/secrets.h"
#include "formats/digest.h"

struct web {
	char *url;
	struct pf_str sha256; /* of "#sha256=..." */
	struct pf_tracking server; /* zeroed: it is at none that we know */
	struct pf_artifacts folder; /* where it may be one: the remote is no archive */
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

/* It may be the tracking server that hands it out, which then is told who we are. */
static int set_net(struct web *f, struct pf_remote *r, const struct pf_where *w,
		   struct pf_err *err)
{
	pf_tracking_wait(&r->pool->net);
	if (pf_pool_login(r->pool, &w->url, err) < 0)
		return -1;
	return pf_tracking_is_at(&w->url) ?
	       pf_tracking_open(&f->server, &r->arena, r->pool, PF_TRACKING, err) : 0;
}

static int open_web(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct web *f = pf_alloc(&r->arena, sizeof(*f));
	struct pf_url bare = w->url;
	char hex[PF_SHA256_HEX];

	if (set_net(f, r, w, err) < 0)
		return -1;
	bare.fragment = (struct pf_str){ 0 };
	f->url = pf_url_bare(&r->arena, &bare);
	f->sha256 = pf_dup(&r->arena, pf_str_skip(w->url.fragment, 7));
	r->archive = !pf_artifacts_of_url(&f->folder, &r->arena, w);
	f->folder.server = f->server;
	r->source = r->archive ? pf_url_open_part(&r->arena, pf_s(f->url))
			       : pf_artifacts_source(&r->arena, &f->folder);
	if (w->secrets.n) {
		pf_sha256_hex(hex, w->secrets.p, w->secrets.n);
		r->more = pf_format(&r->arena, "\n%s", hex);
	}
	r->fixed = f->sha256.n > 0;
	r->own = f;
	return 0;
}

/* What the server says of it; one that does not answer HEAD is asked for all of it. */
static int list_archive(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
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
	pf_tracking_sign(&f->server, &t);
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

/* A tracking server lists of a file the same as of nothing. */
static int list_web(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	struct web *f = r->own;

	/* Gone may be a part of it too: then it is a folder all the same. */
	if (!r->archive && pf_artifacts_list(out, r, &f->folder, err) < 0 &&
	    (!err->gone || out->n || f->folder.folders.n > 1))
		return -1;
	if (!out->n)
		r->archive = true;
	return out->n ? 0 : list_archive(out, r, err);
}

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	const struct web *f = r->own;

	(void)err;
	if (!r->archive) {
		pf_artifacts_ask(t, r, &f->folder, file->path);
		return 0;
	}
	t->url = f->url;
	pf_tracking_sign(&f->server, t);
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
