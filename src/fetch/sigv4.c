/* sigv4.c - signatures of AWS, version 4 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/sigv4.h"

#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "formats/digest.h"
#include "formats/sign.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* ---- the request in its canonical form ---- */

static int by_bytes(const void *a, const void *b)
{
	return pf_str_cmp(*(const struct pf_str *)a, *(const struct pf_str *)b);
}

/* "name:value" */
static int by_name(const void *a, const void *b)
{
	struct pf_str x = *(const struct pf_str *)a, y = *(const struct pf_str *)b;

	return pf_str_cmp(pf_str_cut(x, 0, pf_str_find(x, ':')),
			  pf_str_cut(y, 0, pf_str_find(y, ':')));
}

static struct pf_str joined(struct pf_arena *a, const struct pf_strs *list, const char *between)
{
	struct pf_str out = PF_S("");

	for (size_t i = 0; i < list->n; i++)
		out = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(out), i ? between : "",
				PF_ARG(list->v[i]));
	return out;
}

/* "?b=2&a" is "a=&b=2". */
static struct pf_str sorted_query(struct pf_arena *a, struct pf_str query)
{
	struct pf_strs list = { 0 };
	struct pf_str rest = pf_str_skip(query, 1), one;

	while (rest.n && pf_str_next(&rest, '&', &one))
		if (one.n)
			*PF_PUSH(a, &list) = pf_str_find(one, '=') != PF_NPOS
						     ? one
						     : pf_format(a, PF_FMT "=", PF_ARG(one));
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_bytes);
	return joined(a, &list, "&");
}

/* As libcurl writes the header Host. */
static struct pf_str host_of(struct pf_arena *a, const struct pf_url *u)
{
	const char *usual = pf_str_ieq(u->scheme, "https") ? "443" : "80";

	if (!u->port.n || pf_str_is(u->port, usual))
		return u->host;
	return pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(u->host), PF_ARG(u->port));
}

/* The headers that are signed, as "name:value" in the order of their names. */
static struct pf_strs signed_headers(struct pf_arena *a, const struct pf_sigv4 *s,
				     const struct pf_url *u, const char *hash, const char *when)
{
	struct pf_strs list = { 0 };

	*PF_PUSH(a, &list) = pf_format(a, "host:" PF_FMT, PF_ARG(host_of(a, u)));
	if (s->content)
		*PF_PUSH(a, &list) = pf_format(a, "x-amz-content-sha256:%s", hash);
	*PF_PUSH(a, &list) = pf_format(a, "x-amz-date:%s", when);
	if (s->token.n)
		*PF_PUSH(a, &list) = pf_format(a, "x-amz-security-token:" PF_FMT, PF_ARG(s->token));
	for (size_t i = 0; i < s->more.n; i++) {
		size_t colon = pf_str_find(s->more.v[i], ':');

		*PF_PUSH(a, &list) =
			pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(pf_str_cut(s->more.v[i], 0, colon)),
				  PF_ARG(pf_str_trim(pf_str_skip(s->more.v[i], colon + 1))));
	}
	qsort(list.v, list.n, sizeof(*list.v), by_name);
	return list;
}

/* ---- the signature ---- */

static struct pf_str sign_with(unsigned char out[32], struct pf_str key, struct pf_str text)
{
	unsigned char made[32];

	pf_hmac_sha256(made, key, text);
	memcpy(out, made, sizeof(made));
	return (struct pf_str){ (char *)out, 32 };
}

static struct pf_str signature(struct pf_arena *a, const struct pf_sigv4 *s, struct pf_str day,
			       struct pf_str text)
{
	unsigned char *raw = pf_alloc(a, 32);
	struct pf_str key = pf_format(a, "AWS4" PF_FMT, PF_ARG(s->secret)), hex = PF_S("");

	key = sign_with(raw, key, day);
	key = sign_with(raw, key, s->region);
	key = sign_with(raw, key, pf_s(s->service));
	key = sign_with(raw, key, PF_S("aws4_request"));
	sign_with(raw, key, text);
	for (size_t i = 0; i < 32; i++)
		hex = pf_format(a, PF_FMT "%02x", PF_ARG(hex), raw[i]);
	return hex;
}

/* All of them but Host, which libcurl writes, as they are sent. */
static void add_headers(struct pf_strs *headers, struct pf_arena *a, const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t colon = pf_str_find(list->v[i], ':');

		if (!pf_str_starts(list->v[i], "host:"))
			*PF_PUSH(a, headers) = pf_format(
				a, PF_FMT ": " PF_FMT, PF_ARG(pf_str_cut(list->v[i], 0, colon)),
				PF_ARG(pf_str_skip(list->v[i], colon + 1)));
	}
}

void pf_sigv4_sign(struct pf_strs *headers, struct pf_arena *a, const struct pf_sigv4 *s,
		   const char *method, const char *url, const char *body_hash, const char *when)
{
	char hash[PF_SHA256_HEX], now[32];
	time_t seconds = time(NULL);
	struct pf_str request, scope, text, names, path;
	struct pf_strs list, named = { 0 };
	struct pf_err ignored;
	struct pf_url u;
	struct tm tm;

	if (pf_url_split(&u, pf_s(url), &ignored) < 0 || !gmtime_r(&seconds, &tm))
		return;
	strftime(now, sizeof(now), "%Y%m%dT%H%M%SZ", &tm);
	when = when ? when : now;
	list = signed_headers(a, s, &u, body_hash, when);
	for (size_t i = 0; i < list.n; i++)
		*PF_PUSH(a, &named) = pf_str_cut(list.v[i], 0, pf_str_find(list.v[i], ':'));
	names = joined(a, &named, ";");
	path = s->twice ? pf_url_encode(a, u.path, "/") : u.path;
	path = path.n ? path : PF_S("/");
	request = pf_format(a, "%s\n" PF_FMT "\n" PF_FMT "\n" PF_FMT "\n\n" PF_FMT "\n%s", method,
			    PF_ARG(path), PF_ARG(sorted_query(a, u.query)),
			    PF_ARG(joined(a, &list, "\n")), PF_ARG(names), body_hash);
	scope = pf_format(a, "%.8s/" PF_FMT "/%s/aws4_request", when, PF_ARG(s->region),
			  s->service);
	pf_sha256_hex(hash, request.p, request.n);
	text = pf_format(a, ALGORITHM "\n%s\n" PF_FMT "\n%s", when, PF_ARG(scope), hash);
	text = signature(a, s, pf_str_cut(pf_s(when), 0, 8), text);
	add_headers(headers, a, &list);
	*PF_PUSH(a, headers) = pf_format(a,
					 "Authorization: " ALGORITHM " Credential=" PF_FMT
					 "/" PF_FMT ", SignedHeaders=" PF_FMT ", Signature=" PF_FMT,
					 PF_ARG(s->id), PF_ARG(scope), PF_ARG(names), PF_ARG(text));
}

void pf_sigv4_hook(struct pf_strs *headers, struct pf_transfer *t, const char *url, void *ctx)
{
	char hash[PF_BODY_HEX];

	pf_transfer_body_hash(hash, t);
	pf_sigv4_sign(headers, &t->arena, ctx, t->method ? t->method : "GET", url, hash, NULL);
}
