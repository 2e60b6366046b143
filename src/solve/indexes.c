/* indexes.c - pip.conf, PIP_* and UV_* read into one setting of indexes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/indexes.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "default_index.h"
#include "req/reqwish.h"

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

/* "name" in "name=URL": uv's variables have it in capitals, with _ for all but letters and digits. */
static struct pf_str login_part(struct pf_arena *a, struct pf_str name, const char *part)
{
	char *variable = pf_formatz(a, "UV_INDEX_" PF_FMT "_%s", PF_ARG(name), part);

	for (char *p = variable; *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : pf_is_alnum(*p) ? *p : '_';
	return pf_url_encode(a, pf_s(getenv(variable)), "");
}

struct pf_str pf_index_url_login(struct pf_arena *a, struct pf_str index)
{
	struct pf_str bare = pf_index_url_bare(index), name, user, password;
	size_t at = pf_str_find_str(bare, "://");
	struct pf_err ignored;
	struct pf_url u;

	if (bare.n == index.n || pf_url_split(&u, bare, &ignored) < 0 || u.user.p)
		return bare;
	name = pf_str_cut(index, 0, index.n - bare.n - 1);
	user = login_part(a, name, "USERNAME");
	password = login_part(a, name, "PASSWORD");
	if (!user.n && !password.n)
		return bare;
	return pf_format(a, PF_FMT "://" PF_FMT ":" PF_FMT "@" PF_FMT, PF_ARG(pf_str_cut(bare, 0, at)),
			 PF_ARG(user), PF_ARG(password), PF_ARG(pf_str_skip(bare, at + 3)));
}

/* One setting: pip's key, pip's variable, uv's variables. */
enum setting {
	INDEX, EXTRA, FIND_LINKS, NO_INDEX, TRUSTED, CERT, CLIENT_CERT, PROXY, TIMEOUT, RETRIES, PRE,
	NO_BINARY, ONLY_BINARY, SETTINGS
};

static const struct {
	const char *key, *pip, *others[4];
} settings[SETTINGS] = {
	[INDEX] = { "index-url", "PIP_INDEX_URL", { "UV_DEFAULT_INDEX", "UV_INDEX_URL" } },
	[EXTRA] = { "extra-index-url", "PIP_EXTRA_INDEX_URL", { "UV_INDEX", "UV_EXTRA_INDEX_URL" } },
	[FIND_LINKS] = { "find-links", "PIP_FIND_LINKS", { "UV_FIND_LINKS" } },
	[NO_INDEX] = { "no-index", "PIP_NO_INDEX", { NULL } },
	[TRUSTED] = { "trusted-host", "PIP_TRUSTED_HOST", { "UV_INSECURE_HOST" } },
	[CERT] = { "cert", "PIP_CERT", { NULL } },
	[CLIENT_CERT] = { "client-cert", "PIP_CLIENT_CERT", { "SSL_CLIENT_CERT" } },
	[PROXY] = { "proxy", "PIP_PROXY", { NULL } },
	[TIMEOUT] = { "timeout", "PIP_TIMEOUT",
		      { "PIP_DEFAULT_TIMEOUT", "UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT" } },
	[RETRIES] = { "retries", "PIP_RETRIES", { "UV_HTTP_RETRIES" } },
	[PRE] = { "pre", "PIP_PRE", { NULL } },
	[NO_BINARY] = { "no-binary", "PIP_NO_BINARY", { "UV_NO_BINARY_PACKAGE" } },
	[ONLY_BINARY] = { "only-binary", "PIP_ONLY_BINARY", { "UV_NO_BUILD_PACKAGE" } },
};

#define RANK_VARIABLE 3

struct values {
	struct pf_str v[SETTINGS];
	int rank[SETTINGS]; /* who said it: [install] beats [global], a variable both */
	bool commas;	    /* find-links as uv separates them */
};

/* ---- pip's configuration files ---- */

static int section_rank(struct pf_str name)
{
	return pf_str_is(name, "install") ? 2 : pf_str_is(name, "global") ? 1 : 0;
}

static int find_setting(struct pf_str key)
{
	char name[64];

	snprintf(name, sizeof(name), PF_FMT, PF_ARG(key));
	for (char *p = name; *p; p++)
		*p = *p == '_' ? '-' : pf_lower(*p);
	for (int i = 0; i < SETTINGS; i++)
		if (strcmp(name, settings[i].key) == 0)
			return i;
	return strcmp(name, "default-timeout") == 0 ? TIMEOUT : -1;
}

/* configparser's grammar, as far as pip uses it: [section], key = value or key: value, a deeper
 * line goes on with the value, # and ; begin comments at a line's start. */
static void read_ini(struct values *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str rest = text, line;
	int rank = 0, at = -1;

	while (pf_str_next_line(&rest, &line)) {
		struct pf_str bare = pf_str_trim(line);
		size_t cut = 0;

		if (!bare.n || bare.p[0] == '#' || bare.p[0] == ';')
			continue;
		if (bare.p[0] == '[') {
			rank = section_rank(pf_str_cut(bare, 1, pf_str_find(bare, ']')));
			at = -1;
			continue;
		}
		if (pf_is_space(line.p[0])) {
			if (at >= 0)
				out->v[at] = pf_format(a, PF_FMT "\n" PF_FMT,
						       PF_ARG(out->v[at]), PF_ARG(bare));
			continue;
		}
		while (cut < bare.n && bare.p[cut] != '=' && bare.p[cut] != ':')
			cut++;
		at = rank ? find_setting(pf_str_trim(pf_str_cut(bare, 0, cut))) : -1;
		if (at >= 0 && rank < out->rank[at])
			at = -1;
		if (at >= 0) {
			out->v[at] = pf_dup(a, pf_str_trim(pf_str_skip(bare, cut + 1)));
			out->rank[at] = rank;
		}
	}
}

static void read_conf(struct values *out, struct pf_arena *a, const char *path)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_err err;

