/* chosen.c - the wheel chosen for a pinned version: found again without asking the index */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "formats/digest.h"
#include "index/parts.h"

/* It is kept like a page, of one file. */
struct chosen {
	struct pf_page page;
	struct pf_project project;
};

static void add_list(struct pf_buf *out, const struct pf_strs *list)
{
	for (size_t i = 0; list && i < list->n; i++)
		pf_buf_printf(out, PF_FMT "\n", PF_ARG(list->v[i]));
}

/* Of whom and for whom it was chosen; "" where more can be offered from one day to the next without
 * an index that says so: lists, folders. */
static const char *identity(struct pf_index_own *own)
{
	const struct pf_index_settings *s = &own->settings;
	PF_AUTO(buf) text = PF_BUF(PF_MIB(16));
	char hex[PF_SHA256_HEX];
	bool local = own->list_count || !own->urls.n;

	for (size_t i = 0; i < own->urls.n; i++)
		local |= pf_str_starts(own->urls.v[i], "file:");
	if (own->identity || local)
		return own->identity ? own->identity : "";
	add_list(&text, &own->urls);
	add_list(&text, s->tags);
	pf_buf_str(&text, s->python);
	if (text.toobig)
		return "";
	pf_sha256_hex(hex, text.p, text.n);
	own->identity = pf_formatz(&own->arena, "chosen %s", hex);
	return own->identity;
}

static struct pf_str key_of(struct pf_arena *a, struct pf_str name, const struct pf_version *v)
{
	return pf_format(a, PF_FMT "==" PF_FMT, PF_ARG(name), PF_ARG(pf_version_canonical(a, v)));
}

const struct pf_project *pf_index_chosen(struct pf_index *x, struct pf_str name,
					 const struct pf_version *v)
{
	struct pf_index_own *own = x->own;
	struct pf_str key = key_of(&own->arena, name, v);
	const char *id = own->settings.refresh ? "" : identity(own);
	struct chosen *c = pf_map_get(&own->chosen, key);
	struct pf_page page;
	int64_t age;

	if (c || !*id || !pf_cache_page(&page, &age, &own->cache, id, key))
		return c ? &c->project : NULL;
	c = pf_alloc(&own->arena, sizeof(*c));
	*pf_map_put(&own->arena, &own->chosen, key) = c;
	c->page = page;
	c->project.name = pf_dup(&own->arena, name);
	c->project.where = pf_page_text(&c->page, c->page.head->etag);
	pf_project_make(&c->project, &own->arena, &c->page, 1, &own->target);
	return &c->project;
}

void pf_index_choose(struct pf_index *x, const struct pf_version *v, const struct pf_file *f)
{
	struct pf_index_own *own = x->own;
	/* Which index it was of stands where a page has its validator. */
	const struct pf_page_facts facts = { .max_age = -1, .etag = f->release->project->where };
	const char *id = identity(own);
	PF_AUTO(maker) m = { 0 };
	PF_AUTO(page) page = { 0 };
	struct pf_err ignored;
	struct pf_link link = {
		.file = f->name, .url = f->url, .sha256 = f->sha256, .python = f->python,
		.metadata_sha256 = f->metadata_sha256, .yanked = f->yanked, .size = f->size,
		.uploaded = f->uploaded, .is_yanked = f->is_yanked, .has_metadata = f->has_metadata,
	};

	if (*id && f->sha256.n &&
	    pf_maker_start(&m, f->release->project->name, f->url.p, &ignored) == 0 &&
	    pf_maker_add(&m, &link, &ignored) == 0 &&
	    pf_maker_end(&page, &m, &facts, &ignored) == 0)
		pf_cache_keep_page(&own->cache, id,
				   key_of(&own->arena, f->release->project->name, v), &page);
}

void pf_chosen_free(struct pf_index_own *own)
{
	for (size_t i = 0; i < own->chosen.entries.n; i++)
		pf_page_free(&((struct chosen *)own->chosen.entries.v[i].value)->page);
}
