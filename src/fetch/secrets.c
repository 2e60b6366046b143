/* secrets.c - what of a URL's query lets somebody in, and is shown to nobody */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/secrets.h"

#include "base/limits.h"
#include "base/str.h"
#include "fetch/url.h"

enum role { PLAIN, SECRET, SIGNATURE, OF_SIGNATURE /* where there is one */ };

static const struct {
	enum role role;
	const char *name; /* in lower case, a star at an end stands for anything */
} NAMES[] = {
	/* Before others: X-Amz-Security-Token goes with its signature, and changes with it. */
	{ SIGNATURE, "*signature" },
	{ SIGNATURE, "sig" },
	{ OF_SIGNATURE, "x-amz-*" },
	{ OF_SIGNATURE, "x-goog-*" },
	{ OF_SIGNATURE, "x-oss-*" },
	{ SECRET, "*token*" },
	{ SECRET, "*secret*" },
	{ SECRET, "*password*" },
	{ SECRET, "*passwd*" },
	{ SECRET, "*credential*" },
	{ SECRET, "*authorization*" },
	{ SECRET, "*api_key*" },
	{ SECRET, "*api-key*" },
	{ SECRET, "*apikey*" },
	{ SECRET, "*access_key" },
	{ SECRET, "*access-key" },
	{ SECRET, "auth" },
	{ SECRET, "code" },
	{ SECRET, "jwt" },
	{ SECRET, "key" },
	{ SECRET, "pwd" },
	{ SECRET, "sas" },
	/* Amazon's older ones, CloudFront's, Google's */
	{ OF_SIGNATURE, "awsaccesskeyid" },
	{ OF_SIGNATURE, "ossaccesskeyid" },
	{ OF_SIGNATURE, "googleaccessid" },
	{ OF_SIGNATURE, "expires" },
	{ OF_SIGNATURE, "policy" },
	{ OF_SIGNATURE, "key-pair-id" },
	/* Azure's shared access signatures */
	{ OF_SIGNATURE, "sv" },
	{ OF_SIGNATURE, "st" },
	{ OF_SIGNATURE, "se" },
	{ OF_SIGNATURE, "sr" },
	{ OF_SIGNATURE, "sp" },
	{ OF_SIGNATURE, "ss" },
	{ OF_SIGNATURE, "srt" },
	{ OF_SIGNATURE, "sip" },
	{ OF_SIGNATURE, "spr" },
	{ OF_SIGNATURE, "sdd" },
	{ OF_SIGNATURE, "skt" },
	{ OF_SIGNATURE, "ske" },
	{ OF_SIGNATURE, "sks" },
	{ OF_SIGNATURE, "skv" },
	{ OF_SIGNATURE, "skoid" },
	{ OF_SIGNATURE, "sktid" },
};

/* The name as servers read it: decoded, in any case. */
static struct pf_str name_of(struct pf_arena *a, struct pf_str one)
{
	struct pf_str name = pf_str_cut(one, 0, pf_str_find(one, '=')),
		      decoded = pf_url_decode(a, name);
	char *lower = pf_dupz(a, decoded.p ? decoded : name);

	for (char *p = lower; *p; p++)
		*p = pf_lower(*p);
	return pf_s(lower);
}

static enum role role_of(struct pf_arena *a, struct pf_str one, bool with_signature)
{
	struct pf_str name = name_of(a, one);

	for (size_t i = 0; i < PF_COUNT(NAMES); i++)
		if ((with_signature || NAMES[i].role != OF_SIGNATURE) &&
		    pf_str_fits(name, NAMES[i].name))
			return NAMES[i].role;
	return PLAIN;
}

/* "name=value&name=value" between the question mark and the hash. */
static struct pf_str query_of(struct pf_str url)
{
	size_t mark = pf_str_find(url, '?'), hash = pf_str_find(url, '#');

	return mark == PF_NPOS || mark > hash ? (struct pf_str){ 0 }
					      : pf_str_cut(url, mark + 1, hash);
}

static bool has_role(struct pf_arena *a, struct pf_str query, enum role role)
{
	struct pf_str one;

	while (pf_str_next(&query, '&', &one))
		if (role_of(a, one, false) == role)
			return true;
	return false;
}

static void add_open(struct pf_buf *out, struct pf_str one, enum role role)
{
	bool shown = role == PLAIN;

	if (role == OF_SIGNATURE)
		return;
	pf_buf_char(out, out->n ? '&' : '?');
	pf_buf_str(out, shown ? one : pf_str_cut(one, 0, pf_str_find(one, '=')));
	if (!shown)
		pf_buf_cstr(out, "=****");
}

struct pf_str pf_url_open_part(struct pf_arena *a, struct pf_str url)
{
	PF_AUTO(arena) own = { 0 };
	PF_AUTO(buf) open = PF_BUF(url.n * 4 + PF_KIB(1));
	struct pf_str query = query_of(url), rest = query, one;
	bool with_signature = has_role(&own, query, SIGNATURE);

	if (!with_signature && !has_role(&own, query, SECRET))
		return url;
	while (pf_str_next(&rest, '&', &one))
		add_open(&open, one, role_of(&own, one, with_signature));
	return pf_format(a, PF_FMT PF_FMT PF_FMT,
			 PF_ARG(pf_str_cut(url, 0, (size_t)(query.p - url.p) - 1)),
			 PF_ARG(pf_buf_view(&open)),
			 PF_ARG(pf_str_skip(url, (size_t)(query.p - url.p) + query.n)));
}

struct pf_str pf_url_secrets(struct pf_arena *a, struct pf_str url)
{
	struct pf_str query = query_of(url), rest = query, one, out = PF_S("");
	bool with_signature = has_role(a, query, SIGNATURE);

	while (pf_str_next(&rest, '&', &one))
		if (role_of(a, one, with_signature) == SECRET)
			out = pf_format(a, PF_FMT PF_FMT "&", PF_ARG(out), PF_ARG(one));
	return out;
}