	if (access(path, R_OK) == 0) {
		if (pf_read_file(&text, AT_FDCWD, path, &err) == 0)
			read_ini(out, a, pf_buf_view(&text));
		else
			pf_warn("%s", err.msg);
	}
	pf_buf_free(&text);
}

/* pip's order, the last one counts: the system's, the user's, that of the active environment,
 * PIP_CONFIG_FILE (whose value /dev/null means: no file at all). */
static void read_confs(struct values *out, struct pf_arena *a)
{
	static const char *const prefixes[] = { "CONDA_PREFIX", "VIRTUAL_ENV" };
	const char *own = getenv("PIP_CONFIG_FILE"), *home = pf_home();
	const char *xdg = getenv("XDG_CONFIG_HOME"), *dirs = getenv("XDG_CONFIG_DIRS");
	struct pf_str rest = pf_s(dirs && *dirs ? dirs : "/etc/xdg"), dir;

	if (own && strcmp(own, "/dev/null") == 0)
		return;
	while (pf_str_next(&rest, ':', &dir))
		read_conf(out, a, pf_formatz(a, PF_FMT "/pip/pip.conf", PF_ARG(dir)));
	read_conf(out, a, "/etc/pip.conf");
	if (home)
		read_conf(out, a, pf_formatz(a, "%s/.pip/pip.conf", home));
	if (xdg && *xdg)
		read_conf(out, a, pf_formatz(a, "%s/pip/pip.conf", xdg));
	else if (home)
		read_conf(out, a, pf_formatz(a, "%s/.config/pip/pip.conf", home));
	for (size_t i = 0; i < PF_COUNT(prefixes); i++)
		if (getenv(prefixes[i]) && *getenv(prefixes[i]))
			read_conf(out, a, pf_formatz(a, "%s/pip.conf", getenv(prefixes[i])));
	if (own && *own)
		read_conf(out, a, own);
}

