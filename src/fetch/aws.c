/* aws.c - who we are at AWS, in boto3's order */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/aws.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/setting.h"

struct looking {
	struct pf_aws *to;
	struct pf_arena *a;
	struct pf_pool *pool;
	struct pf_aws_profile profile;
	struct pf_err *err;
};

static struct pf_str text_of(struct looking *l, const char *name)
{
	return pf_dup(l->a, pf_s(pf_setting(name)));
}

/* Half a key is a mistake, and no reason to look elsewhere. */
static int take_key(struct looking *l, struct pf_str id, struct pf_str secret, struct pf_str token,
		    const char *where)
{
	if (id.n && !secret.n)
		return pf_fail(l->err, PF_EUSAGE, "%s has an AWS access key without its secret",
			       where);
	l->to->key = id.n ? (struct pf_aws_key){ id, secret, token } : (struct pf_aws_key){ 0 };
	return 0;
}

/* ---- the sources, in their order; each leaves the id empty when it has none ---- */

static int from_environment(struct looking *l)
{
	struct pf_str token = text_of(l, "AWS_SESSION_TOKEN");

	return take_key(l, text_of(l, "AWS_ACCESS_KEY_ID"), text_of(l, "AWS_SECRET_ACCESS_KEY"),
			token.n ? token : text_of(l, "AWS_SECURITY_TOKEN"), "the environment");
}

/* role_arn and source_profile. */
static int from_role(struct looking *l)
{
	const struct pf_aws_profile *p = &l->profile;
	struct pf_aws_role role = { .arn = p->role,
				    .session = p->session,
				    .external = p->external };
	struct pf_aws_profile source;
	struct pf_aws_key key;

	if (!p->role.n || !p->source.n)
		return 0;
	if (pf_aws_profile_read(&source, l->a, p->source, l->err) < 0)
		return -1;
	key = (struct pf_aws_key){ source.id, source.secret, source.token };
	if (!key.id.n || !key.secret.n)
		return pf_fail(l->err, PF_EUSAGE,
			       "the AWS profile " PF_FMT ", a source_profile, has no key",
			       PF_ARG(pf_shown(p->source)));
	return pf_aws_assume(&l->to->key, l->a, l->pool, &role, &key, l->to->region, l->err);
}

static int from_web_identity(struct looking *l)
{
	const struct pf_aws_profile *p = &l->profile;
	struct pf_str path = text_of(l, "AWS_WEB_IDENTITY_TOKEN_FILE");
	struct pf_aws_role role = { .arn = text_of(l, "AWS_ROLE_ARN"),
				    .session = text_of(l, "AWS_ROLE_SESSION_NAME") };

	if (!path.n || !role.arn.n) {
		path = p->web_token;
		role = (struct pf_aws_role){ .arn = p->role, .session = p->session };
	}
	if (!path.n || !role.arn.n)
		return 0;
	if (pf_setting_read(&role.token, l->a, pf_dupz(l->a, path), l->err) < 0)
		return -1;
	role.token = pf_str_trim(role.token);
	return pf_aws_assume(&l->to->key, l->a, l->pool, &role, NULL, l->to->region, l->err);
}

static int from_profile(struct looking *l)
{
	return take_key(l, l->profile.id, l->profile.secret, l->profile.token, "the AWS profile");
}

static int from_process(struct looking *l)
{
	return l->profile.process.n
		       ? pf_aws_of_process(&l->to->key, l->a, l->profile.process, l->err)
		       : 0;
}

static int from_container(struct looking *l)
{
	return pf_aws_of_container(&l->to->key, l->a, l->err);
}

static int from_machine(struct looking *l)
{
	if (!pf_setting_is_true("AWS_EC2_METADATA_DISABLED"))
		pf_aws_of_machine(&l->to->key, l->a);
	return 0;
}

static const struct {
	const char *name;
	int (*look)(struct looking *l);
} SOURCES[] = {
	{ "the environment", from_environment }, { "a profile's role", from_role },
	{ "a web identity", from_web_identity }, { "a profile", from_profile },
	{ "a profile's process", from_process }, { "the container", from_container },
	{ "the machine", from_machine },
};

static int look(struct looking *l)
{
	for (size_t i = 0; i < PF_COUNT(SOURCES); i++) {
		if (SOURCES[i].look(l) < 0)
			return -1;
		if (l->to->key.id.n) {
			pf_debug("AWS credentials are those of %s", SOURCES[i].name);
			return 0;
		}
	}
	return 0;
}

/* ---- where ---- */

bool pf_aws_is_region(struct pf_str s)
{
	return s.n > 0 && s.n <= 63 && pf_str_span(s, "-") == s.n;
}

static int set_place(struct looking *l)
{
	static const char *const endpoints[] = { "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL" };
	struct pf_aws *to = l->to;
	struct pf_err ignored;
	struct pf_url u;

	to->region = text_of(l, "AWS_DEFAULT_REGION");
	if (!to->region.n)
		to->region = text_of(l, "AWS_REGION");
	if (!to->region.n)
		to->region = l->profile.region.n ? l->profile.region : PF_S("us-east-1");
	to->endpoint = text_of(l, "MLFLOW_S3_ENDPOINT_URL");
	for (size_t i = 0;
	     i < PF_COUNT(endpoints) && !pf_setting_is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	     i++)
		if (!to->endpoint.n)
			to->endpoint = text_of(l, endpoints[i]);
	if (!to->endpoint.n)
		to->endpoint = l->profile.endpoint;
	while (pf_str_ends(to->endpoint, "/"))
		to->endpoint.n--;
	if (to->endpoint.n &&
	    (pf_url_split(&u, to->endpoint, &ignored) < 0 || !pf_url_is_http(&u) || u.user.p))
		return pf_fail(l->err, PF_EUSAGE,
			       "the endpoint of S3 is none that is asked over HTTP");
	if (!pf_aws_is_region(to->region))
		return pf_fail(l->err, PF_EUSAGE, "\"" PF_FMT "\" is no region of AWS",
			       PF_ARG(pf_shown(to->region)));
	return 0;
}

int pf_aws_find(struct pf_aws *out, struct pf_arena *a, struct pf_pool *p, bool anonymous,
		struct pf_err *err)
{
	struct pf_aws to = { 0 };
	struct looking l = { .to = &to, .a = a, .pool = p, .err = err };
	struct pf_str name = text_of(&l, "AWS_PROFILE");
	bool chosen = name.n || (name = text_of(&l, "AWS_DEFAULT_PROFILE")).n;

	if (!chosen)
		name = PF_S("default");
	if (pf_aws_profile_read(&l.profile, a, name, err) < 0)
		return -1;
	if (chosen && !l.profile.found)
		return pf_fail(err, PF_EUSAGE, "there is no AWS profile " PF_FMT,
			       PF_ARG(pf_shown(name)));
	if (set_place(&l) < 0 || (!anonymous && look(&l) < 0))
		return -1;
	*out = to;
	return 0;
}
