/* request_tls.c - whose certificate is looked at, and who is shown ours */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/str.h"
#include "fetch/request.h"

/* "host", "host:port" (of any scheme), or "https://host:port". */
static bool is_host_of(struct pf_arena *a, struct pf_str trusted, const struct pf_url *u)
{
	struct pf_err err;
	struct pf_url one;

	if (pf_str_find_str(trusted, "://") == PF_NPOS)
		trusted = pf_format(a, PF_FMT "://" PF_FMT, PF_ARG(u->scheme), PF_ARG(trusted));
	if (pf_url_split(&one, trusted, &err) < 0)
		return false;
	if (!one.port.n)
		one.port = u->port;
	return pf_url_same_origin(&one, u);
}

static bool is_trusted(struct pf_transfer *t, const struct pf_net *net)
{
	struct pf_err err;
	struct pf_url u;

	if (net->unverified && !t->foreign)
		return true;
	if (pf_url_split(&u, pf_s(t->own->url), &err) < 0)
		return false;
	for (size_t i = 0; i < net->trusted.n; i++)
		if (is_host_of(&t->arena, net->trusted.v[i], &u))
			return true;
	return false;
}

/* Whoever sees the certificate learns who we are, and may ask for a signature. */
static bool may_see_client(const struct pf_transfer *t, const struct pf_net *net)
{
	const struct pf_request *r = t->own;
	bool may = !net->client_for.n;
	struct pf_url one;
	struct pf_err err;

	for (size_t i = 0; i < net->client_for.n; i++)
		may |= pf_url_split(&one, net->client_for.v[i], &err) == 0 &&
		       pf_url_same_origin(&one, &r->first);
	return may && !r->left && !t->foreign;
}

/* Certificates of authorities: one file, or a folder of them. */
static void set_authorities(CURL *c, const char *path)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	if (folder)
		curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(c, folder ? CURLOPT_CAPATH : CURLOPT_CAINFO, path);
}

void pf_request_tls(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	const struct pf_net *net = &r->pool->net;
	const char *authorities = net->cert && !t->foreign ? net->cert : getenv("SSL_CERT_FILE");

	curl_easy_setopt(r->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->why);
	if (authorities && *authorities)
		set_authorities(r->curl, authorities);
	if (net->client_cert && may_see_client(t, net)) {
		curl_easy_setopt(r->curl, CURLOPT_SSLCERT, net->client_cert);
		curl_easy_setopt(r->curl, CURLOPT_SSLKEY, net->client_key);
	}
	if (is_trusted(t, net)) {
		curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}
