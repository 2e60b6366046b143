/* sigv4.h - inside fetch: signatures of AWS, version 4, under one request */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/pool.h"

/* Who signs, and for which service. Borrows. */
struct pf_sigv4 {
	struct pf_str id, secret;
	struct pf_str token; /* of a session; empty: none */
	struct pf_str region;
	const char *service; /* "s3", "sts", "execute-api" */
	bool twice;	     /* the path is encoded once more, as all want it but S3 */
	bool content;	     /* with the header x-amz-content-sha256, which S3 wants */
	struct pf_strs more; /* headers that are signed, too: "x-amz-...: value", in lower case */
};

/* Adds x-amz-date, Authorization, and what else the signer has, to `headers`, in the arena.
 * The URL's path and query are encoded as AWS encodes them, as pf_url_encode does. `body_hash`
 * is the body's SHA-256 in hex digits. `when` is
 * "20150830T123600Z"; NULL: now. */
void pf_sigv4_sign(struct pf_strs *headers, struct pf_arena *a, const struct pf_sigv4 *s,
		   const char *method, const char *url, const char *body_hash, const char *when);
/* The same for one try of a transfer; ctx is a struct pf_sigv4. */
pf_sign pf_sigv4_hook;
