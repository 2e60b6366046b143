/* google.h - inside fetch: who we are at Google */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/pool.h"

/* The header Authorization for storage that is read, or with `writes` written to,
 * "Authorization: Bearer ...", by application default credentials: the file of
 * GOOGLE_APPLICATION_CREDENTIALS, else (unless `named_alone`) the one that gcloud keeps, else the
 * machine's own account. Empty: nobody. A service account signs a JWT (RFC 7523) for a token, a
 * user's refresh token is changed for one. EUSAGE: a file that is of no kind we know, ETRANSFER. */
int pf_google_find(struct pf_str *header, struct pf_arena *a, struct pf_pool *p, bool named_alone,
		   bool writes, struct pf_err *err) PF_MUST_USE;
