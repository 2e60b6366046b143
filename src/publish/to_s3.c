/* to_s3.c - files put into a bucket: s3:, r2: and b2: */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/refusal.h"
#include "fetch/s3.h"
#include "fetch/setting.h"
#include "formats/xml.h"
#include "publish/upload.h"

struct bucket {
	struct pf_s3 s3;
	struct pf_s3 making; /* the same, signing what new objects are made with, too */
};

/* ---- who we are, and where ---- */

/* MLFLOW_S3_UPLOAD_EXTRA_ARGS, boto3's names of them, as far as they are headers of a PUT. */
static const struct {
	const char *name, *header;
} EXTRAS[] = {
	{ "ACL", "x-amz-acl" },
	{ "BucketKeyEnabled", "x-amz-server-side-encryption-bucket-key-enabled" },
	{ "SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id" },
	{ "ServerSideEncryption", "x-amz-server-side-encryption" },
	{ "StorageClass", "x-amz-storage-class" },
	{ "Tagging", "x-amz-tagging" },
};

static int take_extra(struct bucket *b, struct pf_arena *a, const struct pf_node *extra,
		      struct pf_err *err)
{
	for (size_t i = 0; i < PF_COUNT(EXTRAS); i++) {
		if (!pf_str_is(extra->key, EXTRAS[i].name) || !pf_node_is_scalar(extra) ||
		    pf_str_has_control(extra->text))
			continue;
		*PF_PUSH(a, &b->making.sign.more) =
			pf_format(a, "%s: " PF_FMT, EXTRAS[i].header, PF_ARG(extra->text));
		return 0;
	}
	return pf_fail(err, PF_EUSAGE, "MLFLOW_S3_UPLOAD_EXTRA_ARGS: " PF_FMT " is not known here",
		       PF_ARG(pf_shown(extra->key)));
}

static int take_extras(struct bucket *b, struct pf_arena *a, struct pf_err *err)
{
	const char *text = pf_setting("MLFLOW_S3_UPLOAD_EXTRA_ARGS");
	struct pf_node *root;

	b->making = b->s3;
	b->making.sign.more = (struct pf_strs){ 0 };
	for (size_t i = 0; i < b->s3.sign.more.n; i++)
		*PF_PUSH(a, &b->making.sign.more) = b->s3.sign.more.v[i];
	if (!text)
		return 0;
	if (pf_json_parse(&root, a, pf_s(text), err) < 0 || root->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EUSAGE, "MLFLOW_S3_UPLOAD_EXTRA_ARGS is no JSON object");
	for (size_t i = 0; i < root->n; i++)
		if (take_extra(b, a, &root->v[i], err) < 0)
			return -1;
	return 0;
}

/* The one question about a bucket whose answer tells its region, allowed or not. What else is
 * wrong is told by the first file, with a reason. */
static int find_region(struct pf_upload *u, struct bucket *b, struct pf_err *err)
{
	struct pf_transfer t = { .method = "HEAD",
				 .want_header = PF_S3_REGION_HEADER,
				 .body = PF_BUF(PF_KIB(64)) };
	struct pf_err told;
	int rc;

	t.url = pf_dupz(&t.arena, b->s3.base);
	pf_s3_sign(&t, &b->s3);
	pf_pool_start(&u->pool, &t);
	rc = pf_pool_wait(&u->pool, &t, &told);
	if (rc < 0 && t.status)
		(void)pf_s3_refused(&b->s3, &u->arena, &t, &told);
	else if (rc < 0)
		*err = told;
	rc = rc < 0 && !t.status ? -1 : 0;
	pf_transfer_free(&u->pool, &t);
	return rc;
}

static int open_bucket(struct pf_upload *u, const struct pf_where *w, struct pf_err *err)
{
	struct bucket *b = pf_alloc(&u->arena, sizeof(*b));

	u->own = b;
	if (pf_s3_open(&b->s3, &u->arena, &u->pool, w, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(w->shown));
	if (find_region(u, b, err) < 0)
		return -1;
	return take_extras(b, &u->arena, err);
}

static struct pf_str url_of(struct pf_arena *a, const struct bucket *b,
			    const struct pf_upload_file *f)
{
	struct pf_str key = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(b->s3.key),
				      b->s3.key.n ? "/" : "", PF_ARG(f->path));

	return pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(b->s3.base),
			 PF_ARG(pf_url_encode(a, key, "/")));
}

