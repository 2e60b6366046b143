/* sign.h - signatures under requests: HMAC-SHA256, and RSA with SHA-256 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

void pf_hmac_sha256(unsigned char out[32], struct pf_str key, struct pf_str text);
/* PKCS #1 v1.5, of a private key in PEM; the signature's bytes in the arena. EUSAGE: it is no
 * such key. */
int pf_rsa_sha256(struct pf_str *out, struct pf_arena *a, struct pf_str pem, struct pf_str text,
		  struct pf_err *err) PF_MUST_USE;
