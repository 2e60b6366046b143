/* digest.c - SHA-256 through libcrypto */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/digest.h"

#include <openssl/evp.h>

#include "base/mem.h"

void pf_sha256_raw(unsigned char out[32], const void *p, size_t n)
{
	/* It fails for lack of memory alone: the algorithm is always there. */
	if (EVP_Digest(n ? p : "", n, out, NULL, EVP_sha256(), NULL) != 1)
		pf_oom();
}

void pf_sha256_hex(char out[PF_SHA256_HEX], const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[32];

	pf_sha256_raw(raw, p, n);
	for (size_t i = 0; i < sizeof(raw); i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[64] = '\0';
}
