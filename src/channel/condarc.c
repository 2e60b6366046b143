/* condarc.c - the user's settings of conda */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/condarc.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml.h"

#define MAX_KEYS 16

struct reading {
	struct pf_condarc *out;
	struct pf_arena *a;
	const char *path;
	struct pf_str text;	/* of that file, for its comments */
	struct pf_err *err;
	bool closed[MAX_KEYS];	/* of `keys`: a file said that nobody after it has a say */
	struct pf_strs top[MAX_KEYS], bottom[MAX_KEYS]; /* of lists, what goes to either end */
	struct pf_map settled;	/* entries of maps that are closed: "KEY/ENTRY" */
	bool verify_closed, proxy_closed;
};

/* ---- flags: "channels: #!final", "- conda-forge  #!top" ---- */

static bool is_flagged(const struct reading *r, const struct pf_node *n, const char *flag)
{
	struct pf_str rest = r->text, line = { 0 };
	size_t length = strlen(flag);

	for (uint32_t i = 0; i < n->line; i++)
		if (!pf_str_next_line(&rest, &line))
			return false;
	line = pf_str_trim(line);
	return line.n > length && pf_str_ends(line, flag) &&
	       pf_is_space(line.p[line.n - length - 1]);
}

static bool is_final(const struct reading *r, const struct pf_node *n)
{
	return is_flagged(r, n, "#!final");
}

/* ---- values ---- */

/* The name behind a dollar: its length, braces included; 0 when there is none. */
static size_t variable(struct pf_str s, struct pf_str *name)
{
	size_t n = pf_str_span(s, "_"), end;

	if (s.n && s.p[0] == '{') {
		end = pf_str_find(s, '}');
		*name = pf_str_cut(s, 1, end == PF_NPOS ? 1 : end);
		return name->n ? end + 1 : 0;
	}
	*name = pf_str_cut(s, 0, n);
	return n;
}

/* $VAR and ${VAR}, where there is such a variable; else they stay. */
static struct pf_str expanded(struct pf_arena *a, struct pf_str text)
{
	PF_AUTO(buf) b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str name;

	if (pf_str_find(text, '$') == PF_NPOS)
		return pf_dup(a, text);
	for (size_t i = 0; i < text.n; i++) {
		size_t n = text.p[i] == '$' ? variable(pf_str_skip(text, i + 1), &name) : 0;
		const char *value = n ? getenv(pf_dupz(a, name)) : NULL;

		if (value)
			pf_buf_cstr(&b, value);
		else
			pf_buf_char(&b, text.p[i]);
		i += value ? n : 0;
	}
	return pf_dup(a, pf_buf_view(&b));
}

static int fail_value(struct reading *r, const struct pf_node *n, const char *wanted)
{
	struct pf_str key = pf_shown(n->key);

	return pf_fail(r->err, PF_EUSAGE, "%s, line %u: " PF_FMT " is %s, where %s is wanted", r->path,
		       n->line, PF_ARG(key), pf_node_kind_name(n->kind), wanted);
}

static int take_text(struct reading *r, const struct pf_node *n, struct pf_str *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (!pf_node_is_scalar(n))
		return fail_value(r, n, "a text");
	*out = expanded(r->a, n->text);
	return 0;
}

/* The new ones first, then those of before that are not among them. */
static void put_before(struct pf_arena *a, struct pf_strs *list, const struct pf_strs *first)
{
	struct pf_strs all = { 0 };

	for (size_t i = 0; i < first->n; i++)
		if (!pf_strs_have(&all, first->v[i]))
			*PF_PUSH(a, &all) = first->v[i];
	for (size_t i = 0; i < list->n; i++)
		if (!pf_strs_have(&all, list->v[i]))
			*PF_PUSH(a, &all) = list->v[i];
	*list = all;
}

static void note_end(struct reading *r, const struct pf_node *item, struct pf_str text, size_t key)
{
	struct pf_strs below = { 0 };

	if (is_flagged(r, item, "#!top"))
		*PF_PUSH(r->a, &r->top[key]) = text;
	if (!is_flagged(r, item, "#!bottom"))
		return;
	*PF_PUSH(r->a, &below) = text; /* those of an earlier file stay further down */
	put_before(r->a, &r->bottom[key], &below);
}

