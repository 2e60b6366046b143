/* google.c - who we are at Google: application default credentials */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/google.h"

#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/near.h"
#include "fetch/refusal.h"
#include "fetch/setting.h"
#include "fetch/tracking.h"
#include "formats/digest.h"
#include "formats/sign.h"

#define SCOPE "https://www.googleapis.com/auth/devstorage."
#define TOKEN_URL "https://oauth2.googleapis.com/token"
#define GRANT "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define HOUR 3600

static int take_token(struct pf_str *header, struct pf_arena *a, struct pf_str answer,
		      struct pf_err *err)
{
	struct pf_node *root;
	struct pf_str token;

	if (pf_json_parse(&root, a, answer, err) < 0)
		return -1;
	token = pf_node_text(root, "access_token");
	if (!pf_near_is_value(token))
		return pf_fail(err, PF_ETRANSFER, "no token in the answer");
	*header = pf_format(a, "Authorization: Bearer " PF_FMT, PF_ARG(token));
	return 0;
}

/* What we hold, for a token. */
static int change(struct pf_str *header, struct pf_arena *a, struct pf_pool *p, struct pf_str url,
		  struct pf_str form, struct pf_err *err)
{
	struct pf_transfer t = { .method = "POST",
				 .send = form,
				 .body = PF_BUF(PF_MAX_REST),
				 .problem = PF_BUF(PF_MAX_REST),
				 .max = PF_MAX_REST };
	struct pf_err ignored;
	struct pf_url u;
	int rc;

	t.url = pf_dupz(a, url.n ? url : PF_S(TOKEN_URL));
	if (pf_url_split(&u, pf_s(t.url), &ignored) < 0 || !pf_near_trusts(&u) || u.user.p)
		return pf_fail(err, PF_EUSAGE,
			       "the token_uri of Google's credentials is not https");
	*PF_PUSH(&t.arena, &t.headers) = PF_S("Content-Type: application/x-www-form-urlencoded");
	pf_pool_start(p, &t);
	rc = pf_pool_wait(p, &t, err);
	if (rc < 0)
		(void)pf_refusal_json(pf_buf_view(&t.problem), err);
	else
		rc = take_token(header, a, pf_dup(a, pf_buf_view(&t.body)), err);
	pf_transfer_free(p, &t);
	return rc < 0 ? pf_wrap(err, "Google gives no token") : 0;
}

/* ---- service accounts ---- */

static struct pf_str base64url(struct pf_arena *a, struct pf_str bytes)
{
	char *out = pf_alloc(a, bytes.n / 3 * 4 + 5);

	pf_base64url(out, (const unsigned char *)bytes.p, bytes.n);
	return pf_s(out);
}

/* {"alg":"RS256"...}.{"iss":...}; the audience is Google's, wherever the token is asked for. */
static struct pf_str claims_of(struct pf_arena *a, const struct pf_node *file, bool writes)
{
	PF_AUTO(buf) head = PF_BUF(PF_KIB(64)), body = PF_BUF(PF_KIB(64));
	struct pf_json_out h = { .buf = &head }, b = { .buf = &body };
	int64_t now = time(NULL);

	pf_json_open(&h, '{');
	pf_json_field(&h, "alg", PF_S("RS256"));
	pf_json_field(&h, "typ", PF_S("JWT"));
	if (pf_node_text(file, "private_key_id").n)
		pf_json_field(&h, "kid", pf_node_text(file, "private_key_id"));
	pf_json_close(&h, '}');
	pf_json_open(&b, '{');
	pf_json_field(&b, "iss", pf_node_text(file, "client_email"));
	pf_json_field(&b, "scope", writes ? PF_S(SCOPE "read_write") : PF_S(SCOPE "read_only"));
	pf_json_field(&b, "aud", PF_S(TOKEN_URL));
	pf_json_key(&b, "iat");
	pf_json_int(&b, now);
	pf_json_key(&b, "exp");
	pf_json_int(&b, now + HOUR);
	pf_json_close(&b, '}');
	return pf_format(a, PF_FMT "." PF_FMT, PF_ARG(base64url(a, pf_buf_view(&head))),
			 PF_ARG(base64url(a, pf_buf_view(&body))));
}

