/* page.c - a packed page: looked at once, then read in place */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/page.h"

#include <libdeflate.h>
#include <sys/mman.h>

#include "index/pack.h"

void pf_page_free(struct pf_page *p)
{
	if (p->mapped)
		munmap(p->memory, p->size);
	else
		free(p->memory);
	memset(p, 0, sizeof(*p));
}

struct pf_str pf_page_text(const struct pf_page *p, struct pf_span s)
{
	return (struct pf_str){ p->text + s.at, s.n };
}

struct pf_str pf_page_word(const struct pf_page *p, uint32_t word)
{
	return pf_page_text(p, p->words[word]);
}

uint32_t pf_page_crc(const void *memory, size_t size)
{
	size_t skip = offsetof(struct pf_page_head, absent);

	return libdeflate_crc32(0, (const char *)memory + skip, size - skip);
}

static bool span_ok(const struct pf_page_head *h, struct pf_span s)
{
	return s.at <= h->text && s.n <= h->text - s.at;
}

static bool files_ok(const struct pf_page *p)
{
	const struct pf_page_head *h = p->head;

	for (uint32_t i = 0; i < h->files; i++) {
		const struct pf_page_file *f = &p->files[i];

		if (!span_ok(h, f->name) || !span_ok(h, f->url) || !span_ok(h, f->yanked) ||
		    !span_ok(h, f->metadata_sha) ||
		    f->python >= h->words || f->tags >= h->words || p->text[f->url.at + f->url.n])
			return false;
	}
	return true;
}

static bool releases_ok(const struct pf_page *p)
{
	const struct pf_page_head *h = p->head;

	for (uint32_t i = 0; i < h->releases; i++) {
		const struct pf_page_release *r = &p->releases[i];

		if (!span_ok(h, r->version) || r->first > h->files ||
		    r->count > h->files - r->first)
			return false;
	}
	for (uint32_t i = 0; i < h->words; i++)
		if (!span_ok(h, p->words[i]))
			return false;
	return true;
}

static bool head_ok(const struct pf_page_head *h, size_t size)
{
	uint64_t need = sizeof(*h);

	if (size < sizeof(*h) || memcmp(h->magic, PF_PAGE_MAGIC, sizeof(h->magic)) != 0)
		return false;
	need += (uint64_t)h->releases * sizeof(struct pf_page_release);
	need += (uint64_t)h->files * sizeof(struct pf_page_file);
	need += (uint64_t)h->words * sizeof(struct pf_span) + h->text + 1;
	return h->size == size && need == size && h->words && span_ok(h, h->etag) &&
	       span_ok(h, h->modified) && span_ok(h, h->why);
}

int pf_page_open(struct pf_page *out, void *memory, size_t size, bool mapped, struct pf_err *err)
{
	struct pf_page p = { .head = memory, .memory = memory, .size = size, .mapped = mapped };

	if (!head_ok(p.head, size) || p.head->crc != pf_page_crc(memory, size))
		return pf_fail(err, PF_EMODEL, "a damaged page");
	p.files = (const struct pf_page_file *)(p.head + 1);
	p.releases = (const struct pf_page_release *)(p.files + p.head->files);
	p.words = (const struct pf_span *)(p.releases + p.head->releases);
	p.text = (const char *)(p.words + p.head->words);
	if (!files_ok(&p) || !releases_ok(&p))
		return pf_fail(err, PF_EMODEL, "a damaged page");
	*out = p;
	return 0;
}