static void add_type(struct pf_transfer *t, const struct pf_upload_file *f)
{
	*PF_PUSH(&t->arena, &t->headers) =
		pf_format(&t->arena, "Content-Type: %s", pf_upload_type(f->path));
}

static void ask(struct pf_transfer *t, struct pf_upload *u, const struct pf_upload_file *f,
		const struct pf_upload_part *part)
{
	struct bucket *b = u->own;
	struct pf_arena *a = &t->arena;
	struct pf_str url = url_of(a, b, f);

	if (part)
		t->url = pf_formatz(a, PF_FMT "?partNumber=%zu&uploadId=" PF_FMT, PF_ARG(url),
				    (size_t)(part - f->parts) + 1,
				    PF_ARG(pf_url_encode(a, f->id, "")));
	else
		t->url = pf_dupz(a, url);
	if (!part)
		add_type(t, f);
	pf_s3_sign(t, part ? &b->s3 : &b->making);
}

static void explain(const struct pf_transfer *t, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	(void)pf_refusal_xml(NULL, &a, pf_buf_view(&t->problem), err);
}

/* ---- parts ---- */

static uint64_t part_size(struct pf_upload *u, uint64_t size)
{
	uint64_t least = size / PF_MAX_UPLOAD_PARTS + 1;

	(void)u;
	if (size <= PF_UPLOAD_PART)
		return 0;
	return least > PF_UPLOAD_PART ? (least | (PF_MIB(1) - 1)) + 1 : PF_UPLOAD_PART;
}

/* One element's text of an answer, by its path. */
struct wanted {
	struct pf_arena *a;
	const char *path;
	struct pf_str text; /* a view of NULL: it is not there */
};

static int take(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	struct wanted *w = ctx;

	(void)err;
	if (pf_str_is(path, w->path))
		w->text = pf_dup(w->a, text);
	return 0;
}

/* Asks about a file; *out (may be NULL) is the text of the element `path`, which
 * has to be there. An answer may be 200 and tell of an error all the same. */
static int question(struct pf_str *out, struct pf_upload *u, struct pf_transfer *t,
		    const char *path, struct pf_err *err)
{
	struct wanted want = { .a = &u->arena, .path = path };
	struct pf_err ignored;
	int rc;

	t->body = PF_BUF(PF_MAX_REST);
	t->problem = PF_BUF(PF_MAX_REST);
	t->stall = u->pool.deaf ? 0 : PF_WAIT_TAKE;
	pf_pool_start(&u->pool, t);
	rc = pf_pool_wait(&u->pool, t, err);
	if (rc < 0 && err->code < PF_ESIGNAL)
		explain(t, err);
	else if (rc == 0 && path &&
		 (pf_xml_read(pf_buf_view(&t->body), take, &want, &ignored) < 0 || !want.text.p)) {
		rc = pf_fail(err, PF_ETRANSFER, "the answer about its parts is not S3's");
		(void)pf_refusal_xml(NULL, &u->arena, pf_buf_view(&t->body), err);
	}
	if (rc == 0 && out)
		*out = want.text;
	pf_transfer_free(&u->pool, t);
	return rc;
}

static void drop(struct pf_upload *u, const struct pf_upload_file *f)
{
	struct bucket *b = u->own;
	struct pf_transfer t = { .method = "DELETE" };
	struct pf_err ignored;

	t.url = pf_formatz(&t.arena, PF_FMT "?uploadId=" PF_FMT, PF_ARG(url_of(&t.arena, b, f)),
			   PF_ARG(pf_url_encode(&t.arena, f->id, "")));
	pf_s3_sign(&t, &b->s3);
	(void)!question(NULL, u, &t, NULL, &ignored);
}

/* <ListMultipartUploadsResult><Upload><Key/><UploadId/></Upload>... */
struct begun {
	struct pf_arena *a;
	struct pf_str wanted, known; /* the key, and the upload of it that is ours */
	struct pf_str key, id;
	struct pf_strs others;
};