static int of_service(struct pf_str *header, struct pf_arena *a, struct pf_pool *p,
		      const struct pf_node *file, bool writes, struct pf_err *err)
{
	struct pf_str claims = claims_of(a, file, writes), signature, form;

	if (pf_rsa_sha256(&signature, a, pf_node_text(file, "private_key"), claims, err) < 0)
		return pf_wrap(err, "Google's service account");
	form = pf_url_query(
		a, "grant_type", PF_S(GRANT), "assertion",
		pf_format(a, PF_FMT "." PF_FMT, PF_ARG(claims), PF_ARG(base64url(a, signature))));
	return change(header, a, p, pf_node_text(file, "token_uri"), form, err);
}

/* Whose token is for what it was granted. */
static int of_user(struct pf_str *header, struct pf_arena *a, struct pf_pool *p,
		   const struct pf_node *file, bool writes, struct pf_err *err)
{
	struct pf_str form = pf_url_query(a, "grant_type", PF_S("refresh_token"), "client_id",
					  pf_node_text(file, "client_id"), "client_secret",
					  pf_node_text(file, "client_secret"), "refresh_token",
					  pf_node_text(file, "refresh_token"));

	(void)writes;
	return change(header, a, p, pf_node_text(file, "token_uri"), form, err);
}

static const struct {
	const char *type;
	int (*take)(struct pf_str *header, struct pf_arena *a, struct pf_pool *p,
		    const struct pf_node *file, bool writes, struct pf_err *err);
} TYPES[] = {
	{ "service_account", of_service },
	{ "authorized_user", of_user },
};

static int of_file(struct pf_str *header, struct pf_arena *a, struct pf_pool *p, const char *path,
		   bool writes, struct pf_err *err)
{
	struct pf_node *file;
	struct pf_str text, type;

	if (pf_setting_read(&text, a, path, err) < 0)
		return -1;
	if (pf_json_parse(&file, a, text, err) < 0) {
		err->code = PF_EUSAGE;
		return pf_wrap(err, "%s", path);
	}
	type = pf_node_text(file, "type");
	for (size_t i = 0; i < PF_COUNT(TYPES); i++)
		if (pf_str_is(type, TYPES[i].type))
			return TYPES[i].take(header, a, p, file, writes, err);
	pf_fail(err, PF_EUSAGE,
		"%s: Google's credentials of type \"" PF_FMT "\" are not known here", path,
		PF_ARG(pf_shown(type)));
	return pf_hint(
		err, "use the key of a service account, or gcloud auth application-default login");
}

/* ---- machines ---- */

static void of_machine(struct pf_str *header, struct pf_arena *a)
{
	const char *host = pf_setting("GCE_METADATA_HOST");
	char *url = pf_formatz(
		a, "http://%s/computeMetadata/v1/instance/service-accounts/default/token",
		host ? host : "169.254.169.254");
	struct pf_err ignored;
	struct pf_str answer;

	if (!pf_setting_is_true("NO_GCE_CHECK") &&
	    pf_near_ask(&answer, a, NULL, url, PF_S("Metadata-Flavor: Google"), &ignored) == 0)
		(void)!take_token(header, a, answer, &ignored);
}

int pf_google_find(struct pf_str *header, struct pf_arena *a, struct pf_pool *p, bool named_alone,
		   bool writes, struct pf_err *err)
{
	const char *named = pf_setting("GOOGLE_APPLICATION_CREDENTIALS"),
		   *folder = pf_setting("CLOUDSDK_CONFIG");
	const char *path = named;

	*header = PF_S("");
	if (!path && named_alone)
		return 0;
	if (!path)
		path = pf_setting_file(a, NULL,
				       ".config/gcloud/application_default_credentials.json");
	if (!named && folder)
		path = pf_formatz(a, "%s/application_default_credentials.json", folder);
	if (path)
		return of_file(header, a, p, path, writes, err);
	of_machine(header, a);
	return 0;
}
