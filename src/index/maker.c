/* maker.c - links to a packed page: each one judged, versions sorted, texts kept once */
/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/limits.h"
#include "base/str.h"
#include "index/pack.h"
#include "req/name.h"
#include "req/specifier.h"

struct pf_made_file {
	struct pf_page_file f;
	uint32_t version;
};

struct pf_made_version {
	struct pf_version v;
	struct pf_span text;
	uint32_t files, foreign;
	uint32_t place;		/* which release */
	bool good;
};

void pf_maker_free(struct pf_maker *m)
{
	pf_arena_free(&m->arena);
	pf_buf_free(&m->text);
	memset(m, 0, sizeof(*m));
}

int pf_maker_start(struct pf_maker *m, struct pf_str name, const char *url, struct pf_err *err)
{
	m->text = PF_BUF(PF_MAX_PAGE);
	m->name = pf_dup(&m->arena, name);
	*PF_PUSH(&m->arena, &m->words) = (struct pf_span){ 0 };
	return pf_url_split(&m->base, pf_dup(&m->arena, pf_s(url)), err);
}

void pf_maker_refuse(struct pf_maker *m, struct pf_str file, const char *why)
{
	if (!m->refused++)
		m->why = pf_format(&m->arena, PF_FMT ": %s", PF_ARG(pf_shown(file)), why);
}

static struct pf_span put(struct pf_maker *m, struct pf_str s)
{
	struct pf_span span = { (uint32_t)m->text.n, (uint32_t)s.n };

	pf_buf_str(&m->text, s);
	pf_buf_char(&m->text, '\0');
	return span;
}

/* ---- what is kept once ---- */

static uint32_t number_of(const void *value)
{
	return (uint32_t)(uintptr_t)value;
}

/* A Requires-Python or a wheel's tags; 0 is the empty one. `good` is asked of each new one. */
static bool take_word(uint32_t *out, struct pf_maker *m, struct pf_str s,
		      bool (*good)(struct pf_str))
{
	void **place;

	*out = 0;
	if (!s.n)
		return true;
	place = pf_map_put(&m->arena, &m->word_ids, s);
	if (!*place) {
		*place = (void *)(uintptr_t)(good(s) ? m->words.n : UINT32_MAX);
		if (number_of(*place) != UINT32_MAX)
			*PF_PUSH(&m->arena, &m->words) = put(m, s);
	}
	*out = number_of(*place);
	return *out != UINT32_MAX;
}

static bool is_specifier(struct pf_str s)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_specset set;
	struct pf_err err;

	return pf_specset_parse(&set, &a, s, &err) == 0;
}

/* "py2.py3-none-any" */
static bool are_tags(struct pf_str s)
{
	struct pf_str part;
	int parts = 0;

	if (pf_str_span(s, "._-") < s.n)
		return false;
	while (pf_str_next(&s, '-', &part) && part.n)
		parts++;
	return parts == 3 && !s.p;
}

static int take_version(uint32_t *out, struct pf_maker *m, struct pf_str s, struct pf_err *err)
{
	void **place;

	/* Those of a version mostly come together. */
	if (m->version && pf_str_eq(s, m->versions.v[m->version - 1].v.text)) {
		*out = m->version - 1;
		return 0;
	}
	place = pf_map_put(&m->arena, &m->version_ids, s);
	if (!*place) {
		struct pf_made_version *v;

		if (m->versions.n == PF_MAX_PAGE_VERSIONS)
			return pf_fail(err, PF_ELIMIT, "more than %d versions",
				       PF_MAX_PAGE_VERSIONS);
		v = PF_PUSH(&m->arena, &m->versions);
		s = pf_dup(&m->arena, s);
		v->good = pf_version_read(&v->v, &m->arena, s);
		v->text = put(m, s);
		*place = (void *)(uintptr_t)m->versions.n;
	}
	m->version = number_of(*place);
	*out = m->version - 1;
	return 0;
}

/* ---- URLs ---- */

