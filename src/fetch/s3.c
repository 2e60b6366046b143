/* s3.c - s3:, r2: and b2: URIs: buckets of S3, and of what speaks like it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/s3.h"

#include "base/limits.h"
#include "base/str.h"
#include "fetch/aws.h"
#include "fetch/listing.h"
#include "fetch/refusal.h"
#include "fetch/setting.h"
#include "formats/xml.h"

static int check(const struct pf_where *w, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_s3_bucket ignored;

	return pf_s3_bucket_of(&ignored, &a, w, PF_S(""), NULL, err);
}

static bool is_header_value(const char *s)
{
	for (; *s; s++)
		if (!pf_is_alnum(*s))
			return false;
	return true;
}

static int set_sign(struct pf_s3 *f, struct pf_arena *a, const struct pf_aws *aws,
		    struct pf_err *err)
{
	const char *owner = pf_setting("MLFLOW_S3_EXPECTED_BUCKET_OWNER");

	f->sign = (struct pf_sigv4){ .id = aws->key.id,
				     .secret = aws->key.secret,
				     .token = aws->key.token,
				     .region = aws->region,
				     .service = "s3",
				     .content = true };
	if (owner && !is_header_value(owner))
		return pf_fail(err, PF_EUSAGE,
			       "MLFLOW_S3_EXPECTED_BUCKET_OWNER is no account of AWS");
	if (owner)
		*PF_PUSH(a, &f->sign.more) = pf_format(a, "x-amz-expected-bucket-owner: %s", owner);
	return 0;
}

static void set_net(struct pf_pool *p, const struct pf_s3 *f)
{
	p->net.cert = pf_setting("AWS_CA_BUNDLE");
	if (pf_setting_is_true("MLFLOW_S3_IGNORE_TLS") && f->bucket.endpoint.n) {
		struct pf_err ignored;
		struct pf_url u;

		if (pf_url_split(&u, f->base, &ignored) == 0)
			*PF_PUSH(&p->arena, &p->net.trusted) =
				pf_format(&p->arena, PF_FMT "%s" PF_FMT, PF_ARG(u.host),
					  u.port.n ? ":" : "", PF_ARG(u.port));
	}
}

int pf_s3_open(struct pf_s3 *out, struct pf_arena *a, struct pf_pool *p, const struct pf_where *w,
	       struct pf_err *err)
{
	const char *version = pf_setting("MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION");
	struct pf_s3 f = { 0 };
	struct pf_aws aws;

	if (pf_aws_find(&aws, a, p, version && strcmp(version, "unsigned") == 0, err) < 0 ||
	    pf_s3_bucket_of(&f.bucket, a, w, aws.endpoint,
			    pf_setting("MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"), err) < 0 ||
	    set_sign(&f, a, &aws, err) < 0)
		return -1;
	f.bucket.name = pf_dup(a, f.bucket.name);
	if (f.bucket.region.n)
		f.sign.region = pf_dup(a, f.bucket.region);
	f.base = pf_s3_base(a, &f.bucket, f.sign.region);
	f.key = pf_dup(a, w->path);
	set_net(p, &f);
	*out = f;
	return 0;
}

static int open_s3(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct pf_s3 *f = pf_alloc(&r->arena, sizeof(*f));

	if (pf_s3_open(f, &r->arena, r->pool, w, err) < 0)
		return -1;
	r->own = f;
	r->source = f->bucket.endpoint.n ? pf_format(&r->arena, PF_FMT "/" PF_FMT, PF_ARG(f->base),
						     PF_ARG(f->key))
					 : pf_dup(&r->arena, w->shown);
	return 0;
}

void pf_s3_sign(struct pf_transfer *t, struct pf_s3 *f)
{
	if (f->sign.id.n) {
		t->sign = pf_sigv4_hook;
		t->sign_ctx = &f->sign;
	}
}

/* ---- lists ---- */

static void ask_page(struct pf_transfer *t, struct pf_listing *l)
{
	struct pf_s3 *f = l->r->own;
	struct pf_arena *a = &t->arena;

	t->url = l->token.n ? pf_formatz(a,
					 PF_FMT "/?continuation-token=" PF_FMT
						"&list-type=2&prefix=" PF_FMT,
					 PF_ARG(f->base), PF_ARG(pf_url_encode(a, l->token, "")),
					 PF_ARG(pf_url_encode(a, l->prefix, "")))
			    : pf_formatz(a, PF_FMT "/?list-type=2&prefix=" PF_FMT, PF_ARG(f->base),
					 PF_ARG(pf_url_encode(a, l->prefix, "")));
	pf_s3_sign(t, f);
}

/* <ListBucketResult><IsTruncated/><Contents><Key/><Size/><ETag/></Contents>... */
struct page {
	struct pf_listing *l;
	struct pf_arena a; /* of one file */
	struct pf_str key, size, mark, token;
	bool truncated, is_list;
};

