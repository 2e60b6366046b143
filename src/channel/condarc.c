/* condarc.c - the user's settings of conda */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/condarc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "channel/condarc_inside.h"
#include "formats/yaml.h"

/* ---- keys ---- */

enum key_kind { TEXT, BOOL, LIST, TEXTS_BY_NAME, LISTS_BY_NAME };

/* Of docs/conda.md's table, those that are read; the kinds and the names are those of conda's
 * conda/base/context.py. */
static const struct {
	const char *name, *also;	/* what it was called before, or is as well */
	enum key_kind kind;
	size_t offset;
	const char *variable;	/* of the environment */
	char between;		/* what its lists have between their entries there */
} keys[] = {
#define KEY(name, also, kind, field, variable, between) \
	{ name, also, kind, offsetof(struct pf_condarc, field), variable, between }
	KEY("channel_alias", NULL, TEXT, channel_alias, "CONDA_CHANNEL_ALIAS", 0),
	KEY("channel_priority", NULL, TEXT, channel_priority, "CONDA_CHANNEL_PRIORITY", 0),
	KEY("channels", "channel", LIST, channels, "CONDA_CHANNELS", ','),
	KEY("default_channels", NULL, LIST, default_channels, "CONDA_DEFAULT_CHANNELS", ','),
	KEY("allowlist_channels", "whitelist_channels", LIST, allowlist,
	    "CONDA_ALLOWLIST_CHANNELS", ','),
	KEY("denylist_channels", NULL, LIST, denylist, "CONDA_DENYLIST_CHANNELS", ','),
	KEY("pinned_packages", NULL, LIST, pinned, "CONDA_PINNED_PACKAGES", '&'),
	KEY("disallowed_packages", "disallow", LIST, disallowed, "CONDA_DISALLOWED_PACKAGES", '&'),
	KEY("custom_channels", NULL, TEXTS_BY_NAME, custom_channels, NULL, 0),
	KEY("custom_multichannels", NULL, LISTS_BY_NAME, multichannels, NULL, 0),
	KEY("mirrored_channels", NULL, LISTS_BY_NAME, mirrors, NULL, 0),
	KEY("offline", NULL, BOOL, offline, "CONDA_OFFLINE", 0),
	KEY("ignore_pinned", NULL, BOOL, ignore_pinned, "CONDA_IGNORE_PINNED", 0),
	KEY("override_channels_enabled", NULL, BOOL, may_override,
	    "CONDA_OVERRIDE_CHANNELS_ENABLED", 0),
	KEY("allow_other_channels", NULL, BOOL, other_channels, NULL, 0),
	KEY("client_ssl_cert", "client_cert", TEXT, client_cert, "CONDA_CLIENT_SSL_CERT", 0),
	KEY("client_ssl_cert_key", "client_cert_key", TEXT, client_key,
	    "CONDA_CLIENT_SSL_CERT_KEY", 0),
	KEY("remote_connect_timeout_secs", NULL, TEXT, connect_seconds,
	    "CONDA_REMOTE_CONNECT_TIMEOUT_SECS", 0),
	KEY("remote_read_timeout_secs", NULL, TEXT, read_seconds,
	    "CONDA_REMOTE_READ_TIMEOUT_SECS", 0),
	KEY("remote_max_retries", NULL, TEXT, retries, "CONDA_REMOTE_MAX_RETRIES", 0),
#undef KEY
};
_Static_assert(PF_COUNT(keys) <= PF_CONDARC_KEYS, "a flag for each key");

static void *field_of(struct pf_condarc_reading *r, size_t key)
{
	return (char *)r->out + keys[key].offset;
}

static int take_key(struct pf_condarc_reading *r, const struct pf_node *n, size_t i)
{
	void *field = field_of(r, i);

	switch (keys[i].kind) {
	case TEXT:
		return pf_condarc_take_text(r, n, field);
	case BOOL:
		return pf_condarc_take_bool(r, n, field);
	case LIST:
		return pf_condarc_take_list(r, n, i, field);
	case TEXTS_BY_NAME:
		return pf_condarc_take_texts(r, n, field);
	default:
		return pf_condarc_take_lists(r, n, field);
	}
}