/* Eight bytes at a time, each of them no blank, no control, within ASCII, none of \ " < > #. */
static bool is_url_text(struct pf_str s)
{
#define EACH(c) (~(uint64_t)0 / 255 * (c))
#define HAS_ZERO(w) (((w) - EACH(1)) & ~(w) & EACH(0x80))
	char last[8] = "xxxxxxxx";
	uint64_t w, bad = 0;

	for (size_t i = 0; i < s.n; i += 8) {
		size_t left = s.n - i < 8 ? s.n - i : 8;

		memcpy(left < 8 ? last : (char *)&w, s.p + i, left);
		if (left < 8)
			memcpy(&w, last, 8);
		bad |= (w & EACH(0x80)) | ((w - EACH(0x21)) & ~w & EACH(0x80));
		bad |= HAS_ZERO(w ^ EACH('\\')) | HAS_ZERO(w ^ EACH('"')) |
		       HAS_ZERO(w ^ EACH('<')) | HAS_ZERO(w ^ EACH('>')) | HAS_ZERO(w ^ EACH('#')) |
		       HAS_ZERO(w ^ EACH(0x7f));
	}
	return !bad;
#undef HAS_ZERO
#undef EACH
}

/* Most links of a page begin alike: "https://host/" is looked at once. */
static bool is_known(const struct pf_maker *m, struct pf_str url)
{
	size_t n = m->known_origin.n;

	return n && url.n > n && memcmp(url.p, m->known_origin.p, n) == 0 &&
	       is_url_text(pf_str_skip(url, n));
}

static const char *judge_url(struct pf_maker *m, const struct pf_url *u)
{
	bool web = pf_url_is_http(&m->base);

	if (!pf_url_is_http(u))
		return web ? "a link to a local file" : NULL;
	if (pf_str_ieq(m->base.scheme, "https") && !pf_str_ieq(u->scheme, "https"))
		return "a link from https to http";
	return NULL;
}

static const char *take_url(struct pf_str *out, struct pf_maker *m, struct pf_str link)
{
	struct pf_err err;
	struct pf_url u;
	const char *why;

	if (is_known(m, link)) {
		*out = link;
		return NULL;
	}
	if (pf_url_join(out, &m->arena, &m->base, link, &err) < 0 ||
	    pf_url_split(&u, *out, &err) < 0)
		return "a link that cannot be followed";
	why = judge_url(m, &u);
	if (why)
		return why;
	*out = pf_s(pf_url_bare(&m->arena, &u));
	if (pf_url_is_http(&u) && u.path.n)
		m->known_origin = pf_str_cut(*out, 0, out->n - u.path.n - u.query.n + 1);
	return NULL;
}

/* The name that the link's URL gives the file. */
static struct pf_str url_file(struct pf_maker *m, struct pf_str url)
{
	size_t end = 0, slash;

	while (end < url.n && url.p[end] != '?' && url.p[end] != '#')
		end++;
	url = pf_str_cut(url, 0, end);
	slash = pf_str_rfind(url, '/');
	return pf_url_decode(&m->arena, slash == PF_NPOS ? url : pf_str_skip(url, slash + 1));
}

static bool leads_to(struct pf_maker *m, struct pf_str url, struct pf_str file)
{
	size_t n = url.n - file.n;

	return (url.n > file.n && url.p[n - 1] == '/' && memcmp(url.p + n, file.p, file.n) == 0 &&
		!memchr(file.p, '/', file.n)) || pf_str_eq(file, url_file(m, url));
}

/* ---- one link ---- */

/* Hex digits with a mark that they are some. */
static const unsigned char digits[256] = {
	['0'] = 0x80, ['1'] = 0x81, ['2'] = 0x82, ['3'] = 0x83, ['4'] = 0x84, ['5'] = 0x85,
	['6'] = 0x86, ['7'] = 0x87, ['8'] = 0x88, ['9'] = 0x89, ['a'] = 0x8a, ['b'] = 0x8b,
	['c'] = 0x8c, ['d'] = 0x8d, ['e'] = 0x8e, ['f'] = 0x8f, ['A'] = 0x8a, ['B'] = 0x8b,
	['C'] = 0x8c, ['D'] = 0x8d, ['E'] = 0x8e, ['F'] = 0x8f,
};

static bool read_digest(unsigned char out[32], struct pf_str hex)
{
	unsigned char good = 0x80;

	if (hex.n != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		unsigned char high = digits[(unsigned char)hex.p[2 * i]];
		unsigned char low = digits[(unsigned char)hex.p[2 * i + 1]];

		good &= high & low;
		out[i] = (unsigned char)(high << 4 | (low & 15));
	}
	return good & 0x80;
}

