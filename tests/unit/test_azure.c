/* test_azure.c - accounts of Azure: whose credentials are whose, and what is signed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>

#include "fetch/azure.h"

#define CONNECTION "AZURE_STORAGE_CONNECTION_STRING"
#define KEY "AZURE_STORAGE_ACCESS_KEY"
#define SAS "AZURE_STORAGE_SAS_TOKEN"
#define ACCOUNT "AZURE_STORAGE_ACCOUNT"
#define URI "wasbs://c0ntainer@acc.blob.core.windows.net/a/b"
#define BASE "https://acc.blob.core.windows.net"

static const struct {
	const char *uri, *vars[6];	/* name, value, ... */
	const char *base, *key, *token; /* NULL base: refused */
} rows[] = {
	{ URI, { 0 }, BASE, "", "" },
	{ "abfss://c0ntainer@acc.dfs.core.windows.net/a", { 0 }, BASE, "", "" },
	{ "wasbs://con@acc.blob.core.chinacloudapi.cn/a",
	  { 0 },
	  "https://acc.blob.core.chinacloudapi.cn",
	  "",
	  "" },
	{ URI, { KEY, "c2VjcmV0" }, BASE, "secret", "" },
	{ URI, { KEY, "c2VjcmV0", SAS, "sig=1" }, BASE, "secret", "" },
	{ URI, { SAS, "?sv=1&sig=2" }, BASE, "", "sv=1&sig=2" },
	{ URI, { KEY, "c2VjcmV0", ACCOUNT, "acc" }, BASE, "secret", "" },
	{ URI, { KEY, "c2VjcmV0", ACCOUNT, "other" }, BASE, "", "" },
	{ URI, { SAS, "sig=1", ACCOUNT, "other" }, BASE, "", "" },
	{ URI,
	  { CONNECTION,
	    "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=c2VjcmV0;"
	    "EndpointSuffix=core.windows.net",
	    KEY, "eA==" },
	  BASE,
	  "secret",
	  "" },
	{ URI, { CONNECTION, "AccountName=other;AccountKey=c2VjcmV0" }, BASE, "", "" },
	{ URI,
	  { CONNECTION,
	    "AccountName=acc;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:10000/acc" },
	  "http://127.0.0.1:10000/acc",
	  "secret",
	  "" },
	{ URI,
	  { CONNECTION,
	    "BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=sig=3" },
	  BASE,
	  "",
	  "sig=3" },
	{ URI,
	  { CONNECTION, "BlobEndpoint=https://other.example/;SharedAccessSignature=sig=3" },
	  BASE,
	  "",
	  "" },
	{ URI, { KEY, "!" }, NULL, NULL, NULL },
	{ URI, { SAS, "sig=1\r\nX: y" }, NULL, NULL, NULL },
	{ URI, { CONNECTION, "AccountName=acc;BlobEndpoint=ftp://h/" }, NULL, NULL, NULL },
	{ "wasbs://con@acc.blob.core.windows.net.evil.example/a", { 0 }, NULL, NULL, NULL },
	{ "wasbs://con@evil.example/a", { 0 }, NULL, NULL, NULL },
	{ "wasbs://con@.blob.core.windows.net/a", { 0 }, NULL, NULL, NULL },
	{ "wasbs://con@acc.blob.core.windows.net:8080/a", { 0 }, NULL, NULL, NULL },
	{ "wasbs://acc.blob.core.windows.net/a", { 0 }, NULL, NULL, NULL },
	{ "wasbs://c..n@acc.blob.core.windows.net/a", { 0 }, NULL, NULL, NULL },
};

static void finds_accounts(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_err err = { 0 };
		struct pf_azure s = { 0 };
		struct pf_where w;
		int rc;

		for (size_t k = 0; k < 6 && rows[i].vars[k]; k += 2)
			setenv(rows[i].vars[k], rows[i].vars[k + 1], 1);
		rc = pf_where_read(&w, &a, pf_s(rows[i].uri), &err);
		if (rc == 0)
			rc = pf_azure_find(&s, &a, &w, &err);
		for (size_t k = 0; k < 6 && rows[i].vars[k]; k += 2)
			unsetenv(rows[i].vars[k]);
		if (!rows[i].base ? rc == 0 || err.code != PF_EUSAGE
				  : rc < 0 || !pf_str_is(s.base, rows[i].base) ||
					    !pf_str_is(s.key, rows[i].key) ||
					    !pf_str_is(s.token, rows[i].token))
			fail_msg("row %zu, %s: %d " PF_FMT " " PF_FMT " %s", i, rows[i].uri, rc,
				 PF_ARG(s.base), PF_ARG(s.token), err.msg);
	}
}

/* Python's hmac made the value, of this text: GET\n\n\n\n\n\n\n\n"0x8D"\n\n\nbytes=5-\nx-ms-date:...\n
 * x-ms-version:2021-12-02\n/acc/con\ncomp:list\nprefix:a b/ */
static void signs(void **state)
{
	struct pf_azure s = { .account = PF_S("acc"), .key = PF_S("secret") };
	struct pf_transfer t = { 0 };
	struct pf_strs headers = { 0 };

	(void)state;
	*PF_PUSH(&t.arena, &t.headers) = PF_S("If-Match: \"0x8D\"");
	pf_azure_sign(&headers, &t,
		      "https://acc.blob.core.windows.net/con?prefix=a%20b%2F&comp=list", &s,
		      "bytes=5-", "Mon, 02 Jan 2006 15:04:05 GMT");
	assert_int_equal(headers.n, 2);
	if (!pf_str_is(headers.v[1],
		       "Authorization: SharedKey acc:0JobrdS82yGR1z/P+PIY6/bIz8mx34HXkIzbv13opcA="))
		fail_msg(PF_FMT, PF_ARG(headers.v[1]));
	pf_arena_free(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_accounts),
		cmocka_unit_test(signs),
	};

	unsetenv(CONNECTION);
	unsetenv(KEY);
	unsetenv(SAS);
	unsetenv(ACCOUNT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
