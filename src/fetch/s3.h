/* s3.h - inside fetch: where a bucket is asked for */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

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
