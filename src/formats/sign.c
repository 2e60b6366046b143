/* sign.c - signatures under requests */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

void pf_hmac_sha256(unsigned char out[32], struct pf_str key, struct pf_str text)
{
	unsigned n = 32;

	/* What fails here is memory. */
	if (!HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n,
		  (const unsigned char *)(text.n ? text.p : ""), text.n, out, &n))
		pf_oom();
}

static EVP_PKEY *read_key(struct pf_str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t)"") : NULL;

	if (bio)
		BIO_free(bio);
	return key;
}

int pf_rsa_sha256(struct pf_str *out, struct pf_arena *a, struct pf_str pem, struct pf_str text,
		  struct pf_err *err)
{
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *c = key ? EVP_MD_CTX_new() : NULL;
	size_t n = 1024; /* of 8192 bits */
	unsigned char *bytes = pf_alloc(a, n);
	bool good = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(c, bytes, &n, (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(c);
	if (key)
		EVP_PKEY_free(key);
	if (!good)
		return pf_fail(err, PF_EUSAGE, "no private RSA key that can be used");
	*out = (struct pf_str){ (char *)bytes, n };
	return 0;
}