static bool is_true(struct pf_str s)
{
	static const char *const yes[] = { "1", "true", "yes", "on", "y", "t" };

	for (size_t i = 0; i < PF_COUNT(yes); i++)
		if (pf_str_ieq(s, yes[i]))
			return true;
	return false;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void put(struct values *out, enum setting which, struct pf_str value)
{
	out->v[which] = value;
	out->rank[which] = RANK_VARIABLE;
}

/* What uv says another way. */
static void read_uv(struct values *out, enum setting which, const char *name, const char *value)
{
	const char *word = variable(name);

	if (!variable(settings[which].pip) && word &&
	    (value ? strcmp(word, value) == 0 : is_true(pf_s(word))))
		put(out, which, value ? PF_S("1") : PF_S(":all:"));
}

static void read_variables(struct values *out)
{
	for (int i = 0; i < SETTINGS; i++) {
		const char *value = variable(settings[i].pip);

		for (int k = 0; !value && k < 4 && settings[i].others[k]; k++) {
			value = variable(settings[i].others[k]);
			out->commas |= i == FIND_LINKS && value;
		}
		if (value)
			put(out, (enum setting)i, pf_s(value));
	}
	read_uv(out, NO_BINARY, "UV_NO_BINARY", NULL);
	read_uv(out, ONLY_BINARY, "UV_NO_BUILD", NULL);
	read_uv(out, PRE, "UV_PRERELEASE", "allow");
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

/* Whole seconds, or tries; pip takes "2.5" too. */
static unsigned read_number(const struct values *from, enum setting which, unsigned least)
{
	struct pf_str text = from->v[which], whole = pf_str_cut(text, 0, pf_str_find(text, '.'));
	uint64_t n;

	if (!text.n)
		return 0;
	if (pf_str_u64(whole, &n) && n <= 86400)
		return n < least ? least : (unsigned)n;
	pf_warn("%s = " PF_FMT " is passed over: it is no number", settings[which].key,
		PF_ARG(pf_shown(text)));
	return 0;
}

static const char *text_or_null(struct pf_arena *a, struct pf_str text)
{
	return text.n ? pf_dupz(a, text) : NULL;
}

static void fill_net(struct pf_net *net, struct pf_arena *a, const struct values *from)
{
	static const char *const bundles[] = { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE" };

	net->cert = text_or_null(a, from->v[CERT]);
	for (size_t i = 0; !net->cert && i < PF_COUNT(bundles); i++)
		net->cert = text_or_null(a, pf_s(getenv(bundles[i])));
	net->client_cert = text_or_null(a, from->v[CLIENT_CERT]);
	net->proxy = text_or_null(a, from->v[PROXY]);
	net->stall = read_number(from, TIMEOUT, 1);
	net->tries = from->v[RETRIES].n ? read_number(from, RETRIES, 0) + 1 : 0;
}

static void fill(struct pf_indexes *x, const struct values *from)
{
	x->index = pf_dup(&x->arena, from->v[INDEX].n ? from->v[INDEX] : pf_s(PF_DEFAULT_INDEX));
	add_words(x, EXTRA, from->v[EXTRA], false);
	add_words(x, FIND_LINKS, from->v[FIND_LINKS], from->commas);
	add_words(x, TRUSTED, from->v[TRUSTED], false);
	x->no_index = is_true(from->v[NO_INDEX]);
	x->pre = is_true(from->v[PRE]);
	fill_net(&x->net, &x->arena, from);
	/* each takes from the other's list: what counts more comes last */
	if (from->rank[ONLY_BINARY] < from->rank[NO_BINARY])
		add_formats(x, ONLY_BINARY, from->v[ONLY_BINARY]);
	add_formats(x, NO_BINARY, from->v[NO_BINARY]);
	if (from->rank[ONLY_BINARY] >= from->rank[NO_BINARY])
		add_formats(x, ONLY_BINARY, from->v[ONLY_BINARY]);
}

/* ---- what the model's files ask for ---- */

/* A place on the net; "file:" and folders stay out of a stranger's reach. */
static bool is_remote(struct pf_str url)
{
	return pf_str_starts(url, "https://") || pf_str_starts(url, "http://");
}

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
	else if (!is_remote(value))
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

void pf_indexes_read(struct pf_indexes *out, const struct pf_needs *needs, const struct pf_opts *o)
{
	PF_AUTO(indexes) x = { 0 };
	struct values values = { 0 };

	read_confs(&values, &x.arena);
	read_variables(&values);
	if (needs && o->allow_model_index) {
		copy_names(&x.no_binary, &x.arena, &needs->wish.no_binary);
		copy_names(&x.only_binary, &x.arena, &needs->wish.only_binary);
	}
	fill(&x, &values);
	if (o->no_build)
		add_formats(&x, ONLY_BINARY, PF_S(":all:"));
	for (size_t i = 0; needs && o->allow_model_index && i < needs->asked.n; i++)
		if (needs->asked.v[i].kind == PF_ASKED_INDEX)
			add_asked(&x, needs->asked.v[i].text);
	*out = PF_TAKE(x);
}