/* A file or folder of certificates, or whether they are looked at at all. */
static void take_verify(struct pf_condarc_reading *r, struct pf_str text)
{
	int truth = pf_condarc_truth(text);
	const char *home = pf_home();

	r->out->unverified = truth == 0;
	r->out->cert = PF_S("");
	if (truth >= 0 || !text.n || pf_str_ieq(text, "truststore"))
		return;
	r->out->cert = pf_condarc_expand(r->a, text);
	if (pf_str_starts(r->out->cert, "~/") && home)
		r->out->cert = pf_format(r->a, "%s" PF_FMT, home,
					 PF_ARG(pf_str_skip(r->out->cert, 1)));
}

static const struct pf_node *get_key(const struct pf_node *doc, const char *name, const char *also)
{
	const struct pf_node *n = pf_node_get(doc, name);

	return n || !also ? n : pf_node_get(doc, also);
}

/* ssl_verify; proxy_servers: by scheme. */
static int take_net(struct pf_condarc_reading *r, const struct pf_node *doc)
{
	const struct pf_node *verify = get_key(doc, "ssl_verify", "verify_ssl");
	const struct pf_node *proxies = pf_node_get(doc, "proxy_servers");
	struct pf_str proxy = pf_node_text(proxies, "https");

	if (!proxy.n)
		proxy = pf_node_text(proxies, "http");
	if (proxy.n && !r->proxy_closed)
		r->out->proxy = pf_condarc_expand(r->a, proxy);
	r->proxy_closed |= proxies && pf_condarc_is_final(r, proxies);
	if (!verify || verify->kind == PF_NODE_NULL || r->verify_closed)
		return 0;
	if (!pf_node_is_scalar(verify))
		return pf_condarc_fail(r, verify, "true, false, a file or a folder");
	take_verify(r, verify->text);
	r->verify_closed = pf_condarc_is_final(r, verify);
	return 0;
}

static int take_document(struct pf_condarc_reading *r, const struct pf_node *doc)
{
	if (doc->kind == PF_NODE_NULL)
		return 0;
	if (doc->kind != PF_NODE_MAP)
		return pf_fail(r->err, PF_EUSAGE, "%s is %s, where a map is wanted", r->path,
			       pf_node_kind_name(doc->kind));
	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		const struct pf_node *n = get_key(doc, keys[i].name, keys[i].also);

		if (!n || r->closed[i])
			continue;
		r->key = keys[i].name;
		if (take_key(r, n, i) < 0)
			return -1;
		r->closed[i] = pf_condarc_is_final(r, n);
	}
	return take_net(r, doc);
}

/* ---- files ---- */

/* What is no regular file is none: CONDARC=/dev/null says that there are no settings. */
static int read_file(struct pf_condarc_reading *r, const char *path)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *doc;
	struct stat st;

	if (access(path, R_OK) < 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r->path = path;
	if (pf_read_file(&text, AT_FDCWD, path, r->err) < 0)
		return -1;
	r->text = pf_buf_view(&text);
	if (pf_yaml_parse(&doc, r->a, r->text, r->err) < 0) {
		r->err->code = PF_EUSAGE;
		return pf_wrap(r->err, "%s", path);
	}
	return take_document(r, doc);
}

/* The .yml and .yaml files of a folder, by their names. */
static int read_folder(struct pf_condarc_reading *r, const char *path)
{
	static const char *const suffixes[] = { ".yml", ".yaml", NULL };
	struct pf_strs names = { 0 };
	struct dirent *e;
	DIR *dir = opendir(path);

	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		if (pf_str_ends_in(pf_s(e->d_name), suffixes))
			*PF_PUSH(r->a, &names) = pf_dup(r->a, pf_s(e->d_name));
	closedir(dir);
	pf_strs_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		if (read_file(r, pf_join(r->a, path, names.v[i])) < 0)
			return -1;
	return 0;
}

static int read_three(struct pf_condarc_reading *r, const char *dir)
{
	if (read_file(r, pf_join(r->a, dir, PF_S(".condarc"))) < 0 ||
	    read_file(r, pf_join(r->a, dir, PF_S("condarc"))) < 0)
		return -1;
	return read_folder(r, pf_join(r->a, dir, PF_S("condarc.d")));
}