static int take_element(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	static const struct {
		const char *path;
		size_t at;
	} texts[] = {
		{ "ListBucketResult/Contents/Key", offsetof(struct page, key) },
		{ "ListBucketResult/Contents/Size", offsetof(struct page, size) },
		{ "ListBucketResult/Contents/ETag", offsetof(struct page, mark) },
	};
	struct page *p = ctx;

	for (size_t i = 0; i < PF_COUNT(texts); i++)
		if (pf_str_is(path, texts[i].path))
			*(struct pf_str *)(void *)((char *)p + texts[i].at) = pf_dup(&p->a, text);
	if (pf_str_is(path, "ListBucketResult/IsTruncated"))
		p->truncated = pf_str_is(text, "true");
	else if (pf_str_is(path, "ListBucketResult/NextContinuationToken"))
		p->token = pf_dup(&p->l->r->arena, text);
	else if (pf_str_is(path, "ListBucketResult"))
		p->is_list = true;
	if (!pf_str_is(path, "ListBucketResult/Contents"))
		return 0;
	if (pf_listing_add(p->l, p->key, p->size, p->mark, err) < 0)
		return -1;
	p->key = p->size = p->mark = (struct pf_str){ 0 };
	pf_arena_free(&p->a);
	return 0;
}

static int read_page(struct pf_listing *l, struct pf_str body, struct pf_err *err)
{
	struct page p = { .l = l };
	int rc = pf_xml_read(body, take_element, &p, err);

	pf_arena_free(&p.a);
	if (rc < 0)
		return -1;
	if (!p.is_list)
		return pf_fail(err, PF_ETRANSFER, "no list of S3");
	if (p.truncated && !p.token.n)
		return pf_fail(err, PF_EINTEGRITY, "it goes on, and does not say where");
	l->token = p.truncated ? p.token : PF_S("");
	return 0;
}

/* The bucket is in another region: 301, 307, or 400 for a signature of this one. */
bool pf_s3_refused(struct pf_s3 *f, struct pf_arena *a, const struct pf_transfer *t,
		   struct pf_err *err)
{
	struct pf_str region = { 0 };
	bool told = pf_refusal_xml(&region, a, pf_buf_view(&t->problem), err);

	if (t->got_header.n)
		region = pf_dup(a, t->got_header);
	if (!f->moved && pf_aws_is_region(region) && !pf_str_eq(region, f->sign.region)) {
		f->moved = true;
		f->sign.region = region;
		f->base = pf_s3_base(a, &f->bucket, region);
		return true;
	}
	if (told)
		err->gone = t->status == 404;
	if (t->status == 403 && !f->sign.id.n)
		pf_hint(err,
			"no AWS credentials were found: set AWS_ACCESS_KEY_ID and "
			"AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
	return false;
}

static int refused(struct pf_listing *l, const struct pf_transfer *t, struct pf_err *err)
{
	return pf_s3_refused(l->r->own, &l->r->arena, t, err) ? 1 : -1;
}

static int list_s3(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	static const struct pf_listing_kind kind = { .ask = ask_page,
						     .read = read_page,
						     .refused = refused,
						     .want_header = PF_S3_REGION_HEADER };
	const struct pf_s3 *f = r->own;
	struct pf_listing l = { .r = r,
				.files = out,
				.prefix = pf_listing_prefix(&r->arena, f->key) };

	return pf_listing_get(&l, &kind, err);
}

/* ---- files ---- */

/* A checksum is told to those who want one: most who do not know the question pass over it, and of
 * those who refuse it the file is asked for without (t->sums is no more). */
static void sign_asking(struct pf_strs *headers, struct pf_transfer *t, const char *url, void *ctx)
{
	static const char mode[] = "x-amz-checksum-mode: ENABLED";
	const struct pf_s3 *f = ctx;
	struct pf_sigv4 s = f->sign;

	if (!t->sums || !s.id.n) {
		if (t->sums)
			*PF_PUSH(&t->arena, headers) = pf_s(mode);
		if (s.id.n)
			pf_sigv4_hook(headers, t, url, &s);
		return;
	}
	s.more = (struct pf_strs){ 0 };
	for (size_t i = 0; i < f->sign.more.n; i++)
		*PF_PUSH(&t->arena, &s.more) = f->sign.more.v[i];
	*PF_PUSH(&t->arena, &s.more) = pf_s(mode);
	pf_sigv4_hook(headers, t, url, &s);
}

static bool wants_sums(void)
{
	const char *when = pf_setting("AWS_RESPONSE_CHECKSUM_VALIDATION");

	return !when || !pf_str_ieq(pf_s(when), "when_required");
}

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	struct pf_s3 *f = r->own;
	struct pf_str key =
		pf_format(&t->arena, PF_FMT PF_FMT, PF_ARG(pf_listing_prefix(&t->arena, f->key)),
			  PF_ARG(file->path));

	(void)err;
	t->url = pf_formatz(&t->arena, PF_FMT "/" PF_FMT, PF_ARG(f->base),
			    PF_ARG(pf_url_encode(&t->arena, key, "/")));
	pf_listing_pin(t, file);
	t->sums = wants_sums();
	t->sign = sign_asking;
	t->sign_ctx = f;
	return 0;
}

#define RULES (PF_WHERE_HOST | PF_WHERE_TEXT | PF_WHERE_RAW | PF_WHERE_EMPTY | PF_WHERE_CONTAINER)

const struct pf_remote_kind pf_remote_s3 = {
	.schemes = { "s3", "r2", "b2" },
	.rules = RULES,
	.check = check,
	.open = open_s3,
	.list = list_s3,
	.ask = ask,
};