static int take_upload(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	struct begun *b = ctx;

	(void)err;
	if (pf_str_is(path, "ListMultipartUploadsResult/Upload/Key"))
		b->key = pf_dup(b->a, text);
	else if (pf_str_is(path, "ListMultipartUploadsResult/Upload/UploadId"))
		b->id = pf_dup(b->a, text);
	else if (pf_str_is(path, "ListMultipartUploadsResult/Upload") &&
		 pf_str_eq(b->key, b->wanted) && !pf_str_eq(b->id, b->known))
		*PF_PUSH(b->a, &b->others) = b->id;
	return 0;
}

/* Who was asked twice may have begun twice, and keeps parts that nobody will ask for. Nobody but us
 * writes to this key. */
static void drop_others(struct pf_upload *u, const struct pf_upload_file *f)
{
	struct bucket *b = u->own;
	struct pf_arena *a = &u->arena;
	struct begun begun = { .a = a, .known = f->id };
	struct pf_transfer t = { .body = PF_BUF(PF_MAX_REST), .max = PF_MAX_REST };
	struct pf_upload_file other = *f;
	struct pf_err ignored;

	begun.wanted = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(b->s3.key), b->s3.key.n ? "/" : "",
				 PF_ARG(f->path));
	t.url = pf_formatz(&t.arena, PF_FMT "/?prefix=" PF_FMT "&uploads", PF_ARG(b->s3.base),
			   PF_ARG(pf_url_encode(&t.arena, begun.wanted, "")));
	pf_s3_sign(&t, &b->s3);
	pf_pool_start(&u->pool, &t);
	if (pf_pool_wait(&u->pool, &t, &ignored) < 0 ||
	    pf_xml_read(pf_buf_view(&t.body), take_upload, &begun, &ignored) < 0)
		pf_note("the bucket may keep parts of " PF_FMT " that are none of it: it was asked "
			"twice to take them", PF_ARG(pf_shown(f->path)));
	pf_transfer_free(&u->pool, &t);
	for (size_t i = 0; i < begun.others.n; i++) {
		other.id = begun.others.v[i];
		drop(u, &other);
	}
}

static int begin(struct pf_upload *u, struct pf_upload_file *f, struct pf_err *err)
{
	struct bucket *b = u->own;
	struct pf_transfer t = { .method = "POST", .send = PF_S("") };

	t.url = pf_formatz(&t.arena, PF_FMT "?uploads", PF_ARG(url_of(&t.arena, b, f)));
	add_type(&t, f);
	pf_s3_sign(&t, &b->making);
	if (question(&f->id, u, &t, "InitiateMultipartUploadResult/UploadId", err) < 0)
		return -1;
	if (t.retries)
		drop_others(u, f);
	f->parts = pf_alloc_array(&u->arena, f->part_count, sizeof(*f->parts));
	return 0;
}

static int end(struct pf_upload *u, const struct pf_upload_file *f, struct pf_err *err)
{
	struct bucket *b = u->own;
	struct pf_transfer t = { .method = "POST" };
	PF_AUTO(buf) list = PF_BUF(PF_MAX_REST);

	pf_buf_cstr(&list, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < f->part_count; i++) {
		struct pf_str mark = f->parts[i].mark;

		if (!mark.n || strpbrk(mark.p, "<>&"))
			return pf_fail(err, PF_ETRANSFER, "the server gave a part no ETag");
		pf_buf_printf(&list,
			      "<Part><PartNumber>%zu</PartNumber><ETag>" PF_FMT "</ETag></Part>",
			      i + 1, PF_ARG(mark));
	}
	pf_buf_cstr(&list, "</CompleteMultipartUpload>");
	t.send = pf_buf_view(&list);
	t.url = pf_formatz(&t.arena, PF_FMT "?uploadId=" PF_FMT, PF_ARG(url_of(&t.arena, b, f)),
			   PF_ARG(pf_url_encode(&t.arena, f->id, "")));
	*PF_PUSH(&t.arena, &t.headers) = PF_S("Content-Type: application/xml");
	pf_s3_sign(&t, &b->s3);
	return question(NULL, u, &t, "CompleteMultipartUploadResult", err);
}

const struct pf_upload_kind pf_upload_s3 = {
	.schemes = { "s3", "r2", "b2" },
	.open = open_bucket,
	.part_size = part_size,
	.begin = begin,
	.ask = ask,
	.explain = explain,
	.end = end,
	.drop = drop,
};