/* A list, or one text for a list of one. */
static int take_list(struct reading *r, const struct pf_node *n, size_t key, struct pf_strs *out)
{
	struct pf_strs own = { 0 };

	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind == PF_NODE_MAP)
		return fail_value(r, n, "a list");
	if (n->kind != PF_NODE_LIST)
		*PF_PUSH(r->a, &own) = expanded(r->a, n->text);
	for (size_t i = 0; n->kind == PF_NODE_LIST && i < n->n; i++) {
		if (!pf_node_is_scalar(&n->v[i]))
			return fail_value(r, n, "a list of texts");
		*PF_PUSH(r->a, &own) = expanded(r->a, n->v[i].text);
		if (key < MAX_KEYS)
			note_end(r, &n->v[i], own.v[own.n - 1], key);
	}
	put_before(r->a, out, &own);
	return 0;
}

/* May an entry of a map be set here? It may be the last one that says so. */
static bool may_set(struct reading *r, const struct pf_node *map, const struct pf_node *entry)
{
	void **place = pf_map_put(r->a, &r->settled,
				  pf_format(r->a, PF_FMT "/" PF_FMT, PF_ARG(map->key),
					    PF_ARG(entry->key)));

	if (*place)
		return false;
	*place = is_final(r, entry) ? r : NULL;
	return true;
}

static int take_texts_by_name(struct reading *r, const struct pf_node *n, struct pf_map *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_MAP)
		return fail_value(r, n, "a map");
	for (size_t i = 0; i < n->n; i++) {
		struct pf_str *text = pf_alloc(r->a, sizeof(*text));

		if (!may_set(r, n, &n->v[i]))
			continue;
		if (take_text(r, &n->v[i], text) < 0)
			return -1;
		*pf_map_put(r->a, out, n->v[i].key) = text;
	}
	return 0;
}

static int take_lists_by_name(struct reading *r, const struct pf_node *n,
			      struct pf_condarc_lists *out)
{
	if (n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_MAP)
		return fail_value(r, n, "a map");
	for (size_t i = 0; i < n->n; i++) {
		struct pf_strs *list = pf_alloc(r->a, sizeof(*list));

		if (!may_set(r, n, &n->v[i]))
			continue;
		if (take_list(r, &n->v[i], MAX_KEYS, list) < 0)
			return -1;
		*pf_map_put(r->a, &out->map, n->v[i].key) = list;
	}
	return 0;
}

/* ---- keys ---- */

enum key_kind { TEXT, LIST, TEXTS_BY_NAME, LISTS_BY_NAME };

static const struct {
	const char *name, *also;	/* what it was called before */
	enum key_kind kind;
	size_t offset;
	const char *variable;	/* of the environment; its lists have commas */
} keys[] = {
#define KEY(name, also, kind, field, variable) \
	{ name, also, kind, offsetof(struct pf_condarc, field), variable }
	KEY("channel_alias", NULL, TEXT, channel_alias, "CONDA_CHANNEL_ALIAS"),
	KEY("channel_priority", NULL, TEXT, channel_priority, "CONDA_CHANNEL_PRIORITY"),
	KEY("channels", "channel", LIST, channels, "CONDA_CHANNELS"),
	KEY("default_channels", NULL, LIST, default_channels, "CONDA_DEFAULT_CHANNELS"),
	KEY("allowlist_channels", "whitelist_channels", LIST, allowlist, "CONDA_ALLOWLIST_CHANNELS"),
	KEY("denylist_channels", NULL, LIST, denylist, "CONDA_DENYLIST_CHANNELS"),
	KEY("custom_channels", NULL, TEXTS_BY_NAME, custom_channels, NULL),
	KEY("custom_multichannels", NULL, LISTS_BY_NAME, multichannels, NULL),
	KEY("mirrored_channels", NULL, LISTS_BY_NAME, mirrors, NULL),
	KEY("client_ssl_cert", NULL, TEXT, client_cert, "CONDA_CLIENT_SSL_CERT"),
#undef KEY
};
_Static_assert(PF_COUNT(keys) <= MAX_KEYS, "a flag for each key");

static int take_key(struct reading *r, const struct pf_node *n, size_t i)
{
	void *field = (char *)r->out + keys[i].offset;

	switch (keys[i].kind) {
	case TEXT:
		return take_text(r, n, field);
	case LIST:
		return take_list(r, n, i, field);
	case TEXTS_BY_NAME:
		return take_texts_by_name(r, n, field);
	default:
		return take_lists_by_name(r, n, field);
	}
}

/* A file or folder of certificates, or whether they are looked at at all. */
static void take_verify(struct reading *r, struct pf_str text)
{
	static const char *const off[] = { "false", "no", "off", "0", NULL };
	static const char *const on[] = { "true", "yes", "on", "1", "truststore", "", NULL };
	const char *home = pf_home();
	char low[16] = "";

	for (size_t i = 0; text.n < sizeof(low) && i < text.n; i++)
		low[i] = pf_lower(text.p[i]);
	r->out->unverified = text.n && pf_str_in(pf_s(low), off);
	r->out->cert = PF_S("");
	if (r->out->unverified || (text.n < sizeof(low) && pf_str_in(pf_s(low), on)))
		return;
	r->out->cert = expanded(r->a, text);
	if (pf_str_starts(r->out->cert, "~/") && home)
		r->out->cert = pf_format(r->a, "%s" PF_FMT, home,
					 PF_ARG(pf_str_skip(r->out->cert, 1)));
}

