/* hasher.h - SHA-256 of bytes that come piece by piece */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "formats/digest.h"

struct pf_hasher {
	void *state;
};

void pf_hasher_start(struct pf_hasher *h); /* also starts anew */
void pf_hasher_add(struct pf_hasher *h, const void *p, size_t n);
void pf_hasher_end(struct pf_hasher *h, char hex[PF_SHA256_HEX]);
/* The same as RECORD files have it: base64 of URLs, without "=". */
void pf_hasher_text(struct pf_hasher *h, char text[PF_SHA256_TEXT]);
void pf_hasher_free(struct pf_hasher *h);
