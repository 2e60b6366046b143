/* tls.c - TLS on a socket that does not block, by libssl */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "serve/inside.h"

/* Both are libssl's own, under names that the others can say. */
static SSL_CTX *context(struct pf_tls *t)
{
	return (SSL_CTX *)t;
}

static SSL *connection(struct pf_tls_conn *c)
{
	return (SSL *)c;
}

static int fail_ssl(struct pf_err *err, const char *what, const char *file)
{
	char text[256] = "libssl cannot be used";
	unsigned long code = ERR_get_error();

	if (code)
		ERR_error_string_n(code, text, sizeof(text));
	return pf_fail(err, PF_EUSAGE, "%s %s: %s", what, file, text);
}

void pf_tls_free(struct pf_tls *t)
{
	if (t)
		SSL_CTX_free(context(t));
}

static int load(SSL_CTX *c, const char *cert, const char *key, struct pf_err *err)
{
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				    SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(c, cert) != 1)
		return fail_ssl(err, "cannot use the certificate", cert);
	if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1)
		return fail_ssl(err, "cannot use the key", key);
	if (SSL_CTX_check_private_key(c) != 1)
		return fail_ssl(err, "the certificate is of another key than", key);
	return 0;
}

int pf_tls_open(struct pf_tls **out, const char *cert, const char *key, struct pf_err *err)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (!c)
		return fail_ssl(err, "cannot use TLS with", cert);
	if (load(c, cert, key, err) < 0) {
		SSL_CTX_free(c);
		return -1;
	}
	*out = (struct pf_tls *)c;
	return 0;
}

struct pf_tls_conn *pf_tls_accept(struct pf_tls *t, int fd)
{
	SSL *s = SSL_new(context(t));

	if (!s)
		return NULL;
	if (SSL_set_fd(s, fd) != 1) {
		SSL_free(s);
		return NULL;
	}
	SSL_set_accept_state(s); /* the handshake comes with the first read */
	return (struct pf_tls_conn *)s;
}

/* What went wrong as recv and send tell it. */
static ssize_t fail(SSL *s, int rc)
{
	int why = SSL_get_error(s, rc);

	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
	return -1;
}

ssize_t pf_tls_read(struct pf_tls_conn *c, void *p, size_t n)
{
	int rc;

	ERR_clear_error();
	rc = SSL_read(connection(c), p, n > INT_MAX ? INT_MAX : (int)n);
	return rc > 0 ? rc : fail(connection(c), rc);
}

ssize_t pf_tls_write(struct pf_tls_conn *c, const void *p, size_t n)
{
	int rc;

	ERR_clear_error();
	rc = SSL_write(connection(c), p, n > INT_MAX ? INT_MAX : (int)n);
	return rc > 0 ? rc : fail(connection(c), rc);
}

void pf_tls_close(struct pf_tls_conn *c)
{
	if (!c)
		return;
	ERR_clear_error();
	SSL_shutdown(connection(c)); /* says goodbye, and waits for none */
	SSL_free(connection(c));
}
