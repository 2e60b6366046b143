/* http.h - one file over HTTP: retried, redirected by us, its digest checked while it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* http: or https: URL? */
bool pf_http_is_url(const char *text);

/* Downloads into the descriptor by the rules of fetch/pool.h. `sha256` is the digest expected, 64
 * hex digits in lower case. At most `max` bytes. */
int pf_http_download(int fd, const char *url, const char *sha256, uint64_t max,
		     struct pf_err *err) PF_MUST_USE;
/* The same into memory, up to the buffer's ceiling; no digest is known. */
int pf_http_text(struct pf_buf *out, const char *url, struct pf_err *err) PF_MUST_USE;
