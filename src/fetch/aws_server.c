/* aws_server.c - credentials that somebody hands out: STS, a container, a machine */
/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/aws.h"
#include "fetch/near.h"
#include "fetch/refusal.h"
#include "fetch/setting.h"
#include "fetch/sigv4.h"
#include "fetch/tracking.h"
#include "formats/xml.h"

/* ---- STS ---- */

struct session {
	struct pf_arena *a;
	struct pf_aws_key key;
};

static int take_session(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	struct session *s = ctx;

	(void)err;
	if (pf_str_ends(path, "Credentials/AccessKeyId"))
		s->key.id = pf_dup(s->a, text);
	else if (pf_str_ends(path, "Credentials/SecretAccessKey"))
		s->key.secret = pf_dup(s->a, text);
	else if (pf_str_ends(path, "Credentials/SessionToken"))
		s->key.token = pf_dup(s->a, text);
	return 0;
}

static struct pf_str form_of(struct pf_arena *a, const struct pf_aws_role *role)
{
	struct pf_str session = role->session.n
					? role->session
					: pf_format(a, "pyfunc-env-%lld", (long long)time(NULL)),
		      form;

	form = pf_url_query(a, "Action",
			    role->token.n ? PF_S("AssumeRoleWithWebIdentity") : PF_S("AssumeRole"),
			    "Version", PF_S("2011-06-15"), "RoleArn", role->arn, "RoleSessionName",
			    session);
	if (role->token.n)
		return pf_format(a, PF_FMT "&" PF_FMT, PF_ARG(form),
				 PF_ARG(pf_url_query(a, "WebIdentityToken", role->token)));
	if (role->external.n)
		return pf_format(a, PF_FMT "&" PF_FMT, PF_ARG(form),
				 PF_ARG(pf_url_query(a, "ExternalId", role->external)));
	return form;
}

static char *sts_url(struct pf_arena *a, struct pf_str region)
{
	const char *own = pf_setting("AWS_ENDPOINT_URL_STS");

	if (!own)
		own = pf_setting("AWS_ENDPOINT_URL");
	return own ? pf_formatz(a, "%s/", own)
		   : pf_formatz(a, "https://sts." PF_FMT ".amazonaws.com%s/", PF_ARG(region),
				pf_str_starts(region, "cn-") ? ".cn" : "");
}

int pf_aws_assume(struct pf_aws_key *out, struct pf_arena *a, struct pf_pool *p,
		  const struct pf_aws_role *role, const struct pf_aws_key *key,
		  struct pf_str region, struct pf_err *err)
{
	struct pf_transfer t = { .method = "POST",
				 .body = PF_BUF(PF_MAX_REST),
				 .problem = PF_BUF(PF_MAX_REST),
				 .max = PF_MAX_REST };
	struct pf_sigv4 sign = { .region = region, .service = "sts" };
	struct session session = { .a = a };
	int rc;

	t.url = sts_url(a, region);
	t.send = form_of(a, role);
	*PF_PUSH(&t.arena, &t.headers) = PF_S("Content-Type: application/x-www-form-urlencoded");
	if (key) {
		sign.id = key->id;
		sign.secret = key->secret;
		sign.token = key->token;
		t.sign = pf_sigv4_hook;
		t.sign_ctx = &sign;
	}
	pf_pool_start(p, &t);
	rc = pf_pool_wait(p, &t, err);
	if (rc < 0)
		(void)pf_refusal_xml(NULL, a, pf_buf_view(&t.problem), err);
	else
		rc = pf_xml_read(pf_buf_view(&t.body), take_session, &session, err);
	pf_transfer_free(p, &t);
	if (rc < 0)
		return pf_wrap(err, "AWS gives no session for the role " PF_FMT,
			       PF_ARG(pf_shown(role->arn)));
	if (!session.key.id.n || !session.key.secret.n)
		return pf_fail(err, PF_ETRANSFER, "AWS's answer has no session in it");
	*out = session.key;
	return 0;
}

/* ---- what is near ---- */

static int take_json_key(struct pf_aws_key *out, struct pf_arena *a, struct pf_str text,
			 struct pf_err *err)
{
	struct pf_node *root;

	if (pf_json_parse(&root, a, text, err) < 0)
		return -1;
	if (!pf_node_text(root, "AccessKeyId").n || !pf_node_text(root, "SecretAccessKey").n)
		return pf_fail(err, PF_ETRANSFER, "no key in the answer");
	*out = (struct pf_aws_key){ pf_node_text(root, "AccessKeyId"),
				    pf_node_text(root, "SecretAccessKey"),
				    pf_node_text(root, "Token") };
	return 0;
}

static int container_token(struct pf_str *header, struct pf_arena *a, struct pf_err *err)
{
	const char *token = pf_setting("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
		   *path = pf_setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct pf_str text = pf_s(token);

	if (path && pf_setting_read(&text, a, path, err) < 0)
		return -1;
	text = pf_str_trim(text);
	if (text.n && !pf_near_is_value(text))
		return pf_fail(err, PF_EUSAGE, "the container's token has more than one line");
	if (text.n)
		*header = pf_format(a, "Authorization: " PF_FMT, PF_ARG(text));
	return 0;
}

int pf_aws_of_container(struct pf_aws_key *out, struct pf_arena *a, struct pf_err *err)
{
	const char *below = pf_setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
		   *full = pf_setting("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct pf_str header = { 0 }, text;
	struct pf_err ignored;
	struct pf_url u;

	if (!below && !full)
		return 0;
	if (below)
		full = pf_formatz(a, "http://169.254.170.2%s", below);
	if (pf_url_split(&u, pf_s(full), &ignored) < 0 || !pf_near_trusts(&u))
		return pf_fail(err, PF_EUSAGE,
			       "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor near");
	if (container_token(&header, a, err) < 0 ||
	    pf_near_ask(&text, a, NULL, full, header, err) < 0 ||
	    take_json_key(out, a, text, err) < 0)
		return pf_wrap(err, "the container's AWS credentials");
	return 0;
}

void pf_aws_of_machine(struct pf_aws_key *out, struct pf_arena *a)
{
	const char *own = pf_setting("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	struct pf_str base = pf_s(own ? own : "http://169.254.169.254"), text, header;
	const char *way = "latest/meta-data/iam/security-credentials";
	struct pf_err ignored;

	while (pf_str_ends(base, "/"))
		base.n--;
	if (pf_near_ask(&text, a, "PUT", pf_formatz(a, PF_FMT "/latest/api/token", PF_ARG(base)),
			PF_S("X-aws-ec2-metadata-token-ttl-seconds: 21600"), &ignored) < 0 ||
	    !pf_near_is_value(text))
		return;
	header = pf_format(a, "X-aws-ec2-metadata-token: " PF_FMT, PF_ARG(text));
	if (pf_near_ask(&text, a, NULL, pf_formatz(a, PF_FMT "/%s/", PF_ARG(base), way), header,
			&ignored) < 0)
		return;
	text = pf_url_encode(a, pf_str_cut(text, 0, pf_str_find(text, '\n')), "");
	if (pf_near_ask(&text, a, NULL,
			pf_formatz(a, PF_FMT "/%s/" PF_FMT, PF_ARG(base), way, PF_ARG(text)),
			header, &ignored) < 0 ||
	    take_json_key(out, a, text, &ignored) < 0)
		return;
}
