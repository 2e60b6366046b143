/* channel.c - names and addresses of conda's channels: where they are */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "channel/condarc.h"
#include "channel/settings.h"
#include "default_index.h"
#include "fetch/fetch.h"
#include "req/channel_name.h"

struct adding {
	struct pf_channels *c;
	bool by_user;		/* folders, and addresses with a login, may be named */
	bool named_only;	/* for a comparison: nothing is refused for where it is */
	bool as_named;		/* nothing takes the place of a vendor's channel */
	unsigned depth;		/* of channels that stand for several */
	struct pf_err *err;
};

static int add_name(struct adding *x, struct pf_str text);

static struct pf_str shown(struct adding *x, struct pf_str text)
{
	return pf_shown(pf_channel_bare(&x->c->arena, text));
}

static int refuse(struct adding *x, struct pf_str text, const char *why)
{
	struct pf_str s = shown(x, text);

	return pf_fail(x->err, x->by_user ? PF_EUSAGE : PF_EMODEL, "channel \"" PF_FMT "\": %s",
		       PF_ARG(s), why);
}

/* ---- addresses ---- */

/* A place in the user's own words: a path, a file: address with blanks and the like in it. */
static struct pf_str address_of(struct pf_arena *a, struct pf_str place)
{
	while (place.n > 1 && pf_str_ends(place, "/"))
		place.n--;
	if (pf_str_starts(place, "/"))
		return pf_url_of_path(a, pf_dupz(a, place));
	return pf_str_starts(place, "file:") ? pf_url_encode(a, place, "%/:?#@!$&'()*+,;=[]") :
					       place;
}

static struct pf_str alias_of(struct adding *x)
{
	struct pf_str alias = x->c->conf->channel_alias;

	return address_of(&x->c->arena, alias.n ? alias : PF_S(PF_DEFAULT_CHANNELS));
}

/* "conda-forge" of an address below the one where channels are; empty: it has no name. */
static struct pf_str name_of(struct adding *x, struct pf_str url)
{
	struct pf_str alias = pf_channel_bare(&x->c->arena, alias_of(x));
	bool below = alias.n && url.n > alias.n + 1 && url.p[alias.n] == '/' &&
		     memcmp(url.p, alias.p, alias.n) == 0;

	return below ? pf_str_skip(url, alias.n + 1) : (struct pf_str){ 0 };
}

/* The next part of a path that leads on. */
static bool next_part(struct pf_str *path, struct pf_str *part)
{
	while (pf_str_next(path, '/', part))
		if (part->n && !pf_str_is(*part, "."))
			return true;
	return false;
}

/* Do two addresses without logins lead to the same place, however they are written? */
static bool same_place(struct pf_str a, struct pf_str b)
{
	PF_AUTO(arena) scratch = { 0 };
	struct pf_err ignored;
	struct pf_str path[2], part[2];
	struct pf_url u, v;

	if (pf_str_eq(a, b))
		return true;
	if (pf_url_split(&u, a, &ignored) < 0 || pf_url_split(&v, b, &ignored) < 0 ||
	    !pf_url_same_origin(&u, &v))
		return false;
	path[0] = pf_url_decode(&scratch, u.path);
	path[1] = pf_url_decode(&scratch, v.path);
	if ((u.path.n && !path[0].p) || (v.path.n && !path[1].p))
		return false; /* what is no path leads nowhere */
	while (next_part(&path[0], &part[0]))
		if (!next_part(&path[1], &part[1]) || !pf_str_eq(part[0], part[1]))
			return false;
	return !next_part(&path[1], &part[1]);
}

/* What an entry of a list of the user's stands for, as conda has it: "defaults" for several
 * addresses. Nothing where nobody tells. */
static bool stands_for(struct adding *x, struct pf_str item, struct pf_str url)
{
	PF_AUTO(channels) own = { .conf = x->c->conf };
	struct pf_err ignored;
	struct adding y = { .c = &own, .by_user = true, .named_only = true, .as_named = true,
			    .err = &ignored };
	struct pf_str subdir;
	bool found = false;

	pf_channel_cut_subdir(item, &item, &subdir);
	if (add_name(&y, item) < 0)
		return false;
	for (size_t i = 0; !found && i < own.v.n; i++)
		found = same_place(own.v.v[i].url, url);
	return found;
}

/* Does a list of the user's have this channel, by its address or its name? */
static bool is_listed(struct adding *x, const struct pf_strs *list, const struct pf_channel *one)
{
	for (size_t i = 0; i < list->n; i++) {
		struct pf_str item = address_of(&x->c->arena, list->v[i]);

		item = pf_channel_bare(&x->c->arena, item);
		if (same_place(item, one->url) || pf_str_eq(item, one->name) ||
		    stands_for(x, list->v[i], one->url))
			return true;
	}
	return false;
}

