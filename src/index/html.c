/* html.c - a page of links as HTML (PEP 503): anchors and their attributes, in one pass */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "index/simple.h"

/* Attributes of one tag that matter; views of the page, still with their entities. */
struct tag {
	struct pf_str name;
	struct pf_str href, python, yanked, metadata, meta_name, content;
	bool is_yanked, has_metadata;
};

/* ---- entities ---- */

static const struct {
	const char *name;
	char c;
} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };

/* "#62", "#x3e", "gt": the character, ASCII alone; 0 when it is none. */
static char entity(struct pf_str s)
{
	uint64_t code = 0;

	for (size_t i = 0; i < PF_COUNT(entities); i++)
		if (pf_str_is(s, entities[i].name))
			return entities[i].c;
	if (pf_str_starts(s, "#x") || pf_str_starts(s, "#X")) {
		for (size_t i = 2; i < s.n && code < 128; i++)
			code = pf_hex_digit(s.p[i]) < 0
				       ? 128
				       : code << 4 | (unsigned)pf_hex_digit(s.p[i]);
		return code < 128 ? (char)code : 0;
	}
	return pf_str_starts(s, "#") && pf_str_u64(pf_str_skip(s, 1), &code) && code < 128
		       ? (char)code
		       : 0;
}

static struct pf_str decode(struct pf_maker *m, struct pf_str s)
{
	char *out;
	size_t n = 0;

	if (pf_str_find(s, '&') == PF_NPOS)
		return s;
	out = pf_alloc(&m->arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		size_t end = s.p[i] == '&' ? pf_str_find(pf_str_cut(s, i, i + 10), ';') : PF_NPOS;
		char c = end == PF_NPOS ? 0 : entity(pf_str_cut(s, i + 1, i + end));

		out[n++] = c ? c : s.p[i];
		if (c)
			i += end;
	}
	return (struct pf_str){ out, n };
}

/* ---- tags ---- */

static void take_attribute(struct tag *t, struct pf_str name, struct pf_str value)
{
	if (pf_str_ieq(name, "href"))
		t->href = value;
	else if (pf_str_ieq(name, "data-requires-python"))
		t->python = value;
	else if (pf_str_ieq(name, "data-yanked")) {
		t->yanked = value;
		t->is_yanked = true;
	} else if (pf_str_ieq(name, "data-core-metadata") ||
		   pf_str_ieq(name, "data-dist-info-metadata")) {
		t->metadata = value;
		t->has_metadata = !pf_str_ieq(value, "false");
	} else if (pf_str_ieq(name, "name"))
		t->meta_name = value;
	else if (pf_str_ieq(name, "content"))
		t->content = value;
}

static size_t skip_space(struct pf_str s, size_t at)
{
	while (at < s.n && pf_is_space(s.p[at]))
		at++;
	return at;
}

static size_t end_of_word(struct pf_str s, size_t at, const char *ends)
{
	while (at < s.n && !pf_is_space(s.p[at]) && !strchr(ends, s.p[at]))
		at++;
	return at;
}

/* One attribute from `at` on, behind which the next one may come. */
static size_t read_attribute(struct tag *t, struct pf_str s, size_t at)
{
	size_t end = end_of_word(s, at, "=>/"), next = skip_space(s, end);
	struct pf_str name = pf_str_cut(s, at, end), value = PF_S("");

	if (next < s.n && s.p[next] == '=') {
		next = skip_space(s, next + 1);
		if (next < s.n && (s.p[next] == '"' || s.p[next] == '\'')) {
			size_t quote = pf_str_find(pf_str_skip(s, next + 1), s.p[next]);

			if (quote == PF_NPOS)
				return s.n;
			value = pf_str_cut(s, next + 1, next + 1 + quote);
			next += quote + 2;
		} else {
			end = end_of_word(s, next, ">");
			value = pf_str_cut(s, next, end);
			next = end;
		}
	}
	take_attribute(t, name, value);
	return next > at ? next : at + 1;
}

