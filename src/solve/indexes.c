/* indexes.c - pip.conf, PIP_* and UV_* read into one setting of indexes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/indexes.h"

#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "default_index.h"
#include "req/reqneed.h"
#include "req/reqwish.h"
#include "solve/pipconf.h"
#include "solve/solve.h"

void pf_indexes_free(struct pf_indexes *x)
{
	pf_arena_free(&x->arena);
	memset(x, 0, sizeof(*x));
}

struct pf_str pf_index_url_bare(struct pf_str index)
{
	size_t eq = pf_str_find(index, '='), scheme = pf_str_find_str(index, "://");

	return eq != PF_NPOS && eq < scheme ? pf_str_skip(index, eq + 1) : index;
}

/* One setting: pip's key, pip's variable, others that say the same. */
enum setting {
	INDEX,
	EXTRA,
	FIND_LINKS,
	NO_INDEX,
	TRUSTED,
	CERT,
	CLIENT_CERT,
	PROXY,
	TIMEOUT,
	RETRIES,
	PRE,
	NO_BINARY,
	ONLY_BINARY,
	SETTINGS
};

static const struct {
	const char *key, *pip, *others[3];
} settings[SETTINGS] = {
	[INDEX] = { "index-url", "PIP_INDEX_URL", { "UV_DEFAULT_INDEX", "UV_INDEX_URL" } },
	[EXTRA] = { "extra-index-url",
		    "PIP_EXTRA_INDEX_URL",
		    { "UV_INDEX", "UV_EXTRA_INDEX_URL" } },
	[FIND_LINKS] = { "find-links", "PIP_FIND_LINKS", { "UV_FIND_LINKS" } },
	[NO_INDEX] = { "no-index", "PIP_NO_INDEX", { NULL } },
	[TRUSTED] = { "trusted-host", "PIP_TRUSTED_HOST", { "UV_INSECURE_HOST" } },
	[CERT] = { "cert", "PIP_CERT", { NULL } },
	[CLIENT_CERT] = { "client-cert", "PIP_CLIENT_CERT", { "SSL_CLIENT_CERT" } },
	[PROXY] = { "proxy", "PIP_PROXY", { NULL } },
	[TIMEOUT] = { "timeout",
		      "PIP_TIMEOUT",
		      { "PIP_DEFAULT_TIMEOUT", "UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT" } },
	[RETRIES] = { "retries", "PIP_RETRIES", { "UV_HTTP_RETRIES" } },
	[PRE] = { "pre", "PIP_PRE", { "UV_PRERELEASE" } },
	[NO_BINARY] = { "no-binary", "PIP_NO_BINARY", { "UV_NO_BINARY_PACKAGE" } },
	[ONLY_BINARY] = { "only-binary", "PIP_ONLY_BINARY", { "UV_NO_BUILD_PACKAGE" } },
};

struct values {
	struct pf_str v[SETTINGS];
	bool said[SETTINGS]; /* by a variable */
	bool commas;	     /* find-links as uv separates them */
};

static void read_files(struct values *out, struct pf_arena *a, const struct pf_python *python,
		       bool quiet)
{
	struct pf_pipconf conf;

	pf_pipconf_read(&conf, a, python ? python->prefix : PF_S(""), quiet);
	for (int i = 0; i < SETTINGS; i++)
		out->v[i] = pf_pipconf_get(&conf, settings[i].key);
}

static bool is_true(struct pf_str s)
{
	static const char *const yes[] = { "1", "true", "yes", "on", "y", "t", NULL };

	return pf_str_in_any_case(s, yes);
}

/* What uv has for all packages is a variable of its own. */
static void read_all(struct values *out, enum setting which, const char *variable)
{
	const char *pip = getenv(settings[which].pip);

	if (!(pip && *pip) && is_true(pf_s(getenv(variable))))
		out->v[which] = PF_S(":all:"), out->said[which] = true;
}

static void read_variables(struct values *out)
{
	for (int i = 0; i < SETTINGS; i++) {
		const char *value = getenv(settings[i].pip);

		for (size_t k = 0; !(value && *value) && k < PF_COUNT(settings[i].others); k++) {
			value = settings[i].others[k] ? getenv(settings[i].others[k]) : NULL;
			out->commas |= i == FIND_LINKS && value && *value;
		}
		out->said[i] = value && *value;
		if (out->said[i])
			out->v[i] = pf_s(value);
	}
	read_all(out, NO_BINARY, "UV_NO_BINARY");
	read_all(out, ONLY_BINARY, "UV_NO_BUILD");
}

/* ---- values to lists ---- */

/* pip separates by white space, uv by commas. A folder becomes a URL, for which neither matters. */
static void add_find_links(struct pf_indexes *x, struct pf_str one)
{
	struct pf_arena *a = &x->arena;
	const char *home = pf_home();
	char *path, *real;

	if (pf_str_find_str(one, "://") != PF_NPOS) {
		*PF_PUSH(a, &x->find_links) = pf_dup(a, one);
		return;
	}
	path = pf_str_starts(one, "~/") && home ? pf_join(a, home, pf_str_skip(one, 2)) :
						  pf_dupz(a, one);
	real = pf_realpath(a, path);
	if (!real) {
		pf_debug("find-links %s is not there: left out", path);
		return;
	}
	*PF_PUSH(a, &x->find_links) = pf_url_of_path(a, real);
}