static int check_lists(struct adding *x, const struct pf_channel *one)
{
	const struct pf_condarc *conf = x->c->conf;
	struct pf_str s = pf_shown(one->name);

	if (conf->allowlist.n && !is_listed(x, &conf->allowlist, one))
		return pf_fail(x->err, PF_EUSAGE,
			       "channel \"" PF_FMT "\" is not one of allowlist_channels", PF_ARG(s));
	if (is_listed(x, &conf->denylist, one))
		return pf_fail(x->err, PF_EUSAGE, "channel \"" PF_FMT "\" is one of denylist_channels",
			       PF_ARG(s));
	return 0;
}

/* A stranger may send nobody to a folder, nor to a place with a login of the stranger's. */
static int check_stranger(struct adding *x, struct pf_str text, const struct pf_url *u)
{
	bool secret = u->user.p || pf_channel_bare(&x->c->arena, text).n != text.n;

	if (x->by_user || (pf_url_is_http(u) && !secret))
		return 0;
	(void)refuse(x, text, secret ? "an address with a login in it" : "a folder");
	return pf_hint(x->err, "name it with --channel, or use --allow-model-index if you trust the "
			       "model's author");
}

static void set_asked(struct adding *x, struct pf_channel *one, struct pf_str text)
{
	struct pf_arena *a = &x->c->arena;
	const struct pf_strs *mirrors = pf_map_get(&x->c->conf->mirrors.map, one->name);
	struct pf_url u;
	struct pf_err ignored;

	for (size_t i = 0; mirrors && i < mirrors->n; i++) {
		struct pf_str mirror = address_of(a, mirrors->v[i]);

		if (pf_url_split(&u, mirror, &ignored) == 0)
			*PF_PUSH(a, &one->asked) = pf_dup(a, mirror);
	}
	if (!one->asked.n)
		*PF_PUSH(a, &one->asked) = pf_dup(a, text);
}

static int add_url(struct adding *x, struct pf_str text)
{
	struct pf_arena *a = &x->c->arena;
	struct pf_channel one = { 0 };
	struct pf_str subdir;
	struct pf_url u;

	if (pf_channel_cut_subdir(text, &text, &subdir))
		return refuse(x, text, "a channel is named without its subdir");
	if (pf_url_split(&u, text, x->err) < 0) {
		x->err->code = x->by_user ? PF_EUSAGE : PF_EMODEL;
		return -1;
	}
	if (u.query.n || u.fragment.n)
		return refuse(x, text, "an address with a question mark or a hash");
	if (pf_str_has_dotdot(pf_url_decode(a, u.path)))
		return refuse(x, text, "an address with .. in it");
	if (!x->named_only && check_stranger(x, text, &u) < 0)
		return -1;
	one.url = pf_dup(a, pf_channel_bare(a, text));
	one.name = name_of(x, one.url);
	if (!one.name.n)
		one.name = one.url;
	for (size_t i = 0; i < x->c->v.n; i++)
		if (pf_str_eq(x->c->v.v[i].url, one.url))
			return 0;
	if (x->c->v.n >= PF_MAX_CHANNELS)
		return pf_fail(x->err, PF_ELIMIT, "more than %d channels", PF_MAX_CHANNELS);
	if (!x->named_only && check_lists(x, &one) < 0)
		return -1;
	set_asked(x, &one, text);
	*PF_PUSH(a, &x->c->v) = one;
	return 0;
}

static int add_path(struct adding *x, struct pf_str text)
{
	struct pf_arena *a = &x->c->arena;
	const char *home = pf_home();
	char *path = pf_dupz(a, text), *real;

	if (!x->by_user)
		return refuse(x, text, "a folder; name it with --channel");
	if (pf_str_starts(text, "~/") && home)
		path = pf_formatz(a, "%s" PF_FMT, home, PF_ARG(pf_str_skip(text, 1)));
	real = pf_realpath(a, path);
	if (!real || !pf_is_dir(real))
		return refuse(x, text, "there is no such folder");
	return add_url(x, pf_url_of_path(a, real));
}

/* ---- names ---- */

/* The address that a name of custom_channels goes behind, of "a/b" also that of "a". */
static struct pf_str custom_location(const struct pf_condarc *conf, struct pf_str name)
{
	for (;;) {
		const struct pf_str *found = pf_map_get(&conf->custom_channels, name);
		size_t slash = pf_str_rfind(name, '/');

		if (found)
			return *found;
		if (slash == PF_NPOS)
			return (struct pf_str){ 0 };
		name = pf_str_cut(name, 0, slash);
	}
}

