/* digest.h - SHA-256 of bytes and files, as hex digits or raw */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

#define PF_SHA256_HEX 65 /* 64 digits and a NUL */
#define PF_SHA256_TEXT 44 /* 43 characters and a NUL */
#define PF_DIGEST_TEXT 89

void pf_sha256_raw(unsigned char out[32], const void *p, size_t n);
void pf_sha256_hex(char out[PF_SHA256_HEX], const void *p, size_t n);
/* Of a file, which may not be a link. EIO. */
int pf_sha256_at(char out[PF_SHA256_HEX], int dir, const char *path,
		 struct pf_err *err) PF_MUST_USE;

/* "sha256", "sha384" or "sha512" of bytes, as RECORD files have it: base64 of URLs, without "=".
 * False: no digest of that name is known. */
bool pf_digest_text(char out[PF_DIGEST_TEXT], struct pf_str name, const void *p, size_t n);
/* Of a file, whatever its offset: "md5", "sha384", "sha512", else SHA-256. EIO. */
#define PF_DIGEST_HEX 129
int pf_digest_fd(char hex[PF_DIGEST_HEX], struct pf_str kind, int fd,
		 struct pf_err *err) PF_MUST_USE;
/* Is it one of those that "sha256:hex", "sha384:hex" or "sha512:hex" name? Without any it is. Its
 * SHA-256 is known already. EINTEGRITY. */
int pf_digest_check(const struct pf_strs *hashes, int fd, const char *sha256,
		    struct pf_err *err) PF_MUST_USE;
/* 4 * ceil(n / 3) + 1 bytes at most */
void pf_base64url(char *out, const unsigned char *p, size_t n);
bool pf_sha256_text_hex(char out[PF_SHA256_HEX], const char *text); /* "47DEQ..." as hex digits */
bool pf_base64url_read(unsigned char *out, size_t n, struct pf_str text); /* exactly n bytes */
