/* project.c - packed pages to what one interpreter can take of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/project.h"

#include "base/str.h"

#define NONE UINT32_MAX
#define MAX_TAG 256

/* ---- the target ---- */

void pf_target_make(struct pf_target *out, struct pf_arena *a, const struct pf_strs *tags,
		    struct pf_str python)
{
	for (size_t i = 0; tags && i < tags->n; i++) {
		void **place = pf_map_put(a, &out->ranks, tags->v[i]);
		struct pf_str tag = tags->v[i];

		if (!*place)
			*place = (void *)(uintptr_t)(i + 1);
		*pf_map_put(a, &out->platforms, pf_str_skip(tag, pf_str_rfind(tag, '-') + 1)) = out;
	}
	if (!pf_version_read(&out->python, a, pf_dup(a, python)))
		out->python = (struct pf_version){ 0 };
}

static char *add_lower(char *out, struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		*out++ = pf_lower(s.p[i]);
	return out;
}

static uint32_t rank_of(const struct pf_target *t, struct pf_str python, struct pf_str abi,
			struct pf_str platform)
{
	char tag[MAX_TAG], *end;
	uintptr_t place;

	if (python.n + abi.n + platform.n + 2 > sizeof(tag))
		return NONE;
	end = add_lower(tag, python);
	*end++ = '-';
	end = add_lower(end, abi);
	*end++ = '-';
	end = add_lower(end, platform);
	place = (uintptr_t)pf_map_get(&t->ranks, (struct pf_str){ tag, (size_t)(end - tag) });
	return place ? (uint32_t)place - 1 : NONE;
}

/* The best place among a compressed set of tags, "py2.py3-none-any"; UINT32_MAX: none fits. */
static uint32_t rank_tags(const struct pf_target *t, struct pf_str tags)
{
	struct pf_str pythons = { 0 }, abis, python, abi, platform;
	uint32_t best = NONE;

	pf_str_next(&tags, '-', &pythons);
	while (pf_str_next(&pythons, '.', &python)) {
		struct pf_str rest = tags;

		if (!pf_str_next(&rest, '-', &abis))
			return NONE;
		while (pf_str_next(&abis, '.', &abi)) {
			struct pf_str platforms = rest;

			while (pf_str_next(&platforms, '.', &platform)) {
				uint32_t rank = rank_of(t, python, abi, platform);

				best = rank < best ? rank : best;
			}
		}
	}
	return best;
}

/* ---- what a page says of each of its words: asked once, when a file bears it ---- */

struct judged {
	uint32_t rank;
	bool ranked, asked, fits;
};

struct source {
	const struct pf_page *page;
	struct judged *words;
};

static uint32_t wheel_rank(struct source *s, uint32_t word, const struct pf_target *t)
{
	struct judged *j = &s->words[word];

	if (!j->ranked)
		j->rank = rank_tags(t, pf_page_word(s->page, word));
	j->ranked = true;
	return j->rank;
}

static bool python_fits(struct source *s, uint32_t word, const struct pf_target *t)
{
	struct judged *j = &s->words[word];
	PF_AUTO(arena) a = { 0 };
	struct pf_specset set;
	struct pf_err err;

	if (!word || !t->python.release_count)
		return true;
	if (!j->asked)
		j->fits = pf_specset_parse(&set, &a, pf_page_word(s->page, word), &err) == 0 &&
			  pf_specset_admits(&set, &t->python, PF_PRE_ALLOW);
	j->asked = true;
	return j->fits;
}

/* ---- files ---- */

static struct pf_str hex_of(struct pf_arena *a, const unsigned char raw[32])
{
	static const char digits[] = "0123456789abcdef";
	char *out = pf_alloc(a, 65);

	for (size_t i = 0; i < 32; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	return (struct pf_str){ out, 64 };
}

/* NAME-VERSION-BUILD-TAGS.whl */
static struct pf_str build_of(struct pf_str name)
{
	struct pf_str parts[6] = { 0 };
	size_t n = 0;

