/* gs.h - buckets of Google's storage: where one is asked for, and who asks */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/pool.h"
#include "fetch/where.h"

/* A folder of a bucket, and who we are there. */
struct pf_gs {
	struct pf_str server;  /* "https://storage.googleapis.com", or an emulator of it */
	struct pf_str objects; /* "/storage/v1/b/BUCKET/o": the JSON API's path of them */
	struct pf_str key;     /* of the folder */
	struct pf_str header;  /* Authorization; or empty */
};

/* By application default credentials (fetch/google.h), in the arena; `writes`: to write there.
 * EUSAGE, ETRANSFER. */
int pf_gs_open(struct pf_gs *out, struct pf_arena *a, struct pf_pool *p, const struct pf_where *w,
	       bool writes, struct pf_err *err) PF_MUST_USE;
/* The server's own words for a refusal, into err; `known`: it was told who asks. */
void pf_gs_refused(const struct pf_transfer *t, bool known, struct pf_err *err);