/* What conda has under "$VAR/below"; a variable that is empty or relative is none. */
static int read_under(struct pf_condarc_reading *r, const char *root, const char *below)
{
	if (!root || root[0] != '/')
		return 0;
	return read_three(r, pf_formatz(r->a, "%s%s", root, below));
}

static int read_files(struct pf_condarc_reading *r)
{
	const char *home = pf_home(), *named = getenv("CONDARC");
	char *own = home ? pf_formatz(r->a, "%s/.condarc", home) : NULL;

	if (read_under(r, "/etc/conda", "") < 0 || read_under(r, "/var/lib/conda", "") < 0 ||
	    read_under(r, getenv("CONDA_ROOT"), "") < 0 ||
	    read_under(r, getenv("XDG_CONFIG_HOME"), "/conda") < 0 ||
	    read_under(r, home, "/.config/conda") < 0 || read_under(r, home, "/.conda") < 0)
		return -1;
	if (own && read_file(r, own) < 0)
		return -1;
	if (read_under(r, getenv("CONDA_PREFIX"), "") < 0)
		return -1;
	if (!named || !*named)
		return 0;
	return pf_is_dir(named) ? read_folder(r, named) : read_file(r, named);
}

static void read_list(struct pf_condarc_reading *r, size_t key, struct pf_str value)
{
	struct pf_strs own = { 0 };
	struct pf_str one;

	r->key = keys[key].name;
	while (pf_str_next(&value, keys[key].between, &one)) {
		if (!pf_str_trim(one).n)
			continue;
		one = pf_dup(r->a, pf_str_trim(one));
		*PF_PUSH(r->a, &own) = one;
		pf_condarc_note_place(r, one, pf_s(keys[key].variable));
	}
	pf_condarc_put_before(r->a, field_of(r, key), &own);
}

static int read_variable(struct pf_condarc_reading *r, size_t key, struct pf_str value)
{
	struct pf_node n = pf_node_string(value);

	if (keys[key].kind == LIST) {
		read_list(r, key, value);
		return 0;
	}
	if (keys[key].kind == TEXT) {
		*(struct pf_str *)field_of(r, key) = pf_dup(r->a, value);
		return 0;
	}
	if (pf_condarc_truth(value) < 0)
		return pf_fail(r->err, PF_EUSAGE, "%s is \"" PF_FMT "\", neither true nor false",
			       keys[key].variable, PF_ARG(pf_shown(value)));
	return pf_condarc_take_bool(r, &n, field_of(r, key));
}

static int read_variables(struct pf_condarc_reading *r)
{
	const char *verify = getenv("CONDA_SSL_VERIFY");

	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		struct pf_str value = pf_s(keys[i].variable ? getenv(keys[i].variable) : NULL);

		if (value.n && !r->closed[i] && read_variable(r, i, value) < 0)
			return -1;
	}
	if (verify && *verify && !r->verify_closed)
		take_verify(r, pf_s(verify));
	return 0;
}

/* What was flagged goes to its end of the list; to the bottom where it was flagged as both. */
static void arrange(struct pf_condarc_reading *r)
{
	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		struct pf_strs *list = field_of(r, i), kept = { 0 };

		if (keys[i].kind != LIST)
			continue;
		pf_condarc_put_before(r->a, list, &r->top[i]);
		for (size_t k = 0; k < list->n; k++)
			if (!pf_strs_have(&r->bottom[i], list->v[k]))
				*PF_PUSH(r->a, &kept) = list->v[k];
		for (size_t k = 0; k < r->bottom[i].n; k++)
			*PF_PUSH(r->a, &kept) = r->bottom[i].v[k];
		*list = kept;
	}
}

int pf_condarc_read(struct pf_condarc *out, struct pf_arena *a, struct pf_err *err)
{
	struct pf_condarc conf = { 0 };
	struct pf_condarc_reading r = { .out = &conf, .a = a, .err = err };
	struct pf_str no_rc = pf_s(getenv("CONDA_NO_RC"));

	if ((!no_rc.n || pf_condarc_truth(no_rc) == 0) && read_files(&r) < 0)
		return -1;
	if (read_variables(&r) < 0)
		return -1;
	arrange(&r);
	*out = conf;
	return 0;
}