/* ssl_verify; proxy_servers: by scheme. */
static int take_net(struct reading *r, const struct pf_node *doc)
{
	const struct pf_node *verify = pf_node_get(doc, "ssl_verify");
	const struct pf_node *proxies = pf_node_get(doc, "proxy_servers");
	struct pf_str proxy = pf_node_text(proxies, "https");

	if (!proxy.n)
		proxy = pf_node_text(proxies, "http");
	if (proxy.n && !r->proxy_closed)
		r->out->proxy = expanded(r->a, proxy);
	r->proxy_closed |= proxies && is_final(r, proxies);
	if (!verify || verify->kind == PF_NODE_NULL || r->verify_closed)
		return 0;
	if (!pf_node_is_scalar(verify))
		return fail_value(r, verify, "true, false, a file or a folder");
	take_verify(r, verify->text);
	r->verify_closed = is_final(r, verify);
	return 0;
}

static int take_document(struct reading *r, const struct pf_node *doc)
{
	if (doc->kind == PF_NODE_NULL)
		return 0;
	if (doc->kind != PF_NODE_MAP)
		return pf_fail(r->err, PF_EUSAGE, "%s is %s, where a map is wanted", r->path,
			       pf_node_kind_name(doc->kind));
	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		const struct pf_node *n = pf_node_get(doc, keys[i].name);

		if (!n && keys[i].also)
			n = pf_node_get(doc, keys[i].also);
		if (!n || r->closed[i])
			continue;
		if (take_key(r, n, i) < 0)
			return -1;
		r->closed[i] = is_final(r, n);
	}
	return take_net(r, doc);
}

/* ---- files ---- */

/* What is no regular file is none: CONDARC=/dev/null says that there are no settings. */
static int read_file(struct reading *r, const char *path)
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
static int read_folder(struct reading *r, const char *path)
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

static int read_three(struct reading *r, const char *dir)
{
	if (read_file(r, pf_join(r->a, dir, PF_S(".condarc"))) < 0 ||
	    read_file(r, pf_join(r->a, dir, PF_S("condarc"))) < 0)
		return -1;
	return read_folder(r, pf_join(r->a, dir, PF_S("condarc.d")));
}

/* What conda has under "$VAR/below"; a variable that is empty or relative is none. */
static int read_under(struct reading *r, const char *root, const char *below)
{
	if (!root || root[0] != '/')
		return 0;
	return read_three(r, pf_formatz(r->a, "%s%s", root, below));
}

static int read_files(struct reading *r)
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

static int read_variables(struct reading *r)
{
	const char *verify = getenv("CONDA_SSL_VERIFY");

	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		struct pf_str value = pf_s(keys[i].variable ? getenv(keys[i].variable) : NULL), one;
		struct pf_strs own = { 0 };

		if (!value.n || r->closed[i])
			continue;
		if (keys[i].kind == TEXT) {
			*(struct pf_str *)((char *)r->out + keys[i].offset) = pf_dup(r->a, value);
			continue;
		}
		while (pf_str_next(&value, ',', &one))
			if (pf_str_trim(one).n)
				*PF_PUSH(r->a, &own) = pf_dup(r->a, pf_str_trim(one));
		put_before(r->a, (struct pf_strs *)((char *)r->out + keys[i].offset), &own);
	}
	if (verify && *verify && !r->verify_closed)
		take_verify(r, pf_s(verify));
	return 0;
}

/* What was flagged goes to its end of the list; to the bottom where it was flagged as both. */
static void arrange(struct reading *r)
{
	for (size_t i = 0; i < PF_COUNT(keys); i++) {
		struct pf_strs *list = (struct pf_strs *)((char *)r->out + keys[i].offset);
		struct pf_strs kept = { 0 };

		if (keys[i].kind != LIST)
			continue;
		put_before(r->a, list, &r->top[i]);
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
	struct reading r = { .out = &conf, .a = a, .err = err };
	const char *no_rc = getenv("CONDA_NO_RC");

	if (!(no_rc && *no_rc && strcmp(no_rc, "0") != 0 && strcasecmp(no_rc, "false") != 0) &&
	    read_files(&r) < 0)
		return -1;
	if (read_variables(&r) < 0)
		return -1;
	arrange(&r);
	*out = conf;
	return 0;
}