static void add_words(struct pf_indexes *x, enum setting which, struct pf_str words, bool commas)
{
	size_t at = 0;

	while (at < words.n) {
		size_t from = at;
		struct pf_str one;

		while (at < words.n && !(commas ? words.p[at] == ',' : pf_is_space(words.p[at])))
			at++;
		one = pf_str_cut(words, from, at++);
		if (!one.n)
			continue;
		if (which == FIND_LINKS)
			add_find_links(x, one);
		else
			*PF_PUSH(&x->arena, which == EXTRA ? &x->extra : &x->net.trusted) =
				pf_dup(&x->arena, one);
	}
}

/* ---- credentials of uv's named indexes ---- */

/* Of "my-index=URL": $UV_INDEX_MY_INDEX_USERNAME or _PASSWORD. */
static struct pf_str variable_of(struct pf_arena *a, struct pf_str name, const char *what)
{
	char *variable = pf_formatz(a, "UV_INDEX_" PF_FMT "_%s", PF_ARG(name), what);

	for (char *p = variable; *p; p++)
		*p = pf_is_alnum(*p) ? pf_upper(*p) : '_';
	return pf_s(getenv(variable));
}

static struct pf_str with_login(struct pf_arena *a, struct pf_str index)
{
	struct pf_str bare = pf_index_url_bare(index),
		      name = pf_str_cut(index, 0, index.n - bare.n);
	struct pf_str user, password;
	struct pf_url_parts parts;

	if (!name.n || !pf_requrl_split(&parts, bare) || parts.user.n)
		return index;
	user = variable_of(a, pf_str_cut(name, 0, name.n - 1), "USERNAME");
	password = variable_of(a, pf_str_cut(name, 0, name.n - 1), "PASSWORD");
	if (!user.n && !password.n)
		return index;
	return pf_format(a, PF_FMT PF_FMT PF_FMT ":" PF_FMT "@" PF_FMT PF_FMT, PF_ARG(name),
			 PF_ARG(parts.scheme), PF_ARG(pf_url_encode(a, user, "")),
			 PF_ARG(pf_url_encode(a, password, "")), PF_ARG(parts.host),
			 PF_ARG(parts.rest));
}

/* ---- how the net is reached ---- */

static const char *path_or_null(struct pf_arena *a, struct pf_str value)
{
	return value.n ? pf_dupz(a, value) : NULL;
}

/* A whole number from above, up to `max`; -1: none is said. */
static int read_count(const struct values *from, enum setting which, unsigned max)
{
	struct pf_str s = from->v[which];
	double value = 0;

	if (!s.n)
		return -1;
	if (!pf_double_read(s, &value) || !(value >= 0)) {
		pf_warn("%s is no number: it does not count", settings[which].key);
		return -1;
	}
	return value < max ? (int)ceil(value) : (int)max;
}

static void fill_net(struct pf_net *net, struct pf_arena *a, const struct values *from)
{
	static const char *const bundles[] = { "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
					       "SSL_CERT_FILE", "SSL_CERT_DIR" };
	int wait = read_count(from, TIMEOUT, PF_MAX_NET_WAIT);
	int retries = read_count(from, RETRIES, PF_MAX_NET_TRIES);

	net->cert = path_or_null(a, from->v[CERT]);
	for (size_t i = 0; !net->cert && i < PF_COUNT(bundles); i++)
		net->cert = path_or_null(a, pf_s(getenv(bundles[i])));
	net->client_cert = path_or_null(a, from->v[CLIENT_CERT]);
	net->proxy = path_or_null(a, from->v[PROXY]);
	net->wait = wait > 0 ? (unsigned)wait : 0;
	net->tries = retries >= 0 ? (unsigned)retries + 1 : 0;
}

/* pip knows yes and no, uv more words. */
static enum pf_pre read_pre(struct pf_str s)
{
	return is_true(s) || pf_str_is(s, "allow") ? PF_PRE_ALLOW :
	       pf_str_is(s, "disallow") ? PF_PRE_DENY : PF_PRE_DEFAULT;
}

/* pip separates by commas, uv by blanks. */
static void add_formats(struct pf_indexes *x, enum setting which, struct pf_str words)
{
	char *text = pf_dupz(&x->arena, words);

	for (char *p = text; *p; p++)
		if (pf_is_space(*p))
			*p = ',';
	if (!words.n)
		return;
	if (which == NO_BINARY)
		pf_wish_formats(&x->no_binary, &x->only_binary, &x->arena, pf_s(text));
	else
		pf_wish_formats(&x->only_binary, &x->no_binary, &x->arena, pf_s(text));
}

static void copy_names(struct pf_strs *out, struct pf_arena *a, const struct pf_strs *from)
{
	for (size_t i = 0; i < from->n; i++)
		*PF_PUSH(a, out) = pf_dup(a, from->v[i]);
}