static const char *take_facts(struct pf_page_file *f, struct pf_maker *m, const struct pf_link *l)
{
	unsigned char ignored[32];

	f->size = l->size;
	f->uploaded = l->uploaded;
	if (l->sha256.n && !read_digest(f->sha, l->sha256))
		return "a malformed digest";
	if (l->metadata_sha256.n && !read_digest(ignored, l->metadata_sha256))
		return "a malformed digest";
	if (m->base_moved && !l->sha256.n)
		return "the page moves its links to another host, and there is no digest";
	if (!take_word(&f->python, m, pf_str_trim(l->python), is_specifier))
		return "a malformed Requires-Python";
	f->flags |= (l->sha256.n ? PF_FILE_SHA : 0) | (l->is_yanked ? PF_FILE_YANKED : 0) |
		    (l->has_metadata ? PF_FILE_METADATA : 0);
	return NULL;
}

/* Texts last: what is refused leaves none behind. The name is mostly the URL's end. */
static void take_texts(struct pf_page_file *f, struct pf_maker *m, struct pf_str file,
		       struct pf_str url, const struct pf_link *l)
{
	f->url = put(m, url);
	f->name = f->url;
	f->name.n = (uint32_t)file.n;
	if (url.n > file.n && memcmp(url.p + url.n - file.n, file.p, file.n) == 0)
		f->name.at += (uint32_t)(url.n - file.n);
	else
		f->name = put(m, file);
	if (l->yanked.n)
		f->yanked = put(m, l->yanked);
	if (l->metadata_sha256.n)
		f->metadata_sha = put(m, l->metadata_sha256);
}

/* Of neither kind: true, and nothing to do. */
static bool is_other_kind(struct pf_str file, struct pf_str *stem)
{
	return !pf_str_ends(file, ".whl") && !pf_sdist_stem(stem, file);
}

static void collect(struct pf_maker *m, const struct pf_link *l)
{
	struct pf_link *copy = PF_PUSH(&m->arena, &m->links);

	*copy = *l;
	copy->file = pf_dup(&m->arena, l->file.n ? l->file : url_file(m, l->url));
	copy->url = pf_dup(&m->arena, l->url);
	copy->sha256 = pf_dup(&m->arena, l->sha256);
	copy->metadata_sha256 = pf_dup(&m->arena, l->metadata_sha256);
	copy->python = pf_dup(&m->arena, l->python);
	copy->yanked = pf_dup(&m->arena, l->yanked);
}

int pf_maker_add(struct pf_maker *m, const struct pf_link *l, struct pf_err *err)
{
	struct pf_str file = l->file.n ? l->file : url_file(m, l->url), stem, version, url,
		      tags = { 0 };
	struct pf_made_file made = { 0 };
	bool wheel = pf_str_ends(file, ".whl");
	const char *why;

	if (is_other_kind(file, &stem))
		return 0;
	if (m->files.n + m->links.n == PF_MAX_PAGE_FILES)
		return pf_fail(err, PF_ELIMIT, "more than %d files", PF_MAX_PAGE_FILES);
	if (m->collecting) {
		collect(m, l);
		return 0;
	}
	why = wheel ? pf_wheel_split(&version, &tags, m, file) : pf_sdist_split(&version, m, stem);
	if (why && m->others_pass)
		return 0;
	if (!why && take_version(&made.version, m, version, err) < 0)
		return -1;
	if (!why && !m->versions.v[made.version].good)
		why = "not a version";
	if (!why && !take_word(&made.f.tags, m, tags, are_tags))
		why = "malformed tags";
	if (!why && l->file.n && !leads_to(m, l->url, file))
		why = "the link leads to a file of another name";
	if (!why)
		why = take_facts(&made.f, m, l);
	if (!why)
		why = take_url(&url, m, l->url);
	if (why) {
		pf_maker_refuse(m, file, why);
		return 0;
	}
	made.f.flags |= wheel ? PF_FILE_WHEEL : 0;
	take_texts(&made.f, m, file, url, l);
	*PF_PUSH(&m->arena, &m->files) = made;
	m->versions.v[made.version].files++;
	return pf_buf_check(&m->text, "the page", err);
}

