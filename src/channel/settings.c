/* settings.c - what the user's settings of conda say of all channels: priority, servers, rules */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/settings.h"

#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "channel/condarc.h"
#include "req/channel_name.h"

/* ---- channels ---- */

static int set_priority(struct pf_channels *c, struct pf_err *err)
{
	static const struct {
		const char *word;
		enum pf_channel_priority priority;
	} words[] = {
		{ "", PF_CHANNEL_FLEXIBLE },	  { "flexible", PF_CHANNEL_FLEXIBLE },
		{ "true", PF_CHANNEL_FLEXIBLE },  { "yes", PF_CHANNEL_FLEXIBLE },
		{ "strict", PF_CHANNEL_STRICT },  { "disabled", PF_CHANNEL_DISABLED },
		{ "false", PF_CHANNEL_DISABLED }, { "no", PF_CHANNEL_DISABLED },
	};
	struct pf_str word = c->conf->channel_priority, s = pf_shown(word);

	for (size_t i = 0; i < PF_COUNT(words); i++)
		if (pf_str_ieq(word, words[i].word)) {
			c->priority = words[i].priority;
			return 0;
		}
	return pf_fail(err, PF_EUSAGE, "channel_priority is \"" PF_FMT "\", not strict, flexible or "
		       "disabled", PF_ARG(s));
}

/* "{os}-{arch}" (CEP 26), since it becomes a part of addresses and paths; and noarch. */
static int set_subdirs(struct pf_channels *c, struct pf_err *err)
{
	struct pf_str subdir = pf_conda_subdir(), shown_one = pf_shown(subdir);
	size_t dashes = 0;

	for (size_t i = 0; i < subdir.n; i++) {
		bool dash = subdir.p[i] == '-' && i && i + 1 < subdir.n;

		dashes += dash;
		if (!dash && !pf_is_digit(subdir.p[i]) && (subdir.p[i] < 'a' || subdir.p[i] > 'z'))
			dashes = 2;
	}
	if (dashes != 1)
		return pf_fail(err, PF_EUSAGE, "CONDA_SUBDIR is \"" PF_FMT "\", which is no platform",
			       PF_ARG(shown_one));
	*PF_PUSH(&c->arena, &c->subdirs) = pf_dup(&c->arena, subdir);
	*PF_PUSH(&c->arena, &c->subdirs) = PF_S("noarch");
	return 0;
}

/* Of conda before 4.2, where it kept channels away. Now nobody looks at it, and who wrote it relies
 * on it. */
static int check_others(const struct pf_channels *c, struct pf_err *err)
{
	if (c->conf->other_channels != PF_CONDARC_FALSE)
		return 0;
	pf_fail(err, PF_EUSAGE, "allow_other_channels of .condarc keeps no channel away");
	return pf_hint(err, "name those that may be used in allowlist_channels instead");
}

/* ---- servers ---- */

/* "9.15" seconds are 10. */
static int take_count(unsigned *out, const char *key, struct pf_str text, unsigned most,
		      struct pf_err *err)
{
	double n = 0;

	if (!text.n)
		return 0;
	if (!pf_double_read(text, &n) || !(n >= 0))
		return pf_fail(err, PF_EUSAGE, "%s is \"" PF_FMT "\", which is no number", key,
			       PF_ARG(pf_shown(text)));
	*out = n < most ? (unsigned)n + ((unsigned)n < n) : most;
	return 0;
}

static const char *text_or_null(struct pf_channels *c, struct pf_str text)
{
	return text.n ? pf_dupz(&c->arena, text) : NULL;
}

/* There is one time for both here: the longer one. */
static int set_net(struct pf_channels *c, struct pf_err *err)
{
	const struct pf_condarc *conf = c->conf;
	unsigned connect = 0, read = 0, retries = PF_NET_TRIES - 1;

	if (take_count(&connect, "remote_connect_timeout_secs", conf->connect_seconds,
		       PF_MAX_NET_WAIT, err) < 0 ||
	    take_count(&read, "remote_read_timeout_secs", conf->read_seconds, PF_MAX_NET_WAIT,
		       err) < 0 ||
	    take_count(&retries, "remote_max_retries", conf->retries, PF_MAX_NET_TRIES, err) < 0)
		return -1;
	if (conf->client_key.n && !conf->client_cert.n)
		return pf_fail(err, PF_EUSAGE, "client_ssl_cert_key of .condarc has no "
			       "client_ssl_cert beside it");
	c->net = (struct pf_net){
		.cert = text_or_null(c, conf->cert),
		.client_cert = text_or_null(c, conf->client_cert),
		.client_key = text_or_null(c, conf->client_key),
		.proxy = text_or_null(c, conf->proxy),
		.unverified = conf->unverified,
		.wait = connect > read ? connect : read,
		.tries = retries + 1,
	};
	c->offline = conf->offline == PF_CONDARC_TRUE;
	return 0;
}

/* ---- packages ---- */

static int add_rule(struct pf_channels *c, const char *key, struct pf_str text, bool forbids,
		    struct pf_err *err)
{
	struct pf_conda_rule one = { .forbids = forbids,
				     .place = pf_condarc_place(c->conf, key, text) };

	if (c->rules.n >= PF_MAX_CONDA_RULES)
		return pf_fail(err, PF_ELIMIT, "more than %d pinned_packages and disallowed_packages",
			       PF_MAX_CONDA_RULES);
	if (pf_match_spec_parse(&one.spec, &c->arena, pf_channel_bare(&c->arena, text), err) < 0) {
		err->code = PF_EUSAGE;
		return pf_wrap(err, PF_FMT ": %s", PF_ARG(one.place), key);
	}
	if (!forbids && !one.spec.name.n)
		return pf_fail(err, PF_EUSAGE, PF_FMT ": %s: no package is named by " PF_FMT,
			       PF_ARG(one.place), key, PF_ARG(pf_shown(one.spec.text)));
	pf_channels_resolve(c, &one.spec);
	*PF_PUSH(&c->arena, &c->rules) = one;
	return 0;
}

/* What is not allowed is told first: a pin changes nothing of it. */
static int set_rules(struct pf_channels *c, struct pf_err *err)
{
	const struct pf_condarc *conf = c->conf;
	bool ignored = conf->ignore_pinned == PF_CONDARC_TRUE;

	for (size_t i = 0; i < conf->disallowed.n; i++)
		if (add_rule(c, "disallowed_packages", conf->disallowed.v[i], true, err) < 0)
			return -1;
	for (size_t i = 0; !ignored && i < conf->pinned.n; i++)
		if (add_rule(c, "pinned_packages", conf->pinned.v[i], false, err) < 0)
			return -1;
	return 0;
}

int pf_channels_set(struct pf_channels *c, struct pf_err *err)
{
	if (check_others(c, err) < 0 || set_priority(c, err) < 0 || set_subdirs(c, err) < 0 ||
	    set_net(c, err) < 0)
		return -1;
	return set_rules(c, err);
}
