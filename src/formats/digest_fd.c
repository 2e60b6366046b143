/* digest_fd.c - digests of files, and whether one is among those that are named */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digests.h"
#include "base/str.h"

/* MD5 for those who have nothing better: old conda packages. */
static const EVP_MD *method(struct pf_str kind)
{
	if (pf_str_is(kind, "md5"))
		return EVP_md5();
	if (pf_str_is(kind, "sha384"))
		return EVP_sha384();
	return pf_str_is(kind, "sha512") ? EVP_sha512() : EVP_sha256();
}

int pf_digest_fd(char hex[PF_DIGEST_HEX], struct pf_str kind, int fd, struct pf_err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[65536], raw[64];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned size = 0;
	off_t at = 0;
	ssize_t n;

	if (!ctx || EVP_DigestInit_ex(ctx, method(kind), NULL) != 1)
		pf_oom();
	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0 || (n < 0 && errno == EINTR)) {
		EVP_DigestUpdate(ctx, bytes, n < 0 ? 0 : (size_t)n);
		at += n < 0 ? 0 : n;
	}
	EVP_DigestFinal_ex(ctx, raw, &size);
	EVP_MD_CTX_free(ctx);
	for (unsigned i = 0; i < size; i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[2 * size] = '\0';
	return n < 0 ? pf_fail_errno(err, "cannot read the file back") : 0;
}

int pf_sha256_at(char hex[PF_SHA256_HEX], int dir, const char *path, struct pf_err *err)
{
	PF_FD(fd) = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return pf_fail(err, PF_EINTEGRITY, "%s is not a regular file", path);
	if (!st.st_size) {
		pf_sha256_hex(hex, "", 0);
		return 0;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return pf_fail_errno(err, "cannot read %s", path);
	(void)madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
	pf_sha256_hex(hex, p, (size_t)st.st_size);
	munmap(p, (size_t)st.st_size);
	return 0;
}

static bool names_kind(const struct pf_strs *hashes, const char *kind)
{
	for (size_t i = 0; i < hashes->n; i++)
		if (pf_str_starts(hashes->v[i], kind))
			return true;
	return false;
}

static bool have_digest(const struct pf_strs *hashes, const char *kind, const char *hex)
{
	for (size_t i = 0; i < hashes->n; i++) {
		struct pf_str digits = pf_str_skip(hashes->v[i], strlen(kind) + 1);

		if (pf_str_starts(hashes->v[i], kind) && pf_str_ieq(digits, hex))
			return true;
	}
	return false;
}

int pf_digest_check(const struct pf_strs *hashes, int fd, const char *sha256, struct pf_err *err)
{
	char hex[PF_DIGEST_HEX];

	if (!hashes->n || have_digest(hashes, "sha256", sha256))
		return 0;
	for (const struct pf_digest_kind *k = pf_digest_kinds + 1; k->name; k++) {
		if (!names_kind(hashes, k->name))
			continue;
		if (pf_digest_fd(hex, pf_s(k->name), fd, err) < 0)
			return -1;
		if (have_digest(hashes, k->name, hex))
			return 0;
	}
	return pf_fail(err, PF_EINTEGRITY, "sha256:%s is none of the digests it may have", sha256);
}