/* What is malformed is not passed over, but refused when it is added. */
bool pf_maker_passes(struct pf_maker *m, struct pf_str file)
{
	struct pf_str name, tags;
	struct pf_err ignored;
	uint32_t version;

	if (!m->platforms || m->collecting || !pf_str_ends(file, ".whl") ||
	    !pf_wheel_is_foreign(m, file) || pf_wheel_split(&name, &tags, m, file) ||
	    take_version(&version, m, name, &ignored) < 0 || !m->versions.v[version].good)
		return false;
	m->versions.v[version].foreign++;
	return true;
}

/* ---- the end ---- */

static int by_version(const void *l, const void *r, void *ctx)
{
	const struct pf_maker *m = ctx;
	uint32_t a = *(const uint32_t *)l, b = *(const uint32_t *)r;
	int order = pf_version_cmp(&m->versions.v[b].v, &m->versions.v[a].v);

	return order ? order : a < b ? -1 : a > b;
}

/* The versions that there are wheels or archives of, newest first, equal ones (1.0, 1.0.0) as one
 * release. */
static struct pf_page_release *make_releases(uint32_t *count, struct pf_maker *m)
{
	size_t n = m->versions.n, kept = 0;
	uint32_t *order = pf_alloc_array(&m->arena, n + 1, sizeof(*order)), first = 0;
	struct pf_page_release *out = pf_alloc_array(&m->arena, n + 1, sizeof(*out)), *r = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (m->versions.v[i].files || m->versions.v[i].foreign)
			order[kept++] = i;
	qsort_r(order, kept, sizeof(*order), by_version, m);
	*count = 0;
	for (size_t i = 0; i < kept; i++) {
		struct pf_made_version *v = &m->versions.v[order[i]];

		if (!r || pf_version_cmp(&v->v, &m->versions.v[order[i - 1]].v) != 0) {
			r = &out[(*count)++];
			*r = (struct pf_page_release){ .version = v->text, .first = first };
		}
		v->place = *count - 1;
		r->count += v->files;
		r->foreign += v->foreign;
		first += v->files;
	}
	return out;
}

/* Into the room of their releases, in the page's order. */
static void place_files(struct pf_page_file *out, struct pf_maker *m,
			const struct pf_page_release *releases, uint32_t count)
{
	uint32_t *next = pf_alloc_array(&m->arena, (size_t)count + 1, sizeof(*next));

	for (uint32_t i = 0; i < count; i++)
		next[i] = releases[i].first;
	for (size_t i = 0; i < m->files.n; i++)
		out[next[m->versions.v[m->files.v[i].version].place]++] = m->files.v[i].f;
}

int pf_maker_end(struct pf_page *out, struct pf_maker *m, const struct pf_page_facts *facts,
		 struct pf_err *err)
{
	struct pf_page_head h = { .magic = PF_PAGE_MAGIC, .absent = facts->absent,
				  .max_age = facts->max_age, .files = (uint32_t)m->files.n,
				  .words = (uint32_t)m->words.n, .refused = (uint32_t)m->refused };
	struct pf_page_release *releases = make_releases(&h.releases, m);
	char *memory, *at;

	h.etag = put(m, facts->etag);
	h.modified = put(m, facts->modified);
	h.why = put(m, m->why);
	if (pf_buf_check(&m->text, "the page", err) < 0)
		return -1;
	h.text = (uint32_t)m->text.n;
	h.size = sizeof(h) + h.releases * sizeof(*releases) +
		 h.files * sizeof(struct pf_page_file) + h.words * sizeof(struct pf_span) +
		 h.text + 1;
	memory = calloc(1, h.size);
	if (!memory)
		pf_oom();
	memcpy(memory, &h, sizeof(h));
	at = memory + sizeof(h);
	place_files((struct pf_page_file *)at, m, releases, h.releases);
	at += h.files * sizeof(struct pf_page_file);
	memcpy(at, releases, h.releases * sizeof(*releases));
	at += h.releases * sizeof(*releases);
	memcpy(at, m->words.v, h.words * sizeof(struct pf_span));
	memcpy(at + h.words * sizeof(struct pf_span), m->text.p, h.text);
	((struct pf_page_head *)memory)->crc = pf_page_crc(memory, h.size);
	return pf_page_open(out, memory, h.size, false, err);
}
