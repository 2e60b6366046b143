/* azure_account.c - who we are at an account of Azure's blob storage */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/azure.h"
#include "fetch/near.h"
#include "fetch/setting.h"
#include "formats/sign.h"

#define API_VERSION "2021-12-02"

bool pf_azure_host(struct pf_str *account, struct pf_str *suffix, struct pf_str host)
{
	static const char *const clouds[] = { ".core.windows.net", ".core.chinacloudapi.cn",
					      ".core.usgovcloudapi.net" };
	size_t dot = pf_str_find(host, '.');
	struct pf_str rest = pf_str_skip(host, dot == PF_NPOS ? host.n : dot);

	if (!pf_str_starts(rest, ".blob") && !pf_str_starts(rest, ".dfs"))
		return false;
	rest = pf_str_skip(rest, pf_str_starts(rest, ".dfs") ? 4 : 5);
	*account = pf_str_cut(host, 0, dot);
	*suffix = pf_str_skip(rest, 1);
	for (size_t i = 0; i < account->n; i++)
		if (!pf_is_digit(account->p[i]) && pf_upper(account->p[i]) == account->p[i])
			return false;
	for (size_t i = 0; i < PF_COUNT(clouds); i++)
		if (pf_str_is(rest, clouds[i]))
			return account->n > 0;
	return false;
}

/* ---- what the settings say ---- */

static int take_key(struct pf_azure *s, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	if (!pf_base64_decode(&s->key, a, text))
		return pf_fail(err, PF_EUSAGE,
			       "the access key of the Azure account is not in base64");
	return 0;
}

static void take_token(struct pf_azure *s, struct pf_arena *a, struct pf_str text)
{
	s->token = pf_dup(a, pf_str_skip(text, pf_str_starts(text, "?")));
}

/* "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=x==;EndpointSuffix=core.windows.net" */
struct connection {
	struct pf_str protocol, account, key, token, endpoint, suffix;
};

static void read_connection(struct connection *c, struct pf_str text)
{
	static const struct {
		const char *name;
		size_t at;
	} parts[] = {
		{ "DefaultEndpointsProtocol", offsetof(struct connection, protocol) },
		{ "AccountName", offsetof(struct connection, account) },
		{ "AccountKey", offsetof(struct connection, key) },
		{ "SharedAccessSignature", offsetof(struct connection, token) },
		{ "BlobEndpoint", offsetof(struct connection, endpoint) },
		{ "EndpointSuffix", offsetof(struct connection, suffix) },
	};
	struct pf_str rest = text, one;

	*c = (struct connection){ 0 };
	while (pf_str_next(&rest, ';', &one)) {
		size_t equals = pf_str_find(one, '=');

		for (size_t i = 0; equals != PF_NPOS && i < PF_COUNT(parts); i++)
			if (pf_str_ieq(pf_str_trim(pf_str_cut(one, 0, equals)), parts[i].name))
				*(struct pf_str *)(void *)((char *)c + parts[i].at) =
					pf_str_trim(pf_str_skip(one, equals + 1));
	}
}

static int set_endpoint(struct pf_azure *s, struct pf_arena *a, const struct connection *c,
			struct pf_err *err)
{
	struct pf_err ignored;
	struct pf_url u;

	if (c->endpoint.n)
		s->base = pf_dup(a, c->endpoint);
	else if (c->suffix.n || c->protocol.n)
		s->base = pf_format(a, PF_FMT "://" PF_FMT ".blob." PF_FMT,
				    PF_ARG(c->protocol.n ? c->protocol : PF_S("https")),
				    PF_ARG(s->account),
				    PF_ARG(c->suffix.n ? c->suffix : PF_S("core.windows.net")));
	while (pf_str_ends(s->base, "/"))
		s->base.n--;
	if (pf_url_split(&u, s->base, &ignored) < 0 || !pf_url_is_http(&u) || u.user.p || u.query.n)
		return pf_fail(
			err, PF_EUSAGE,
			"AZURE_STORAGE_CONNECTION_STRING names no HTTP endpoint");
	return 0;
}

/* 1 when it is for this account. */
static int from_connection(struct pf_azure *s, struct pf_arena *a, struct pf_err *err)
{
	struct connection c;

	read_connection(&c, pf_s(pf_setting("AZURE_STORAGE_CONNECTION_STRING")));
	if (c.account.n ? !pf_str_eq(c.account, s->account)
			: pf_str_find_str(c.endpoint, pf_formatz(a, "/" PF_FMT ".",
								 PF_ARG(s->account))) == PF_NPOS)
		return 0;
	if (set_endpoint(s, a, &c, err) < 0 || (c.key.n && take_key(s, a, c.key, err) < 0))
		return -1;
	if (!c.key.n)
		take_token(s, a, c.token);
	return 1;
}

