/* azure.h - inside fetch: accounts of Azure's blob storage, and who we are there */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/pool.h"
#include "fetch/where.h"

struct pf_azure {
	struct pf_str account;
	/* "https://ACCOUNT.blob.core.windows.net", or an endpoint of the settings */
	struct pf_str base;
	struct pf_str key;   /* the account's, decoded; or empty */
	struct pf_str token; /* a shared access signature, "sv=...&sig=..."; or empty */
};

/* Of CONTAINER@ACCOUNT.blob.core.windows.net (or dfs): the parts of the host. False: it is none. */
bool pf_azure_host(struct pf_str *account, struct pf_str *suffix, struct pf_str host);
/* Who we are there: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCESS_KEY,
 * AZURE_STORAGE_SAS_TOKEN, in MLflow's order; none of them counts for another account than
 * they (or AZURE_STORAGE_ACCOUNT) name. EUSAGE. */
int pf_azure_find(struct pf_azure *out, struct pf_arena *a, const struct pf_where *w,
		  struct pf_err *err) PF_MUST_USE;
/* The key's signature of a request, whose headers of `t` and range are signed, too; `when`:
 * "Mon, 02 Jan 2006 15:04:05 GMT", NULL: now. */
void pf_azure_sign(struct pf_strs *headers, struct pf_transfer *t, const char *url,
		   const struct pf_azure *s, const char *range, const char *when);
/* The same for one try of a transfer; ctx is a struct pf_azure. Without a key it tells the
 * version alone. */
pf_sign pf_azure_hook;