/* Behind "<": the tag; returns where it ends, behind its ">". */
static size_t read_tag(struct tag *t, struct pf_str s, size_t at)
{
	size_t end = end_of_word(s, at, ">/");

	*t = (struct tag){ .name = pf_str_cut(s, at, end) };
	at = skip_space(s, end);
	while (at < s.n && s.p[at] != '>')
		at = skip_space(s, s.p[at] == '/' ? at + 1 : read_attribute(t, s, at));
	if (at == s.n) /* it has no end: it is none */
		*t = (struct tag){ 0 };
	return at + 1;
}

/* ---- what a tag means ---- */

/* "sha256=0123...": of a fragment, or of data-core-metadata. */
static struct pf_str digest_of(struct pf_str s)
{
	size_t at = pf_str_find_str(s, "sha256=");
	struct pf_str hex = at == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(s, at + 7);

	return pf_str_cut(hex, 0, pf_str_find(hex, '&'));
}

static int take_anchor(struct pf_maker *m, const struct tag *t, struct pf_err *err)
{
	struct pf_str href = pf_str_trim(decode(m, t->href));
	size_t hash = pf_str_find(href, '#');
	struct pf_link l = {
		.url = pf_str_cut(href, 0, hash),
		.sha256 = hash == PF_NPOS ? (struct pf_str){ 0 }
					  : digest_of(pf_str_skip(href, hash + 1)),
		.metadata_sha256 = digest_of(t->metadata),
		.python = decode(m, t->python),
		.yanked = decode(m, t->yanked),
		.is_yanked = t->is_yanked,
		.has_metadata = t->has_metadata,
	};

	return l.url.n ? pf_maker_add(m, &l, err) : 0;
}

static int take_base(struct pf_maker *m, const struct tag *t, struct pf_err *err)
{
	struct pf_str url;
	struct pf_url base;

	if (pf_url_join(&url, &m->arena, &m->base, pf_str_trim(decode(m, t->href)), err) < 0 ||
	    pf_url_split(&base, url, err) < 0) {
		err->code = PF_EINTEGRITY;
		return pf_wrap(err, "its base");
	}
	if (pf_url_is_http(&m->base) && !pf_url_is_http(&base))
		return pf_fail(err, PF_EINTEGRITY, "its base is no place on the net");
	if (pf_str_ieq(m->base.scheme, "https") && !pf_str_ieq(base.scheme, "https"))
		return pf_fail(err, PF_EINTEGRITY, "its base leads from https to http");
	m->base_moved = !pf_url_same_origin(&m->base, &base);
	m->base = base;
	return 0;
}

static int take_tag(struct pf_maker *m, const struct tag *t, bool *based, struct pf_err *err)
{
	if (pf_str_ieq(t->name, "a"))
		return take_anchor(m, t, err);
	if (pf_str_ieq(t->name, "base") && t->href.n && !*based) {
		*based = true;
		return take_base(m, t, err);
	}
	if (pf_str_ieq(t->name, "meta") && pf_str_is(t->meta_name, "pypi:repository-version") &&
	    !pf_str_starts(t->content, "1."))
		return pf_fail(err, PF_EINTEGRITY,
			       "an index of version " PF_FMT " (1.x is understood)",
			       PF_ARG(pf_shown(t->content)));
	return 0;
}

int pf_simple_html(struct pf_maker *m, struct pf_str text, struct pf_err *err)
{
	struct pf_str rest = text;
	bool based = false;
	size_t at;

	while ((at = pf_str_find(rest, '<')) != PF_NPOS) {
		struct tag t;

		rest = pf_str_skip(rest, at + 1);
		if (pf_str_starts(rest, "!--")) {
			at = pf_str_find_str(rest, "-->");
			rest = pf_str_skip(rest, at == PF_NPOS ? rest.n : at);
			continue;
		}
		rest = pf_str_skip(rest, read_tag(&t, rest, 0));
		if (take_tag(m, &t, &based, err) < 0)
			return -1;
	}
	return 0;
}