int pf_azure_find(struct pf_azure *out, struct pf_arena *a, const struct pf_where *w,
		  struct pf_err *err)
{
	const char *key = pf_setting("AZURE_STORAGE_ACCESS_KEY"),
		   *token = pf_setting("AZURE_STORAGE_SAS_TOKEN"),
		   *account = pf_setting("AZURE_STORAGE_ACCOUNT");
	struct pf_azure s = { 0 };
	struct pf_str suffix;
	int found;

	if (!pf_azure_host(&s.account, &suffix, w->url.host))
		return pf_fail(err, PF_EUSAGE, "no account of Azure");
	s.account = pf_dup(a, s.account);
	s.base = pf_format(a, "https://" PF_FMT ".blob." PF_FMT, PF_ARG(s.account), PF_ARG(suffix));
	found = from_connection(&s, a, err);
	if (found < 0)
		return -1;
	if (!found && (!account || pf_str_is(s.account, account))) {
		if (key && take_key(&s, a, pf_s(key), err) < 0)
			return -1;
		if (!key && token)
			take_token(&s, a, pf_s(token));
	}
	if (s.token.n && (!pf_near_is_value(s.token) || pf_str_find(s.token, '#') != PF_NPOS ||
			  pf_str_find(s.token, ' ') != PF_NPOS))
		return pf_fail(err, PF_EUSAGE,
			       "a shared access signature of Azure that is no query of a URL");
	*out = s;
	return 0;
}

/* ---- signatures ---- */

static const char *date_text(char out[64])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" },
				 *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
						     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm = { 0 };

	gmtime_r(&now, &tm);
	snprintf(out, 64, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
		 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}

static int by_bytes(const void *a, const void *b)
{
	return pf_str_cmp(*(const struct pf_str *)a, *(const struct pf_str *)b);
}

/* "/account/path\nname:value\n..." */
static struct pf_str resource_of(struct pf_arena *a, const struct pf_azure *s,
				 const struct pf_url *u)
{
	struct pf_str out = pf_format(a, "/" PF_FMT PF_FMT, PF_ARG(s->account), PF_ARG(u->path)),
		      rest = pf_str_skip(u->query, 1), one;
	struct pf_strs list = { 0 };

	while (rest.n && pf_str_next(&rest, '&', &one)) {
		size_t equals = pf_str_find(one, '=');

		*PF_PUSH(a, &list) =
			pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(pf_str_cut(one, 0, equals)),
				  PF_ARG(pf_url_decode(a, pf_str_skip(one, equals + 1))));
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_bytes);
	for (size_t i = 0; i < list.n; i++)
		out = pf_format(a, PF_FMT "\n" PF_FMT, PF_ARG(out), PF_ARG(list.v[i]));
	return out;
}

void pf_azure_sign(struct pf_strs *headers, struct pf_transfer *t, const char *url,
		   const struct pf_azure *s, const char *range, const char *when)
{
	PF_AUTO(buf) encoded = PF_BUF(PF_KIB(1));
	struct pf_arena *a = &t->arena;
	struct pf_str match = PF_S(""), text;
	struct pf_err ignored;
	unsigned char raw[32];
	struct pf_url u;

	if (pf_url_split(&u, pf_s(url), &ignored) < 0)
		return;
	for (size_t i = 0; i < t->headers.n; i++)
		if (pf_str_starts(t->headers.v[i], "If-Match: "))
			match = pf_str_skip(t->headers.v[i], strlen("If-Match: "));
	/* The method; the standard headers, of which these two are set; Microsoft's; what it
	 * is about. */
	text = pf_format(a,
			 "%s\n\n\n\n\n\n\n\n" PF_FMT
			 "\n\n\n%s\nx-ms-date:%s\nx-ms-version:" API_VERSION "\n" PF_FMT,
			 t->method ? t->method : "GET", PF_ARG(match), range, when,
			 PF_ARG(resource_of(a, s, &u)));
	pf_hmac_sha256(raw, s->key, text);
	pf_base64_encode(&encoded, (struct pf_str){ (char *)raw, sizeof(raw) }, "");
	*PF_PUSH(a, headers) = pf_format(a, "x-ms-date: %s", when);
	*PF_PUSH(a, headers) = pf_format(a, "Authorization: SharedKey " PF_FMT ":" PF_FMT,
					 PF_ARG(s->account), PF_ARG(pf_buf_view(&encoded)));
}

void pf_azure_hook(struct pf_strs *headers, struct pf_transfer *t, const char *url, void *ctx)
{
	const struct pf_azure *s = ctx;
	char range[PF_RANGE_TEXT], when[64];

	*PF_PUSH(&t->arena, headers) = PF_S("x-ms-version: " API_VERSION);
	if (s->key.n)
		pf_azure_sign(headers, t, url, s, pf_transfer_range(range, t), date_text(when));
}