static bool is_name(struct pf_str s)
{
	return s.n && pf_str_span(s, "_.-/") == s.n && (pf_is_alnum(s.p[0]) || s.p[0] == '_') &&
	       pf_str_find_str(s, "..") == PF_NPOS && pf_str_find_str(s, "//") == PF_NPOS &&
	       pf_str_find_str(s, "/.") == PF_NPOS && pf_str_find_str(s, "/-") == PF_NPOS;
}

static int add_plain(struct adding *x, struct pf_str name)
{
	struct pf_arena *a = &x->c->arena;
	struct pf_str at = custom_location(x->c->conf, name);
	bool by_user = x->by_user;
	int status;

	if (!is_name(name))
		return refuse(x, name, "this is no name of a channel");
	at = at.n ? address_of(a, at) : alias_of(x);
	if (!at.n) {
		(void)refuse(x, name, "a name, and nothing tells where channels are");
		x->err->code = PF_ETRANSFER;
		return pf_hint(x->err, "set channel_alias in .condarc or CONDA_CHANNEL_ALIAS, or name "
				       "the channel's address with --channel");
	}
	x->by_user = true;	/* where it is, the user's settings say */
	status = add_url(x, pf_format(a, "%s" PF_FMT "/" PF_FMT,
				      pf_channel_is_url(at) || pf_str_starts(at, "file:") ? "" : "https://",
				      PF_ARG(at), PF_ARG(name)));
	x->by_user = by_user;
	return status;
}

static int add_several(struct adding *x, const struct pf_strs *names)
{
	bool by_user = x->by_user;
	int status = 0;

	if (x->depth >= PF_MAX_CHANNEL_DEPTH)
		return pf_fail(x->err, PF_ELIMIT, "channels stand for channels more than %d deep",
			       PF_MAX_CHANNEL_DEPTH);
	x->depth++;
	x->by_user = true;
	for (size_t i = 0; !status && i < names->n; i++)
		status = add_name(x, names->v[i]);
	x->by_user = by_user;
	x->depth--;
	return status;
}

/* What a vendor sells, with terms of its own: taken only from where the user says that it is. */
static bool is_vendors(struct pf_str name)
{
	static const char *const names[] = { "defaults",   "anaconda",	 "pkgs/main", "pkgs/r",
					     "pkgs/free", "pkgs/msys2", "pkgs/pro",  NULL };

	return pf_str_in(name, names);
}

static int add_vendors(struct adding *x, struct pf_str name)
{
	const struct pf_condarc *conf = x->c->conf;
	struct pf_str s = pf_shown(name);

	if (pf_str_is(name, "defaults") && conf->default_channels.n)
		return add_several(x, &conf->default_channels);
	if (custom_location(conf, name).n)
		return add_plain(x, name);
	if (x->as_named)
		return 0;
	if (!x->named_only && !x->c->substituted)
		pf_note("conda-forge takes the place of channel " PF_FMT ", whose terms ask many users "
			"for a licence; default_channels or custom_channels of .condarc bring it back",
			PF_ARG(s));
	x->c->substituted = true;
	return add_plain(x, PF_S("conda-forge"));
}

static bool is_path(struct pf_str s)
{
	return pf_str_starts(s, "/") || pf_str_starts(s, "./") || pf_str_starts(s, "../") ||
	       pf_str_starts(s, "~/") || pf_str_is(s, ".") || pf_str_is(s, "..");
}

static int add_name(struct adding *x, struct pf_str text)
{
	const struct pf_strs *several;
	struct pf_str subdir;

	text = pf_str_trim(text);
	if (!text.n)
		return refuse(x, text, "a name is missing");
	if (pf_channel_is_url(text) || pf_str_starts(text, "file:"))
		return add_url(x, x->by_user ? address_of(&x->c->arena, text) : text);
	if (is_path(text))
		return add_path(x, text);
	if (pf_channel_cut_subdir(text, &text, &subdir))
		return refuse(x, text, "a channel is named without its subdir");
	several = pf_map_get(&x->c->conf->multichannels.map, text);
	if (several)
		return add_several(x, several);
	return is_vendors(text) ? add_vendors(x, text) : add_plain(x, text);
}

/* ---- all ---- */

static int add_all(struct adding *x, const struct pf_strs *named, bool by_user)
{
	const struct pf_strs *own = &x->c->conf->channels;
	bool kept = x->c->conf->may_override == PF_CONDARC_FALSE, alone = by_user && !kept;

	for (size_t i = 0; i < named->n; i++) {
		if (pf_str_is(named->v[i], "nodefaults"))
			alone = !kept;
		else if (add_name(x, named->v[i]) < 0)
			return -1;
	}
	x->by_user = true;
	for (size_t i = 0; (!alone || !x->c->v.n) && i < own->n; i++)
		if (!pf_str_is(own->v[i], "nodefaults") && add_name(x, own->v[i]) < 0)
			return -1;
	return x->c->v.n ? 0 : add_name(x, PF_S("conda-forge"));
}

