/* lazy_ssl.c - what we call of libssl, which is loaded when a certificate is given */
/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/lazy.h"

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static struct pf_lazy library = { .soname = "libssl.so.3" };
static struct pf_lazy crypto = { .soname = "libcrypto.so.3" };
#else
static struct pf_lazy library = { .soname = "libssl.so.1.1" };
static struct pf_lazy crypto = { .soname = "libcrypto.so.1.1" };
#endif

PF_LAZY(library, NULL, const SSL_METHOD *, TLS_server_method, (void), ())
PF_LAZY(library, NULL, SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *m), (m))
PF_LAZY(library, , void, SSL_CTX_free, (SSL_CTX * c), (c))
PF_LAZY(library, 0, long, SSL_CTX_ctrl, (SSL_CTX * c, int what, long n, void *p), (c, what, n, p))
PF_LAZY(library, 0, int, SSL_CTX_use_certificate_chain_file, (SSL_CTX * c, const char *file),
	(c, file))
PF_LAZY(library, 0, int, SSL_CTX_use_PrivateKey_file, (SSL_CTX * c, const char *file, int type),
	(c, file, type))
PF_LAZY(library, 0, int, SSL_CTX_check_private_key, (const SSL_CTX *c), (c))
PF_LAZY(library, NULL, SSL *, SSL_new, (SSL_CTX * c), (c))
PF_LAZY(library, , void, SSL_free, (SSL * s), (s))
PF_LAZY(library, 0, int, SSL_set_fd, (SSL * s, int fd), (s, fd))
PF_LAZY(library, , void, SSL_set_accept_state, (SSL * s), (s))
PF_LAZY(library, -1, int, SSL_read, (SSL * s, void *p, int n), (s, p, n))
PF_LAZY(library, -1, int, SSL_write, (SSL * s, const void *p, int n), (s, p, n))
PF_LAZY(library, SSL_ERROR_SYSCALL, int, SSL_get_error, (const SSL *s, int rc), (s, rc))
PF_LAZY(library, -1, int, SSL_shutdown, (SSL * s), (s))
PF_LAZY(crypto, 0, unsigned long, ERR_get_error, (void), ())
PF_LAZY(crypto, , void, ERR_clear_error, (void), ())
PF_LAZY(crypto, , void, ERR_error_string_n, (unsigned long e, char *p, size_t n), (e, p, n))
