/* http.c - one file over HTTP, waited for */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http.h"

#include <strings.h>

#include "fetch/pool.h"

bool pf_http_is_url(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

int pf_http_download(int fd, const char *url, const char *sha256, uint64_t max, struct pf_err *err)
{
	PF_AUTO(pool) pool = { 0 };
	struct pf_transfer t = { .url = url, .sha256 = sha256, .max = max, .fd = fd };
	int rc;

	pf_pool_start(&pool, &t);
	rc = pf_pool_wait(&pool, &t, err);
	pf_transfer_free(&pool, &t);
	return rc;
}

int pf_http_text(struct pf_buf *out, const char *url, struct pf_err *err)
{
	PF_AUTO(pool) pool = { 0 };
	struct pf_transfer t = { .url = url, .max = out->max, .body = PF_TAKE(*out) };
	int rc;

	pf_pool_start(&pool, &t);
	rc = pf_pool_wait(&pool, &t, err);
	*out = PF_TAKE(t.body);
	pf_transfer_free(&pool, &t);
	return rc;
}