/* Of which the answer is made. */
static void fill(struct pf_indexes *x, const struct values *from)
{
	struct pf_str index = from->v[INDEX].n ? from->v[INDEX] : PF_S(PF_DEFAULT_INDEX);

	x->index = pf_dup(&x->arena, with_login(&x->arena, index));
	add_words(x, EXTRA, from->v[EXTRA], false);
	for (size_t i = 0; i < x->extra.n; i++)
		x->extra.v[i] = with_login(&x->arena, x->extra.v[i]);
	add_words(x, FIND_LINKS, from->v[FIND_LINKS], from->commas);
	x->no_index = is_true(from->v[NO_INDEX]);
	x->pre = read_pre(from->v[PRE]);
	/* each takes from the other's list: what a variable says comes after what a file does */
	if (from->said[NO_BINARY] && !from->said[ONLY_BINARY])
		add_formats(x, ONLY_BINARY, from->v[ONLY_BINARY]);
	add_formats(x, NO_BINARY, from->v[NO_BINARY]);
	if (!from->said[NO_BINARY] || from->said[ONLY_BINARY])
		add_formats(x, ONLY_BINARY, from->v[ONLY_BINARY]);
}

/* ---- what the model's files ask for ---- */

/* "--index-url URL", "-i URL", "--extra-index-url=URL", "--no-index", "-f URL" */
static void add_asked(struct pf_indexes *x, struct pf_str text)
{
	size_t cut = 0;
	struct pf_str name, value;

	while (cut < text.n && text.p[cut] != '=' && !pf_is_space(text.p[cut]))
		cut++;
	name = pf_str_cut(text, 0, cut);
	value = pf_str_trim(pf_str_skip(text, cut + 1));
	if (pf_str_is(name, "--no-index"))
		x->no_index = true;
	else if (!pf_requrl_is_http(value)) /* files are out of a stranger's reach */
		pf_warn("the model's " PF_FMT " is not followed", PF_ARG(pf_shown(text)));
	else if (pf_str_is(name, "-i") || pf_str_is(name, "--index-url"))
		x->index = pf_dup(&x->arena, value);
	else if (pf_str_is(name, "--extra-index-url"))
		add_words(x, EXTRA, value, false);
	else if (pf_str_is(name, "-f") || pf_str_is(name, "--find-links"))
		add_words(x, FIND_LINKS, value, false);
	else
		pf_warn("the model's " PF_FMT " is not followed", PF_ARG(pf_shown(text)));
}

void pf_indexes_read(struct pf_indexes *out, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o)
{
	PF_AUTO(indexes) x = { 0 };
	struct values values = { 0 };

	read_files(&values, &x.arena, python, false);
	read_variables(&values);
	if (needs && o->allow_model_index) {
		copy_names(&x.no_binary, &x.arena, &needs->wish.no_binary);
		copy_names(&x.only_binary, &x.arena, &needs->wish.only_binary);
	}
	fill(&x, &values);
	add_words(&x, TRUSTED, values.v[TRUSTED], false);
	fill_net(&x.net, &x.arena, &values);
	if (o->no_build)
		add_formats(&x, ONLY_BINARY, PF_S(":all:"));
	for (size_t i = 0; needs && o->allow_model_index && i < needs->asked.n; i++)
		if (needs->asked.v[i].kind == PF_ASKED_INDEX)
			add_asked(&x, needs->asked.v[i].text);
	*out = PF_TAKE(x);
}

/* ---- as part of a name ---- */

/* Without its login, which changes while what is there does not. */
static struct pf_str without_login(struct pf_arena *a, struct pf_str index)
{
	struct pf_url_parts parts;
	struct pf_str bare = pf_index_url_bare(index);

	if (!pf_requrl_split(&parts, bare))
		return bare;
	return pf_format(a, PF_FMT PF_FMT PF_FMT, PF_ARG(parts.scheme), PF_ARG(parts.host),
			 PF_ARG(parts.rest));
}

static void tell_list(struct pf_buf *out, struct pf_arena *a, const char *what,
		      const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(out, "%s " PF_FMT "\n", what, PF_ARG(without_login(a, list->v[i])));
}

void pf_settings_identity(struct pf_buf *out, const struct pf_python *python)
{
	PF_AUTO(indexes) x = { 0 };
	struct values values = { 0 };

	read_files(&values, &x.arena, python, true);
	read_variables(&values);
	fill(&x, &values);
	pf_buf_printf(out, "pre %d no index %d\n", (int)x.pre, x.no_index);
	if (!x.no_index) {
		pf_buf_printf(out, "index " PF_FMT "\n", PF_ARG(without_login(&x.arena, x.index)));
		tell_list(out, &x.arena, "extra", &x.extra);
	}
	tell_list(out, &x.arena, "links", &x.find_links);
	pf_strs_sort(&x.no_binary);
	pf_strs_sort(&x.only_binary);
	tell_list(out, &x.arena, "no binary", &x.no_binary);
	tell_list(out, &x.arena, "only binary", &x.only_binary);
}