	while (n < 6 && pf_str_next(&name, '-', &parts[n]))
		n++;
	return n == 6 ? parts[2] : PF_S("");
}

static void fill(struct pf_file *out, struct pf_arena *a, const struct pf_page *p,
		 const struct pf_page_file *f)
{
	*out = (struct pf_file){
		.name = pf_page_text(p, f->name),
		.url = pf_page_text(p, f->url),
		.python = pf_page_word(p, f->python),
		.yanked = pf_page_text(p, f->yanked),
		.metadata_sha256 = pf_page_text(p, f->metadata_sha),
		.size = f->size,
		.uploaded = f->uploaded,
		.wheel = f->flags & PF_FILE_WHEEL,
		.is_yanked = f->flags & PF_FILE_YANKED,
		.has_metadata = f->flags & PF_FILE_METADATA,
	};
	if (f->flags & PF_FILE_SHA)
		out->sha256 = hex_of(a, f->sha);
	if (out->wheel)
		out->build = build_of(out->name);
}

static bool is_there(const struct pf_release *r, struct pf_str name)
{
	for (size_t i = 0; i < r->n; i++)
		if (pf_str_eq(r->files[i].name, name))
			return true;
	return false;
}

/* One page's part of a release. */
static void add_files(struct pf_release *r, size_t room, struct pf_arena *a, struct source *s,
		      const struct pf_page_release *from, const struct pf_target *t)
{
	size_t earlier = r->n;

	for (uint32_t i = 0; i < from->count && r->n < room; i++) {
		const struct pf_page_file *f = &s->page->files[from->first + i];
		uint32_t rank = f->flags & PF_FILE_WHEEL ? wheel_rank(s, f->tags, t) : NONE;

		if ((f->flags & PF_FILE_WHEEL) && rank == NONE)
			continue;
		if (earlier && is_there(r, pf_page_text(s->page, f->name)))
			continue;
		fill(&r->files[r->n], a, s->page, f);
		r->files[r->n].rank = rank;
		r->files[r->n].python_fits = python_fits(s, f->python, t);
		r->wheels += r->files[r->n++].wheel;
	}
}

/* ---- best first ---- */

static uint64_t build_number(struct pf_str build)
{
	uint64_t n = 0;

	for (size_t i = 0; i < build.n && pf_is_digit(build.p[i]) && n < UINT64_MAX / 16; i++)
		n = n * 10 + (uint64_t)(build.p[i] - '0');
	return n;
}

/* The better tag, then the higher build number, then its letters; sdists last. */
static int by_rank(const void *l, const void *r)
{
	const struct pf_file *a = l, *b = r;
	uint64_t x, y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	x = build_number(a->build);
	y = build_number(b->build);
	if (x != y || (!a->build.n != !b->build.n))
		return x > y || (x == y && a->build.n) ? -1 : 1;
	if (!pf_str_eq(a->build, b->build))
		return -pf_str_cmp(a->build, b->build);
	return pf_str_cmp(a->name, b->name);
}

static size_t count_files(struct source *s, const struct pf_page_release *r,
			  const struct pf_target *t)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct pf_page_file *f = &s->page->files[r->first + i];

		n += !(f->flags & PF_FILE_WHEEL) || wheel_rank(s, f->tags, t) != NONE;
	}
	return n;
}

/* ---- the pages merged, newest version first ---- */

struct part {
	struct pf_version version;
	struct source *source;
	const struct pf_page_release *release;
};

static int by_version(const void *l, const void *r)
{
	const struct part *a = l, *b = r;
	int order = pf_version_cmp(&b->version, &a->version);

	return order ? order : a->source < b->source ? -1 : a->source > b->source;
}

static struct part *list_parts(size_t *count, struct pf_arena *a, struct source *sources, size_t n)
{
	struct part *out;

	*count = 0;
	for (size_t i = 0; i < n; i++)
		*count += sources[i].page->head->releases;
	out = pf_alloc_array(a, *count + 1, sizeof(*out));
	*count = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < sources[i].page->head->releases; k++) {
			struct part *p = &out[*count];

			p->source = &sources[i];
			p->release = &sources[i].page->releases[k];
			*count += pf_version_read(
				&p->version, a, pf_page_text(sources[i].page, p->release->version));
		}
	if (n > 1)
		qsort(out, *count, sizeof(*out), by_version);
	return out;
}

static void make_release(struct pf_release *r, struct pf_arena *a, const struct part *parts,
			 size_t n, const struct pf_target *t)
{
	size_t room = 0;

	r->version = parts[0].version;
	for (size_t i = 0; i < n; i++) {
		size_t fit = count_files(parts[i].source, parts[i].release, t);

		room += fit;
		r->misfits += parts[i].release->count - fit + parts[i].release->foreign;
	}
	r->files = pf_alloc_array(a, room + 1, sizeof(*r->files));
	for (size_t i = 0; i < n; i++)
		add_files(r, room, a, parts[i].source, parts[i].release, t);
	if (r->n > 1)
		qsort(r->files, r->n, sizeof(*r->files), by_rank);
	for (size_t i = 0; i < r->n; i++)
		r->files[i].release = r;
}

void pf_project_make(struct pf_project *out, struct pf_arena *a, const struct pf_page *pages,
		     size_t n, const struct pf_target *target)
{
	struct source *sources = pf_alloc_array(a, n + 1, sizeof(*sources));
	struct part *parts;
	size_t count, end;

	for (size_t i = 0; i < n; i++) {
		sources[i].page = &pages[i];
		sources[i].words =
			pf_alloc_array(a, pages[i].head->words, sizeof(*sources[i].words));
		if (!out->refused)
			out->why = pf_page_text(&pages[i], pages[i].head->why);
		out->refused += pages[i].head->refused;
	}
	parts = list_parts(&count, a, sources, n);
	out->releases = pf_alloc_array(a, count + 1, sizeof(*out->releases));
	for (size_t i = 0; i < count; i = end) {
		struct pf_release *r = &out->releases[out->n++];

		for (end = i + 1; end < count; end++)
			if (pf_version_cmp(&parts[end].version, &parts[i].version) != 0)
				break;
		r->project = out;
		make_release(r, a, &parts[i], end - i, target);
	}
}
