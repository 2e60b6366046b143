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

/* One setting: pip's key, pip's variable, uv's variables. */
enum setting { INDEX, EXTRA, FIND_LINKS, NO_INDEX, TRUSTED, CERT, NO_BINARY, ONLY_BINARY, SETTINGS };

static const struct {
	const char *key, *pip, *uv[3];
} settings[SETTINGS] = {
	[INDEX] = { "index-url", "PIP_INDEX_URL", { "UV_DEFAULT_INDEX", "UV_INDEX_URL" } },
	[EXTRA] = { "extra-index-url", "PIP_EXTRA_INDEX_URL", { "UV_INDEX", "UV_EXTRA_INDEX_URL" } },
	[FIND_LINKS] = { "find-links", "PIP_FIND_LINKS", { "UV_FIND_LINKS" } },
	[NO_INDEX] = { "no-index", "PIP_NO_INDEX", { NULL } },
	[TRUSTED] = { "trusted-host", "PIP_TRUSTED_HOST", { "UV_INSECURE_HOST" } },
	[CERT] = { "cert", "PIP_CERT", { NULL } },
	[NO_BINARY] = { "no-binary", "PIP_NO_BINARY", { "UV_NO_BINARY_PACKAGE" } },
	[ONLY_BINARY] = { "only-binary", "PIP_ONLY_BINARY", { "UV_NO_BUILD_PACKAGE" } },
};

struct values {
	struct pf_str v[SETTINGS];
	int rank[SETTINGS]; /* which section of a file said it: [install] beats [global] */
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
	return -1;
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

/* pip's order, the last one counts: the system's, the user's, PIP_CONFIG_FILE (whose value
 * /dev/null means: no file at all). */
static void read_confs(struct values *out, struct pf_arena *a)
{
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

/* What uv has for all packages is a variable of its own. */
static void read_all(struct values *out, enum setting which, const char *variable)
{
	const char *pip = getenv(settings[which].pip);

	if (!(pip && *pip) && is_true(pf_s(getenv(variable))))
		out->v[which] = PF_S(":all:");
}

static void read_variables(struct values *out)
{
	for (int i = 0; i < SETTINGS; i++) {
		const char *value = getenv(settings[i].pip);

		for (int k = 0; !(value && *value) && settings[i].uv[k]; k++) {
			value = getenv(settings[i].uv[k]);
			out->commas |= i == FIND_LINKS && value && *value;
		}
		if (value && *value)
			out->v[i] = pf_s(value);
	}
	read_all(out, NO_BINARY, "UV_NO_BINARY");
	read_all(out, ONLY_BINARY, "UV_NO_BUILD");
}

/* ---- values to lists ---- */

static void percent_encode(struct pf_buf *b, struct pf_str path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];

		if (pf_is_alnum(c) || strchr("/-._~+@:", c))
			pf_buf_char(b, c);
		else
			pf_buf_printf(b, "%%%02X", (unsigned char)c);
	}
}

/* pip separates by white space, uv by commas. A folder becomes a URL, for which neither matters. */
static void add_find_links(struct pf_indexes *x, struct pf_str one)
{
	struct pf_arena *a = &x->arena;
	struct pf_buf url = PF_BUF(PF_MAX_PATH * 4);
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
	pf_buf_cstr(&url, "file://");
	percent_encode(&url, pf_s(real));
	*PF_PUSH(a, &x->find_links) = pf_dup(a, pf_buf_view(&url));
	pf_buf_free(&url);
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
			*PF_PUSH(&x->arena, which == EXTRA ? &x->extra : &x->trusted) =
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

static void fill(struct pf_indexes *x, const struct values *from)
{
	const char *cert_file = getenv("SSL_CERT_FILE");

	x->index = pf_dup(&x->arena, from->v[INDEX].n ? from->v[INDEX] : pf_s(PF_DEFAULT_INDEX));
	add_words(x, EXTRA, from->v[EXTRA], false);
	add_words(x, FIND_LINKS, from->v[FIND_LINKS], from->commas);
	add_words(x, TRUSTED, from->v[TRUSTED], false);
	x->no_index = is_true(from->v[NO_INDEX]);
	x->cert = pf_dup(&x->arena, from->v[CERT].n ? from->v[CERT] : pf_s(cert_file));
	add_formats(x, NO_BINARY, from->v[NO_BINARY]);
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
