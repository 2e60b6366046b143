/* aws_profile.c - profiles of AWS's two files */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/aws.h"
#include "fetch/setting.h"
#include "formats/ini.h"

static const struct {
	const char *key;
	size_t at;
} KEYS[] = {
	{ "aws_access_key_id", offsetof(struct pf_aws_profile, id) },
	{ "aws_secret_access_key", offsetof(struct pf_aws_profile, secret) },
	{ "aws_session_token", offsetof(struct pf_aws_profile, token) },
	{ "region", offsetof(struct pf_aws_profile, region) },
	{ "endpoint_url", offsetof(struct pf_aws_profile, endpoint) },
	{ "credential_process", offsetof(struct pf_aws_profile, process) },
	{ "role_arn", offsetof(struct pf_aws_profile, role) },
	{ "role_session_name", offsetof(struct pf_aws_profile, session) },
	{ "external_id", offsetof(struct pf_aws_profile, external) },
	{ "source_profile", offsetof(struct pf_aws_profile, source) },
	{ "web_identity_token_file", offsetof(struct pf_aws_profile, web_token) },
};

/* One file of the two. */
struct reading {
	struct pf_aws_profile *profile;
	struct pf_str name;
	bool config; /* sections are "profile NAME", but for "default" */
};

static bool is_ours(const struct reading *r, struct pf_str section)
{
	if (!r->config || pf_str_is(r->name, "default"))
		if (pf_str_eq(section, r->name))
			return true;
	if (!r->config || !pf_str_starts(section, "profile "))
		return false;
	section = pf_str_trim(pf_str_skip(section, 8));
	if (section.n > 1 && pf_str_starts(section, "\"") && pf_str_ends(section, "\""))
		section = pf_str_cut(section, 1, section.n - 1);
	return pf_str_eq(section, r->name);
}

static void take(void *ctx, struct pf_str section, struct pf_str key, struct pf_str value)
{
	struct reading *r = ctx;

	if (!is_ours(r, section))
		return;
	r->profile->found = true;
	for (size_t i = 0; i < PF_COUNT(KEYS); i++) {
		struct pf_str *place = (void *)((char *)r->profile + KEYS[i].at);

		if (pf_str_is(key, KEYS[i].key) && !place->n)
			*place = value;
	}
}

int pf_aws_profile_read(struct pf_aws_profile *out, struct pf_arena *a, struct pf_str name,
			struct pf_err *err)
{
	static const char *const files[][2] = { { "AWS_SHARED_CREDENTIALS_FILE",
						  ".aws/credentials" },
						{ "AWS_CONFIG_FILE", ".aws/config" } };
	struct pf_aws_profile profile = { 0 };

	for (size_t i = 0; i < PF_COUNT(files); i++) {
		struct reading r = { .profile = &profile, .name = name, .config = i == 1 };
		char *path = pf_setting_file(a, files[i][0], files[i][1]);
		struct pf_str text;

		if (!path)
			continue;
		if (pf_setting_read(&text, a, path, err) < 0)
			return -1;
		pf_ini_read(a, text, take, &r);
	}
	*out = profile;
	return 0;
}
