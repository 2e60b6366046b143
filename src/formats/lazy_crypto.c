/* lazy_crypto.c - what we call of libcrypto, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/opensslv.h>
#include <openssl/pem.h>

#include "base/lazy.h"

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static struct pf_lazy library = { .soname = "libcrypto.so.3" };
#else
static struct pf_lazy library = { .soname = "libcrypto.so.1.1" };
#endif

PF_LAZY(library, NULL, const EVP_MD *, EVP_md5, (void), ())
PF_LAZY(library, NULL, const EVP_MD *, EVP_sha1, (void), ())
PF_LAZY(library, NULL, const EVP_MD *, EVP_sha256, (void), ())
PF_LAZY(library, NULL, const EVP_MD *, EVP_sha384, (void), ())
PF_LAZY(library, NULL, const EVP_MD *, EVP_sha512, (void), ())
PF_LAZY(library, 0, int, EVP_Digest,
	(const void *p, size_t n, unsigned char *md, unsigned *size, const EVP_MD *type, ENGINE *e),
	(p, n, md, size, type, e))
PF_LAZY(library, NULL, EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())
PF_LAZY(library, 0, int, EVP_DigestInit_ex, (EVP_MD_CTX * c, const EVP_MD *md, ENGINE *e),
	(c, md, e))
PF_LAZY(library, 0, int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *p, size_t n), (c, p, n))
PF_LAZY(library, 0, int, EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *md, unsigned *n),
	(c, md, n))

PF_LAZY(library, NULL, unsigned char *, HMAC,
	(const EVP_MD *md, const void *key, int key_size, const unsigned char *p, size_t n,
	 unsigned char *out, unsigned *size),
	(md, key, key_size, p, n, out, size))
PF_LAZY(library, NULL, BIO *, BIO_new_mem_buf, (const void *p, int n), (p, n))
PF_LAZY(library, 0, int, BIO_free, (BIO * b), (b))
PF_LAZY(library, NULL, EVP_PKEY *, PEM_read_bio_PrivateKey,
	(BIO * b, EVP_PKEY **key, pem_password_cb *ask, void *ctx), (b, key, ask, ctx))
PF_LAZY(library, , void, EVP_PKEY_free, (EVP_PKEY * key), (key))
PF_LAZY(library, 0, int, EVP_DigestSignInit,
	(EVP_MD_CTX * c, EVP_PKEY_CTX **k, const EVP_MD *md, ENGINE *e, EVP_PKEY *key),
	(c, k, md, e, key))
PF_LAZY(library, 0, int, EVP_DigestSign,
	(EVP_MD_CTX * c, unsigned char *out, size_t *size, const unsigned char *p, size_t n),
	(c, out, size, p, n))

void EVP_MD_CTX_free(EVP_MD_CTX *c)
{
	void (*real)(EVP_MD_CTX *);

	if (c && (real = (__typeof__(real))pf_lazy_find(&library, "EVP_MD_CTX_free")))
		real(c);
}