int pf_channels_settings(struct pf_channels *out, struct pf_err *err)
{
	PF_AUTO(channels) c = { 0 };

	c.conf = pf_alloc(&c.arena, sizeof(*c.conf));
	if (pf_condarc_read(c.conf, &c.arena, err) < 0 || pf_channels_set(&c, err) < 0)
		return -1;
	*out = PF_TAKE(c);
	return 0;
}

int pf_channels_open(struct pf_channels *out, const struct pf_strs *named, bool by_user,
		     const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(channels) c = { 0 };
	struct adding x = { .c = &c, .by_user = by_user || o->allow_model_index, .err = err };

	if (pf_channels_settings(&c, err) < 0)
		return -1;
	if (c.net.unverified)
		pf_warn("ssl_verify is false: nobody looks at whether the servers of channels are "
			"who they say they are");
	if (add_all(&x, named, by_user) < 0)
		return -1;
	*out = PF_TAKE(c);
	return 0;
}

int pf_channels_check_at(struct pf_channels *c, struct pf_str address, struct pf_err *err)
{
	struct adding x = { .c = c, .by_user = true, .err = err };
	struct pf_channel one = { .url = pf_channel_bare(&c->arena, address) };

	one.name = name_of(&x, one.url);
	if (!one.name.n)
		one.name = one.url;
	return check_lists(&x, &one);
}

int pf_channels_add_of(struct pf_channels *c, const struct pf_match_spec *s,
		       const struct pf_opts *o, struct pf_err *err)
{
	struct adding x = { .c = c, .by_user = o->allow_model_index, .err = err };

	if (s->channel.kind != PF_PATTERN_EXACT)
		return 0;
	return add_name(&x, s->channel_asked.n ? s->channel_asked : s->channel.text);
}

void pf_channels_free(struct pf_channels *c)
{
	pf_arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}

/* What a spec's channel stands for; none where nothing tells. */
static void list_named(struct pf_channels *own, const struct pf_match_spec *s)
{
	struct pf_err ignored;
	struct adding x = { .c = own, .by_user = true, .named_only = true, .err = &ignored };

	if (!own->conf || s->channel.kind != PF_PATTERN_EXACT || add_name(&x, s->channel.text) < 0)
		own->v.n = 0;
}

void pf_channels_resolve(struct pf_channels *c, struct pf_match_spec *s)
{
	struct pf_channels own = { .conf = c->conf, .arena = c->arena };

	list_named(&own, s);
	s->channel_urls = (struct pf_strs){ 0 };
	for (size_t i = 0; i < own.v.n; i++)
		*PF_PUSH(&own.arena, &s->channel_urls) = own.v.v[i].url;
	c->arena = own.arena;
}

static bool is_at(struct pf_channel *one, struct pf_arena *a, struct pf_str address)
{
	bool found = pf_str_eq(one->url, address);

	for (size_t i = 0; !found && i < one->asked.n; i++)
		found = pf_str_eq(pf_channel_bare(a, one->asked.v[i]), address);
	return found;
}

/* "https://h/pkgs/main" is one of "defaults", whatever takes their place here. */
static bool is_default(const struct pf_match_spec *s, struct pf_str address)
{
	size_t last = pf_str_rfind(address, '/');
	size_t before = last == PF_NPOS ? PF_NPOS : pf_str_rfind(pf_str_cut(address, 0, last), '/');

	return pf_str_is(s->channel.text, "defaults") && before != PF_NPOS &&
	       is_vendors(pf_str_skip(address, before + 1));
}

bool pf_channels_admit(const struct pf_channels *c, const struct pf_match_spec *s,
		       struct pf_str address)
{
	PF_AUTO(channels) own = { .conf = c->conf };
	struct pf_str name = s->channel.text, bare = pf_channel_bare(&own.arena, address);
	bool found = s->channel.kind == PF_PATTERN_ANY || pf_pattern_admits(&s->channel, bare) ||
		     is_default(s, bare) ||
		     (bare.n > name.n && bare.p[bare.n - name.n - 1] == '/' &&
		      pf_pattern_admits(&s->channel, pf_str_skip(bare, bare.n - name.n)));

	if (!found)
		list_named(&own, s);
	for (size_t i = 0; !found && i < own.v.n; i++)
		found = is_at(&own.v.v[i], &own.arena, bare);
	return found;
}
