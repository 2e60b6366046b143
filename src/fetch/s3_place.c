/* s3_place.c - where a bucket is asked for */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/s3.h"

/* What speaks as S3 does, and the end that its hosts' names have: nobody else gets our
 * signatures by a URI. */
static const struct {
	const char *scheme, *hosts;
} OTHERS[] = {
	{ "r2", ".r2.cloudflarestorage.com" },
	{ "b2", ".backblazeb2.com" },
};

/* AWS's rules, and what older buckets have. */
static bool is_bucket(struct pf_str name)
{
	return name.n >= 3 && name.n <= 255 && pf_str_span(name, "-._") == name.n &&
	       pf_is_alnum(name.p[0]) && pf_is_alnum(name.p[name.n - 1]) &&
	       pf_str_find_str(name, "..") == PF_NPOS;
}

/* One label of a host's name, so that the certificate fits. */
static bool is_label(struct pf_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (pf_upper(name.p[i]) != pf_lower(name.p[i])
			    ? name.p[i] != pf_lower(name.p[i])
			    : !pf_is_digit(name.p[i]) && name.p[i] != '-')
			return false;
	return name.n <= 63;
}

/* The second label: s3.us-west-004.backblazeb2.com */
static struct pf_str region_of(struct pf_str host)
{
	struct pf_str rest = pf_str_skip(host, pf_str_find(host, '.') + 1);

	return pf_str_cut(rest, 0, pf_str_find(rest, '.'));
}

static int take_other(struct pf_s3_bucket *b, struct pf_arena *a, const struct pf_where *w,
		      const char *hosts, struct pf_err *err)
{
	b->name = w->url.user;
	if (!b->name.p || !pf_str_ends(w->url.host, hosts) || w->url.port.n) {
		pf_fail(err, PF_EUSAGE, "not a proper " PF_FMT ": URI: " PF_FMT,
			PF_ARG(w->url.scheme), PF_ARG(pf_shown(w->shown)));
		return pf_hint(err, PF_FMT "://BUCKET@ACCOUNT%s/PATH", PF_ARG(w->url.scheme),
			       hosts);
	}
	b->endpoint = pf_format(a, "https://" PF_FMT, PF_ARG(w->url.host));
	b->by_host = pf_str_is(w->url.scheme, "r2") && is_label(b->name);
	b->region = pf_str_is(w->url.scheme, "r2") ? PF_S("auto") : region_of(w->url.host);
	return 0;
}

int pf_s3_bucket_of(struct pf_s3_bucket *out, struct pf_arena *a, const struct pf_where *w,
		    struct pf_str endpoint, const char *style, struct pf_err *err)
{
	struct pf_s3_bucket b = { .name = w->url.host, .endpoint = endpoint };

	style = style ? style : "auto";
	b.by_host = is_label(b.name) &&
		    (endpoint.n ? strcmp(style, "virtual") == 0 : strcmp(style, "path") != 0);
	for (size_t i = 0; i < PF_COUNT(OTHERS); i++)
		if (pf_str_is(w->url.scheme, OTHERS[i].scheme) &&
		    take_other(&b, a, w, OTHERS[i].hosts, err) < 0)
			return -1;
	if (pf_str_is(w->url.scheme, "s3") && (w->url.user.p || w->url.port.n))
		return pf_fail(err, PF_EUSAGE, "not a proper s3: URI: " PF_FMT,
			       PF_ARG(pf_shown(w->shown)));
	if (!is_bucket(b.name))
		return pf_fail(err, PF_EUSAGE, PF_FMT " names no bucket",
			       PF_ARG(pf_shown(w->shown)));
	*out = b;
	return 0;
}

struct pf_str pf_s3_base(struct pf_arena *a, const struct pf_s3_bucket *b, struct pf_str region)
{
	struct pf_str endpoint = b->endpoint;
	size_t host;

	if (!endpoint.n)
		endpoint = pf_format(a, "https://s3." PF_FMT ".amazonaws.com%s", PF_ARG(region),
				     pf_str_starts(region, "cn-") ? ".cn" : "");
	if (!b->by_host)
		return pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(endpoint), PF_ARG(b->name));
	host = pf_str_find_str(endpoint, "://") + 3;
	return pf_format(a, PF_FMT PF_FMT "." PF_FMT, PF_ARG(pf_str_cut(endpoint, 0, host)),
			 PF_ARG(b->name), PF_ARG(pf_str_skip(endpoint, host)));
}
