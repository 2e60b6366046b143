/* cache.h - pages and metadata kept on disk: found whole and undamaged, or not at all */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/page.h"

/* Below the folder: pages/KEY, metadata/KEY, hosts/KEY for what a host can do, and links/KEY for
 * lists of links. KEY is a digest; nothing of a stranger's becomes a name. */
struct pf_cache {
	int dir;	/* 0: none, nothing is kept */
	struct pf_str platforms; /* whom pages are made for: a part of their keys */
};

/* Makes the folders; one that cannot be written is told once and used for reading. */
void pf_cache_open(struct pf_cache *c, const char *dir);
void pf_cache_close(struct pf_cache *c);

/* The page of a project (name) or of a list of links (empty name) at a URL without credentials;
 * *age is in seconds. False: there is none. */
bool pf_cache_page(struct pf_page *out, int64_t *age, const struct pf_cache *c, const char *url,
		   struct pf_str name);
void pf_cache_keep_page(const struct pf_cache *c, const char *url, struct pf_str name,
			const struct pf_page *p);
/* The server says that it has not changed. */
void pf_cache_touch_page(const struct pf_cache *c, const char *url, struct pf_str name);

/* Texts under a key of any kind: with a checksum, and how old they are. */
enum pf_cache_kind { PF_CACHE_METADATA, PF_CACHE_HOSTS, PF_CACHE_LINKS };
bool pf_cache_text(struct pf_str *out, struct pf_arena *a, int64_t *age, const struct pf_cache *c,
		   enum pf_cache_kind kind, struct pf_str key);
void pf_cache_keep_text(const struct pf_cache *c, enum pf_cache_kind kind, struct pf_str key,
			struct pf_str text);
