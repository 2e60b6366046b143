/* s3.h - buckets of S3: where one is asked for, and who asks */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/sigv4.h"
#include "fetch/where.h"

/* s3://BUCKET/KEY, or r2: and b2://BUCKET@HOST/KEY. Borrows. */
struct pf_s3_bucket {
	struct pf_str name;
	struct pf_str endpoint; /* a URL of its own; empty: AWS's */
	struct pf_str region;	/* that a URI names with its host; or empty */
	bool by_host;		/* the bucket is a part of the host's name */
};

/* The bucket of a URI, by its scheme's rules; `endpoint` is what the settings say for s3:,
 * `style` the value of MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE (may be NULL). EUSAGE. */
int pf_s3_bucket_of(struct pf_s3_bucket *out, struct pf_arena *a, const struct pf_where *w,
		    struct pf_str endpoint, const char *style, struct pf_err *err) PF_MUST_USE;
/* "https://bucket.s3.eu-west-1.amazonaws.com" or "https://host/bucket", without a final slash. */
struct pf_str pf_s3_base(struct pf_arena *a, const struct pf_s3_bucket *b, struct pf_str region);

/* A folder of a bucket, and who we are there. */
struct pf_s3 {
	struct pf_s3_bucket bucket;
	struct pf_sigv4 sign; /* an empty id: nobody signs */
	struct pf_str base;   /* as of pf_s3_base */
	struct pf_str key;    /* of the folder */
	bool moved;	      /* another region was told, once */
};

/* By boto3's settings and MLflow's; asks who hands out keys, and tells the pool of certificates.
 * All of it in the arena. EUSAGE, ETRANSFER. */
int pf_s3_open(struct pf_s3 *out, struct pf_arena *a, struct pf_pool *p, const struct pf_where *w,
	       struct pf_err *err) PF_MUST_USE;
void pf_s3_sign(struct pf_transfer *t, struct pf_s3 *f);
/* The header of an answer that a transfer wants (want_header), for pf_s3_refused. */
#define PF_S3_REGION_HEADER "x-amz-bucket-region"
/* A request was refused: true when the bucket is in another region than was thought, which is
 * taken from now on, once; else err has the server's own words. */
bool pf_s3_refused(struct pf_s3 *f, struct pf_arena *a, const struct pf_transfer *t,
		   struct pf_err *err);
