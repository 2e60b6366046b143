/* hasher.c - SHA-256 of bytes that come piece by piece */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/hasher.h"

#include <openssl/evp.h>

#include "base/mem.h"

/* SHA-256 is always there: what fails here is memory. */
static void must(int ok)
{
	if (ok != 1)
		pf_oom();
}

void pf_hasher_start(struct pf_hasher *h)
{
	if (!h->state)
		h->state = EVP_MD_CTX_new();
	must(h->state && EVP_DigestInit_ex(h->state, EVP_sha256(), NULL));
}

void pf_hasher_add(struct pf_hasher *h, const void *p, size_t n)
{
	must(EVP_DigestUpdate(h->state, n ? p : "", n));
}

static void end(struct pf_hasher *h, unsigned char raw[32])
{
	must(EVP_DigestFinal_ex(h->state, raw, NULL));
}

void pf_hasher_end(struct pf_hasher *h, char hex[PF_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[32];

	end(h, raw);
	for (size_t i = 0; i < sizeof(raw); i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[64] = '\0';
}

void pf_hasher_text(struct pf_hasher *h, char text[PF_SHA256_TEXT])
{
	unsigned char raw[32];

	end(h, raw);
	pf_base64url(text, raw, sizeof(raw));
}

void pf_hasher_free(struct pf_hasher *h)
{
	EVP_MD_CTX_free(h->state);
	h->state = NULL;
}
